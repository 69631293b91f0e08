"""Triple Pattern Fragments: patterns, pages, counts, controls, and what is refused."""

from collections import Counter
from importlib import import_module
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.query.forms import GRAPHS
from kg.vocab import FOAF, HYDRA, ORG, RDF, RDFS, VOID, XSD
from tests.web.conftest import BASE, MEMBERS, assert_canonical_error, assert_page
from tests.web.test_entities import FORMATS

# The package has the blueprint under this name.
MODULE = import_module("kg.web.harvest.fragments")
ROOT = "http://localhost/fragments"
NETWORK = f"{BASE}id/organization/reseau"


def get(client, accept="application/trig", **pattern):
    return client.get(f"/fragments?{urlencode(pattern)}", headers={"Accept": accept})


def read(response):
    """The data of a page, and its metadata as a set of triples."""
    assert response.status_code == 200, response.text
    quads = list(parse(response.data, format=RdfFormat.TRIG))
    graphs = {quad.graph_name for quad in quads}
    (named,) = [graph for graph in graphs if isinstance(graph, NamedNode)]
    data = [quad.triple for quad in quads if quad.graph_name != named]
    told = {tuple(quad.triple) for quad in quads if quad.graph_name == named}
    (dataset,) = [o for s, p, o in told if (s, p) == (named, FOAF.primaryTopic)]
    assert [o for s, p, o in told if (s, p) == (dataset, HYDRA.search)]
    return data, told


def one(told, predicate):
    """The value of a property that only one thing has."""
    (value,) = [o for _, p, o in told if p == predicate]
    return value.value


def walk(client, **pattern):
    """All pages of a fragment, by what each says of the next one."""
    address, pages, totals = f"/fragments?{urlencode(pattern)}", [], set()
    while address:
        data, told = read(client.get(address, headers={"Accept": "application/trig"}))
        pages.append(data)
        totals.add(int(one(told, HYDRA.totalItems)))
        found = [o.value for _, p, o in told if p == HYDRA.next]
        address = found[0].removeprefix("http://localhost") if found else None
    return pages, totals


def matching(store, s=None, p=None, o=None):
    return Counter(quad.triple for quad in store.quads_for_pattern(s, p, o))


LABEL = RDFS.label.value
PATTERNS = {
    "all": ({}, (None, None, None)),
    "s": ({"subject": NETWORK}, (NamedNode(NETWORK), None, None)),
    "p": ({"predicate": LABEL}, (None, RDFS.label, None)),
    "o": ({"object": NETWORK}, (None, None, NamedNode(NETWORK))),
    "sp": ({"subject": NETWORK, "predicate": LABEL}, (NamedNode(NETWORK), RDFS.label, None)),
    "po": (
        {"predicate": ORG.memberOf.value, "object": NETWORK},
        (None, ORG.memberOf, NamedNode(NETWORK)),
    ),
    "text": (
        {"object": '"Example network"@en'},
        (None, None, Literal("Example network", language="en")),
    ),
    "plain": ({"object": '"301463253"'}, (None, None, Literal("301463253"))),
    "typed": (
        {"object": f'"2002"^^{XSD.gYear.value}'},
        (None, None, Literal("2002", datatype=XSD.gYear)),
    ),
    "nothing": ({"object": '"nothing"'}, (None, None, Literal("nothing"))),
    "variables": (
        {"subject": "?s", "predicate": "?p", "object": NETWORK},
        (None, None, NamedNode(NETWORK)),
    ),
}


