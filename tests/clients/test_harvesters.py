"""Robots that walk each interface by what it says of itself, over loopback."""

from __future__ import annotations

import gzip
from urllib.request import Request, urlopen
from urllib.robotparser import RobotFileParser

from lxml import etree

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
