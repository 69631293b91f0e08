"""The triple patterns of a query's text, where they stand, and the same text written otherwise.

Only those groups are read that have triple patterns and filters first, and behind these at most
what takes rows as they are: OPTIONAL, MINUS, BIND. Blank nodes, collections, paths, and subjects
that are no variable make a group one that is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kg.query import guard
from kg.vocab import RDF

_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^\\]*>")
# What may stand behind the triple patterns of a group, and takes rows as they are.
_BEHIND = {"OPTIONAL", "MINUS", "BIND"}
# A subselect in one of these may be evaluated for each row, in one graph, or elsewhere.
_APART = {"OPTIONAL", "MINUS", "EXISTS", "GRAPH", "SERVICE"}


@dataclass(frozen=True)
class Term:
    """A term as it is written, and without a prefix; "" for what cannot be told."""

    written: str
    full: str = ""

    @property
    def variable(self) -> str:
        """The variable's name, if it is one."""
        return self.written[1:] if self.written[0] in "?$" else ""


@dataclass(frozen=True)
class Pattern:
    """A triple pattern."""

    subject: Term
    predicate: Term
    object: Term

    @property
    def variables(self) -> set[str]:
        """The names of its variables."""
        terms = (self.subject, self.predicate, self.object)
        return {term.variable for term in terms if term.variable}

    @property
    def gives_class(self) -> bool:
        """Whether it asks for the things of one class."""
        return self.predicate.full == str(RDF.type) and not self.object.variable

    @property
    def gives_value(self) -> bool:
        """Whether it asks for the things that have one value of a property."""
        return not (self.gives_class or self.object.variable)

    def __str__(self) -> str:
        return f"{self.subject.written} {self.predicate.written} {self.object.written} ."


@dataclass(frozen=True)
class Filter:
    """A filter as it is written, and the variables in it; whether it `looks` for other rows
    (EXISTS), of which it says nothing about the variables.
    """

    written: str
    variables: set[str]
    looks: bool

    def about(self, pattern: Pattern) -> bool:
        """Whether the pattern alone tells which rows it leaves."""
        return not self.looks and bool(self.variables) and self.variables <= pattern.variables

    def __str__(self) -> str:
        return self.written


@dataclass(frozen=True)
class Group:
    """The part of a query's text, from `start` to `end`, that has a basic graph pattern and its
    filters; those that stand `behind` that part are about the same rows. `optional`: an OPTIONAL
    stands there.
    """

    start: int
    end: int
    patterns: Sequence[Pattern]
    filters: Sequence[Filter]
    behind: Sequence[Filter]
    optional: bool

    @property
    def looks(self) -> bool:
        """Whether something is looked up for each of its rows."""
        return self.optional or any(each.looks for each in [*self.filters, *self.behind])

    def filtered(self, pattern: Pattern) -> bool:
        """Whether a filter is about the pattern alone."""
        return any(each.about(pattern) for each in [*self.filters, *self.behind])

    def ordered(self, patterns: Sequence[Pattern]) -> str:
        """The same part with its patterns in this order."""
        return " ".join(["", *map(str, patterns), *map(str, self.filters), ""])

    def hashed(self, patterns: Sequence[Pattern]) -> str:
        """The same part with a subselect for each pattern, and for the filters about it alone."""
        parts, rest = [], list(self.filters)
        for pattern in patterns:
            own = [each for each in rest if each.about(pattern)]
            rest = [each for each in rest if each not in own]
            parts.append(f"{{ SELECT * {{ {' '.join(map(str, [pattern, *own]))} }} }}")
        return " ".join(["", *parts, *map(str, rest), ""])


def groups(text: str, known: Mapping[str, str]) -> list[Group]:
    """The groups of a query's SELECTs and CONSTRUCTs that can be read, none of them within another,
    if all their rows are wanted: no ASK, no LIMIT on rows in no order.

    `known` are prefixes that the query need not declare. `QueryMalformed` for text that has no
    terminals; what is no query in other ways may have groups.
    """
    return list(_Reader(text, known).groups())


class _Other(Exception):
    """There is more in a group than what is looked for."""


