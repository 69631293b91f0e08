"""The manifests of the W3C SPARQL test suites, as data (rdf-tests, `sparql/README.md`).

A manifest lists its tests in order; each has a type, an action (a query and its data, or HTTP
requests) and a result. Files are known by their public address, under `PUBLISHED`; the suites
themselves lie in `FOLDER`, outside of the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

from rdflib import RDF, RDFS, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from kg.settings import Settings

FOLDER = Settings.from_environment().shared / "conformance" / "rdf-tests-sparql"
PUBLISHED = "https://w3c.github.io/rdf-tests/sparql/"

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")

SPARQL10 = (
    *("algebra", "ask", "basic", "bnode-coreference", "boolean-effective-value", "bound", "cast"),
    *("construct", "dataset", "distinct", "expr-builtin", "expr-equals", "expr-ops", "graph"),
    *("i18n", "open-world", "optional", "optional-filter", "reduced", "regex", "solution-seq"),
    *("sort", "triple-match", "type-promotion"),
    *("syntax-sparql1", "syntax-sparql2", "syntax-sparql3", "syntax-sparql4", "syntax-sparql5"),
)
SPARQL11 = (
    *("aggregates", "bind", "bindings", "cast", "construct", "csv-tsv-res", "exists", "functions"),
    *("grouping", "json-res", "negation", "project-expression", "property-path", "subquery"),
    "syntax-query",
)
QUERY_SUITES = tuple(
    [f"sparql11/{name}" for name in SPARQL11] + [f"sparql10/{name}" for name in SPARQL10]
)
PROTOCOL_SUITE = "sparql11/protocol"
DESCRIPTION_SUITE = "sparql11/service-description"
UPDATE_SUITES = tuple(
    f"sparql11/{name}"
    for name in (
        *("add", "basic-update", "clear", "copy", "delete", "delete-data", "delete-insert"),
        *("delete-where", "drop", "move", "syntax-update-1", "syntax-update-2", "update-silent"),
    )
)
FEDERATED_SUITES = ("sparql11/service", "sparql11/syntax-fed")
# What is not run, and why: these tests ask for what the service does not offer.
OUT_OF_SCOPE = {
    **dict.fromkeys(
        UPDATE_SUITES,
        "The service is read-only: each of these updates is sent to it, and must be refused.",
    ),
    **dict.fromkeys(
        FEDERATED_SUITES,
        "SERVICE is refused, so that nobody makes this host query another: tested with these.",
    ),
    "sparql11/entailment": (
        "The service evaluates simple entailment; what its rules infer is stated at build time."
    ),
    "sparql11/http-rdf-update": "The Graph Store Protocol writes graphs; the service is read-only.",
    "sparql11/graph-store-protocol": "The same tests in a later edition.",
    "sparql12": "SPARQL 1.2 is not a Recommendation yet; the service speaks 1.1.",
}


@dataclass(frozen=True)
class QueryTest:
    """A query with its data and expected result, or (`result` None) one that is only parsed."""

    iri: str
    name: str
    kind: str
    query: str
    data: tuple[str, ...] = ()
    graphs: tuple[str, ...] = ()
    result: str | None = None
    lax: bool = False

    @property
    def negative(self) -> bool:
        """Whether the query must be refused as malformed."""
        return self.kind.startswith("Negative")


@dataclass(frozen=True)
class Exchange:
    """An HTTP request and what is expected of its response; `statuses` are `2xx`, `4xx`…"""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statuses: frozenset[str]
    form: str
    boolean: bool | None


@dataclass(frozen=True)
class ProtocolTest:
    """Requests that are sent one after the other, to a store with these graphs (name, file)."""

    iri: str
    name: str
    graphs: tuple[tuple[str, str], ...]
    exchanges: tuple[Exchange, ...]


def identifier(test: QueryTest | ProtocolTest, suite: str) -> str:
    """A short name: the suite's folders and the end of the test's IRI."""
    return f"{suite}#{test.iri.partition('#')[2]}"


def path_of(address: str) -> Path:
    """Where a published file lies."""
    return FOLDER / address.removeprefix(PUBLISHED)


@cache
def load(suite: str) -> tuple[Graph, tuple[Node, ...]]:
    """A suite's manifest and its tests, in the manifest's order."""
    address = f"{PUBLISHED}{suite}/manifest.ttl"
    graph = Graph().parse(path_of(address), format="turtle", publicID=address)
    entries = next(graph.objects(None, MF.entries), None)
    assert entries is not None, f"{address} has no entries"
    return graph, tuple(Collection(graph, entries))


def query_tests(suite: str) -> Iterator[QueryTest]:
    """The query evaluation, result format and syntax tests of a suite."""
    graph, entries = load(suite)
    for entry in entries:
        action = _one(graph, entry, MF.action)
        syntax = isinstance(action, URIRef)
        query = str(action if syntax else _one(graph, action, QT.query))
        data = _all(graph, action, QT.data)
        graphs = _all(graph, action, QT.graphData)
        yield QueryTest(
            str(entry),
            str(graph.value(entry, MF.name)),
            str(_one(graph, entry, RDF.type)).removeprefix(MF),
            query,
            data,
            graphs if data or graphs or syntax else _named_in(query),
            None if syntax else str(_one(graph, entry, MF.result)),
            (entry, MF.resultCardinality, MF.LaxCardinality) in graph,
        )


def protocol_tests() -> Iterator[ProtocolTest]:
    """The tests of the protocol suite."""
    graph, entries = load(PROTOCOL_SUITE)
    for entry in entries:
        graphs = (
            (str(_one(graph, each, RDFS.label)), str(_one(graph, each, UT.graph)))
            for each in graph.objects(entry, UT.graphData)
        )
        requests = Collection(graph, _one(graph, _one(graph, entry, MF.action), HT.requests))
        yield ProtocolTest(
            str(entry),
            str(graph.value(entry, MF.name)),
            tuple(sorted(graphs)),
            tuple(_exchange(graph, request) for request in requests),
        )


def description_tests() -> Iterator[str]:
    """The IRIs of the service description suite's tests; what they ask is in their names only."""
    return (str(entry) for entry in load(DESCRIPTION_SUITE)[1])


