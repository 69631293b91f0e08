"""Projections: from the plane coordinates of the register to degrees (WGS 84).

Sirene's coordinates, called Lambert's after those of metropolitan France, are in the legal
projection of each territory (decree 2000-1276 as amended, and its order of 5 March 2019):

    metropolitan France                              RGF93 / Lambert-93         EPSG:2154
    Guadeloupe, Martinique, the northern islands     RGAF09 / UTM 20 north      EPSG:5490
    Guyane                                           RGFG95 / UTM 22 north      EPSG:2972
    La Réunion                                       RGR92 / UTM 40 south       EPSG:2975
    Mayotte                                          RGM04 / UTM 38 south       EPSG:4471
    Saint-Pierre-et-Miquelon                         RGSPM06 / UTM 21 north     EPSG:4467

A point outside the area for which its projection is made tells that coordinates and commune do not
belong together; it is refused, not placed in the sea.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from pyproj import CRS, Transformer

LAMBERT_93 = 2154
OVERSEAS = {
    "971": 5490,
    "972": 5490,
    "973": 2972,
    "974": 2975,
    "975": 4467,
    "976": 4471,
    "977": 5490,
    "978": 5490,
}
WGS_84 = 4326
MARGIN = 1.0  # degrees: Guyane reaches beyond the area of its projection
PLACES = 5  # of degrees: about one metre, which is what an address is good for


def projection(commune: str) -> int | None:
    """The EPSG code for the coordinates in a commune, None where there is no legal projection."""
    overseas = commune.startswith(("97", "98"))
    return OVERSEAS.get(commune[:3]) if overseas else LAMBERT_93


@cache
def _transformer(epsg: int) -> tuple[Transformer, tuple[float, float, float, float]]:
    """What turns coordinates into degrees, and the bounds within which they must then lie."""
    plane = CRS.from_epsg(epsg)
    area = plane.area_of_use
    assert area is not None
    west, south, east, north = area.bounds
    bounds = (west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN)
    return Transformer.from_crs(plane, CRS.from_epsg(WGS_84), always_xy=True), bounds


def degrees(epsg: int, x: Sequence[float], y: Sequence[float]) -> list[tuple[str, str] | None]:
    """Longitude and latitude of each point, as decimals; None for one outside of the area."""
    transformer, (west, south, east, north) = _transformer(epsg)
    longitudes, latitudes = transformer.transform(x, y)
    return [
        (_decimal(longitude), _decimal(latitude))
        if west <= longitude <= east and south <= latitude <= north
        else None
        for longitude, latitude in zip(longitudes, latitudes, strict=True)
    ]


def _decimal(value: float) -> str:
    """A number of degrees in the canonical form of `xsd:decimal`, as the store writes it.

    >>> _decimal(4.850110000001), _decimal(-61.0), _decimal(-0.000001)
    ('4.85011', '-61', '0')
    """
    text = f"{value:.{PLACES}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
