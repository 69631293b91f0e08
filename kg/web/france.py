"""The map of France by département, drawn here: outlines, with what stands in each of them.

The outlines come with the front-end bundle; without it there is no drawing, and the table that
every map has says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kg.web import bundle

SHADES = 4


# The degrees that the drawing spans: France in Europe.
SOUTH, NORTH, WEST, EAST = 41.2, 51.3, -5.4, 9.8


@dataclass(frozen=True)
class Shape:
    """A département: its outline, its shade (0 for nothing there, to 4), and where it leads; its
    outline in the inset, if it is too small.
    """

    code: str
    name: str
    path: str
    shade: int
    count: int
    href: str | None
    large: str


@dataclass(frozen=True)
class France:
    """A drawing: its `viewBox` and that of the inset, the shapes, and from which count on each
    shade is.
    """

    view_box: str
    inset: str
    shapes: list[Shape]
    steps: list[int]


def drawing(counts: Mapping[str, int], link: Callable[[str], str | None]) -> France | None:
    """A map with counts by INSEE code; `link` says where a code leads. None without outlines."""
    outlines = bundle.departements()
    if not outlines:
        return None
    steps = _steps([counts.get(each["id"], 0) for each in outlines["locations"]])
    shapes = [
        Shape(
            each["id"],
            each["name"],
            each["path"],
            sum(counts.get(each["id"], 0) >= step for step in steps),
            counts.get(each["id"], 0),
            link(each["id"]),
            each.get("large", ""),
        )
        for each in outlines["locations"]
    ]
    return France(outlines["viewBox"], outlines.get("inset", ""), shapes, steps)


def spans(latitude: float, longitude: float) -> bool:
    """Whether a place is on the drawing."""
    return SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST


def _steps(counts: list[int]) -> list[int]:
    """From which count on each shade is: so that each covers about as many places.

    >>> _steps([0, 1, 1, 2, 5, 9, 30, 100])
    [1, 2, 9, 30]
    """
    found = sorted(count for count in counts if count)
    steps = [found[len(found) * part // SHADES] for part in range(SHADES)] if found else []
    return sorted({1, *steps[1:]}) if steps else []
