"""The catalogue: what data sets there are, for people, portals and search engines.

    /catalog               negotiated; /catalog.ttl .jsonld .rdf .xml in one form
    /catalog?page=2&size=10    paged with Hydra, in every form (a page says what there is to turn)
    /catalog/<key>         one data set, negotiated likewise
    /dataset               the IRI of the whole graph, which leads to its page

Every answer comes directly, for udata refuses a catalogue behind a redirect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response as Answer

from kg.query.forms import GRAPHS
from kg.web import rdf
from kg.web.harvest import datasets, dcat, schemaorg
from kg.web.harvest.datasets import Dataset
from kg.web.harvest.dcat import Node
from kg.web.harvest.files import COMPRESSIONS, FORMS, media_type
from kg.web.i18n import lang, later
from kg.web.negotiate import HTML, choose, not_acceptable
from kg.web.site import site
from kg.web.thing.structured import embedded

ENDINGS = {"ttl": "ttl", "jsonld": "jsonld", "rdf": "rdf", "xml": "rdf", "nt": "nt"}
OFFERS = {**HTML, **{form: GRAPHS[form] for form in ("ttl", "jsonld", "rdf", "nt")}}
SIZE, MOST = 50, 100

catalog = Blueprint("catalog", __name__)


@dataclass(frozen=True)
class Page:
    """A page of the catalogue: its data sets, its number, how many there are in all."""

    found: list[Dataset]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    def address(self, number: int) -> str:
        """Where a page is, in the form in which this one was asked for."""
        size = f"&size={self.size}" if self.size != SIZE else ""
        return f"{request.host_url.rstrip('/')}{request.path}?page={number}{size}"


@catalog.get("/catalog")
def negotiated() -> Response:
    """The catalogue in the form that the client prefers."""
    response = _catalogue(_chosen())
    response.vary.add("Accept")
    return response


@catalog.get("/catalog.<ending>")
def in_form(ending: str) -> Response:
    """The catalogue in one form."""
    if ending not in ENDINGS:
        raise NotFound
    return _catalogue(ENDINGS[ending])


@catalog.get("/catalog/<key>")
def one(key: str) -> Response:
    """One data set, with all its files."""
    name, _dot, ending = key.rpartition(".")
    found = datasets.all_()
    if key in found:
        form, dataset = _chosen(), found[key]
    elif name in found and ending in ENDINGS:
        form, dataset = ENDINGS[ending], found[name]
    else:
        raise NotFound
    response = _dataset(dataset) if form == "html" else _rdf([dcat.dataset(dataset)], form)
    if key in found:
        response.vary.add("Accept")
    return response


@catalog.get("/dataset")
def whole() -> Answer:
    """The IRI of the whole graph in its own description: 303 to what is said of it."""
    return redirect(datasets.all_()[datasets.WHOLE].address, 303)


def _chosen() -> str:
    chosen = choose(request.headers.get("Accept", "") or GRAPHS["ttl"], OFFERS)
    if chosen is None:
        raise not_acceptable(OFFERS)
    return chosen


def _catalogue(form: str) -> Response:
    page = _page()
    if form == "html":
        return _html(page)
    nodes = [dcat.catalogue(page.found), *map(dcat.dataset, page.found), _hydra(page)]
    return _rdf(nodes, form)


def _page() -> Page:
    """The page that is asked for; 400 for what is no number, 404 beyond the last."""
    everything = list(datasets.all_().values())
    number, size = _positive("page", 1), _positive("size", SIZE)
    if size > MOST:
        raise BadRequest(later("« size » est au plus %(most)s.", most=MOST))
    found = everything[(number - 1) * size : number * size]
    if not found:
        raise NotFound
    return Page(found, number, size, len(everything))


def _positive(name: str, default: int) -> int:
    value = request.args.get(name, str(default))
    if not value.isascii() or not value.isdecimal() or len(value) > 6 or int(value) < 1:
        raise BadRequest(later("« %(name)s » est un nombre, à partir de 1.", name=name))
    return int(value)


def _hydra(page: Page) -> Node:
    """How the page stands among the others; of such views, a client must find exactly one."""
    links = {"first": 1, "last": page.last}
    if page.number > 1:
        links["previous"] = page.number - 1
    if page.number < page.last:
        links["next"] = page.number + 1
    return {
        "@id": f"{site.release.base}catalog",
        "@type": "hydra:Collection",
        "hydra:totalItems": {"@value": str(page.total), "@type": "xsd:integer"},
        "hydra:view": {
            "@id": page.address(page.number),
            "@type": "hydra:PartialCollectionView",
            **{f"hydra:{name}": {"@id": page.address(n)} for name, n in links.items()},
        },
    }


def _rdf(nodes: Iterable[Node], form: str) -> Response:
    return rdf.respond(dcat.triples(nodes), form)


def _html(page: Page) -> Response:
    text = render_template(
        "catalog.html",
        page=page,
        structured=embedded(schemaorg.catalogue(page.found)),
        lang_=lang(),
    )
    return Response(text, content_type="text/html; charset=utf-8")


def _dataset(dataset: Dataset) -> Response:
    text = render_template(
        "dataset.html",
        dataset=dataset,
        forms=FORMS,
        compressions=COMPRESSIONS,
        media_type=media_type,
        endings=["ttl", "jsonld", "rdf", "nt"],
        structured=embedded(schemaorg.described(dataset)),
    )
    return Response(text, content_type="text/html; charset=utf-8")
