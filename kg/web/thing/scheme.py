"""A scheme of concepts, as a tree: what is wider, and below it what is narrower."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kg.search.fold import fold
from kg.web import urls
from kg.web.i18n import Text, pick
from kg.web.site import site

# A scheme with more concepts, or with more rows than `queries/concepts.rq` asks for, is listed page
# by page, as everything else that points to a thing.
MOST, ROWS = 2000, 20_000
# One that has no more than this is open from the start.
FEW = 60


@dataclass(frozen=True)
class Concept:
    """A concept, its code if it has one, and what is narrower."""

    name: Text
    code: str
    href: str | None
    narrower: list[Concept]

    @property
    def order(self) -> tuple[str, str]:
        """Its place among its equals: by code, else by name."""
        return self.code, fold(self.name.text)


@dataclass(frozen=True)
class Tree:
    """The concepts of a scheme: how many, and the widest of them."""

    count: int
    widest: list[Concept]
    open: bool


def tree(scheme: NamedNode) -> Tree | None:
    """The concepts of a scheme; None where there are none, or too many."""
    names: dict[str, list[Literal]] = defaultdict(list)
    codes: dict[str, str] = defaultdict(str)
    below: dict[str, set[str]] = defaultdict(set)
    rows = site.rows("concepts", entity=scheme)
    for row in rows:
        concept, label, code = row["concept"].value, row.get("label"), row.get("code")
        names[concept] += [label] if isinstance(label, Literal) else []
        # A code without digits and capitals is our own key, and no code that people know.
        if code and not code.value.islower():
            codes[concept] = min(codes[concept] or code.value, code.value)
        below[row["broader"].value if "broader" in row else ""].add(concept)
    if not 0 < len(names) <= MOST or len(rows) >= ROWS:
        return None
    # What is wider may be in another scheme.
    widest = set().union(*(found for wide, found in below.items() if wide not in names))

    # What is above is left out, lest a circle never ends.
    def grown(iris: set[str], above: frozenset[str]) -> list[Concept]:
        found = [
            Concept(
                pick(names[iri]) or Text(urls.shown(iri)),
                codes[iri],
                urls.link(iri, site.release.base),
                grown(below[iri], above | {iri}) if iri in below else [],
            )
            for iri in iris - above
        ]
        return sorted(found, key=lambda each: each.order)

    return Tree(len(names), grown(widest, frozenset()), len(names) <= FEW)
