"""What search engines are told: robots.txt and the site map."""

import re
from dataclasses import replace
from importlib import import_module
from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree
from protego import Protego

from tests.web.conftest import BASE, assert_canonical_error

# The package has the blueprint under this name.
MODULE = import_module("kg.web.harvest.crawlers")
SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
HOST = "http://localhost"
OPEN = [
    *("/", "/sparql", "/sparql?query=ASK%7B%7D", "/.well-known/void", "/doc/person/ada"),
    *("/doc/person/ada?lang=en", "/doc/person/ada.ttl", "/id/person/ada", "/browse/person"),
    *("/browse/person?lang=en", "/questions", "/questions/x?lang=fr", "/sitemap.xml", "/dumps/"),
    *("/sitemap/things.xml?after=person%2Fada", "/about"),
]
# Not for a parser without patterns.
IN_A_LANGUAGE = ["/changes?lang=en", "/changes?lang=fr", "/fragments?lang=en", "/fragments?lang=fr"]
SHUT = [
    *("/changes?from=2026-01-01-1&lang=fr", "/fragments?subject=x", "/fragments?lang=fr&page=2"),
    *("/search?q=avise", "/browse/organization?region=insee-region-84&lang=en"),
    *("/browse/organization?lang=en&page=2", "/graph/person/ada", "/cite/person/ada.bib"),
    *("/questions/x?organization=rtes", "/doc/territory/iso-FR?by=dcterms:isPartOf&page=3"),
    "/doc/territory/iso-FR?lang=en&by=dcterms:isPartOf",
]


def entries(response, element):
    """(address, day) of the children; the document is what the protocol's schema says."""
    assert response.status_code == 200
    assert response.content_type == "application/xml; charset=utf-8"
    assert len(response.data) < 50 * 1024 * 1024
    root = etree.fromstring(response.data)
    assert root.tag == f"{{{SPACE}}}{'urlset' if element == 'url' else 'sitemapindex'}"
    found = []
    for child in root:
        assert child.tag == f"{{{SPACE}}}{element}"
        assert [part.tag for part in child] == [f"{{{SPACE}}}loc", f"{{{SPACE}}}lastmod"]
        address, day = (part.text for part in child)
        assert address.startswith(f"{HOST}/") and len(address) < 2048
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", day)
        found.append((address, day))
    assert 0 < len(found) <= 50_000
    return found


def walk(client):
    """Index to the addresses of each of its maps."""
    return {
        address: entries(client.get(address.removeprefix(HOST)), "url")
        for address, _ in entries(client.get("/sitemap.xml"), "sitemap")
    }


def test_robots_are_shown_the_site_map_and_kept_from_what_has_no_end(client):
    response = client.get("/robots.txt")
    assert response.content_type == "text/plain; charset=utf-8"
    robots = Protego.parse(response.text)
    assert list(robots.sitemaps) == [f"{HOST}/sitemap.xml"]
    allowed = [*OPEN, *IN_A_LANGUAGE]
    assert [path for path in allowed if not robots.can_fetch(HOST + path, "Googlebot")] == []
    assert [path for path in SHUT if robots.can_fetch(HOST + path, "Googlebot")] == []


def test_a_parser_without_patterns_finds_nothing_shut_that_is_open(client):
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").text.splitlines())
    assert robots.site_maps() == [f"{HOST}/sitemap.xml"]
    assert [path for path in OPEN if not robots.can_fetch("SPARQLES", HOST + path)] == []
    assert not robots.can_fetch("SPARQLES", f"{HOST}/search?q=avise")


@pytest.mark.parametrize("size", [7, 10_000])
def test_the_site_map_has_every_thing_there_is_once(client, monkeypatch, store, size):
    monkeypatch.setattr(MODULE, "SIZE", size)
    maps = walk(client)
    pages = maps.pop(f"{HOST}/sitemap/pages.xml")
    assert pages
    assert all(len(found) <= size for found in maps.values())
    found = [address for each in maps.values() for address, _ in each]
    subjects = {quad.subject.value.partition("#")[0] for quad in store}
    things = {
        iri for iri in subjects if iri.startswith(f"{BASE}id/") and "/observation/" not in iri
    }
    assert sorted(found) == sorted(each.replace(f"{BASE}id/", f"{HOST}/doc/") for each in things)
    assert {day for each in maps.values() for _, day in each} == {"2026-11-23"}


def test_the_pages_of_the_site_map_are_there_and_may_be_read(client):
    robots = Protego.parse(client.get("/robots.txt").text)
    found = entries(client.get("/sitemap/pages.xml"), "url")
    assert len(set(found)) == len(found)
    for address, _ in found:
        answer = client.get(address.removeprefix(HOST), headers={"Accept": "text/html"})
        assert answer.status_code == 200, address
        assert robots.can_fetch(address, "bingbot"), address


def test_a_map_of_an_earlier_index_has_what_came_between_its_bounds(client):
    things = entries(
        client.get("/sitemap/things.xml?after=organization/member-003&until=person/ada"), "url"
    )
    names = [address.removeprefix(f"{HOST}/doc/") for address, _ in things]
    assert names[0] == "organization/member-004" and names[-1] == "person/ada"


def test_a_map_without_things_or_with_too_many_is_refused(client, monkeypatch):
    assert_canonical_error(client.get("/sitemap/things.xml?after=zebra"), 404)
    assert_canonical_error(client.get("/sitemap/things.xml?after='%20OR%201=1&until=a"), 404)
    monkeypatch.setattr(MODULE, "MOST", 3)
    assert_canonical_error(client.get("/sitemap/things.xml"), 404)
    assert "/sitemap.xml" in client.get("/sitemap/things.xml").text


@pytest.mark.parametrize("path", ["/sitemap.xml", "/oai?verb=Identify"])
def test_a_release_that_was_built_without_dates_has_no_lists_of_them(app, monkeypatch, path):
    monkeypatch.setattr("kg.web.site.FILE", "absent.parquet")
    monkeypatch.setitem(app.extensions, "kg", replace(app.extensions["kg"]))
    response = app.test_client().get(path)
    assert_canonical_error(response, 404)
    assert "kg build" in response.text
