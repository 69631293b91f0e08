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


@dataclass(frozen=True)
class Point:
    """A place on the earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float


def point(latitudes: Iterable[Term], longitudes: Iterable[Term]) -> Point | None:
    """The place, if both numbers are there and are degrees."""
    found = []
    for values, most in ((latitudes, 90), (longitudes, 180)):
        texts = [each.value for each in values if re.fullmatch(r"-?\d+(\.\d+)?", each.value)]
        found += [float(texts[0])] if texts and abs(float(texts[0])) <= most else []
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
    """Whether a page has points for a map: with tiles any, without them those on the drawing."""
    known = [point for point in points if point]
    if site.settings.tiles:
        g.images = urls.origin(site.settings.tiles)
        return bool(known)
    return any(france.spans(point.latitude, point.longitude) for point in known)
