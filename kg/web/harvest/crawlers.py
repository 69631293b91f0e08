"""For search engines: which pages there are, when they changed, and what not to walk through.

    /robots.txt          names the site map, and the addresses that have no end
    /sitemap.xml         an index: the pages that are no entities, then entities in runs of `SIZE`
    /sitemap/pages.xml   those pages
    /sitemap/things.xml  the entities between two IRIs, with the day of their last change

A run is named by the entities that it lies between, so that whoever reads it after the next
release misses none that came meanwhile. The languages of a page are linked in itself (`hreflang`).
Formats: https://www.sitemaps.org/protocol.html, RFC 9309; `*` and `$` as in its section 2.2.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from kg.history import LAST
from kg.iri import kinds
from kg.web.errors import Missing
from kg.web.i18n import _
from kg.web.kinds import counted
from kg.web.negotiate import content_type
from kg.web.site import site

SIZE = 10_000
# The protocol's limit.
MOST = 50_000
# The figures of the statistics are pages of their own, but nobody looks for one by its name.
LEFT_OUT = {"observation"}
PAGES = (
    *("pages.home", "pages.about", "pages.accessibility", "pages.report", "questions.index"),
    *("dumps.index", "changes.index", "ontology.current", "sparql.endpoint", "fragments.fragment"),
)
# Lists narrowed, sorted and paged in all combinations; neighbourhoods and citations of everything;
# one list of links in pages; patterns; all versions of all things, which portals follow. What only
# chooses the language is none of them.
ROBOTS = """\
User-agent: *
Allow: /browse/*?lang=en$
Allow: /browse/*?lang=fr$
Allow: /questions/*?lang=en$
Allow: /questions/*?lang=fr$
Allow: /changes?lang=en$
Allow: /changes?lang=fr$
Allow: /fragments?lang=en$
Allow: /fragments?lang=fr$
Disallow: /search
Disallow: /browse/*?
Disallow: /questions/*?
Disallow: /doc/*?by=
Disallow: /doc/*&by=
Disallow: /graph/
Disallow: /cite/
Disallow: /fragments?
Disallow: /changes?
Disallow: /ldes/

Sitemap: {sitemap}
"""

crawlers = Blueprint("crawlers", __name__)


@crawlers.get("/robots.txt")
def robots() -> Response:
    """Everything may be read, once."""
    text = ROBOTS.format(sitemap=url_for("crawlers.index", _external=True))
    return Response(text, content_type="text/plain; charset=utf-8")


@crawlers.get("/sitemap.xml")
def index() -> Response:
    """The site maps that there are."""
    runs = site.history.ranges(SIZE, _kinds())
    # The first and the last are open to what may come.
    bounds = ["", *(_name(last) for last, _ in runs[:-1]), ""]
    maps = [(url_for("crawlers.pages", _external=True), site.modified)]
    for (after, until), (_last, modified) in zip(pairwise(bounds), runs, strict=True):
        given = {"after": after or None, "until": until or None}
        maps.append((url_for("crawlers.things", **given, _external=True), modified))
    return _xml("sitemap-index.xml", maps)


@crawlers.get("/sitemap/pages.xml")
def pages() -> Response:
    """The pages that are no entities."""
    addresses = [url_for(endpoint, _external=True) for endpoint in PAGES]
    addresses += [
        url_for("lists.browse", kind=kind, _external=True) for kind in counted(kinds() - LEFT_OUT)
    ]
    addresses += [url_for("questions.page", name=name, _external=True) for name in site.questions]
    return _xml("sitemap.xml", [(address, site.modified) for address in addresses])


@crawlers.get("/sitemap/things.xml")
def things() -> Response:
    """The entities behind one and up to another, both as `<kind>/<key>`; without bounds, all."""
    space = f"{site.release.base}id/"
    after, until = (request.args.get(name, "") for name in ("after", "until"))
    last = space + until if until else LAST
    found = site.history.live(MOST + 1, space + after, last, _kinds())
    if not found:
        raise Missing("")
    if len(found) > MOST:
        raise NotFound(_("Trop de pages pour un plan : partez de %(index)s.", index="/sitemap.xml"))
    documents = f"{url_for('pages.home', _external=True)}doc/"
    return _xml(
        "sitemap.xml",
        ((documents + each.iri.removeprefix(space), each.modified) for each in found),
    )


def _kinds() -> list[str]:
    return sorted(kinds() - LEFT_OUT)


def _name(iri: str) -> str:
    return iri.removeprefix(f"{site.release.base}id/")


def _xml(template: str, entries: Iterable[tuple[str, datetime]]) -> Response:
    body = render_template(template, entries=entries)
    return Response(body, content_type=content_type("application/xml"))
