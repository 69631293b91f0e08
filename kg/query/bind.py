"""Values for variables, put into a query's text: for engines that cannot be given them apart.

A bound variable has its value wherever it is visible: every group that names it begins with
`VALUES (?name) { (value) }`, and the outermost group does in any case, so that the value is in the
rows. A leading `VALUES` there alone would not do: a LIMIT in a subselect, a FILTER in a branch of a
UNION would not know of it. Within a subselect that does not project it the name means another
variable (SPARQL 1.1 Query, section 12), which stays as it is. A variable may have several values:
the query is then asked for each of them at once.

>>> from pyoxigraph import NamedNode
>>> bind("SELECT ?s { ?s ?p ?o }", {"s": NamedNode("http://example.org/a")})
'SELECT ?s { VALUES (?s) { (<http://example.org/a>) } ?s ?p ?o }'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from pyoxigraph import Literal, NamedNode

from kg.query import Term, guard


@dataclass(eq=False)
class Group:
    """What stands between two braces. `visible` are the bound variables that mean the same here."""

    start: int
    visible: frozenset[str]
    named: set[str] = field(default_factory=set)
    end: int = 0
    subselect: bool = False


class _Reader:
    """Reads the terminals of a query, which is well formed, and finds its groups."""

    def __init__(self, bound: frozenset[str]) -> None:
        self.groups: list[Group] = []
        self.outermost: Group | None = None
        self.template = True
        self._inside = [Group(0, bound)]
        self._before = ""
        self._projected: set[str] | None = None
        self._depth = 0
        self._data = False

    def read(self, terminals: Iterator[re.Match[str]]) -> None:
        """Find all groups; `template` is false afterwards if a CONSTRUCT has none."""
        for match in terminals:
            word = match[0].upper() if match.lastgroup == "word" else match[0]
            if match.lastgroup == "open":
                self._inside.append(self._open(match) if word == "{" else self._inside[-1])
            elif match.lastgroup == "close":
                self._inside.pop().end = match.start()
            elif match.lastgroup == "variable":
                self._name(word[1:])
            elif word == "SELECT":
                self._inside[-1].subselect = True
                self._projected, self._depth = set(), len(self._inside)
            elif word == "*" and self._projects():
                self._projected = set(self._inside[-1].visible)
            elif word == "VALUES":
                self._data = True
            elif word == "CONSTRUCT":
                self.template = False
            self._before = word

    def _projects(self, deeper: int = 0) -> bool:
        """Whether the words before a group's brace are read, so many brackets deep."""
        return self._projected is not None and len(self._inside) == self._depth + deeper

    def _name(self, name: str) -> None:
        self._inside[-1].named.add(name)
        if self._projected is not None and (
            self._projects() or (self._before == "AS" and self._projects(deeper=1))
        ):
            self._projected.add(name)

    def _open(self, match: re.Match[str]) -> Group:
        """A brace: that of a group, of the template of CONSTRUCT, or of the data of VALUES."""
        group = Group(match.end(), self._inside[-1].visible)
        if self._projected is not None and self._projects():
            group.visible &= self._projected
            self._projected = None
        if self._data:
            self._data = False
        elif self._before == "CONSTRUCT":
            self.template = True
        else:
            if self.outermost is None and len(self._inside) == 1:
                self.outermost = group
                group.named |= group.visible
            self.groups.append(group)
        return group


def bind(text: str, bindings: Mapping[str, Term | Sequence[Term]]) -> str:
    """The query with these values for its variables.

    `ValueError` for `CONSTRUCT WHERE`, and for a DESCRIBE without a group: there is no place for
    values in them.
    """
    if not bindings:
        return text
    reader = _Reader(frozenset(bindings))
    reader.read(guard.scan(text))
    if reader.outermost is None or not reader.template:
        raise ValueError("write CONSTRUCT { … } WHERE { … }, DESCRIBE ?x WHERE { … }")
    pieces: list[tuple[int, str]] = []
    for group in reader.groups:
        names = sorted(group.visible & group.named)
        if group.subselect and group is reader.outermost and names:
            pieces += [(group.start, f" {_values(names, bindings)} {{"), (group.end, "}")]
        elif names and not group.subselect:
            pieces.append((group.start, f" {_values(names, bindings)}"))
    for place, piece in sorted(pieces, reverse=True):
        text = text[:place] + piece + text[place:]
    return text


def _values(names: list[str], bindings: Mapping[str, Term | Sequence[Term]]) -> str:
    """The terms are written as the library writes N-Triples, never by hand."""
    variables = " ".join(f"?{name}" for name in names)
    given = (bindings[name] for name in names)
    several = [[each] if isinstance(each, NamedNode | Literal) else each for each in given]
    rows = " ".join(f"({' '.join(map(str, row))})" for row in product(*several))
    return f"VALUES ({variables}) {{ {rows} }}"
