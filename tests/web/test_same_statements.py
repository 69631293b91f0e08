"""Whatever way a thing is asked for, the same is said of it."""

import json
import re

import pytest
from lxml import etree
from pyoxigraph import Literal, NamedNode, Triple, parse

from kg.query.forms import GRAPHS
from kg.vocab import RDF, RDFS, prefixes
from kg.web import urls
from tests.web.conftest import BASE
from tests.web.test_entities import FORMATS, standalone

PMH = {"o": "http://www.openarchives.org/OAI/2.0/"}
SCHEMA = prefixes()["schema"]
THINGS = [
    "person/ada",
    "organization/reseau",
    "episode/one",
    "publication/study",
    "territory/insee-44003",
    "organization-type/association",
]


def of(thing, triples):
    """What is said of the thing itself; documents also name what it points to."""
    return {triple for triple in triples if triple.subject.value == thing}


def read(data, media_type):
    return [quad.triple for quad in parse(data, format=FORMATS[media_type])]


def documents(client, path):
    """By form: the document of a thing, by its ending and by negotiation."""
    for form, media_type in GRAPHS.items():
        for response in (
            client.get(f"/doc/{path}.{form}"),
            client.get(f"/doc/{path}", headers={"Accept": media_type}),
        ):
            assert response.mimetype == media_type
            data = standalone(response) if form == "jsonld" else response.data
            yield form, read(data, media_type)


def queried(client, iri):
    for query in (f"DESCRIBE <{iri}>", f"CONSTRUCT {{ <{iri}> ?p ?o }} {{ <{iri}> ?p ?o }}"):
        for media_type in GRAPHS.values():
            response = client.post("/sparql", data={"query": query}, headers={"Accept": media_type})
            yield f"{query} as {media_type}", read(response.data, media_type)


def fragments(client, iri):
    for form, media_type in GRAPHS.items():
        response = client.get(
            "/fragments", query_string={"subject": iri}, headers={"Accept": media_type}
        )
        yield f"fragment as {form}", read(response.data, media_type)


def record(client, iri):
    given = {"verb": "GetRecord", "metadataPrefix": "rdf", "identifier": iri}
    root = etree.fromstring(client.get("/oai", query_string=given).data)
    (metadata,) = root.iterfind(".//o:metadata", PMH)
    return read(etree.tostring(metadata[0]), "application/rdf+xml")


@pytest.mark.parametrize("path", THINGS)
def test_every_route_says_the_same_of_a_thing(client, store, path):
    iri = f"{BASE}id/{path}"
    expected = {quad.triple for quad in store.quads_for_pattern(NamedNode(iri), None, None)}
    assert expected
    routes = dict(documents(client, path))
    routes |= dict(queried(client, iri)) | dict(fragments(client, iri))
    if path.split("/")[0] in {"publication", "episode", "organization"}:
        routes["OAI-PMH"] = record(client, iri)
    for route, triples in routes.items():
        assert of(iri, triples) == expected, route


def values(value):
    """The terms of a value, or of several, in the JSON-LD of a page."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            yield Literal(each)
        elif "@id" in each:
            yield NamedNode(each["@id"])
        elif "@language" in each:
            yield Literal(each["@value"], language=each["@language"])
        else:
            yield Literal(each["@value"], datatype=NamedNode(each["@type"]))


@pytest.mark.parametrize("path", THINGS)
def test_the_page_tells_search_engines_nothing_else(client, store, path):
    iri = NamedNode(f"{BASE}id/{path}")
    text = client.get(f"/doc/{path}.html").text
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
    told = json.loads(script)
    assert (told.pop("@context"), told.pop("@id")) == (SCHEMA, iri.value)
    types = told.pop("@type", [])
    found = {
        Triple(iri, RDF.type, NamedNode(SCHEMA + each))
        for each in ([types] if isinstance(types, str) else types)
    }
    for name, value in told.items():
        property_ = RDFS.label if name == "name" else NamedNode(SCHEMA + name)
        found |= {Triple(iri, property_, term) for term in values(value)}
    own = {quad.triple for quad in store.quads_for_pattern(iri, None, None)}
    assert found == {
        triple
        for triple in own
        if triple.predicate == RDFS.label
        or (triple.predicate == RDF.type and triple.object.value.startswith(SCHEMA))
        or (
            triple.predicate.value.startswith(SCHEMA)
            and (isinstance(triple.object, Literal) or urls.outside(triple.object.value))
        )
    }