def refused_texts(suite: str) -> Iterator[tuple[str, str]]:
    """The test and text of every valid update or federated query of a suite out of scope."""
    graph, entries = load(suite)
    for entry in entries:
        action = _one(graph, entry, MF.action)
        file = graph.value(action, UT.request) or graph.value(action, QT.query) or action
        if "Negative" not in str(_one(graph, entry, RDF.type)):
            yield str(entry), path_of(str(file)).read_text(encoding="utf-8")


def _exchange(graph: Graph, request: Node) -> Exchange:
    response = _one(graph, request, HT.resp)
    headers = graph.value(request, HT.headers)
    body = graph.value(request, HT.body)
    boolean = graph.value(response, MF.expectedBoolean)
    return Exchange(
        str(_one(graph, request, HT.methodName)),
        str(_one(graph, request, HT.absolutePath)),
        tuple(
            (str(_one(graph, header, HT.fieldName)), str(_one(graph, header, HT.fieldValue)))
            for header in (Collection(graph, headers) if headers else ())
        ),
        _body(graph, body) if body else b"",
        frozenset(
            str(status).rpartition("StatusCode")[2]
            for status in graph.objects(response, MF.expectedStatus)
        ),
        str(graph.value(response, MF.expectedFormat) or ""),
        None if boolean is None else boolean.toPython(),
    )


def _body(graph: Graph, body: Node) -> bytes:
    encoding = str(graph.value(body, CNT.characterEncoding) or "UTF-8")
    return str(_one(graph, body, CNT.chars)).encode(encoding)


def _named_in(query: str) -> tuple[str, ...]:
    """The documents that a query's own FROM clauses name: the data of a test that states none."""
    text = path_of(query).read_text(encoding="utf-8")
    found = re.findall(r"\bFROM\s+(?:NAMED\s+)?<([^>]*)>", text, re.IGNORECASE)
    return tuple(dict.fromkeys(urljoin(query, name) for name in found))


def _one(graph: Graph, subject: Node, predicate: URIRef) -> Node:
    found = graph.value(subject, predicate)
    assert found is not None, f"{subject} has no {predicate}"
    return found


def _all(graph: Graph, subject: Node, predicate: URIRef) -> tuple[str, ...]:
    return tuple(sorted(str(found) for found in graph.objects(subject, predicate)))
