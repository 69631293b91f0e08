"""How much points to a thing: what a release says of it, and what it leaves out."""

import duckdb
import pytest

from kg import linked
from kg.iri import BASE
from kg.linked import Linked

THING, OTHER = f"{BASE}id/theme/metropolis", f"{BASE}id/theme/town"
ABOUT, PART = "http://purl.org/dc/terms/subject", f"{BASE}ontology#part"
HERE = "https://example.org/kg/"


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(linked, "MANY", 3)
    rows = [
        *((f"{BASE}id/publication/p{n}", ABOUT, THING) for n in range(2)),
        (f"{BASE}id/episode/e", ABOUT, THING),
        (f"{BASE}id/person/p#role", PART, THING),
        ("https://elsewhere.example/x", PART, THING),
        *((f"{BASE}id/publication/p{n}", ABOUT, OTHER) for n in range(3)),
        # Neither own parts, nor graphs, nor observations, nor what leads to a part.
        (f"{OTHER}#a", PART, OTHER),
        (f"{BASE}graph/a", PART, OTHER),
        (f"{BASE}id/observation/o", PART, OTHER),
        *((f"{BASE}id/publication/p{n}", ABOUT, f"{OTHER}#b") for n in range(9)),
    ]
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE statement (subject VARCHAR, predicate VARCHAR, object VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO statement VALUES (?, ?, ?)", [[f"<{term}>" for term in row] for row in rows]
    )
    linked.write(connection, tmp_path, HERE)
    return tmp_path / linked.FILE


def test_what_points_to_a_thing_is_counted_by_property_and_kind(path):
    assert linked.read(path, THING.replace(BASE, HERE)) == [
        Linked(ABOUT, "episode", 1),
        Linked(ABOUT, "publication", 2),
        Linked(f"{HERE}ontology#part", "", 1),
        Linked(f"{HERE}ontology#part", "person", 1),
    ]


def test_what_is_soon_read_is_not_in_the_file_and_what_pages_leave_out_is_not_counted(path):
    assert path.read_text(encoding="utf-8").count("\n") == 1
    assert linked.read(path, OTHER.replace(BASE, HERE)) == []


def test_a_release_without_the_file_says_nothing(tmp_path):
    assert linked.read(tmp_path / linked.FILE, THING) == []
