"""What points to a thing: lists with their ends, and pages of one list."""

import re

import pytest
from pyoxigraph import Literal

from kg.linked import Linked
from kg.web.thing import incoming
from kg.web.thing.incoming import _precise
from tests.web.conftest import PARTS, assert_canonical_error, assert_page

NETWORK = "/doc/organization/reseau"
HUB = "/doc/organization/hub"


def test_a_list_is_counted_and_shown_to_where_a_link_leads_on(client):
    response = client.get(f"{NETWORK}.html")
    assert_page(response)
    assert '<span>Membres</span> <span class="count">120</span>' in response.text
    assert len(re.findall(r'href="/doc/organization/member-\d+"', response.text)) == 24
    assert f'<a class="all" href="{NETWORK}?by=org:memberOf">' in response.text


def test_a_list_is_paged_in_alphabetical_order(client):
    seen = []
    for number in (1, 2):
        response = client.get(f"{NETWORK}.html?by=org:memberOf&page={number}")
        assert_page(response)
        assert '<span class="count">120</span>' in response.text
        seen += re.findall(r'href="/doc/organization/(member-\d+)"', response.text)
    assert seen == [f"member-{n:03}" for n in range(120)]


def test_a_long_list_is_paged_in_a_steady_order(client, monkeypatch):
    monkeypatch.setattr(incoming, "WHOLE", 119)
    seen = []
    for number in (1, 2):
        text = client.get(f"{NETWORK}.html?by=org:memberOf&page={number}").text
        seen += re.findall(r'href="/doc/organization/(member-\d+)"', text)
    assert sorted(seen) == [f"member-{n:03}" for n in range(120)]


def test_what_is_no_more_comes_last_and_figures_are_no_links(client):
    text = client.get("/doc/territory/insee-region-52.html").text
    assert text.index("Loire-Atlantique") < text.index("Ancienne commune")
    assert "/observation/" not in text and "refArea" not in text


@pytest.mark.parametrize(
    "query", ["by=org:memberOf&page=3", "by=org:memberOf&page=0", "by=org:nothing", "by=%00"]
)
def test_a_list_that_there_is_not_is_404(client, query):
    assert_canonical_error(client.get(f"{NETWORK}.html?{query}"), 404)


def test_of_a_thing_with_many_links_every_list_has_its_beginning_and_its_length(client, asked):
    text = client.get(f"{HUB}.html").text
    assert f'<span>Unités</span> <span class="count">{PARTS}</span>' in text
    assert text.count("/doc/organization/part-") == 2 * 24
    assert '<a href="/doc/person/ada#mandate">Ada Exemple</a>' in text
    assert len(asked) == 2 and "LIMIT 501" not in asked[1].text, "the whole of the links"


def test_the_length_of_short_cuts_is_not_told_for_it_counts_what_is_told_in_full(client):
    text = client.get(f"{HUB}.html").text
    assert '<span>Membres</span> <span class="count">plus de 24</span>' in text


def test_a_release_that_does_not_say_what_has_many_links_has_their_beginnings(
    client, asked, release, monkeypatch
):
    monkeypatch.setattr(type(release), "links", lambda self, iri: [])
    monkeypatch.setattr(type(release), "beginnings", lambda self, iri: None)
    text = client.get(f"{HUB}.html").text
    assert '<span>Unités</span> <span class="count">plus de 24</span>' in text
    assert '<span>Personnes et rôles</span> <span class="count">1</span>' in text
    assert '<a href="/doc/person/ada#mandate">Ada Exemple</a>' in text
    assert len(asked) == 3, "the facts, more links than are read, the beginnings of the lists"


def test_of_a_property_by_which_several_kinds_point_each_has_its_beginning(
    client, asked, release, monkeypatch
):
    by = "http://purl.org/dc/terms/isPartOf"
    told = [Linked(by, "organization", 7_000), Linked(by, "territory", 2)]
    monkeypatch.setattr(type(release), "links", lambda self, iri: told)
    text = client.get("/doc/territory/insee-region-52.html").text
    assert "Loire-Atlantique" in text
    assert "LIMIT 50" in asked[1].text


def test_a_short_cut_that_rules_add_is_not_listed_beside_what_it_shortens(client, store):
    text = client.get("/doc/organization/ville.html").text
    assert text.count('<a href="/doc/person/ada#mandate">') == 1


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (f"{NETWORK}.html", 2),
        (f"{HUB}.html", 2),
        (f"{HUB}.html?by=org:memberOf&page=2", 2),
        (f"{NETWORK}.html?by=org:memberOf&page=2", 2),
        ("/doc/territory/insee-region-52.html?by=dcterms:isPartOf", 3),
        ("/graph/organization/hub", 2),
        ("/doc/person/ada.html", 2),
        ("/doc/episode/one.html", 2),
        ("/doc/publication/study.html", 2),
        ("/doc/territory/insee-region-52.html", 3),
    ],
)
def test_a_page_takes_at_most_three_queries_whatever_the_number_of_links(client, asked, path, most):
    assert_page(client.get(path))
    assert len(asked) == most
    assert all(request.bindings for request in asked)


def test_a_list_whose_length_the_release_tells_is_not_counted_again(client, asked):
    text = client.get(f"{HUB}.html?by=org:unitOf&page=2").text
    assert f'<span class="count">{PARTS}</span>' in text and "Page 2 sur 12" in text
    assert len(asked) == 2, "the facts, the page of the list"


def test_a_page_of_links_reads_no_more_names_than_it_shows(client, asked):
    path = "/doc/territory/insee-region-52.html?by=dcterms:isPartOf"
    text = client.get(path).text
    assert "Loire-Atlantique" in text and '<span class="count">2</span>' in text
    _facts, count, page = (request.text for request in asked)
    assert "STRSTARTS(STR(?subject), " not in count
    assert "STRSTARTS(STR(?subject), CONCAT(STR(?entity)" not in page


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("/doc/publication/study.html?by=schema:exampleOfWork", "study#edition"),
        ("/doc/territory/insee-region-52.html?by=sdmx-dimension:refArea", "/observation/"),
        ("/doc/source/a.html?by=prov:wasDerivedFrom", "/graph/a"),
    ],
)
def test_a_page_of_links_leaves_out_own_parts_observations_and_graphs(client, path, left_out):
    assert client.get(path.partition("?")[0]).status_code == 200
    assert client.get(path).status_code == 404, f"{left_out} would be all there is"


def test_of_two_dates_of_which_one_is_more_precise_that_is_told():
    dates = [Literal(date) for date in ("2021-11-17", "2021-11", "2021", "2019-05", "2019-05")]
    assert [date.value for date in _precise(dates)] == ["2019-05", "2021-11-17"]
