"""`/id/…` and `/doc/…`: redirects, negotiation, validators, the page of a thing."""

import re

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.vocab import ORG, RDFS, SCHEMA
from tests.web.conftest import BASE, assert_canonical_error, assert_page

ADA = "/doc/person/ada"
NETWORK = "/doc/organization/reseau"
FORMATS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}


def triples(response):
    media_type = response.content_type.partition(";")[0]
    return {quad.triple for quad in parse(response.data, format=FORMATS[media_type])}


def test_a_thing_leads_to_its_document_with_303(client):
    response = client.get("/id/person/ada")
    assert response.status_code == 303
    assert response.headers["Location"] == ADA
    assert response.headers["Vary"] == "Accept"
    assert response.headers["Link"] == f'<{ADA}>; rel="describedby"'
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_superseded_iri_leads_to_the_better_one_for_good(client):
    for old, new in {
        "/id/organization/old": "/id/organization/reseau",
        "/doc/organization/old": NETWORK,
        "/doc/organization/old.ttl": f"{NETWORK}.ttl",
    }.items():
        response = client.get(old)
        assert (response.status_code, response.headers["Location"]) == (301, new)


@pytest.mark.parametrize(
    "path", ["/id/organization/gone", "/doc/organization/gone", "/doc/organization/gone.ttl"]
)
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/plain"])
def test_what_was_withdrawn_is_410_and_says_since_when(client, path, accept):
    response = client.get(path, headers={"Accept": accept})
    assert_canonical_error(response, 410)
    assert "2026-10-01-1" in response.text


@pytest.mark.parametrize("path", ["/id/person/nobody", "/doc/person/nobody", "/id/robot/ada"])
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/plain"])
def test_what_is_not_here_is_404_in_the_form_that_was_asked_for(client, path, accept):
    assert_canonical_error(client.get(path, headers={"Accept": accept}), 404)


def test_a_404_suggests_what_may_have_been_meant(client):
    for key in ("exemple-reseau", "reseau-exmple"):
        page = client.get(f"/doc/organization/{key}", headers={"Accept": "text/html"})
        assert_canonical_error(page, 404)
        assert f'<a href="{NETWORK}">Réseau d’exemple</a>' in page.text


@pytest.mark.parametrize(
    "key", ["a'b", 'a"b', "a> <http://x", "a%3E", "..", "ada%0A", "ada}", "%00", "é"]
)
def test_a_key_with_odd_characters_is_never_a_part_of_a_query(client, key):
    assert_canonical_error(client.get(f"/doc/person/{key}"), 404)
    assert_canonical_error(client.get(f"/id/person/{key}"), 404)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/turtle", "text/turtle"),
        ("application/n-triples", "application/n-triples"),
        ("application/ld+json", "application/ld+json"),
        (
            'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"',
            "application/ld+json",
        ),
        ("application/json", "application/ld+json"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("text/turtle;q=0.5, application/rdf+xml;q=0.9", "application/rdf+xml"),
        ("text/turtle, */*;q=0.1", "text/turtle"),
        ("text/turtle, */*", "text/turtle"),
        ("text/*;q=0.9, text/html;q=0", "text/turtle"),
        ("application/*", "application/n-triples"),
        ("application/trig", "application/trig"),
        ("application/n-quads", "application/n-quads"),
        ("TEXT/TURTLE", "text/turtle"),
    ],
)
def test_the_document_comes_in_the_form_that_the_client_prefers(client, accept, media_type):
    response = client.get(ADA, headers={"Accept": accept})
    assert response.status_code == 200
    assert response.content_type == f"{media_type}; charset=utf-8"
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("accept", ["image/png", "text/html;q=0", "application/pdf, image/*"])
def test_a_form_that_there_is_not_is_406_with_the_list(client, accept):
    response = client.get(ADA, headers={"Accept": accept})
    assert_canonical_error(response, 406)
    assert "text/turtle (ttl)" in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("ending", ["html", "ttl", "jsonld", "rdf", "nt", "trig", "nq"])
def test_an_ending_names_the_form_whatever_the_accept_header_says(client, ending):
    named = client.get(f"{ADA}.{ending}", headers={"Accept": "image/png"})
    assert named.status_code == 200
    assert named.headers["Content-Location"] == f"{ADA}.{ending}"
    accept = named.content_type.partition(";")[0]
    assert client.get(ADA, headers={"Accept": accept}).data == named.data or ending == "html"


