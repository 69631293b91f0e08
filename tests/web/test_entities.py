"""`/id/…` and `/doc/…`: redirects, negotiation, validators, the page of a thing."""

import json
import re
from dataclasses import replace
from importlib import import_module
from urllib.parse import urljoin

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse
from requests.utils import parse_header_links as parse_link_header

from kg.settings import ROOT, Settings
from kg.vocab import ORG, RDFS, SCHEMA, prefixes
from kg.web import facts, signposting
from kg.web.thing.network import MOST
from kg.web.thing.values import Values
from tests.web.conftest import BASE, assert_canonical_error, assert_page

# The package has the blueprint under this name.
entities = import_module("kg.web.entities")
SPACE = prefixes()["schema"]
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
    data = standalone(response) if media_type == "application/ld+json" else response.data
    return {quad.triple for quad in parse(data, format=FORMATS[media_type])}


def standalone(response):
    """A JSON-LD document with the context that it names in its stead: the parser fetches none."""
    document = response.get_json(force=True)
    path = f"ontology/contexts/{document['@context'].rpartition('/')[2]}"
    context = json.loads((ROOT / path).read_text(encoding="utf-8"))
    return json.dumps(document | context)


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


@pytest.mark.parametrize("form", ["html", "ttl", "jsonld", "rdf", "nt", "trig", "nq"])
def test_what_became_of_a_thing_is_the_same_in_every_form(client, form):
    moved = client.get(f"/doc/organization/old.{form}")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{NETWORK}.{form}")
    assert_canonical_error(client.get(f"/doc/organization/gone.{form}"), 410)
    first = client.get(f"{NETWORK}.{form}")
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"{NETWORK}.{form}", headers=known).status_code == 304


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


def relations(response):
    """Relation to the addresses of its links, as a browser reads the headers."""
    found = {}
    for link in parse_link_header(",".join(response.headers.getlist("Link"))):
        for relation in link["rel"].split():
            found.setdefault(relation, set()).add(link["url"])
    return found


def test_links_say_what_a_page_is_about_who_made_it_and_where_it_belongs(client):
    episode = client.get("/doc/episode/one.html")
    found = relations(episode)
    assert found["cite-as"] == {f"{BASE}id/episode/one"}
    assert found["type"] == {f"{SPACE}AboutPage", f"{SPACE}PodcastEpisode"}
    assert found["collection"] == {f"{BASE}id/podcast/serie"}
    assert found["item"] == {"https://audio.example/1.mp3"}, "only what a link may lead to"
    assert found["linkset"] == {"/linkset/episode/one"}
    assert found["describedby"] == {f"/doc/episode/one.{form}" for form in entities.RDF}
    assert "describes" not in found
    for form in entities.RDF:
        described = relations(client.get(f"/doc/episode/one.{form}"))
        assert described["describes"] == {"/doc/episode/one"}
        assert {name: described[name] for name in ("type", "item", "cite-as", "linkset")} == {
            name: found[name] for name in ("type", "item", "cite-as", "linkset")
        }


