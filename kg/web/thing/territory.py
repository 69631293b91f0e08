"""A territory: what the observations of the graph count there, in figures and over the years."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from flask import url_for
from pyoxigraph import NamedNode

from kg.query.results import Row
from kg.search.fields import FACETS
from kg.web.i18n import Text, later
from kg.web.site import site
from kg.web.thing.incoming import Links
from kg.web.thing.places import level
from kg.web.thing.values import Value
from kg.web.thing.view import View, local

# One and many. Organisations of the ESS are those with a legal family (`kg.cubes`): a town hall has
# its seat here too, and is none.
MEASURES = {
    "organizationCount": (later("organisation de l’ESS"), later("organisations de l’ESS")),
    "employerCount": (later("employeuse"), later("employeuses")),
    "establishmentCount": (later("établissement"), later("établissements")),
}
WIDTH, HEIGHT = 720, 150


@dataclass(frozen=True)
class Family:
    """How many there are of a legal family, by measure; and the list of them."""

    name: Text
    counts: list[int | None]
    href: str


@dataclass(frozen=True)
class Year:
    """Creations and closures of a year, and their columns in the drawing: above and below."""

    year: int
    creations: int
    closures: int
    x: float
    up: float
    down: float


@dataclass(frozen=True)
class Trend:
    """Creations above a line and closures below it, year by year."""

    years: list[Year]
    width: float
    line: float


@dataclass(frozen=True)
class Counted:
    """What the observations say of a territory, and links to the cubes that they are of."""

    totals: list[tuple[int, str]]
    measures: list[str]
    families: list[Family]
    trend: Trend | None
    cubes: list[Value]


def shown(view: View, lists: list[Links]) -> dict[str, object]:
    """What the page of a territory shows first."""
    return {"counted": counted(view)}


def counted(view: View) -> Counted | None:
    """The observations of the territory; None where there is none."""
    rows = site.rows("observations", entity=NamedNode(view.known.entity))
    by_cube: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_cube[local(row["cube"].value)].append(row)
    totals = _counts(next(iter(by_cube["territory"]), {}))
    if not totals:
        return None
    measures = [name for name in MEASURES if name in totals]
    return Counted(
        totals=[(totals[name], str(MEASURES[name][totals[name] > 1])) for name in measures],
        measures=[str(MEASURES[name][1]) for name in measures],
        families=_families(view, by_cube["territory-family"], measures),
        trend=_trend(by_cube["territory-year"]),
        cubes=view.linked(sorted({row["cube"].value for row in rows})),
    )


def _counts(row: Row) -> dict[str, int]:
    """What an observation counts."""
    counts = (*MEASURES, "creationCount", "closureCount")
    found = {name: row[name].value for name in counts if name in row}
    return {name: int(value) for name, value in found.items() if value.isdecimal()}


def _families(view: View, found: list[Row], measures: list[str]) -> list[Family]:
    facet = level(view) if level(view) in FACETS else ""
    here = {facet: local(view.known.entity)} if facet else {}
    families = []
    for row in found:
        if "family" in row:
            key, counts = local(row["family"].value), _counts(row)
            href = url_for("lists.browse", kind="organization", family=key, **here)  # type: ignore[arg-type]
            name = view.called(row["family"])
            families.append(Family(name, [counts.get(each) for each in measures], href))
    return sorted(families, key=lambda each: (-(each.counts[0] or 0), each.name.text))


def _trend(found: list[Row]) -> Trend | None:
    """The drawing, where there are two years or more."""
    by_year = {
        int(row["year"].value): _counts(row)
        for row in found
        if "year" in row and row["year"].value.isdecimal()
    }
    if len(by_year) < 2:
        return None
    first, last = min(by_year), max(by_year)
    creations = {year: counts.get("creationCount", 0) for year, counts in by_year.items()}
    closures = {year: counts.get("closureCount", 0) for year, counts in by_year.items()}
    scale = HEIGHT / max(max(creations.values()) + max(closures.values()), 1)
    step = WIDTH / (last - first + 1)
    years = [
        Year(
            year,
            creations[year],
            closures[year],
            round((year - first) * step, 1),
            round(creations[year] * scale, 1),
            round(closures[year] * scale, 1),
        )
        for year in sorted(by_year)
    ]
    line = round(max(creations.values()) * scale, 1)
    return Trend(years, round(max(step * 0.8, 1), 1), line)
