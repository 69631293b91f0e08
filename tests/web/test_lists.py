"""Lists: words, facets, order, pages, the map, files, and suggestions."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from kg.query.results import select
from kg.search.fields import FACETS
from kg.settings import Settings
from kg.web import equivalent, lists
from tests.web.conftest import BASE, assert_canonical_error, assert_page

BROWSE = "/browse/organization"


def names(text):
    return re.findall(r'<a href="/doc/organization/([\w-]+)">', text)


def test_search_finds_without_accents_and_escapes_what_was_typed(client):
    text = client.get("/search?q=reseau").text
    assert '<a href="/doc/organization/reseau">Réseau d’exemple</a>' in text
    hostile = client.get("/search", query_string={"q": '"><script>alert(1)</script>'})
    assert_page(hostile)
    assert "&lt;script&gt;" in hostile.text


def test_a_search_can_be_kept_to_a_kind(client):
    assert "/doc/person/ada" in client.get("/search?q=exemple&kind=person").text
    assert "/doc/organization" not in client.get("/search?q=exemple&kind=person").text


def test_lists_are_alphabetical_and_paged(client):
    texts = [client.get(f"{BROWSE}?page={n}").text for n in (1, 2, 3)]
    seen = [name for text in texts for name in names(text)]
    assert len(seen) == len(set(seen)) == 123
    members = [name for name in seen if name.startswith("member")]
    assert members == sorted(members)
    assert f'<a rel="next" href="{BROWSE}?page=2">' in texts[0]
    assert_canonical_error(client.get(f"{BROWSE}?page=4"), 404)


def test_facets_count_what_each_choice_would_give(client):
    text = client.get(f"{BROWSE}?departement=insee-departement-44").text
    assert len(names(text)) == 10
    chosen = f"{BROWSE}?departement=insee-departement-44&amp;family=association"
    assert f'<a href="{chosen}" rel="nofollow">association</a> <span class="count">4</span>' in text
    both = client.get(f"{BROWSE}?departement=insee-departement-44&family=association").text
    assert len(names(both)) == 4
    assert f'<a href="{BROWSE}?departement=insee-departement-44" rel="nofollow"' in both
    assert "<span>Famille" not in both and "Famille de l’ESS : association" in both


def test_choosing_goes_back_to_the_first_page(client):
    assert "page=2&amp;family" not in client.get(f"{BROWSE}?page=2").text


def test_a_list_as_a_map_has_its_table(client):
    response = client.get(f"{BROWSE}?view=map")
    assert_page(response)
    path = f"{BROWSE}?departement=insee-departement-44&amp;view=list"
    assert f'<a href="{path}" rel="nofollow">Loire-Atlantique</a></th><td class="n">10' in (
        response.text
    )


def test_paris_and_its_neighbours_are_there_once_more_larger_for_those_who_point(client):
    text = client.get(f"{BROWSE}?view=map").text
    (inset,) = re.findall(
        r'<svg [^>]*aria-hidden="true">\n(?:(?!</svg>).)*</svg>\n</svg>', text, re.S
    )
    assert inset.count("<path") == 4 and "aria-label" not in inset
    assert inset.count("<a ") == inset.count('tabindex="-1"')
    # A département elsewhere is shown without it.
    assert "frame" not in client.get("/doc/territory/insee-departement-44").text


def test_results_whose_point_is_known_are_points_of_the_map_and_a_list(client):
    response = client.get(f"{BROWSE}?view=map")
    assert_page(response)
    assert "14 résultats sur 123 ont un point connu" in response.text
    assert response.text.count("<li data-latitude=") == 13
    assert '<li data-latitude="47.01" data-longitude="-1.01">' in response.text
    assert "dans la liste seulement : 1." in response.text
    assert len(names(response.text)) == 14
    assert 'id="points"' in response.text and "/static/bundle/map-" in response.text
    narrow = client.get(f"{BROWSE}?view=map&departement=insee-departement-44").text
    assert "1 résultat sur 10 a un point connu" in narrow and narrow.count("data-latitude=") == 1
    nobody = client.get("/browse/person?view=map").text
    assert "point connu" not in nobody and 'id="points"' not in nobody


def test_more_points_than_a_map_can_show_are_counted_and_not_cut(client, monkeypatch):
    monkeypatch.setattr("kg.web.lists.POINTS", 12)
    text = client.get(f"{BROWSE}?view=map").text
    assert "14 résultats ont un point connu" in text and "(12 au plus)" in text
    assert "data-latitude=" not in text and 'id="points"' not in text


def test_tiles_of_a_map_of_points_are_allowed_where_there_is_one(client, app, monkeypatch):
    settings = Settings(tiles="https://tile.example/{z}/{x}/{y}.png")
    monkeypatch.setitem(app.extensions, "kg", replace(app.extensions["kg"], settings=settings))
    response = client.get(f"{BROWSE}?view=map")
    assert "img-src https://tile.example 'self'" in response.headers["Content-Security-Policy"]
    # With tiles the map reaches overseas.
    assert response.text.count("data-latitude=") == 14
    assert "tile.example" not in client.get(BROWSE).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=" + "x" * 201,
        "/search?kind=robot",
        "/browse/person?sort=chance",
        "/browse/person?format=exe",
        "/browse/person?page=99999",
    ],
)
def test_what_cannot_be_listed_says_why(client, path):
    assert_canonical_error(client.get(path), 400)


def test_a_file_has_the_whole_list_and_no_formula(client):
    response = client.get(f"{BROWSE}?format=csv")
    assert response.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert len(rows) == 123
    assert {row["kind"] for row in rows} == {"organization"}
    assert sum(row["latitude"] == "47.010" and row["longitude"] == "-1.010" for row in rows) == 1
    assert response.headers["Content-Disposition"].endswith('.csv"')


def test_jsonld_names_the_things_in_each_language(client):
    document = json.loads(client.get("/search?q=reseau&format=jsonld").data)
    (thing,) = document["@graph"]
    assert thing["@id"] == f"{BASE}id/organization/reseau"
    assert {"@value": "Example network", "@language": "en"} in thing["label"]


def test_too_long_a_list_is_refused_as_a_file_and_not_cut(client, monkeypatch):
    monkeypatch.setattr("kg.web.lists.DEEPEST", 100)
    assert_canonical_error(client.get(f"{BROWSE}?format=csv"), 400)
    assert client.get(f"{BROWSE}?format=rq").status_code == 200


FILTERS = [
    {"kind": ["organization"]},
    {"kind": ["organization"], "region": ["insee-region-52"]},
    {"kind": ["organization"], "departement": ["insee-departement-75", "insee-departement-59"]},
    {"kind": ["territory"], "departement": ["insee-departement-44"]},
    {"kind": ["organization"], "family": ["cooperative"], "year": ["2018"]},
    {"kind": ["publication"], "theme": ["social-innovation"]},
    {"kind": ["publication"], "year": ["2021", "2022"]},
    {"kind": ["publication"], "type": ["study"]},
    {"kind": ["territory"], "type": ["region"]},
]


@pytest.fixture(scope="module")
def real(default_release):
    from kg.query.local import LocalEngine, open_store
    from kg.search.index import Index
    from kg.settings import Settings
    from kg.web.app import create_app

    index = Index(default_release.folder / "search", default_release.base)
    return create_app(default_release, LocalEngine(open_store(default_release)), index, Settings())


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_the_query_of_a_list_gives_the_same(real, filters):
    site = real.extensions["kg"]
    client = real.test_client()
    text = client.get("/search", query_string={**filters, "format": "rq"}).text
    asked = {row["entity"].value for row in select(site.service, text)}
    listed = {hit.iri for hit in site.index.search("", "fr", filters, limit=50_000).items}
    assert asked == listed and listed


def test_suggestions_are_the_first_hits_in_the_language_of_the_page(client):
    found = client.get("/search/suggest?q=reseau&lang=en").get_json()["items"]
    assert found[0] == {
        "label": "Example network",
        "lang": "en",
        "kind": "organization",
        "kind_name": "organisation",
        "detail": "",
        "href": "/doc/organization/reseau",
    }
    assert client.get("/search/suggest?q=").get_json()["items"] == []
    assert len(client.get("/search/suggest?q=membre").get_json()["items"]) == 8
    assert client.get("/search/suggest?q=ada&kind=organization").get_json()["items"] == []


def test_every_facet_of_the_index_has_a_name_and_a_path():
    assert set(lists.NAMES) == set(FACETS)
    assert set(equivalent.PATHS) == set(FACETS) - {"kind", "year"}


def test_what_was_found_comes_before_what_narrows_it_and_leads_there(client):
    text = client.get(BROWSE).text
    assert text.index('href="#facets"') < text.index('class="hits"') < text.index('id="facets"')
