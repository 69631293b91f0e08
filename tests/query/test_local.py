"""The embedded engine: which dataset a query is asked of, and how it refuses."""

import json

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from kg.errors import QueryMalformed, QueryRefused
from kg.query import Request
from kg.query.forms import GRAPH_FORMATS, GRAPHS
from kg.query.local import LocalEngine, open_store

SPACE = "http://example.org/"


@pytest.fixture(scope="module")
def store():
    store = Store()
    for graph in ("one", "two"):
        store.add(
            Quad(
                NamedNode(f"{SPACE}s"),
                NamedNode(f"{SPACE}p"),
                Literal(graph),
                NamedNode(f"{SPACE}{graph}"),
            )
        )
    return store


def values(engine, text, **request):
    """The values of ?o, sorted."""
    body = engine.answer(Request(text, **request)).read()
    return sorted(row["o"]["value"] for row in json.loads(body)["results"]["bindings"])


def test_the_default_graph_is_the_union_of_all_graphs(store):
    assert values(LocalEngine(store), "SELECT ?o { ?s ?p ?o }") == ["one", "two"]


def test_an_engine_without_union_asks_the_default_graph_of_the_store(store):
    assert values(LocalEngine(store, union=False), "SELECT ?o { ?s ?p ?o }") == []


def test_from_takes_the_place_of_the_union(store):
    engine = LocalEngine(store)
    assert values(engine, f"SELECT ?o FROM <{SPACE}one> {{ ?s ?p ?o }}") == ["one"]
    assert values(engine, f"SELECT ?o from named <{SPACE}one> {{ ?s ?p ?o }}") == []
    assert values(engine, f"SELECT ?o FROM NAMED <{SPACE}one> {{ GRAPH ?g {{ ?s ?p ?o }} }}") == [
        "one"
    ]


def test_the_word_from_elsewhere_does_not(store):
    text = f'PREFIX from: <{SPACE}> SELECT ?o {{ ?from from:p ?o FILTER(?o != "FROM") }} # FROM'
    assert values(LocalEngine(store), text) == ["one", "two"]


def test_the_dataset_of_the_request_goes_before_that_of_the_query(store):
    text = f"SELECT ?o FROM <{SPACE}one> {{ ?s ?p ?o }}"
    assert values(LocalEngine(store), text, default_graphs=(f"{SPACE}two",)) == ["two"]


def test_relative_iris_belong_to_the_base_of_the_service(store):
    engine = LocalEngine(store, base=f"{SPACE}sparql")
    assert values(engine, "SELECT ?o { <s> <p> ?o }") == ["one", "two"]
    with pytest.raises(QueryMalformed, match="Line 1"):
        values(LocalEngine(store), "SELECT ?o { <s> <p> ?o }")


def test_a_function_that_sparql_does_not_define_is_refused_by_its_name(store):
    with pytest.raises(QueryRefused, match=f"{SPACE}f"):
        values(LocalEngine(store), f"SELECT ?o {{ ?s ?p ?o FILTER(<{SPACE}f>(?o)) }}")


def test_a_store_in_memory_holds_every_statement_of_the_release_once(default_release):
    with default_release.quads() as quads:
        expected = {str(quad) for quad in parse(quads, RdfFormat.N_QUADS)}
    found = [str(quad) for quad in open_store(default_release)]
    assert len(found) == len(expected) == default_release.manifest["counts"]["statements"]
    assert set(found) == expected


def test_a_graph_has_the_prefixes_of_the_base_that_is_served():
    base = "https://kg.example/data/"
    engine = LocalEngine(Store(), base=f"{base}sparql")
    text = "CONSTRUCT { <id/person/x> a <ontology#Person> } {}"
    body = engine.answer(Request(text, "text/turtle")).read().decode()
    assert f"@prefix ess: <{base}ontology#>" in body and "a ess:Person" in body


@pytest.mark.parametrize("form", GRAPHS)
def test_a_graph_says_the_same_in_every_form(store, form):
    text = "CONSTRUCT { ?s ?p ?o, 'é \\n'@fr, 1.50 . ?g a <x:graph> } { GRAPH ?g { ?s ?p ?o } }"
    body = LocalEngine(store).answer(Request(text, GRAPHS[form])).read()
    said = {str(quad.triple) for quad in parse(body, GRAPH_FORMATS[GRAPHS[form]])}
    subject, decimal = f"<{SPACE}s> <{SPACE}p>", "http://www.w3.org/2001/XMLSchema#decimal"
    graph = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <x:graph>"
    assert said == {
        f'{subject} "one"',
        f'{subject} "two"',
        f'{subject} "é \\n"@fr',
        f'{subject} "1.50"^^<{decimal}>',
        f"<{SPACE}one> {graph}",
        f"<{SPACE}two> {graph}",
    }
