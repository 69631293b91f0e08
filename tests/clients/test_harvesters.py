"""Robots that walk each interface by what it says of itself, over loopback."""

from __future__ import annotations

import gzip
from urllib.request import Request, urlopen
from urllib.robotparser import RobotFileParser

import pytest
import requests
from lxml import etree
from pyld import jsonld
from rdflib import Graph
from rdflib.compare import isomorphic

from kg.iri import BASE
from kg.query.forms import GRAPHS
from tests.served import AVISE

PAGE = AVISE.removeprefix(f"{BASE}id")
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def locations(address):
    """What a site map names, read as crawlers do: compressed."""
    with urlopen(Request(address, headers={"Accept-Encoding": "gzip"})) as response:
        body = response.read()
    if response.headers["Content-Encoding"] == "gzip":
        body = gzip.decompress(body)
    return etree.fromstring(body).xpath("//s:loc/text()", namespaces=SITEMAP)


def test_a_crawler_finds_every_page_from_robots_txt(server):
    robots = RobotFileParser(f"{server.root}/robots.txt")
    robots.read()
    (index,) = robots.site_maps()
    assert index == f"{server.root}/sitemap.xml"
    pages = [page for each in locations(index) for page in locations(each)]
    assert len(pages) == len(set(pages)) > 900
    for page in (pages[0], pages[len(pages) // 2], pages[-1]):
        assert robots.can_fetch("*", page)
        with urlopen(page) as response:
            assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def remote(address, _options=None):
    """What a processor of JSON-LD is told of a document that it fetches."""
    response = requests.get(address, headers={"Accept": "application/ld+json"}, timeout=60)
    response.raise_for_status()
    return {
        "contentType": response.headers["Content-Type"].partition(";")[0],
        "contextUrl": None,
        "documentUrl": response.url,
        "document": response.json(),
    }


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
def test_processors_of_json_ld_fetch_our_context(server):
    address = f"{server.root}/doc{PAGE}"
    expected = Graph().parse(f"{address}.nt")
    assert isomorphic(Graph().parse(f"{address}.jsonld"), expected)
    text = jsonld.to_rdf(
        f"{server.root}/id{PAGE}", {"format": "application/n-quads", "documentLoader": remote}
    )
    assert isomorphic(Graph().parse(data=text, format="nt"), expected)
    compact = jsonld.compact(
        f"{address}.jsonld", f"{server.root}/context/1.jsonld", {"documentLoader": remote}
    )
    nodes = {node["id"]: node for node in compact["@graph"]}
    assert nodes["organization:siren-301463253"]["ess:siren"] == "301463253"


def test_a_robot_goes_from_a_page_by_its_links_to_everything_that_describes_it(server):
    page = requests.get(f"{server.root}/id{PAGE}", headers={"Accept": "text/html"}, timeout=60)
    assert page.links["cite-as"]["url"] == AVISE
    address = server.root + page.links["linkset"]["url"]
    linkset = requests.get(address, timeout=60).json()["linkset"]
    anchors = {each["anchor"]: each for each in linkset}
    described = anchors[f"{server.root}/doc{PAGE}"]["describedby"]
    assert {each["type"] for each in described} == set(GRAPHS.values())
    for each in described:
        document = requests.get(each["href"], timeout=60)
        assert document.headers["Content-Type"].partition(";")[0] == each["type"]
        assert anchors[each["href"]]["describes"][0]["href"] == f"{server.root}/doc{PAGE}"