class _Reader:
    """Reads a query's terminals, and finds the groups of its SELECTs and CONSTRUCTs that begin with
    triple patterns and filters, and have at most OPTIONAL, MINUS and BIND behind them.
    """

    def __init__(self, text: str, known: Mapping[str, str]) -> None:
        self._text = text
        self._terminals = list(guard.scan(text))
        self._prefixes = dict(known)
        self._closing: dict[int, int] = {}
        self._at = 0
        opened = []
        for place, match in enumerate(self._terminals):
            if match.lastgroup == "open":
                opened.append(place)
            elif match.lastgroup == "close" and opened:
                self._closing[opened.pop()] = place
            elif self._word(place) == "PREFIX":
                declared = "".join(each[0] for each in self._terminals[place + 1 : place + 3])
                name, _, iri = declared.partition(":")
                self._prefixes[name] = iri[1:-1]

    def groups(self) -> Iterator[Group]:
        """The groups, none within another, nor within what is evaluated for each row."""
        place = 0
        while place < len(self._terminals):
            word = self._word(place)
            try:
                if word in _APART:
                    place = self._behind(self._brace(place))
                elif word in {"SELECT", "CONSTRUCT"}:
                    opening = self._where(place)
                    yield self._group(opening)
                    place = self._behind(opening)
                else:
                    place += 1
            except _Other:
                place += 1

    def _word(self, place: int) -> str:
        """A keyword or an opening bracket; "" for anything else."""
        match = self._terminals[place] if place < len(self._terminals) else None
        return match[0].upper() if match and match.lastgroup in {"word", "open"} else ""

    def _behind(self, opening: int) -> int:
        """The place behind a bracket's end."""
        if opening not in self._closing:
            raise _Other
        return self._closing[opening] + 1

    def _brace(self, place: int) -> int:
        """The next brace that is not in round brackets."""
        while self._word(place) != "{":
            if place >= len(self._terminals):
                raise _Other
            place = self._behind(place) if self._word(place) == "(" else place + 1
        return place

    def _where(self, place: int) -> int:
        """Where the group of a SELECT or CONSTRUCT opens, if all its rows are wanted."""
        # The template of CONSTRUCT comes first, or there is none, and nothing to do.
        constructs = self._word(place) == "CONSTRUCT"
        opening = self._brace(self._behind(place + 1) if constructs else place + 1)
        self._refuse_ends(self._behind(opening))
        return opening

    def _refuse_ends(self, place: int) -> None:
        """What stands behind a group must not say that some of the rows are enough."""
        words = set()
        while place < len(self._terminals) and self._terminals[place].lastgroup != "close":
            words.add(self._word(place))
            place = self._behind(place) if place in self._closing else place + 1
        if "VALUES" in words or ({"LIMIT", "OFFSET"} & words and not {"ORDER", "GROUP"} & words):
            raise _Other

    def _group(self, opening: int) -> Group:
        closing = self._behind(opening) - 1
        patterns: list[Pattern] = []
        filters: list[Filter] = []
        behind: list[Filter] = []
        self._at = opening + 1
        while self._at < closing and self._word(self._at) not in _BEHIND:
            if self._word(self._at) == "FILTER":
                filters.append(self._filter())
            elif not self._take("."):
                self._triples(patterns)
        start, end = self._terminals[opening].end(), self._terminals[self._at].start()
        optional = False
        while self._at < closing:
            if self._word(self._at) == "FILTER":
                behind.append(self._filter())
            elif self._word(self._at) in _BEHIND:
                optional = optional or self._word(self._at) == "OPTIONAL"
                self._at = self._behind(self._at + 1)
            elif not self._take("."):
                raise _Other
        return Group(start, end, patterns, filters, behind, optional)

    def _filter(self) -> Filter:
        """Pass a filter: up to the end of the first bracket, which is one of the next three."""
        first = self._at
        place = next((p for p in range(first + 1, first + 4) if p in self._closing), first)
        self._at = self._behind(place)
        inside = self._terminals[first : self._at]
        variables = {each[0][1:] for each in inside if each.lastgroup == "variable"}
        looks = any(each[0].upper() == "EXISTS" for each in inside)
        return Filter(self._text[inside[0].start() : inside[-1].end()], variables, looks)

    def _triples(self, patterns: list[Pattern]) -> None:
        """Read the triple patterns of one subject."""
        subject = self._term()
        if not subject.variable:
            raise _Other  # the engine begins with it, and there is little
        predicate = self._verb()
        patterns.append(Pattern(subject, predicate, self._told()))
        while separator := self._take(",", ";"):
            if separator == ";" and not self._begins_verb():
                continue  # a semicolon too many, which may stand there
            predicate = self._verb() if separator == ";" else predicate
            patterns.append(Pattern(subject, predicate, self._told()))
        self._take(".")

    def _take(self, *signs: str) -> str:
        """Pass one of these signs, if it comes next; which one it was."""
        sign = self._terminals[self._at][0]
        if sign not in signs:
            return ""
        self._at += 1
        return sign

    def _begins_verb(self) -> bool:
        match = self._terminals[self._at]
        return match.lastgroup in {"iri", "name", "variable"} or match[0] == "a"

    def _verb(self) -> Term:
        return Term("a", str(RDF.type)) if self._take("a") else self._told()

    def _told(self) -> Term:
        """Read a variable, or a term that can be told without its prefix."""
        term = self._term()
        if not (term.variable or term.full):
            raise _Other
        return term

    def _term(self) -> Term:
        """Read a term; `_Other` for a blank node, a collection, a sign, a keyword."""
        match = self._terminals[self._at]
        kind, written = match.lastgroup, match[0]
        self._at += 1
        if kind == "iri":
            return Term(written, written if _ABSOLUTE.fullmatch(written) else "")
        if kind == "name":
            prefix, _, local = written.partition(":")
            full = f"<{self._prefixes.get(prefix, '')}{local}>"
            return Term(written, full if _ABSOLUTE.fullmatch(full) else "")
        if kind == "string":
            return self._string(written)
        if kind == "variable":
            return Term(written)
        if kind == "number" or written.lower() in {"true", "false"}:
            return Term(written, written)
        raise _Other

    def _string(self, written: str) -> Term:
        """A string with its language tag or datatype, if there is one."""
        match = self._terminals[self._at]
        if match.lastgroup == "tag":
            self._at += 1
            return Term(written + match[0], written + match[0])
        if not self._take("^^"):
            return Term(written, written)
        datatype = self._term()
        full = f"{written}^^{datatype.full}" if datatype.full else ""
        return Term(f"{written}^^{datatype.written}", full)