def test_the_link_set_has_all_links_of_the_page_with_absolute_addresses(client):
    page = client.get("/doc/episode/one.html")
    response = client.get("/linkset/episode/one")
    assert response.content_type == "application/linkset+json"
    contexts = {each.pop("anchor"): each for each in response.get_json(force=True)["linkset"]}
    host = "http://localhost/doc/episode/one"
    assert set(contexts) == {host, *(f"{host}.{form}" for form in entities.RDF)}
    told = relations(page)
    for relation in ("cite-as", "license", "type", "item", "collection", "describedby"):
        targets = {urljoin(host, address) for address in told[relation]}
        assert {each["href"] for each in contexts[host][relation]} == targets
    assert contexts[f"{host}.ttl"] == {"describes": [{"href": host, "type": "text/html"}]}
    again = client.get("/linkset/episode/one", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_a_header_has_all_links_of_a_relation_or_none(client, monkeypatch):
    monkeypatch.setattr(signposting, "MOST", 1)
    found = relations(client.get("/doc/episode/one.html"))
    assert "type" not in found and len(found["item"]) == 1
    (about, *_) = client.get("/linkset/episode/one").get_json(force=True)["linkset"]
    assert len(about["type"]) == 2


def test_the_link_set_of_what_gave_way_or_went_says_so(client):
    moved = client.get("/linkset/organization/old")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/linkset/organization/reseau")
    assert_canonical_error(client.get("/linkset/organization/gone"), 410)
    assert_canonical_error(client.get("/linkset/organization/nobody"), 404)


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
    disputed = text.split('<div class="disputed">')[1].split("</dl>")[0]
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


def test_a_role_that_points_here_names_its_holder_and_its_dates(client):
    text = client.get(f"{NETWORK}.html").text
    assert '<a href="/doc/person/ada#presidency">Ada Exemple</a>' in text
    assert "début : 2019 ou mars 2021" in text


def test_the_gist_of_a_thing_stands_under_its_name_and_in_the_description(client):
    text = client.get(f"{NETWORK}.html").text
    assert '<p class="gist">association · 2002</p>' in text
    assert '<meta name="description" content="Réseau d’exemple : association · 2002">' in text


def test_every_value_says_who_states_it_and_where_to_report_an_error(client):
    text = client.get(f"{NETWORK}.html").text
    assert '<span class="hidden">2 sources</span>' in text
    quoted = "%3Chttps%3A%2F%2Fw3id.org%2Fess-kg%2Fid%2Forganization%2Freseau%3E"
    assert (
        f"mailto:errors@example.org?subject=Erreur%20%282026-11-23-1%29&amp;body={quoted}" in text
    )


def test_roles_with_dates_are_drawn_beside_their_list(client):
    parser = assert_page(client.get(f"{ADA}.html"))
    drawing = [
        attrs for tag, attrs in parser.tags if tag == "svg" and attrs.get("class") == "gantt"
    ]
    assert [attrs["aria-hidden"] for attrs in drawing] == ["true"]
    assert "rect" in {tag for tag, _ in parser.tags}


def test_the_structured_data_repeats_the_graph_and_cannot_end_its_script(client):
    for path in (ADA, NETWORK, "/doc/organization/evil"):
        text = client.get(f"{path}.html").text
        block = text.split('<script type="application/ld+json">')[1].split("</script>")[0]
        document = json.loads(block)
        entity = BASE + "id" + path.removeprefix("/doc")
        assert document.pop("@id") == entity
        rdf = {
            (t.predicate, t.object)
            for t in triples(client.get(f"{path}.nt"))
            if t.subject.value == entity
        }
        names = document.pop("name")
        for name in names if isinstance(names, list) else [names]:
            literal = (
                Literal(name)
                if isinstance(name, str)
                else Literal(name["@value"], language=name["@language"])
            )
            assert (RDFS.label, literal) in rdf
        assert document.pop("@context") == "https://schema.org/"
        assert set(document) <= {"@type", "foundingDate"}


def test_the_neighbourhood_is_a_table_of_links_in_both_directions(client):
    response = client.get("/graph/person/ada")
    assert_page(response)
    rows = re.findall(r'<tr data-kind="(\w+)" data-out="(\d)">', response.text)
    around = [("episode", "0"), ("publication", "0")]
    assert rows == [("organization", "1")] * 3 + around
    assert '<a href="/doc/organization/reseau">' in response.text
    around = client.get("/graph/organization/reseau").text
    assert '<a href="/doc/person/ada#presidency">Ada Exemple</a>' in around
    assert_canonical_error(client.get("/graph/person/nobody"), 404)


def test_the_neighbourhood_is_drawn_for_wide_screens_and_narrow_ones(client):
    text = client.get("/graph/person/ada").text
    wide, narrow = re.findall(r'<svg class="network (?:wide|narrow)".*?</svg>', text, re.DOTALL)
    for drawing in (wide, narrow):
        named = re.findall(r'<a [^>]*href="([^"]*)" tabindex="-1" data-kind="(\w+)"', drawing)
        # Each once, whatever the number of links; kinds side by side.
        kinds = ["episode", *["organization"] * 3, "publication"]
        assert [kind for _, kind in named] == kinds
        assert {href for href, _ in named} == {
            *("/doc/episode/one", "/doc/publication/study", "/doc/organization/hub"),
            *("/doc/organization/reseau", "/doc/organization/ville"),
        }
        assert drawing.count("<g transform") == 6
    many = client.get("/graph/organization/reseau").text
    assert many.count('tabindex="-1" data-kind') == 2 * MOST
    assert f"Le dessin en montre {MOST}, le tableau tous." in many


def test_an_episode_plays_its_sound_and_its_page_may_load_it_from_there_alone(client):
    response = client.get("/doc/episode/one.html")
    parser = assert_page(response)
    players = [attrs for tag, attrs in parser.tags if tag == "audio"]
    assert [attrs["src"] for attrs in players] == ["https://audio.example/1.mp3"]
    assert players[0]["preload"] == "none"
    chapter = '<a href="https://audio.example/1.mp3#t=3671" data-start="3671">'
    assert f'{chapter}<span class="count">1:01:11</span> Suite</a>' in response.text
    assert "media-src https://audio.example" in response.headers["Content-Security-Policy"]
    assert "media-src" not in client.get(f"{ADA}.html").headers["Content-Security-Policy"]


def test_episodes_that_are_only_announced_are_counted_and_not_invented(client):
    text = client.get("/doc/podcast/serie.html").text
    assert "3 épisodes sont annoncés ;\n2 sont décrits ici." in text
    assert text.count('href="/doc/episode/one"') == 1


def test_points_are_mapped_with_their_list_and_tiles_only_if_configured(client, app, monkeypatch):
    path = "/doc/organization/atelier.html"
    response = client.get(path)
    assert_page(response)
    assert '<li data-latitude="45.75801" data-longitude="4.85011">' in response.text
    assert 'id="points" hidden' in response.text and "data-tiles" not in response.text
    assert "img-src 'self'" in response.headers["Content-Security-Policy"]
    settings = Settings(tiles="https://tile.example/{z}/{x}/{y}.png", tiles_attribution="Ⓒ")
    monkeypatch.setitem(app.extensions, "kg", replace(app.extensions["kg"], settings=settings))
    response = client.get(path)
    assert "img-src https://tile.example 'self'" in response.headers["Content-Security-Policy"]
    assert 'data-attribution="Ⓒ"' in response.text
    assert 'id="points"' not in client.get(f"{ADA}.html").text


def test_a_property_that_is_a_value_goes_by_its_name(app):
    with app.test_request_context("/"):
        values = Values(app.extensions["kg"], facts.gather(f"{BASE}id/organization/a", [], BASE))
        assert values.name(SCHEMA.foundingDate).text == "création"
        assert values.name(NamedNode("https://elsewhere.example/x")).text == "elsewhere.example/x"
