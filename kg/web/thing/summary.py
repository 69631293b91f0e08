"""What the index counts of a territory, a theme or another value of a facet: in figures, by year.

Nothing here asks the graph: the index of names and facets has the counts, and each leads to the
list that it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import url_for

from kg.search.fields import FACETS
from kg.search.index import Value
from kg.web import france
from kg.web.i18n import lang
from kg.web.kinds import name
from kg.web.lists import NAMES, code
from kg.web.site import site

# By what organisations are counted, where these are what there is most of.
COUNTED_BY = ("family", "section", "size")
MOST = 12
# Territories that are within one département, and from how many on a map says more than words.
SMALL, FEWEST = {"departement", "commune"}, 2
WIDTH, HEIGHT = 720, 120


@dataclass(frozen=True)
class Row:
    """A count: what of, how many, their part of the largest count in per cent, and the list."""

    label: str
    count: int
    part: float
    href: str


@dataclass(frozen=True)
class Column:
    """A year in the drawing: its place and height, and its count."""

    year: int
    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True)
class Summary:
    """How many things of each kind; where they are, by département, with the drawing of it unless
    that is one; tables of organisations by facet; things by year.
    """

    kinds: list[Row]
    departements: list[Row]
    map: france.France | None
    tables: dict[str, tuple[str, list[Row]]]
    years: list[Row]
    columns: list[Column]


def of(kind: str, key: str, level: str) -> Summary | None:
    """The summary of a thing that is a value of a facet, or None where nothing has that value.

    `level` tells which of the facets of territories it is: a commune, a département, a région.
    """
    facet = _facet(kind, level)
    if facet is None:
        return None
    chosen = {facet: [key]}
    found = site.index.search("", lang(), chosen, limit=1, facets=["kind"]).facets["kind"]
    kinds = [value for value in found if not (kind == "territory" and value.key == kind)]
    if not kinds:
        return None
    only = {**chosen, "kind": ["organization"]} if _has(kinds, "organization") else chosen
    by = COUNTED_BY if "kind" in only else ()
    facets = [*by, "departement", "year"]
    counts = site.index.search("", lang(), only, limit=1, facets=facets).facets
    where = only["kind"][0] if "kind" in only else ""
    tables = {
        each: (str(NAMES[each]), _rows(counts[each][:MOST], each, where, {facet: key}))
        for each in by
        if len(counts[each]) > 1 and each != facet
    }
    years = sorted(counts["year"], key=lambda value: value.key)
    found_in = [] if level in SMALL else counts["departement"]
    places = _rows(found_in, "departement", where, {facet: key})
    return Summary(
        kinds=[
            Row(name(v.key, v.count), v.count, 0, _list(v.key, {facet: key})) for v in kinds[:MOST]
        ],
        departements=places,
        map=_map(found_in, places),
        tables=tables,
        years=_rows(years, "year", where, {facet: key}),
        columns=_columns(years),
    )


def _facet(kind: str, level: str) -> str | None:
    """The facet that the things of a kind, or the territories of a level, are values of."""
    return next((f for f, kinds in FACETS.items() if kind in kinds and level in {"", f}), None)


def _map(values: Sequence[Value], rows: list[Row]) -> france.France | None:
    if len(rows) < FEWEST:
        return None
    links = {code(value.key): row.href for value, row in zip(values, rows, strict=True)}
    return france.drawing({code(value.key): value.count for value in values}, links.get)


def _has(kinds: Sequence[Value], kind: str) -> bool:
    return any(value.key == kind for value in kinds)


def _list(kind: str, filters: dict[str, str]) -> str:
    if kind:
        return url_for("lists.browse", kind=kind, **filters)  # type: ignore[arg-type]
    return url_for("lists.search", **filters)  # type: ignore[arg-type]


def _rows(values: Sequence[Value], facet: str, kind: str, chosen: dict[str, str]) -> list[Row]:
    """Counts by a facet, within what is chosen."""
    largest = max((value.count for value in values), default=1)
    # One address is built and completed for each value: of a région's there are two hundred.
    here = _list(kind, {name: key for name, key in chosen.items() if name != facet})
    here += "&" if "?" in here else "?"
    return [
        Row(
            value.label or value.key,
            value.count,
            round(100 * value.count / largest, 1),
            here + urlencode({facet: value.key}),
        )
        for value in values
    ]


def _columns(years: Sequence[Value]) -> list[Column]:
    """The years as columns, from the first to the last, those without anything as gaps."""
    counts = {int(value.key): value.count for value in years}
    if len(counts) < 2:
        return []
    first, last, largest = min(counts), max(counts), max(counts.values())
    step = WIDTH / (last - first + 1)
    return [
        Column(
            year,
            round((year - first) * step, 1),
            round(HEIGHT * (1 - count / largest), 1),
            round(max(step * 0.8, 1), 1),
            round(HEIGHT * count / largest, 1),
            count,
        )
        for year, count in sorted(counts.items())
    ]
