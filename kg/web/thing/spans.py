"""Roles over time as a drawing: a bar where start or end is known, a dot where one was only seen.

The list of the roles says the same in words; the drawing is hidden from screen readers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kg.web.thing.parts import Part

WIDTH, ROW, HEAD = 720, 38, 24
FEWEST = 2


@dataclass(frozen=True)
class Bar:
    """One role: its label and its place; a bar is `open` at an end that nobody knows."""

    label: str
    y: int
    x: float
    width: float
    open: bool
    dots: list[float]


@dataclass(frozen=True)
class Drawing:
    """The whole: its size, the years below, the bars."""

    width: int
    height: int
    years: list[tuple[int, float]]
    bars: list[Bar]


def drawing(parts: list[Part], today: str) -> Drawing | None:
    """The drawing of some roles up to a day, or None where too few of them have dates."""
    dated = [part for part in parts if part.began]
    if len(dated) < FEWEST:
        return None
    last = int(today[:4]) + 1
    first = min(int(part.began[:4]) for part in dated)
    scale = WIDTH / max(last - first, 1)

    def place(date: str) -> float:
        month = int(date[5:7] or 1) - 1 if len(date) >= len("2020-01") else 0
        return round((int(date[:4]) + month / 12 - first) * scale, 1)

    bars = [_bar(part, HEAD + ROW * row, place) for row, part in enumerate(dated)]
    step = max(1, round((last - first) / 8))
    years = [(year, place(str(year))) for year in range(first, last, step)]
    return Drawing(WIDTH, HEAD + ROW * len(dated) + 4, years, bars)


def _bar(part: Part, y: int, place: Callable[[str], float]) -> Bar:
    span = part.span
    known = [*span.starts, *span.seen, *span.ends]
    label = part.title.text + (f" · {part.other.text.text}" if part.other else "")
    if not (span.starts or span.ends):
        return Bar(label, y, 0, 0, False, [place(date) for date in span.seen])
    begin, end = place(min(known)), place(max(known))
    whole = bool(span.starts and span.ends)
    return Bar(label, y, begin, max(end - begin, 6), not whole, [place(d) for d in span.seen])
