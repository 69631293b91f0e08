"""The competency questions: each gives exactly the rows that stand beside it."""

import csv
import io
import re
from itertools import pairwise

import pytest
from pyoxigraph import RdfFormat, Store

from kg import sources
from kg.iri import kinds
from kg.query import Request
from kg.query.local import LocalEngine, open_store
from kg.queryfile import read_all
from kg.settings import ONTOLOGY, ROOT

FOLDER = ONTOLOGY / "questions"
QUESTIONS = read_all(FOLDER)
DOCS = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
PARAMETER = re.compile(r"(\w+) ([a-z-]+)")

# What the graph must be able to answer, and the question that asks it.
SUBJECTS = {
    "who held which office when an episode came out": "offices-when-an-episode-came-out",
    "who held which office when a study came out": "offices-when-a-study-came-out",
    "successive presidents with their sources": "presidents-of-an-organization",
    "contradictions between sources": "contradictions-between-sources",
    "episodes drawn from a study": "episodes-drawn-from-a-study",
    "editions and languages of a work": "editions-of-works",
    "a network's members and since when": "members-of-a-network",
    "local mandate and network presidency": "local-mandate-and-network-presidency",
    "themes shared by studies and episodes": "themes-shared-by-studies-and-episodes",
    "containment of a commune": "containment-of-a-commune",
    "former communes of a present one": "former-communes-of-a-commune",
    "communes of the Métropole de Lyon": "communes-of-a-territory",
    "organisations by region of seat": "organizations-by-region",
    "provenance of every statement": "statements-about-an-entity",
    "gap: people without identifier": "people-without-identifier",
    "gap: episodes announced, not documented": "undocumented-episodes",
    "gap: organisations without identifier": "organizations-without-identifier",
    "gap: publications without date": "publications-without-date",
    "organisations by legal family with basis": "organizations-by-legal-family",
    "mergers, successors, and what sources call them": "mergers-and-successors",
    "PTCE laureates and grants by region": "ptce-grants-by-region",
    "events by organiser and year": "events-by-organizer-and-year",
    "publications by theme and year": "publications-by-theme-and-year",
    "who publishes with whom": "organizations-that-publish-together",
    "regional chambers and their presidents": "regional-chambers",
    "all roles of a person": "roles-of-a-person",
    "guests' capacity then, office now": "guest-capacity-then-and-office-now",
    "organisations that an article mentions": "organizations-that-a-page-speaks-of",
    "identifiers and links to other databases": "identifiers-and-links",
    "what the rules inferred about one entity": "inferred-about-an-entity",
    "sources by number of statements": "sources-by-number-of-statements",
    "counts of entities by kind": "entities-by-kind",
    "names and former names": "names-of-an-organization",
    "roles known only by attestation": "roles-known-only-on-a-date",
    "ministers in charge of the ESS": "ministers-in-charge-of-the-ess",
    "registers: list and flag": "list-and-flag",
    "registers: listed without flag": "listed-without-flag",
    "registers: approvals valid on a date": "approvals-valid-on-a-date",
    "registers: active for one, ceased for another": "active-and-ceased",
    "registers: associations with both numbers": "associations-with-rna-and-siren",
    "registers: several SIREN of one thing": "several-siren-of-one-thing",
    "registers: merged communes": "organizations-of-merged-communes",
    "statistics: département and family": "organizations-by-departement-and-family",
    "statistics: commune and family": "organizations-by-commune-and-family",
    "statistics: density": "territories-by-density",
    "statistics: creations and closures": "creations-and-closures-by-year",
    "statistics: creations in a territory": "creations-in-a-territory",
    "statistics: employers by size": "employers-by-size-class",
    "statistics: activities of a territory": "activities-of-a-territory",
    "statistics: families and activities": "families-and-their-activities",
    "statistics: observations equal counts": "observations-and-organizations",
}

every_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.name)


@pytest.fixture(scope="module")
def answer(default_release, registers_release):
    """`answer(text, registers)`: an answer as CSV, of the default release or of the registers'."""
    engines = [LocalEngine(open_store(each)) for each in (default_release, registers_release)]

    def csv_text(text, registers=False):
        request = Request(text, media_type="text/csv")
        return engines[registers].answer(request).read().decode()

    return csv_text


@pytest.fixture(scope="module")
def ask(answer):
    """`ask(text)`: header and rows of the answer of the default release, as text."""
    return lambda text: table(answer(text))