def test_every_rdf_form_says_the_same(client):
    answers = [triples(client.get(ADA, headers={"Accept": each})) for each in FORMATS]
    assert all(answer == answers[0] for answer in answers)


def test_the_rdf_holds_the_thing_its_parts_and_the_names_of_what_it_points_to(client):
    found = {(t.subject.value, t.predicate, t.object) for t in triples(client.get(f"{ADA}.nt"))}
    ada = f"{BASE}id/person/ada"
    assert (f"{ada}#presidency", ORG.member, NamedNode(ada)) in found
    assert (f"{ada}#presidency", SCHEMA.startDate, parse_year("2019")) in found
    assert f"{ada}#presidency-start" in {subject for subject, _, _ in found}
    network = f"{BASE}id/organization/reseau"
    assert (network, RDFS.label, Literal("Example network", language="en")) in found
    assert network not in {s for s, p, _ in found if p == SCHEMA.foundingDate}


def parse_year(year):
    return Literal(year, datatype=NamedNode("http://www.w3.org/2001/XMLSchema#gYear"))


def test_trig_says_in_which_graph_each_statement_stands(client):
    quads = parse(client.get(f"{ADA}.trig").data, format=RdfFormat.TRIG)
    graphs = {quad.graph_name.value.removeprefix(f"{BASE}graph/") for quad in quads}
    assert graphs == {"a", "b", "a+b"}


def test_turtle_declares_the_prefixes_that_it_uses_and_no_others(client):
    text = client.get(f"{ADA}.ttl").text
    declared = re.findall(r"@prefix ([\w-]+):", text)
    assert "org" in declared
    assert "igeo" not in declared
    assert len(set(declared)) == len(declared)


def test_the_links_of_a_document_name_its_forms_its_citation_and_its_licence(client):
    links = client.get(f"{ADA}.ttl").headers.getlist("Link")
    assert f'<{ADA}.html>; rel="alternate"; type="text/html"' in links
    assert f'<{ADA}.jsonld>; rel="alternate describedby"; type="application/ld+json"' in links
    assert f'<{BASE}id/person/ada>; rel="cite-as"' in links
    assert '<https://www.etalab.gouv.fr/licence-ouverte-open-licence>; rel="license"' in links
    assert not [link for link in links if f"<{ADA}.ttl>" in link]


def test_each_representation_has_a_strong_etag_of_its_own(client):
    etags = [
        client.get(f"{ADA}.{ending}{query}").headers["ETag"]
        for ending in ("html", "ttl", "nt")
        for query in ("", "?lang=en")
    ]
    assert len(set(etags)) == len(etags) and not [e for e in etags if e.startswith("W/")]


