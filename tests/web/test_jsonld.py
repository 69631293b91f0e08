"""JSON-LD with a context of ours: read by a processor that knows nothing of us."""

import hashlib

import pytest
from pyld import jsonld as processor
from pyoxigraph import RdfFormat, parse

from kg.vocab import prefixes
from kg.web import jsonld
from tests.web.conftest import BASE, assert_canonical_error

# By version, for ever. Whoever wants another context writes the next version.
PUBLISHED = {
    1: "1d0dc4c3fe1f21f6e41ea8e032939464a2d93c8d481fd74acfe073f8b1d922e1",
}
PAGES = ["person/ada", "organization/reseau", "episode/one", "establishment/siret-1"]


def loader(client):
    """Loads documents from the site, as a processor would over HTTP, and from nowhere else."""

    def load(address, _options=None):
        assert address.startswith("http://localhost/")
        response = client.get(address.removeprefix("http://localhost"))
        assert (response.status_code, response.mimetype) == (200, "application/ld+json")
        return {
            "contentType": response.mimetype,
            "contextUrl": None,
            "documentUrl": address,
            "document": response.get_json(force=True),
        }

    return load


def test_a_published_context_never_changes():
    found = {
        int(path.stem): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in jsonld.FOLDER.iterdir()
    }
    assert found == PUBLISHED, "leave it as it is, and write ontology/contexts/<next>.jsonld"


def test_a_context_agrees_with_the_prefixes_of_everything_else():
    terms = jsonld._terms(max(PUBLISHED))
    table = prefixes()
    for term, meaning in terms.items():
        if isinstance(meaning, dict):
            prefix, _, local = term.partition(":")
            assert meaning == {"@id": table[prefix] + local, "@type": "@id"}
        elif not meaning.startswith("@"):
            assert meaning == table[term]


def test_a_context_is_served_for_ever(client):
    response = client.get("/context/1.jsonld")
    assert response.content_type == "application/ld+json; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/context/0.jsonld", "/context/99.jsonld", "/context/1.json", "/context/x.jsonld"):
        assert_canonical_error(client.get(path), 404)


@pytest.mark.parametrize("page", PAGES)
def test_a_processor_reads_the_statements_that_the_other_forms_have(client, page):
    load = loader(client)
    text = processor.to_rdf(
        f"http://localhost/doc/{page}.jsonld",
        {"format": "application/n-quads", "documentLoader": load},
    )
    found = {quad.triple for quad in parse(text, format=RdfFormat.N_QUADS)}
    expected = parse(client.get(f"/doc/{page}.nt").data, format=RdfFormat.N_TRIPLES)
    assert found == {quad.triple for quad in expected}


def test_names_are_short_and_values_exact(client):
    document = client.get("/doc/organization/reseau.jsonld").get_json(force=True)
    assert document["@context"] == "http://localhost/context/1.jsonld"
    nodes = {node["id"]: node for node in document["@graph"]}
    network = nodes[f"{BASE}id/organization/reseau"]
    assert sorted(network["type"]) == ["org:FormalOrganization", "schema:Organization"]
    assert network["ess:siren"] == "301463253"
    assert network["org:classification"] == f"{BASE}id/organization-type/association"
    assert {"@value": "2002", "@type": "xsd:gYear"} in network["schema:foundingDate"]
    assert {"@value": "Example network", "@language": "en"} in network["rdfs:label"]
