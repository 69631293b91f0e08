"""The ontology: a page that says what every term means, and RDF that keeps its versions."""

import re

import pytest
from rdflib import OWL, RDF, RDFS, Graph, Literal, Namespace, URIRef

from kg.settings import ONTOLOGY, Settings
from kg.vocab import ESS
from kg.web.app import create_app
from tests.web.conftest import BASE, Client, assert_canonical_error, assert_page

HEADER = URIRef(f"{BASE}ontology")
DCTERMS = Namespace("http://purl.org/dc/terms/")
VANN = Namespace("http://purl.org/vocab/vann/")
VOAF = Namespace("http://purl.org/vocommons/voaf#")
FORMS = {
    "text/turtle": "turtle",
    "application/ld+json": "json-ld",
    "application/rdf+xml": "xml",
    "application/n-triples": "nt",
}


def parsed(response):
    return Graph().parse(response.data, format=FORMS[response.mimetype])


@pytest.fixture(scope="module")
def stamped(default_release):
    """The site of a release whose ontology bears its stamp; no query is needed for it."""
    app = create_app(default_release, None, None, Settings())
    app.testing = True
    app.test_client_class = Client
    return app.test_client()


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("path", ["/ontology", "/ontology.html", "/ontology/2026-11-23-1"])
def test_every_term_is_explained_at_its_fragment(client, path, lang):
    response = client.get(path, query_string={"lang": lang}, headers={"Accept": "text/html"})
    page = assert_page(response)
    assert {term.value.rpartition("#")[2] for term in ESS} <= set(page.ids)
    definition = {"fr": "Nom abrégé", "en": "Short name"}[lang]
    assert definition in response.text and "ess:attestedOn" in response.text
    links = {attrs.get("href") for tag, attrs in page.tags if tag == "a"}
    assert {"#Credit", "http://www.w3.org/ns/org#Membership", "/ontology/shapes"} <= links


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
@pytest.mark.parametrize("media_type", FORMS)
def test_a_term_leads_to_its_rdf_in_every_form(client, media_type):
    response = client.get("/ontology", headers={"Accept": media_type})
    assert response.status_code == 200 and response.mimetype == media_type
    assert "Accept" in response.headers["Vary"]
    graph = parsed(response)
    for term in ESS:
        assert (URIRef(term.value), RDFS.isDefinedBy, HEADER) in graph
    ending = response.headers["Content-Location"]
    assert set(parsed(client.get(ending))) == set(graph)


def test_who_has_no_wish_gets_turtle_and_who_wants_a_picture_nothing(client):
    assert client.get("/ontology").mimetype == "text/turtle"
    for path in ("/ontology", "/ontology/2026-11-23-1", "/ontology/shapes"):
        assert_canonical_error(client.get(path, headers={"Accept": "image/png"}), 406)


def test_the_header_says_what_catalogues_of_vocabularies_ask_for(stamped, default_release):
    graph = parsed(stamped.get("/ontology.ttl"))
    assert (HEADER, RDF.type, OWL.Ontology) in graph
    assert (HEADER, RDF.type, VOAF.Vocabulary) in graph
    assert {value.language for value in graph.objects(HEADER, DCTERMS.title)} == {"fr", "en"}
    assert {value.language for value in graph.objects(HEADER, DCTERMS.description)} == {"fr", "en"}
    for term in ("creator", "publisher", "license", "issued", "modified"):
        assert graph.value(HEADER, DCTERMS[term]), term
    assert graph.value(HEADER, VANN.preferredNamespacePrefix) == Literal("ess")
    assert graph.value(HEADER, VANN.preferredNamespaceUri) == Literal(f"{BASE}ontology#")
    assert graph.value(HEADER, OWL.versionInfo) == Literal(default_release.id)
    classes = {s for s in graph.subjects(RDF.type, OWL.Class) if s.startswith(f"{BASE}ontology#")}
    assert graph.value(HEADER, VOAF.classNumber).toPython() == len(classes)
    version = graph.value(HEADER, OWL.versionIRI)
    response = stamped.get(f"/{version.removeprefix(BASE)}", headers={"Accept": "text/turtle"})
    assert set(parsed(response)) == set(graph)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_the_page_changes_with_the_site_and_may_not_be_kept_for_ever(client):
    response = client.get("/ontology/2026-11-23-1", headers={"Accept": "text/html"})
    assert "immutable" not in response.headers["Cache-Control"]


def test_shapes_are_rdf_and_browsers_are_led_to_the_page(client):
    graph = parsed(client.get("/ontology/shapes", headers={"Accept": "text/turtle"}))
    written = sum(
        len(re.findall(r"a sh:NodeShape", path.read_text(encoding="utf-8")))
        for path in ONTOLOGY.rglob("shapes.ttl")
    )
    sh = Namespace("http://www.w3.org/ns/shacl#")
    assert len(set(graph.subjects(RDF.type, sh.NodeShape))) == written
    response = client.get("/ontology/shapes", headers={"Accept": "text/html"})
    assert (response.status_code, response.location) == (303, "/ontology")


@pytest.mark.parametrize("path", ["/ontology.pdf", "/ontology/2020-01-01-1", "/ontology/nothing"])
def test_what_there_is_not_is_not_found(client, path):
    assert_canonical_error(client.get(path), 404)
