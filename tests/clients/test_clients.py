"""SPARQLWrapper, rdflib, pandas and curl: what they get is what the engine says."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from urllib.error import HTTPError
from urllib.parse import urlencode

import pandas
import pytest
from pandas.testing import assert_frame_equal
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import ORG, RDF, SKOS
from rdflib.plugins.stores.sparqlconnector import SPARQLConnector
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, N3, RDFXML, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from kg.iri import BASE
from kg.query.forms import GRAPHS, RESULTS
from tests.served import AVISE

ESS = f"{BASE}ontology#"
PREFIXES = f"PREFIX ess: <{ESS}> PREFIX skos: <{SKOS}> PREFIX org: <{ORG}> "
SELECT = PREFIXES + (
    "SELECT ?organization ?name ?siren { ?organization a org:FormalOrganization ; "
    "skos:prefLabel ?name OPTIONAL { ?organization ess:siren ?siren } } ORDER BY ?name LIMIT 300"
)
NOTHING = "SELECT ?s ?é { ?s <http://example.org/nothing> ?é }"
CONSTRUCT = PREFIXES + (
    "CONSTRUCT { ?s skos:prefLabel ?name ; ess:siren ?siren } "
    "{ ?s a org:FormalOrganization ; skos:prefLabel ?name OPTIONAL { ?s ess:siren ?siren } }"
)
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
RESULT_QUERIES = [SELECT, NOTHING, "ASK { ?s ?p ?o }", "ASK { <x:> <x:> <x:> }"]
GRAPH_QUERIES = [CONSTRUCT, f"DESCRIBE <{AVISE}>"]


def parsed(data):
    graph = Graph().parse(data=data, format="turtle")
    assert len(graph)
    return graph


# SPARQLWrapper


def ask(endpoint, query, form, way=("GET", "urlencoded")):
    wrapper = SPARQLWrapper(endpoint, returnFormat=form)
    wrapper.setQuery(query)
    wrapper.setMethod(way[0])
    wrapper.setRequestMethod(way[1])
    return wrapper.queryAndConvert()


WAYS = [("GET", "urlencoded"), ("POST", "urlencoded"), ("POST", "postdirectly")]


@pytest.mark.parametrize("way", WAYS, ids="-".join)
@pytest.mark.parametrize("query", RESULT_QUERIES)
def test_sparqlwrapper_reads_results(endpoint, direct, query, way):
    expected = json.loads(direct(query, RESULTS["json"]))
    assert ask(endpoint, query, JSON, way) == expected
    rows = ask(endpoint, query, XML, way).getElementsByTagName("result")
    assert len(rows) == len(expected.get("results", {"bindings": ()})["bindings"])
    if "results" in expected:
        assert ask(endpoint, query, CSV, way) == direct(query, RESULTS["csv"])


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
@pytest.mark.parametrize("way", WAYS, ids="-".join)
@pytest.mark.parametrize("form", [TURTLE, N3, RDFXML, "json-ld"])
@pytest.mark.parametrize("query", GRAPH_QUERIES)
def test_sparqlwrapper_reads_graphs(endpoint, direct, query, form, way):
    found = ask(endpoint, query, form, way)
    graph = found if isinstance(found, Graph) else parsed(found)
    assert isomorphic(graph, parsed(direct(query, GRAPHS["ttl"])))


def test_sparqlwrapper_shows_what_is_wrong(endpoint):
    with pytest.raises(QueryBadFormed, match="Line 1, column 11: }"):
        ask(endpoint, "SELECT ?s }", JSON)


def test_sparqlwrapper_shows_a_limit(endpoint):
    wrapper = SPARQLWrapper(endpoint, returnFormat=JSON)
    wrapper.setQuery(RUNAWAY)
    wrapper.addParameter("timeout", "0.2")
    with pytest.raises(HTTPError) as error:
        wrapper.query()
    assert error.value.code == 503 and int(error.value.headers["Retry-After"]) > 0
    assert json.load(error.value)["reason"] == "time"


# rdflib


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_the_connector_of_rdflib_reads_results(endpoint, direct, method, form):
    found = SPARQLConnector(endpoint, returnFormat=form, method=method).query(SELECT)
    expected = json.loads(direct(SELECT, RESULTS["json"]))["results"]["bindings"]
    assert [str(row["name"]) for row in found] == [row["name"]["value"] for row in expected]
    assert [str(name) for name in found.vars] == ["organization", "name", "siren"]
    truth = SPARQLConnector(endpoint, returnFormat="json", method=method).query("ASK { ?s ?p ?o }")
    assert truth.askAnswer is True


@pytest.fixture(params=["xml", "json"])
def graph(endpoint, request):
    return Graph(SPARQLStore(endpoint, returnFormat=request.param))


def test_a_graph_of_rdflib_is_the_whole_dataset(graph, direct):
    (count,) = json.loads(direct("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", RESULTS["json"]))[
        "results"
    ]["bindings"]
    assert len(graph) == int(count["n"]["value"])
    avise = URIRef(AVISE)
    assert graph.value(avise, SKOS.prefLabel) == Literal("Avise", lang="fr")
    assert (avise, RDF.type, ORG.FormalOrganization) in graph
    assert (avise, RDF.type, SKOS.Concept) not in graph
    expected = parsed(
        direct(f"CONSTRUCT {{ <{AVISE}> ?p ?o }} {{ <{AVISE}> ?p ?o }}", GRAPHS["ttl"])
    )
    found = Graph()
    for triple in graph.triples((avise, None, None)):
        found.add(triple)
    assert isomorphic(found, expected)


def test_a_graph_of_rdflib_takes_bindings_and_prefixes(graph):
    rows = graph.query(
        "SELECT ?s ?name { ?s ess:siren ?siren ; skos:prefLabel ?name }",
        initNs={"ess": ESS, "skos": str(SKOS)},
        initBindings={"siren": Literal("301463253")},
    )
    assert [tuple(map(str, row)) for row in rows] == [(AVISE, "Avise")]
    answer = graph.query("ASK { ?s ?p ?o }", initBindings={"s": URIRef("http://example.org/x")})
    assert answer.askAnswer is False


@pytest.mark.parametrize("query", GRAPH_QUERIES)
def test_a_graph_of_rdflib_constructs(endpoint, direct, query):
    found = Graph(SPARQLStore(endpoint, returnFormat="turtle")).query(query).graph
    assert isomorphic(found, parsed(direct(query, GRAPHS["ttl"])))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_a_dataset_of_rdflib_has_the_named_graphs(endpoint, direct):
    dataset = Dataset(SPARQLStore(endpoint, context_aware=True), default_union=True)
    names = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    rows = json.loads(direct(names, RESULTS["json"]))["results"]["bindings"]
    assert {str(row.g) for row in dataset.query(names)} == {row["g"]["value"] for row in rows}
    graph = Graph(dataset.store, URIRef(f"{BASE}graph/a"))
    assert set(graph.subjects(SKOS.prefLabel)) == {URIRef(AVISE)}


# pandas


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_pandas_reads_a_table(endpoint, direct, form):
    url = f"{endpoint}?{urlencode({'query': SELECT, 'format': form})}"
    options = {"sep": "\t"} if form == "tsv" else {"dtype": {"siren": str}}
    found = pandas.read_csv(url, **options)
    expected = pandas.read_csv(io.BytesIO(direct(SELECT, RESULTS[form])), **options)
    assert_frame_equal(found, expected)
    assert found.shape == (300, 3)
    if form == "csv":
        assert found.set_index("organization").siren[AVISE] == "301463253"


def test_pandas_reads_a_compressed_table(endpoint, direct):
    url = f"{endpoint}?{urlencode({'query': SELECT})}"
    wishes = {"Accept": "text/csv", "Accept-Encoding": "gzip"}
    found = pandas.read_csv(url, storage_options=wishes)
    assert_frame_equal(found, pandas.read_csv(io.BytesIO(direct(SELECT, RESULTS["csv"]))))


# curl


@pytest.fixture
def curl():
    """`curl(option, …)` is (status, headers in lower case, body)."""
    program = shutil.which("curl")
    if not program:
        pytest.skip("curl is not installed: apt-get install curl")

    def run(*options):
        command = [program, "--silent", "--show-error", "--include", "--max-time", "60", *options]
        done = subprocess.run(command, capture_output=True, check=True)
        number = len(re.findall(rb"^HTTP/1\.[01] [0-9]{3}", done.stdout, re.MULTILINE))
        *heads, body = done.stdout.split(b"\r\n\r\n", number)
        first, *lines = heads[-1].decode().splitlines()
        fields = dict(line.lower().split(": ", 1) for line in lines)
        return int(first.split()[1]), fields, body

    return run


@pytest.mark.parametrize(("form", "media_type"), RESULTS.items())
def test_curl_reads_results(curl, endpoint, direct, form, media_type):
    expected = direct(SELECT, media_type)
    for options in (
        ["--get", "--data-urlencode", f"query={SELECT}", "--header", f"Accept: {media_type}"],
        ["--get", "--data-urlencode", f"query={SELECT}", "--data", f"format={form}"],
        ["--data-urlencode", f"query={SELECT}", "--header", f"Accept: {media_type}"],
        ["--data-urlencode", f"query={SELECT}", "--compressed", "--data", f"output={form}"],
        [
            *("--data-binary", SELECT, "--header", f"Accept: {media_type}"),
            *("--header", "Content-Type: application/sparql-query"),
        ],
        [
            *("--data-binary", SELECT, "--header", f"Accept: {media_type}", "--http1.0"),
            *("--header", "Content-Type: application/sparql-query"),
        ],
    ):
        status, fields, body = curl(*options, endpoint)
        assert (status, body) == (200, expected)
        assert fields["content-type"].partition(";")[0] == media_type


def test_curl_sees_the_head_of_an_answer(curl, endpoint, direct):
    query = ["--get", "--data-urlencode", f"query={SELECT}", endpoint]
    status, fields, body = curl("--head", *query)
    assert (status, body) == (200, b"")
    assert int(fields["content-length"]) == len(direct(SELECT, RESULTS["json"]))
    known = ["--header", f"If-None-Match: {fields['etag']}"]
    assert curl(*known, *query)[0] == 304


def test_curl_follows_a_name_to_its_document(curl, server):
    address = AVISE.replace(BASE, f"{server.root}/")
    status, fields, body = curl("--location", "--header", "Accept: text/turtle", address)
    assert status == 200 and fields["content-type"] == "text/turtle; charset=utf-8"
    assert (URIRef(AVISE), SKOS.prefLabel, Literal("Avise", lang="fr")) in parsed(body)


def test_curl_uploads_a_query_in_chunks_and_waits_for_leave(curl, endpoint, tmp_path, direct):
    (tmp_path / "query.rq").write_text(SELECT + " #" + "x" * 2_000_000, encoding="utf-8")
    upload = ["--data-binary", f"@{tmp_path}/query.rq", endpoint]
    kind = ["--header", "Content-Type: application/sparql-query"]
    chunked = ["--header", "Transfer-Encoding: chunked"]
    for options in ([], chunked):
        status, _, body = curl(*kind, *options, *upload)
        assert status == 413 and json.loads(body)["reason"] == "request-entity-too-large"
    (tmp_path / "query.rq").write_text(SELECT, encoding="utf-8")
    status, _, body = curl(*kind, *chunked, *upload)
    assert (status, body) == (200, direct(SELECT, RESULTS["json"]))