def test_a_known_etag_gets_304_without_a_query(client, app, monkeypatch):
    first = client.get(ADA, headers={"Accept": "text/turtle"})
    monkeypatch.setitem(app.extensions, "kg", no_service(app.extensions["kg"]))
    again = client.get(
        ADA, headers={"Accept": "text/turtle", "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Vary", "Content-Location"):
        assert again.headers[name] == first.headers[name]


def no_service(site):
    from dataclasses import replace

    return replace(site, service=None)


def test_the_date_of_a_document_is_that_of_the_release(client):
    first = client.get(f"{ADA}.ttl")
    assert first.headers["Last-Modified"] == "Mon, 23 Nov 2026 00:00:01 GMT"
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert client.get(f"{ADA}.ttl", headers=since).status_code == 304


def test_if_none_match_star_does_not_make_a_missing_thing_exist(client):
    response = client.get("/doc/person/nobody.ttl", headers={"If-None-Match": "*"})
    assert_canonical_error(response, 404)


@pytest.mark.parametrize("path", [ADA, f"{ADA}.ttl", "/id/person/ada", "/id/person/nobody"])
def test_head_answers_like_get_without_a_body(client, path):
    get, head = client.get(path), client.head(path)
    assert head.data == b""
    assert head.status_code == get.status_code
    for name in ("Content-Type", "Content-Length", "ETag", "Location", "Vary"):
        assert head.headers.get(name) == get.headers.get(name)


def test_browsers_of_other_hosts_may_read_everything(client):
    for path in (ADA, "/id/person/nobody"):
        headers = client.get(path, headers={"Origin": "https://elsewhere.example"}).headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert {"Link", "ETag", "Retry-After"} <= set(
            headers["Access-Control-Expose-Headers"].split(", ")
        )
    preflight = client.options(ADA)
    assert preflight.status_code == 200
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    assert_canonical_error(client.post(ADA), 405)


def test_the_page_shows_facts_by_group_with_their_sources(client):
    response = client.get(f"{NETWORK}.html")
    assert_page(response)
    assert "Réseau d’exemple" in response.text
    assert '<time datetime="2002-04-01">1ᵉʳ avril 2002</time>' in response.text
    assert '<a href="/doc/source/a">Page A</a>, Éditeur A, 11 mai 2022' in response.text
    assert '<a href="/doc/organization-type/association">association</a>' in response.text


def test_identifiers_lead_to_their_register(client):
    text = client.get(f"{NETWORK}.html").text
    assert 'href="https://annuaire-entreprises.data.gouv.fr/entreprise/301463253"' in text
    assert 'id="siren-123456789"' in text, "a former identifier is shown as a part"
    assert 'id="siren-301463253"' not in text, "a current one stands among the facts already"


def test_sources_that_disagree_are_shown_side_by_side(client):
    text = client.get(f"{ADA}.html").text
    disputed = text.split('<div class="disputed">')[1].split("</div>")[0]
    assert "Les sources ne s’accordent pas." in disputed
    assert disputed.index("2019") < disputed.index("Page A") < disputed.index("mars 2021")
    assert disputed.index("mars 2021") < disputed.index("Page B")


def test_a_coarser_date_does_not_contradict_a_finer_one(client):
    assert "disputed" not in client.get(f"{NETWORK}.html").text


def test_roles_stand_in_the_order_of_time_and_an_attestation_is_no_start(client):
    text = client.get(f"{ADA}.html").text
    assert text.index('<li id="presidency">') < text.index('<li id="mandate">')
    assert "attesté : 1ᵉʳ mai 2022" in text
    assert "presidency-during" not in text


def test_the_language_of_a_page_decides_names_values_and_dates(client):
    french, english = (client.get(f"{NETWORK}.html?lang={code}").text for code in ("fr", "en"))
    assert "Note en français." in french and "Note in English." not in french
    assert "Note in English." in english and "Note en français." not in english
    assert "<h1>Example network</h1>" in english
    assert "1 April 2002" in english or "April 1, 2002" in english
    assert "Identifiers" in english


def test_languages_are_named_in_the_language_of_the_page(client):
    assert ">français<" in client.get("/doc/source/b.html?lang=fr").text
    assert ">French<" in client.get("/doc/source/b.html?lang=en").text


def test_a_name_in_another_language_is_marked(client):
    assert '<span lang="fr">Ville</span>' in client.get("/doc/organization/ville.html?lang=en").text


def test_hostile_values_are_text(client):
    text = client.get("/doc/organization/evil.html").text
    assert_page(client.get("/doc/organization/evil.html"))
    assert "&lt;script&gt;alert(" in text
    assert "<img src=x" not in text
    network = client.get(f"{NETWORK}.html").text
    assert 'href="javascript' not in network
    assert 'href="https://reseau.example/"' in network


def test_what_points_here_is_counted_and_paged_in_a_steady_order(client):
    seen = []
    for number in (1, 2, 3):
        response = client.get(f"{NETWORK}.html?page={number}")
        assert_page(response)
        seen += re.findall(r'href="/doc/organization/(member-\d+)"', response.text)
        assert 'par « membre de » <span class="count">120</span>' in response.text or number == 3
    assert sorted(seen) == [f"member-{n:03}" for n in range(120)]
    for number in (0, 4, -1):
        assert_canonical_error(client.get(f"{NETWORK}.html?page={number}"), 404)


def test_a_role_that_points_here_names_its_holder_and_its_dates(client):
    text = "".join(client.get(f"{NETWORK}.html?page={n}").text for n in (1, 2, 3))
    assert '<a href="/doc/person/ada#presidency">Ada Exemple</a>' in text
    assert "début : 2019 ou mars 2021" in text


def test_a_page_takes_three_queries_once_the_sources_are_known(client, app, monkeypatch):
    from dataclasses import replace

    asked = []

    class Counting:
        def answer(self, request):
            asked.append(request)
            return site.service.answer(request)

    site = app.extensions["kg"]
    counting = replace(site, service=Counting())
    counting.provenance  # noqa: B018 - asked once for all pages
    asked.clear()
    monkeypatch.setitem(app.extensions, "kg", counting)
    assert_page(client.get(f"{NETWORK}.html"))
    assert len(asked) == 3
    assert all(request.bindings for request in asked)