def table(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def expected(question):
    return table(question.path.with_suffix(".csv").read_text(encoding="utf-8"))


def body(question):
    return re.sub(r"^PREFIX .*\n", "", question.text, flags=re.MULTILINE)


@every_question
def test_a_question_gives_exactly_the_expected_rows_in_their_order(question, answer, request):
    path = question.path.relative_to(ROOT)
    registers = "sources" in question.header
    text = answer(question.text, registers)
    if registers and request.config.getoption("--rewrite-snapshots"):
        question.path.with_suffix(".csv").write_text(text, encoding="utf-8", newline="")
    mend = (
        "pytest --rewrite-snapshots"
        if registers
        else (f"'kg build' and 'kg query @{path} --format csv > {path.with_suffix('.csv')}'")
    )
    assert table(text) == expected(question), f"if the new rows are right, run {mend}"


@pytest.fixture(scope="module")
def on_disk(registers_release, tmp_path_factory):
    """`on_disk(text)`: an answer as CSV, of the registers' release in a store on disk."""
    folder = tmp_path_factory.mktemp("store")
    store = Store(folder)
    with registers_release.quads() as quads:
        store.bulk_load(quads, RdfFormat.N_QUADS)
    store.optimize()
    del store  # one process may write it at a time, or read it
    engine = LocalEngine(Store.read_only(str(folder)))
    return lambda text: engine.answer(Request(text, media_type="text/csv")).read().decode()


@every_question
def test_the_disk_engine_gives_the_same_rows_of_the_registers(question, answer, on_disk):
    assert table(on_disk(question.text)) == table(answer(question.text, registers=True))


@every_question
def test_a_question_has_rows_to_show_and_no_blank_nodes(question):
    header, *rows = expected(question)
    assert header
    assert rows
    assert not [row for row in rows if any(cell.startswith("_:") for cell in row)]


@every_question
def test_a_question_explains_itself_in_both_languages(question):
    for field in ("title", "text"):
        for lang in ("fr", "en"):
            assert question.get(field, lang), f"{question.path}: # {field}@{lang}:"
    assert question.get("keywords")


@every_question
def test_the_sources_that_a_question_needs_are_sources(question):
    needed = question.header.get("sources", "").split(", ")
    assert set(needed) - {""} <= set(sources.names()), f"{question.path}: # sources:"


@every_question
def test_rows_are_ordered_by_all_columns_so_that_their_order_is_total(question):
    order = question.text.rpartition("ORDER BY")[2]
    missing = [name for name in expected(question)[0] if not re.search(rf"\?{name}\b", order)]
    assert not missing, f"{question.path}: add {missing} to ORDER BY"


@every_question
def test_a_question_names_things_by_their_prefixes_alone(question):
    assert "://" not in body(question), f"{question.path}: write prefixed names, and run 'kg fmt'"


@every_question
def test_a_parameter_is_one_values_line_with_an_entity_of_its_kind(question):
    if "parameter" in question.header:
        match = PARAMETER.fullmatch(question.header["parameter"])
        assert match, f"{question.path}: write '# parameter: <variable> <kind>'"
        variable, kind = match.groups()
        assert kind in kinds()
        line = rf"^ *VALUES \?{variable} {{ {kind}:[\w.-]+ }}$"
        assert len(re.findall(line, question.text, re.MULTILINE)) == 1, (
            f"{question.path}: write one line 'VALUES ?{variable} {{ {kind}:… }}'"
        )


@every_question
def test_every_column_of_an_answer_has_a_heading_in_both_languages(question):
    with (ONTOLOGY / "columns.csv").open(encoding="utf-8", newline="") as file:
        headings = {row["variable"]: row for row in csv.DictReader(file)}
    with question.path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    for name in names:
        if name.endswith("Label") and name.removesuffix("Label") in names:
            continue
        assert name in headings, f"ontology/columns.csv: add a row for {name!r}"
        assert headings[name]["fr"] and headings[name]["en"]


def test_no_heading_is_left_over():
    with (ONTOLOGY / "columns.csv").open(encoding="utf-8", newline="") as file:
        headings = [row["variable"] for row in csv.DictReader(file)]
    asked = "".join(question.text for question in QUESTIONS)
    assert headings == sorted(headings)
    assert [each for each in headings if not re.search(rf"\?{each}\b", asked)] == []


@every_question
def test_texts_for_people_have_their_apostrophes_and_name_columns_that_there_are(question):
    columns = expected(question)[0]
    for lang in ("fr", "en"):
        told = question.get("title", lang) + question.header.get(f"text@{lang}", "")
        assert "'" not in told
        assert [each for each in re.findall(r"`(\w+)`", told) if each not in columns] == []


@every_question
def test_a_year_is_no_number_whose_digits_a_page_would_group(question):
    # YEAR() gives an integer.
    assert not re.search(r"\(\s*YEAR\s*\(.*\) AS \?", question.text), f"{question.path}: SUBSTR"


@every_question
def test_a_question_stands_in_the_documentation(question):
    line = f"[{question.get('title', 'en')}](../ontology/questions/{question.name}.rq)"
    assert line in DOCS, f"docs/questions.md: list {line}"


def test_every_required_subject_has_its_question():
    names = {question.name for question in QUESTIONS}
    assert not {subject: name for subject, name in SUBJECTS.items() if name not in names}


def test_every_table_of_rows_belongs_to_a_question():
    assert {path.stem for path in FOLDER.glob("*.csv")} == {each.name for each in QUESTIONS}


@pytest.mark.parametrize(
    ("organization", "people"),
    [
        ("rtes", ["Christiane Bouchart", "Mahel Coppey"]),
        ("labo-ess", ["Claude Alphandéry", "Hugues Sibille", "Fatima Bellaredj"]),
    ],
)
def test_the_presidents_of_another_organization_come_one_after_the_other(ask, organization, people):
    question = next(each for each in QUESTIONS if each.name == "presidents-of-an-organization")
    text = question.text.replace("organization:ess-france", f"organization:{organization}")
    header, *rows = ask(text)
    names = [row[header.index("personLabel")] for row in rows]
    assert [names[0], *(later for name, later in pairwise(names) if later != name)] == people


@pytest.mark.parametrize("registers", [False, True])
def test_the_observations_say_what_one_counts_oneself(answer, registers):
    question = next(each for each in QUESTIONS if each.name == "observations-and-organizations")
    header, *rows = table(answer(question.text, registers))
    places = [header.index(name) for name in ("observed", "counted")]
    assert rows
    assert all(len({row[place] for place in places}) == 1 for row in rows)
