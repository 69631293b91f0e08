"""Merging: each statement once, in the graph of its sources; linking; differences."""

import pytest
from pyoxigraph import Literal, NamedNode

from kg import statements
from kg.convert import convert
from kg.iri import BASE
from kg.link.decisions import Decision

from . import tiny

AVISE = f"{BASE}id/organization/avise"
SIREN = f"{BASE}id/organization/siren-301463253"


@pytest.fixture
def merged(tmp_path):
    """(connection, what could not be linked) for rows of the tiny source."""
    with statements.connect(tmp_path / "spill") as connection:

        def merge(*rows, decisions=()):
            done = convert(tiny.source(tmp_path, *rows), None, tmp_path / "build")
            return connection, statements.merge(connection, [done], list(decisions))

        yield merge


def graphs_of(connection, subject):
    rows = connection.execute(
        "SELECT DISTINCT sources FROM statement WHERE subject = ?", [f"<{subject}>"]
    ).fetchall()
    return sorted(sources for (sources,) in rows)


def test_what_two_sources_state_stands_once_in_the_graph_of_both(merged):
    connection, _ = merged("avise,Avise,,b", "avise,Avise,,a", "rtes,RTES,,a")
    assert graphs_of(connection, AVISE) == [["a", "b"]]
    assert statements.count(connection) == 6


def test_it_does_not_matter_in_how_many_parts_statements_are_grouped(merged, monkeypatch):
    rows = ["avise,Avise,,b", "avise,Avise,,a", "rtes,RTES,,a", "rtes,RTES,,c", "rtes,RTES,,b"]
    connection, _ = merged(*rows)
    whole = connection.execute("FROM statement ORDER BY ALL").fetchall()
    monkeypatch.setattr(statements, "GROUPED", 2)
    merged(*rows)
    assert connection.execute("FROM statement ORDER BY ALL").fetchall() == whole


def test_sources_that_differ_are_both_kept(merged):
    connection, _ = merged("avise,Avise,,a", "avise,AVISE,,b")
    assert graphs_of(connection, AVISE) == [["a"], ["a", "b"], ["b"]]


def test_a_thing_has_the_iri_that_linking_chose(merged):
    connection, findings = merged("avise,Avise,301463253,a", "avise,Avise,,b")
    assert findings == []
    assert graphs_of(connection, AVISE) == []
    assert graphs_of(connection, SIREN) == [["a"], ["a", "b"]]


def test_a_decision_is_followed(merged):
    same = Decision(True, f"{BASE}id/organization/a", f"{BASE}id/organization/b")
    connection, _ = merged("a,A,,s", "b,B,,t", decisions=[same])
    assert graphs_of(connection, same.first) == [["s"], ["s", "t"], ["t"]]
    assert graphs_of(connection, same.second) == []


def test_a_fragment_follows_its_owner(merged):
    connection, _ = merged("avise,Avise,301463253,a")
    assert graphs_of(connection, f"{AVISE}#siren") == []
    assert graphs_of(connection, f"{SIREN}#siren") == [["a"]]
    rows = connection.execute("SELECT object FROM statement WHERE object LIKE '%#siren>'")
    assert rows.fetchall() == [(f"<{SIREN}#siren>",)]


def test_what_stands_already_is_not_added_again(merged, tmp_path):
    connection, _ = merged("avise,Avise,,a")
    label = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    triples = [
        (NamedNode(AVISE), label, Literal("Avise", language="fr")),
        (NamedNode(AVISE), label, Literal("tab\there", language="fr")),
    ]
    assert statements.add(connection, triples * 2, "inferred", tmp_path / "x.tsv") == 1
    assert graphs_of(connection, AVISE) == [["a"], ["inferred"]]


def test_quads_are_sorted_and_rebased(merged, tmp_path):
    connection, _ = merged("b,B,,s+t", "a,A,,s")
    base = "http://example.org/kg/"
    statements.write_parquet(connection, tmp_path / "x.parquet", base)
    file = f"FROM '{tmp_path / 'x.parquet'}'"
    statements.write_quads(connection, file, tmp_path / "x.nq", base)
    lines = (tmp_path / "x.nq").read_text().splitlines()
    assert lines == sorted(lines)
    assert all(line.startswith("<http://example.org/kg/id/organization/") for line in lines)
    assert lines[0].endswith("<http://example.org/kg/graph/s> .")
