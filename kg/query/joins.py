"""The order and the manner of a query's joins, by how much there is of what is joined.

The embedded engine knows no sizes. It begins with a pattern that gives a value, the first of
several in the text, or else a class; for each row that it has, it looks up what the next pattern
adds. Two things in a query's text make it do better, and mean the same:

- Of the patterns that give a value the one that matches least is written first.
- Where most of what the patterns match is needed, each is read once and hashed, unless more is
  looked up for each row behind them, which goes faster in the order of an index. What the engine
  hashes is a subselect; and a basic graph pattern without blank nodes is the join of its triple
  patterns (SPARQL 1.1 Query, section 18.3.1), of which each is the same in a subselect of its own:

      { ?o ess:region ?r ; rdfs:label ?l }
      { { SELECT * { ?o ess:region ?r . } } { SELECT * { ?o rdfs:label ?l . } } }

How much there is of a property or a class, the release says of itself (VoID); what has a value is
counted. Left as they are: queries that may end before they have read everything (ASK, and those
with a LIMIT on rows in no order).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from pyoxigraph import QuerySolutions, Store

from kg.errors import QueryMalformed
from kg.query import patterns
from kg.query.patterns import Group, Pattern
from kg.vocab import VOID

# Fewer statements are soon joined in any way, and a query takes longer to be looked at than it can
# gain.
SMALL = 1_000_000
# So are fewer rows.
FEW = 1000
# Statements that one query may hash, each of some 250 bytes.
MOST = 4_000_000
# How many statements are read and hashed in the time that it takes to look one up: measured, less
# than it is for a graph of a million statements, and of ten million (docs/engines.md).
REACH = {"memory": 4, "disk": 9}
# What a filter leaves of a pattern's rows: a guess, and rather too low.
LEFT = 1 / 20
# Nobody writes a longer text by hand, or more patterns; to find an order in them takes long.
LONGEST = 10_000
MANY = 32
# Two triple patterns whose subject is a variable have one of these.
_SEVERAL = re.compile(r";|\.\s*[?$]")
_SIZES = f"""
SELECT ?term (MAX(?n) AS ?size) {{
  {{ ?part {VOID.property} ?term ; {VOID.triples} ?n }}
  UNION
  {{ ?part {VOID["class"]} ?term ; {VOID.entities} ?n }}
}} GROUP BY ?term
"""
_WHOLE = f"SELECT (MAX(?n) AS ?size) {{ ?part {VOID.triples} ?n }}"
_OF_VALUE = "SELECT (COUNT(*) AS ?n) {{ SELECT ?s {{ ?s {} {} }} LIMIT {} }}"


class Sizes:
    """How many statements a store has, and how many of them patterns match. `reach` is one of
    `REACH`.
    """

    def __init__(self, store: Store, reach: int) -> None:
        self.reach = reach
        self._store = store
        self._terms = {str(row["term"]): int(row["size"].value) for row in self._ask(_SIZES)}
        whole = next(self._ask(_WHOLE))["size"]
        self.whole = int(whole.value) if whole else 0
        self._of_value = lru_cache(1000)(self._count)

    def of(self, pattern: Pattern) -> int:
        """The statements that a pattern matches whose subject is a variable; of one that gives a
        value, all statements with the property.
        """
        term = pattern.object if pattern.gives_class else pattern.predicate
        return MOST + 1 if term.variable else self._terms.get(term.full, 0)

    def counted(self, pattern: Pattern, most: int) -> int:
        """The same, but of one that gives a value those with the value, if they are less than
        `most`.
        """
        if not pattern.gives_value or pattern.predicate.variable:
            return self.of(pattern)
        found = self._of_value(pattern.predicate.full, pattern.object.full, most)
        return found if found < most else self.of(pattern)

    def _count(self, property_: str, value: str, most: int) -> int:
        return int(next(self._ask(_OF_VALUE.format(property_, value, most)))["n"].value)

    def _ask(self, text: str) -> QuerySolutions:
        rows = self._store.query(text, use_default_graph_as_union=True)
        assert isinstance(rows, QuerySolutions)
        return rows


def planned(text: str, sizes: Sizes, known: Mapping[str, str] | None = None) -> str:
    """The query, with its joins in the order and manner that take the engine least.

    `known` are prefixes that it need not declare. Text that is no query may come out as one.
    """
    if sizes.whole < SMALL or len(text) > LONGEST or not _SEVERAL.search(text):
        return text
    try:
        groups = patterns.groups(text, known or {})
    except QueryMalformed:
        return text
    for group in reversed(groups):
        if better := _better(group, sizes):
            text = text[: group.start] + better + text[group.end :]
    return text


def _better(group: Group, sizes: Sizes) -> str | None:
    """The group's part written otherwise, if that is better."""
    order = list(dict.fromkeys(group.patterns))
    values = [pattern for pattern in order if pattern.gives_value]
    if not 2 <= len(order) <= MANY or (values and sizes.counted(values[0], FEW) < FEW):
        return None
    sized = _sized(order, sizes)
    rows = {each: sized[each] * (LEFT if group.filtered(each) else 1) for each in order}
    order.sort(key=lambda each: (not each.gives_value, not each.gives_class, rows[each]))
    if not group.looks and _fit(order, sized, rows[order[0]] * sizes.reach):
        return group.hashed(order)
    return group.ordered(order) if values and order[0] != values[0] else None


def _sized(order: Sequence[Pattern], sizes: Sizes) -> dict[Pattern, int]:
    """How much each pattern matches at most; those that give a value are counted, no further than
    the least.
    """
    sized = {pattern: sizes.of(pattern) for pattern in order}
    for pattern in order:
        sized[pattern] = sizes.counted(pattern, min(sized.values()))
    return sized


def _fit(order: Sequence[Pattern], sized: Mapping[Pattern, int], reach: float) -> bool:
    """Whether they are to be hashed: each matches much, but no more than is soon read; there is
    room for all; and none has no variable in common with the rest.
    """
    sizes = sized.values()
    if min(sizes) < FEW or max(sizes) > reach or sum(sizes) > MOST:
        return False
    bound, rest = order[0].variables, list(order[1:])
    while near := [pattern for pattern in rest if pattern.variables & bound]:
        bound = bound.union(*(pattern.variables for pattern in near))
        rest = [pattern for pattern in rest if pattern not in near]
    return not rest
