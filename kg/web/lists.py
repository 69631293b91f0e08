"""Lists of things: `/browse/<kind>` and `/search`, narrowed by facets, as a page, a map or a file.

The whole list is in its address: `q` the words, a facet's name for each value chosen (one of them
is enough), `sort`, `view` (a list or a map), `page`, and `format` for what programs take: `csv`,
`jsonld`, or `rq`, the SPARQL query that gives the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import BadRequest, NotFound

from kg.iri import kinds
from kg.search.fields import FACETS
from kg.search.index import Hit, Hits, Sort, Value
from kg.web import equivalent, france, listfiles, urls
from kg.web.errors import Missing
from kg.web.i18n import _, lang, later
from kg.web.kinds import counted, name
from kg.web.negotiate import content_type
from kg.web.site import site
from kg.web.thing import places

SIZE = 50
# How many points a map of a list has at most: more say less.
POINTS = 300
# How far pages go, and how many things a file holds.
DEEPEST = 100_000
CHUNK = 5_000
QUESTION = 200
SUGGESTED = 8
# A facet with no more values than this is open from the start.
FEW = 8
# In the order of the page; one that is narrower comes when the wider one is chosen.
NAMES: dict[str, str] = {
    "kind": later("Sorte"),
    "type": later("Type"),
    "region": later("Région"),
    "departement": later("Département"),
    "epci": later("Intercommunalité"),
    "commune": later("Commune"),
    "family": later("Famille de l’ESS"),
    "form": later("Catégorie juridique"),
    "section": later("Activité"),
    "division": later("Division d’activité"),
    "theme": later("Thème"),
    "size": later("Effectif"),
    "status": later("État"),
    "year": later("Année"),
}
WITHIN = {"commune": "departement", "division": "section"}
SORTS: dict[Sort, str] = {
    "relevance": later("pertinence"),
    "name": later("ordre alphabétique"),
    "newest": later("du plus récent au plus ancien"),
}
FILES = {"csv": "text/csv", "jsonld": "application/ld+json", "rq": "application/sparql-query"}

lists = Blueprint("lists", __name__)


@dataclass(frozen=True)
class Wanted:
    """What an address asks for. `kind` is fixed on the pages of a kind, and empty on `/search`."""

    kind: str
    words: str
    filters: dict[str, list[str]]
    sort: Sort
    page: int

    def hits(
        self, limit: int, offset: int, facets: Sequence[str] = (), *, placed: bool = False
    ) -> Hits:
        """A part of the list, or of those in it that are a point on a map."""
        return site.index.search(
            self.words,
            lang(),
            self.filters,
            sort=self.sort,
            limit=limit,
            offset=offset,
            facets=facets,
            placed=placed,
        )


@dataclass(frozen=True)
class Facet:
    """A facet on the page: its values, each with whether it is chosen and where a click leads."""

    key: str
    name: str
    values: list[tuple[Value, bool, str]]
    open: bool


@lists.get("/browse/<kind>")
def browse(kind: str) -> Response:
    """The things of a kind."""
    if kind not in kinds():
        raise Missing(kind)
    return _answer(_wanted(kind), "browse.html")


@lists.get("/search")
def search() -> Response:
    """Full text: names and identifiers, accent-blind."""
    return _answer(_wanted(""), "search.html")


@lists.get("/search/suggest")
def suggest() -> Response:
    """What a reader may mean, while typing: the first few hits."""
    words = request.args.get("q", "").strip()[:QUESTION]
    kind = request.args.get("kind", "")
    items = [
        {
            "label": hit.label,
            "lang": hit.language,
            "kind": hit.kind,
            "kind_name": name(hit.kind),
            "detail": hit.detail,
            "href": urls.page(hit.iri, site.release.base),
        }
        for hit in site.index.suggest(words, lang(), SUGGESTED, {"kind": [kind]} if kind else None)
    ]
    body = json.dumps({"words": words, "items": items}, ensure_ascii=False)
    response = Response(body, content_type="application/json")
    response.vary.update(["Accept-Language", "Cookie"])
    return response


def _wanted(kind: str) -> Wanted:
    words = request.args.get("q", "").strip()
    if len(words) > QUESTION:
        raise BadRequest(_("La recherche prend au plus %(n)s caractères.", n=QUESTION))
    filters = {facet: list(filter(None, request.args.getlist(facet))) for facet in FACETS}
    for each in filters["kind"]:
        if each not in kinds():
            raise BadRequest(_("Il n’y a pas de choses de cette sorte : %(kind)s.", kind=each))
    if kind:
        filters["kind"] = [kind]
    given = request.args.get("sort", "") or ("relevance" if words else "name")
    sort = next((order for order in SORTS if order == given), None)
    if sort is None:
        raise BadRequest(_("Il n’y a pas d’ordre de ce nom : %(name)s.", name=given))
    chosen = {facet: values for facet, values in filters.items() if values}
    return Wanted(kind, words, chosen, sort, request.args.get("page", 1, int))


def _answer(wanted: Wanted, template: str) -> Response:
    form = request.args.get("format", "html")
    if form == "html":
        return Response(_page(wanted, template), content_type="text/html; charset=utf-8")
    if form not in FILES:
        raise BadRequest(_("Formats disponibles : %(forms)s.", forms=", ".join(["html", *FILES])))
    return _file(wanted, form)


def _page(wanted: Wanted, template: str) -> str:
    _check(wanted)
    map_ = request.args.get("view") == "map"
    listed = bool(wanted.words or wanted.filters or map_)  # else `search.html` has no list
    asked = [facet for facet in NAMES if listed and _offered(facet, wanted)]
    if map_ and "departement" not in asked:
        asked.append("departement")
    hits = wanted.hits(SIZE, (wanted.page - 1) * SIZE, asked)
    pages = ceil(hits.total / SIZE)
    if wanted.page > max(pages, 1):
        raise NotFound
    points = _points(wanted) if map_ else None
    return render_template(
        template,
        wanted=wanted,
        total=hits.total,
        found=_linked(hits.items),
        facets=[facet for each in asked if (facet := _facet(each, hits.facets[each], wanted))],
        chosen=_chosen(wanted, hits),
        sorts=SORTS,
        map=_map(hits.facets["departement"]) if map_ else None,
        points=points,
        most=POINTS,
        mapped=points is not None and places.mapped(points.drawn.values()),
        settings=site.settings,
        view="map" if map_ else "list",
        files=FILES,
        page=wanted.page,
        pages=min(pages, DEEPEST // SIZE),
        kinds=counted(kinds()),
        words=wanted.words,
    )


def _check(wanted: Wanted) -> None:
    if wanted.page < 1:
        raise NotFound
    if wanted.page * SIZE > DEEPEST:
        raise BadRequest(
            _(
                "Les listes s’arrêtent au rang %(n)s : cherchez un nom, "
                "ou prenez les fichiers complets.",
                n=DEEPEST,
            )
        )


def _offered(facet: str, wanted: Wanted) -> bool:
    if facet == "kind":
        return not wanted.kind
    return facet in wanted.filters or WITHIN.get(facet) in {None, *wanted.filters}


def _facet(key: str, values: Sequence[Value], wanted: Wanted) -> Facet | None:
    """A facet, if there is something to choose."""
    given = wanted.filters.get(key, [])
    if len(values) < 2 and not given:
        return None
    hrefs = urls.toggles(key, (value.key for value in values))
    shown = [
        (_named(key, value), value.key in given, href)
        for value, href in zip(values, hrefs, strict=True)
    ]
    return Facet(key, str(NAMES[key]), shown, bool(given) or len(values) <= FEW)


def _named(facet: str, value: Value) -> Value:
    label = name(value.key, 2) if facet == "kind" else value.label or value.key
    return Value(value.key, label, value.count)


def _chosen(wanted: Wanted, hits: Hits) -> list[tuple[str, str, str]]:
    """The current filter: facet and value in words, and the address without it."""
    found = []
    for facet, keys in wanted.filters.items():
        if facet == "kind" and wanted.kind:
            continue
        labels = {v.key: _named(facet, v).label for v in hits.facets.get(facet, ())}
        found += [
            (str(NAMES[facet]), labels.get(key, key), urls.toggled(facet, key)) for key in keys
        ]
    return found


@dataclass(frozen=True)
class Map:
    """The list by département: the drawing, and its table."""

    drawing: france.France | None
    rows: list[tuple[str, int, str]]


def _map(values: Sequence[Value]) -> Map:
    links = {value.key: urls.toggled("departement", value.key, view="list") for value in values}
    counts = {code(value.key): value.count for value in values}
    drawing = france.drawing(counts, lambda each: links.get(f"insee-departement-{each}"))
    return Map(drawing, [(v.label or v.key, v.count, links[v.key]) for v in values])


@dataclass(frozen=True)
class Points:
    """Those of a list whose point is known: how many; if they are not too many, each with its page,
    and by IRI the points that the map can have: without tiles it ends at the sea.
    """

    total: int
    found: list[tuple[Hit, str | None]]
    drawn: dict[str, places.Point]


def _points(wanted: Wanted) -> Points:
    total = wanted.hits(1, 0, placed=True).total
    found = wanted.hits(POINTS, 0, placed=True).items if 0 < total <= POINTS else ()
    points = {hit.iri: places.degrees(hit.shown.latitude, hit.shown.longitude) for hit in found}
    drawn = {iri: point for iri, point in points.items() if point and places.drawn(point)}
    return Points(total, _linked(found), drawn)


def _linked(hits: Sequence[Hit]) -> list[tuple[Hit, str | None]]:
    return [(hit, urls.page(hit.iri, site.release.base)) for hit in hits]


def code(key: str) -> str:
    """The INSEE code of a département, from the key of its territory."""
    return key.removeprefix("insee-departement-")


def _file(wanted: Wanted, form: str) -> Response:
    """The whole list in a file; too long a list is refused, never cut."""
    total = wanted.hits(1, 0).total
    if total > DEEPEST and form != "rq":
        raise BadRequest(
            _(
                "Cette liste a %(total)s entrées ; un fichier en a au plus %(n)s. "
                "Choisissez-en une partie, ou prenez les fichiers complets.",
                total=total,
                n=DEEPEST,
            )
        )
    if form == "rq":
        body = equivalent.query(wanted.words, wanted.filters)
    else:
        body = listfiles.WRITERS[form](_all(wanted))
    response = Response(body, content_type=content_type(FILES[form]))
    name_ = f"ess-{wanted.kind or 'search'}-{site.release.id}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name_}"'
    return response


def _all(wanted: Wanted) -> Iterator[Hit]:
    for offset in range(0, DEEPEST, CHUNK):
        items = wanted.hits(CHUNK, offset).items
        yield from items
        if len(items) < CHUNK:
            return
