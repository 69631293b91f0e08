"""What points to a thing: how often, what comes first, and what is left out."""

import re

import duckdb
import pytest

from kg import linked
from kg.iri import BASE
from kg.linked import Linked
from kg.vocab import RDFS, SCHEMA
from kg.web.site import FOLDER

THING, OTHER = f"{BASE}id/theme/metropolis", f"{BASE}id/theme/town"
QUIET = f"{BASE}id/theme/quiet"
ABOUT, PART = "http://purl.org/dc/terms/subject", f"{BASE}ontology#part"
REPLACED = "http://purl.org/dc/terms/isReplacedBy"
HERE = "https://example.org/kg/"
# In the order of their names: the last is no more.
NAMES = {"p1": "Âge, l’", "p0": "Été", "old": "Abandon"}


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(linked, "MANY", 4)
    monkeypatch.setattr(linked, "FIRST", 2)
    publication = f"{BASE}id/publication"
    rows = [
        *((f"{publication}/{name}", ABOUT, THING) for name in NAMES),
        (f"{publication}/nameless", ABOUT, THING),
        (f"{BASE}id/episode/e", ABOUT, THING),
        (f"{BASE}id/person/p#role", PART, THING),
        ("https://elsewhere.example/x", PART, THING),
        (f"{publication}/old", REPLACED, f"{publication}/p0"),
        (f"{BASE}id/organization/o", "http://www.w3.org/ns/org#memberOf", THING),
        # Of other things little is said.
        *((f"{publication}/{name}", ABOUT, OTHER) for name in NAMES),
        # Neither own parts, nor graphs, nor what leads to a part.
        (f"{OTHER}#a", PART, OTHER),
        (f"{BASE}graph/a", PART, OTHER),
        *((f"{publication}/p{n}", ABOUT, f"{OTHER}#b") for n in range(9)),
        # Observations are no links, but as long to pass over.
        *((f"{BASE}id/observation/o{n}", PART, QUIET) for n in range(9)),
    ]
    statements = [[f"<{term}>" for term in row] for row in rows]
    statements += [
        [f"<{publication}/{name}>", str(RDFS.label), f'"{label}"@fr']
        for name, label in NAMES.items()
    ]
    statements.append([f"<{publication}/p0>", str(SCHEMA.url), '"not shown"'])
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE statement (subject VARCHAR, predicate VARCHAR, object VARCHAR)"
    )
    connection.executemany("INSERT INTO statement VALUES (?, ?, ?)", statements)
    connection.execute("CREATE TABLE ordered (entity UBIGINT, name_fr BIGINT)")
    order = ["old", "p1", "p0"]
    connection.executemany(
        "INSERT INTO ordered VALUES (hash(?), ?)",
        [(f"publication/{name}", place) for place, name in enumerate(order)],
    )
    linked.write(connection, tmp_path, HERE)
    return tmp_path / linked.FILE


def here(iri):
    return iri.replace(BASE, HERE)


def test_what_points_to_a_thing_is_counted_by_property_and_kind(path):
    assert linked.read(path, here(THING)) == [
        Linked(ABOUT, "episode", 1),
        Linked(ABOUT, "publication", 4),
        Linked("http://www.w3.org/ns/org#memberOf", "organization", 1),
        Linked(f"{HERE}ontology#part", "", 1),
        Linked(f"{HERE}ontology#part", "person", 1),
    ]


def test_what_is_soon_read_is_not_in_the_files(path):
    assert linked.read(path, here(OTHER)) == []
    assert linked.begun(path.with_name(linked.BEGINNINGS), here(OTHER)) is None


def test_observations_are_not_listed_but_spare_passing_over_them(path):
    assert linked.read(path, here(QUIET)) == []
    assert linked.begun(path.with_name(linked.BEGINNINGS), here(QUIET)) == []


def test_lists_begin_in_the_order_of_names_and_say_what_is_shown(path):
    told = linked.begun(path.with_name(linked.BEGINNINGS), here(THING))
    triples = {tuple(map(str, triple)) for triple in told}
    of = f"<{HERE}id/publication/"
    thing = f"<{here(THING)}>"
    assert triples == {
        (f"{of}p1>", f"<{ABOUT}>", thing),
        (f"{of}p1>", str(RDFS.label), '"Âge, l’"@fr'),
        (f"{of}p0>", f"<{ABOUT}>", thing),
        (f"{of}p0>", str(RDFS.label), '"Été"@fr'),
        (f"<{HERE}id/episode/e>", f"<{ABOUT}>", thing),
    }, "what is no more is behind; no parts, no short cuts"


def test_what_lists_show_is_what_the_query_reads():
    query = (FOLDER / "queries" / "linking.rq").read_text(encoding="utf-8")
    (names,) = re.findall(r"\?subject \?what \?value \.\s*FILTER\(\?what IN \(([^)]*)\)\)", query)
    prefixes = dict(re.findall(r"PREFIX (\w+): <(.*)>", query))
    read = {re.sub(r"^(\w+):", lambda p: prefixes[p[1]], name.strip()) for name in names.split(",")}
    assert read == {each.value for each in linked.SHOWN}


def test_a_release_that_counts_and_does_not_tell_the_first_is_asked_for_them(path):
    beginnings = path.with_name(linked.BEGINNINGS)
    beginnings.unlink()
    assert linked.read(path, here(THING))
    assert linked.begun(beginnings, here(THING)) is None


def test_a_release_without_the_files_says_nothing(tmp_path):
    assert linked.read(tmp_path / linked.FILE, THING) == []
    assert linked.begun(tmp_path / linked.BEGINNINGS, THING) is None