@pytest.mark.parametrize("size", [7, 1000])
@pytest.mark.parametrize("name", PATTERNS)
def test_a_fragment_has_every_matching_statement_once(client, store, monkeypatch, name, size):
    monkeypatch.setattr(MODULE, "SIZE", size)
    given, pattern = PATTERNS[name]
    pages, totals = walk(client, **given)
    assert all(len(page) <= size for page in pages)
    found = Counter(triple for page in pages for triple in page)
    expected = matching(store, *pattern)
    assert found == expected
    assert totals == {expected.total()}
    assert len(pages) == max(1, -(-expected.total() // size))


def test_a_page_says_how_to_ask_how_many_there_are_and_where_it_goes_on(client, monkeypatch):
    monkeypatch.setattr(MODULE, "SIZE", 100)
    _, told = read(get(client, predicate=ORG.memberOf.value, object=NETWORK))
    assert one(told, HYDRA.template) == f"{ROOT}{{?subject,predicate,object}}"
    mapped = {s: o for s, p, o in told if p == HYDRA.property}
    named = {o.value: mapped[s] for s, p, o in told if p == HYDRA.variable}
    assert named == {"subject": RDF.subject, "predicate": RDF.predicate, "object": RDF.object}
    own = f"{ROOT}?{urlencode({'predicate': ORG.memberOf.value, 'object': NETWORK})}"
    assert one(told, HYDRA.first) == own
    assert (NamedNode(own), VOID.triples, Literal(MEMBERS)) in told
    assert (NamedNode(f"{ROOT}#dataset"), VOID.subset, NamedNode(own)) in told
    next_ = parse_qs(urlsplit(one(told, HYDRA.next)).query)
    assert next_["release"] == ["2026-11-23-1"] and int(next_["from"][0]) > 0


@pytest.mark.parametrize("media_type", GRAPHS.values())
def test_every_form_has_the_data_and_the_controls(client, media_type):
    response = get(client, media_type, subject=NETWORK)
    assert response.content_type == f"{media_type}; charset=utf-8"
    assert "Accept" in response.headers["Vary"]
    found = {quad.triple for quad in parse(response.data, format=FORMATS[media_type])}
    data, told = read(get(client, subject=NETWORK))
    assert {tuple(triple) for triple in found} == {*map(tuple, data), *told}


def test_people_get_a_form_and_a_table(client):
    page = get(client, "text/html", predicate="rdfs:label")
    assert_page(page)
    assert 'value="rdfs:label"' in page.text
    assert '<a href="/doc/organization/reseau" title="' in page.text
    assert_page(get(client, "text/html", object='"nothing"'))
    english = client.get("/fragments?lang=en", headers={"Accept": "text/html"})
    assert "Statements by pattern" in english.text


def test_an_iri_may_be_short_or_between_brackets(client):
    whole, _ = read(get(client, predicate=LABEL))
    for short in ("rdfs:label", f"<{LABEL}>"):
        assert read(get(client, predicate=short))[0] == whole


@pytest.mark.parametrize(
    "query",
    [
        "subject=%22text%22",
        "predicate=%22text%22",
        "object=plain",
        "object=%22open",
        "object=%22x%22%40",
        "subject=_%3Ab0",
        "subject=http%3A%2F%2Fa%20b",
        "object=%22x%22%5E%5Enot-an-iri",
        "subject=http://a&subject=http://b",
        "from=-1",
        "from=x",
        "from=1e3",
    ],
)
def test_a_term_or_place_that_is_none_is_400(client, query):
    assert_canonical_error(
        client.get(f"/fragments?{query}", headers={"Accept": "text/turtle"}), 400
    )


def test_a_place_holds_for_one_release_and_ends_with_the_fragment(client):
    for query in ("from=3", "from=3&release=2026-11-22-1", "release=2026-11-22-1"):
        assert_canonical_error(client.get(f"/fragments?{query}"), 410)
    assert_canonical_error(client.get("/fragments?from=999999&release=2026-11-23-1"), 404)
    assert_canonical_error(client.get("/fragments", headers={"Accept": "image/png"}), 406)


@pytest.mark.parametrize(
    "term", ['"x" . ?s ?p ?o"', '"\') OR 1=1 --"', '"\\"', '"\n"', '"a"b"@fr', "http://a'--"]
)
def test_a_term_is_bound_and_never_a_part_of_a_query(client, term):
    assert read(get(client, object=term))[0] == []
