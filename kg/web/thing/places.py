"""Where a thing is: a point, and départements of the map of France."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask import g

from kg.query import Term
from kg.vocab import DCTERMS, ESS, SCHEMA
from kg.web import france, urls
from kg.web.site import site
from kg.web.thing.view import View

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Point:
    """A place on the earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float


def point(latitudes: Iterable[Term], longitudes: Iterable[Term]) -> Point | None:
    """The place that values say, if both numbers are there and are degrees."""
    return degrees(*(next((v.value for v in values), "") for values in (latitudes, longitudes)))


def degrees(latitude: str, longitude: str) -> Point | None:
    """The place that two texts say, if both are numbers of degrees.

    >>> degrees("45.75801", "4.85011")
    Point(latitude=45.75801, longitude=4.85011)
    >>> degrees("91", "4.85011"), degrees("", "4.85011")
    (None, None)
    """
    texts = ((latitude, 90), (longitude, 180))
    found = [
        float(text) for text, most in texts if _NUMBER.fullmatch(text) and abs(float(text)) <= most
    ]
    return Point(*found) if len(found) == 2 else None


def own_point(view: View) -> Point | None:
    """Where the thing is, if its coordinates are known."""
    return point(view.terms(SCHEMA.latitude), view.terms(SCHEMA.longitude))


@dataclass(frozen=True)
class Place:
    """Where a thing is: départements of the map of France by their codes, and words for it."""

    map: france.France
    codes: list[str]
    name: str


def place(view: View, below: Iterable[str]) -> Place | None:
    """Where a thing is, on the map of France: its own outline, or that of its départements.

    `below`: the IRIs of what points to it, départements of a région among them.
    """
    if level(view) == "departement":
        codes = [view.first(ESS.inseeCode)]
    elif level(view) == "region":
        codes = [iri.rpartition("-")[2] for iri in below if "insee-departement-" in iri]
    else:
        found = (view.first(each) for each in (ESS.departement, DCTERMS.isPartOf))
        codes = [iri.rpartition("-")[2] for iri in found if "insee-departement-" in iri]
    map_ = france.drawing({}, lambda _code: None) if codes else None
    if map_ is None or not {shape.code for shape in map_.shapes} & set(codes):
        return None
    return Place(map_, codes, _name(view) or view.title().text)


def _name(view: View) -> str:
    """Where it is, in words, from the nearest to the farthest."""
    places = (ESS.commune, ESS.departement, ESS.region, DCTERMS.isPartOf)
    found = [value for property_ in places for value in view.values(property_)]
    return ", ".join(dict.fromkeys(value.text.text for value in found))


def level(view: View) -> str:
    """The level of a territory; empty for everything else."""
    return view.first(ESS.territoryLevel).rpartition("/")[2]


def mapped(points: Iterable[Point | None]) -> bool:
    """Whether a page has points for a map, which may then load its tiles."""
    found = any(map(drawn, points))
    if found and site.settings.tiles:
        g.images = urls.origin(site.settings.tiles)
    return found


def drawn(point: Point | None) -> bool:
    """Whether a point can be on a map: with tiles any, without them those on the drawing."""
    if point is None or site.settings.tiles:
        return point is not None
    return france.spans(point.latitude, point.longitude)
