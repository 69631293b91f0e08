"""The neighbourhood as a drawing: the thing in the middle, around it what it is linked to.

It is drawn twice, for wide screens on ellipses and for narrow ones in two columns; the style shows
one of them. The table beside it says the same, and all of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, cos, hypot, pi, sin
from textwrap import wrap
from typing import TypeAlias

from kg.web.i18n import Text
from kg.web.thing.neighbours import Neighbour

MOST = 30
# A name has two lines of this many letters; three where there are few of them.
LETTERS, FEW = 19, 14
WIDE, HIGH = 1200, 640
NARROW, ROW = 360, 84
# Around the middle of a mark, where no line goes.
MIDDLE, AROUND = 30.0, 19.0
Place: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """A thing: its place, its name in lines and in whole, and where it leads."""

    x: float
    y: float
    kind: str
    lines: list[str]
    text: Text
    href: str | None


@dataclass(frozen=True)
class Drawing:
    """The thing, its neighbours, and the arrows between them as paths."""

    width: int
    height: int
    middle: Node
    around: list[Node]
    arrows: list[str]


def drawings(title: Text, kind: str, neighbours: list[Neighbour]) -> dict[str, Drawing]:
    """The wide and the narrow one, of the first of the neighbours, kinds side by side.

    Each is there once, whatever the number of links.
    """
    met: dict[str, list[Neighbour]] = defaultdict(list)
    for each in neighbours[:MOST]:
        met[(each.value.href or "").partition("#")[0]].append(each)
    groups = sorted(met.items(), key=lambda item: item[1][0].value.kind)
    lines = 3 if len(groups) <= FEW else 2
    found = {}
    for name, (place, middle, size) in _layouts(len(groups)).items():
        around = [
            _node(place(index), one.value.kind, one.text, href, lines)
            for index, (href, (one, *_others)) in enumerate(groups)
        ]
        centre = _node(middle, kind, title, None)
        arrows = [
            _arrow(*(ends if out else ends[::-1]))
            for node, (_href, group) in zip(around, groups, strict=True)
            for ends in [((centre, MIDDLE), (node, AROUND))]
            for out in sorted({each.out for each in group})
        ]
        found[name] = Drawing(*size, centre, around, arrows)
    return found


def _layouts(count: int) -> dict[str, tuple[Callable[[int], Place], Place, tuple[int, int]]]:
    """How so many things are laid out: where each is, where the middle is, and the size."""
    return {
        "wide": (lambda index: _on_ellipses(index, count), (WIDE / 2, HIGH / 2 - 10), (WIDE, HIGH)),
        "narrow": (_in_rows, (NARROW / 2, 36), (NARROW, ROW * (2 + ceil(count / 2)))),
    }


def _node(place: Place, kind: str, text: Text, href: str | None, lines: int = 3) -> Node:
    # In French a space stands before these, which must not begin a line.
    whole = re.sub(r" (?=[:;?!»])|(?<=«) ", "\u00a0", text.text)
    name = wrap(whole, LETTERS, max_lines=lines, placeholder="…")
    return Node(round(place[0], 1), round(place[1], 1), kind, name, text, href)


def _on_ellipses(index: int, count: int) -> Place:
    """On as many ellipses as are needed for the names not to cover each other."""
    rings = min(3, ceil(count / FEW))
    angle = 2 * pi * index / count - pi / 2
    part = 1 - index % rings * 0.27
    x = (WIDE / 2 - 80) * part * cos(angle)
    y = (HIGH / 2 - 48) * part * sin(angle)
    return WIDE / 2 + x, HIGH / 2 - 10 + y


def _in_rows(index: int) -> Place:
    """Two by two below the thing."""
    return NARROW * (1 + 2 * (index % 2)) / 4, ROW * (1.75 + index // 2)


def _arrow(from_: tuple[Node, float], to: tuple[Node, float]) -> str:
    """From a node to another, each with the radius of its mark: a line with a head."""
    (start, before), (end, behind) = from_, to
    length = hypot(end.x - start.x, end.y - start.y) or 1
    x, y = (end.x - start.x) / length, (end.y - start.y) / length
    tip = end.x - behind * x, end.y - behind * y
    sides = [(tip[0] - 8 * x - 4 * y * s, tip[1] - 8 * y + 4 * x * s) for s in (1, -1)]
    points = (start.x + before * x, start.y + before * y), tip, sides[0], tip, sides[1]
    return "M{} {}L{} {}M{} {}L{} {}L{} {}".format(*(round(n, 1) for each in points for n in each))
