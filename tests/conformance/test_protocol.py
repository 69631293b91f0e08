"""The W3C suites on the protocol and the service description, and what the service refuses."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store
from rdflib import RDF, Graph, Literal, Namespace, URIRef

from kg.query.forms import GRAPHS, RESULTS
from tests.conformance.conftest import HOST, INAPPLICABLE, W3C
from tests.conformance.manifest import (
    DESCRIPTION_SUITE,
    FEDERATED_SUITES,
    FOLDER,
    UPDATE_SUITES,
    Exchange,
    ProtocolTest,
    description_tests,
    path_of,
    protocol_tests,
    refused_texts,
)

if not FOLDER.is_dir():
    pytest.skip(f"the W3C test suites are not in {FOLDER}", allow_module_level=True)

ENDPOINT = f"{HOST}sparql"
FORMS = {
    "boolean": {RESULTS["xml"], RESULTS["json"]},
    "tabular": set(RESULTS.values()),
    "RDF": {GRAPHS["rdf"], GRAPHS["ttl"], GRAPHS["nt"]},
}
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
# Domain and range of each property (SPARQL 1.1 Service Description, section 3.4).
SCHEMA = {
    "endpoint": ("Service", None),
    "feature": ("Service", "Feature"),
    "defaultEntailmentRegime": ("Service", "EntailmentRegime"),
    "defaultSupportedEntailmentProfile": ("Service", "EntailmentProfile"),
    "entailmentRegime": ("NamedGraph", "EntailmentRegime"),
    "supportedEntailmentProfile": ("NamedGraph", "EntailmentProfile"),
    "extensionFunction": ("Service", "Function"),
    "extensionAggregate": ("Service", "Aggregate"),
    "languageExtension": ("Service", "Feature"),
    "supportedLanguage": ("Service", "Language"),
    "propertyFeature": ("Service", "Feature"),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "resultFormat": ("Service", None),
    "inputFormat": ("Service", None),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("Dataset", "NamedGraph"),
    "name": ("NamedGraph", None),
    "graph": ("NamedGraph", "Graph"),
}
CLASSES = {name for pair in SCHEMA.values() for name in pair if name}
INSTANCES = {
    *("SPARQL10Query", "SPARQL11Query", "SPARQL11Update", "DereferencesURIs"),
    *("UnionDefaultGraph", "RequiresDataset", "EmptyGraphs", "BasicFederatedQuery"),
}


def tail(iri: str) -> str:
    return iri.partition("#")[2]


PROTOCOL = {tail(test.iri): test for test in protocol_tests()}
# Those that expect an update to succeed; the others on updates expect that it is refused.
UPDATES = [name for name in PROTOCOL if name.startswith("update_")]
EMPTY = {
    "test_38",
    "test_39",
    "test_40",
}  # updates without an operation: nothing tells what they are
DESCRIPTION = {tail(iri): iri for iri in description_tests()}


def send(client, exchange: Exchange):
    """The response to a request of the suite, read whole; the endpoint takes the place of its."""
    with client.open(
        exchange.path.replace("/sparql/", "/sparql", 1),
        method=exchange.method,
        headers=list(exchange.headers),
        data=exchange.body,
    ) as response:
        response.get_data()
    return response


def loaded(test: ProtocolTest) -> Store:
    """A store with the documents that the test names, each as the graph of that name."""
    store = Store()
    for name, address in test.graphs:
        store.load(path=path_of(address), format=RdfFormat.N_TRIPLES, to_graph=NamedNode(name))
    return store


@pytest.mark.parametrize("name", [name for name in PROTOCOL if name not in UPDATES])
def test_the_service_follows_the_protocol(name, over, record_property):
    test = PROTOCOL[name]
    record_property(W3C, test.iri)
    client = over(loaded(test), ENDPOINT)
    for exchange in test.exchanges:
        response = send(client, exchange)
        assert f"{response.status_code // 100}xx" in exchange.statuses, response.text
        if exchange.form:
            assert response.mimetype in FORMS[exchange.form]
        if exchange.boolean is not None:
            assert response.get_json(force=True)["boolean"] is exchange.boolean


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_is_refused_however_it_is_sent(name, over, record_property):
    test = PROTOCOL[name]
    record_property(INAPPLICABLE, test.iri)
    response = send(over(loaded(test), ENDPOINT), test.exchanges[0])
    assert response.status_code == 400
    assert response.json["reason"] == "refused"


@pytest.mark.parametrize("suite", [*UPDATE_SUITES, *FEDERATED_SUITES])
def test_no_update_and_no_federated_query_passes_for_a_query(suite, over, record_property):
    client = over(Store(), ENDPOINT)
    for iri, text in refused_texts(suite):
        record_property(INAPPLICABLE, iri)
        response = client.post("/sparql", data={"query": text})
        assert response.status_code == 400, f"{iri}\n{text}\n{response.text}"
        assert response.json["reason"] == "refused" or tail(iri) in EMPTY, f"{iri}\n{text}"


@pytest.fixture
def description(described) -> Graph:
    """What a bare GET of the endpoint answers."""
    with described.get("/sparql") as response:
        return Graph().parse(data=response.get_data(), format=response.mimetype)


def test_a_get_of_the_endpoint_returns_rdf(description, record_property):
    record_property(W3C, DESCRIPTION["returns-rdf"])
    assert len(description) > 0


def test_the_description_names_the_endpoint_that_was_asked(description, record_property):
    record_property(W3C, DESCRIPTION["has-endpoint-triple"])
    assert (None, SD.endpoint, URIRef(ENDPOINT)) in description


def test_the_description_conforms_to_the_schema_of_its_vocabulary(description, record_property):
    record_property(W3C, DESCRIPTION["conforms-to-schema"])
    assert (None, RDF.type, SD.Service) in description
    for subject, predicate, value in description:
        if value in SD:
            assert value.removeprefix(SD) in CLASSES | INSTANCES, value
        if predicate in SD:
            domain, range_ = SCHEMA[predicate.removeprefix(SD)]
            assert types(description, subject) <= {domain}, f"{subject} {predicate}"
            assert range_ is None or types(description, value) <= {range_}, f"{predicate} {value}"
            assert not isinstance(value, Literal), f"{predicate} {value}"


def types(graph: Graph, node) -> set[str]:
    """The classes of the vocabulary that a node is stated to be of."""
    return {kind.removeprefix(SD) for kind in graph.objects(node, RDF.type) if kind in SD}


def test_every_test_of_the_description_suite_is_covered():
    assert set(DESCRIPTION) == {"returns-rdf", "has-endpoint-triple", "conforms-to-schema"}, (
        f"{DESCRIPTION_SUITE} has other tests now: write one here for each that is missing"
    )
