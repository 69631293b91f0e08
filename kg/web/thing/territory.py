"""A territory: what the observations of the graph count there, in figures and over the years."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from flask import url_for
from pyoxigraph import NamedNode

from kg.search.fields import FACETS
from kg.vocab import ESS, QB
from kg.web.i18n import Text, later
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
class Observed:
    """An observation: of which cube, its measures by name, the family or year that it is of."""

    iri: str
    cube: str
    counts: dict[str, int]
    family: str
    year: str


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
    found = _observed(view)
    by_cube: dict[str, list[Observed]] = defaultdict(list)
    for each in found:
        by_cube[local(each.cube)].append(each)
    totals = by_cube["territory"][0].counts if by_cube["territory"] else {}
    if not totals:
        return None
    measures = [name for name in MEASURES if name in totals]
    return Counted(
        totals=[(totals[name], str(MEASURES[name][totals[name] > 1])) for name in measures],
        measures=[str(MEASURES[name][1]) for name in measures],
        families=_families(view, by_cube["territory-family"], measures),
        trend=_trend(by_cube["territory-year"]),
        cubes=view.linked(sorted({each.cube for each in found})),
    )


def _observed(view: View) -> list[Observed]:
    told: dict[str, dict[str, str]] = defaultdict(dict)
    for each in view.known.observations:
        told[each.subject][each.property] = each.value.value
    counts = [*MEASURES, "creationCount", "closureCount"]
    return [
        Observed(
            iri,
            about.get(QB.dataSet.value, ""),
            {
                name: int(about[key])
                for name in counts
                if about.get(key := view.name(ESS[name]), "").isdecimal()
            },
            about.get(view.name(ESS.observedFamily), ""),
            about.get(view.name(ESS.observedYear), ""),
        )
        for iri, about in sorted(told.items())
    ]


def _families(view: View, found: list[Observed], measures: list[str]) -> list[Family]:
    facet = level(view) if level(view) in FACETS else ""
    key = local(view.known.entity)
    families = [
        Family(
            view.called(NamedNode(each.family)),
            [each.counts.get(name) for name in measures],
            url_for(
                "lists.browse",
                kind="organization",
                family=local(each.family),
                **({facet: key} if facet else {}),  # type: ignore[arg-type]
            ),
        )
        for each in found
        if each.family
    ]
    return sorted(families, key=lambda each: (-(each.counts[0] or 0), each.name.text))


def _trend(found: list[Observed]) -> Trend | None:
    """The drawing, where there are two years or more."""
    by_year = {int(each.year): each.counts for each in found if each.year.isdecimal()}
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
