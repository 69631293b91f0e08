"""What the engine's parser knows of a query: where it is wrong, and the columns of `SELECT *`."""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Iterator
from typing import TypeAlias
from urllib.parse import urljoin

from pyoxigraph import QuerySolutions, Store

from kg.errors import QueryMalformed
from kg.iri import BASE
from kg.query import guard
from kg.vocab import prefixes

# Those that a query need not declare, with their namespaces.
Prefixes: TypeAlias = dict[str, str] | None
_ERROR = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_EXPECTED = re.compile(
    r"""
    (?:^|,\ )(?: "(?P<sign>(?:[^"\\]|\\.)*)" | (?P<set>\[.*?\]) | (?P<words>[^,"\[]+) )(?=,\ |$)
    """,
    re.DOTALL | re.VERBOSE,
)
# Signs of SPARQL 1.2, which is not offered.
_LATER = {"{|", "|}", "~", "<<", "<<("}
_FEW = 5
_UNDECLARED = "Prefix not found"
# The parser tries a keyword by taking as many characters, and forgets where if there are too few.
_PADDING = "\n" + " " * 20


def explain(text: str, base: str | None = None, known: Prefixes = None) -> str:
    """What is wrong with a query that the parser refuses: place, cause, line, caret.

    What begins no terminal, the guard names. The parser lists everything that it would have taken.
    Its place is exact for signs and characters only: a keyword that was not there counts as wrong
    behind its own length, and a cause in words (`Prefix not found`) stands behind the term that it
    is about.
    """
    try:
        deque(guard.scan(text), maxlen=0)
    except QueryMalformed as unknown:
        return str(unknown)
    error = _error(text, base, known)
    found = _ERROR.search(error)
    if found is None:
        return error
    before = f"{text}{_PADDING}".split("\n")[: int(found[1]) - 1]
    place = sum(len(line) + 1 for line in before) + int(found[2]) - 1
    expected = list(_EXPECTED.finditer(found[3].strip()))
    words = [each["words"] for each in expected if each["words"]]
    if cause := next((each for each in words if " " in each), None):
        term = next((m for m in _terminals(text) if m.end() == place), None)
        if term is None or term.lastgroup not in {"name", "iri"}:
            return guard.shown(text, place, cause)
        cause = f"{cause}: {term[0]}{_declaration(cause, term[0], base)}"
        return guard.shown(text, term.start(), cause)
    if len(words) == len(expected):
        place -= min(map(len, words))
    signs = [each["sign"] for each in expected if each["sign"] and each["sign"] not in _LATER]
    hint = f"; expected {' or '.join(signs)}" if 0 < len(signs) <= _FEW else ""
    return guard.shown(text, place, f"{_met(text, place)}{hint}")


def _declaration(cause: str, name: str, base: str | None) -> str:
    """What to write for a prefix that was not declared, if it is one of ours."""
    prefix, _, _ = name.partition(":")
    space = prefixes(urljoin(base or BASE, ".")).get(prefix)
    return f"; write PREFIX {prefix}: <{space}>" if space and cause == _UNDECLARED else ""


def _error(text: str, base: str | None, known: Prefixes) -> str:
    try:
        Store().query(text + _PADDING, base_iri=base, prefixes=known)
    except SyntaxError as error:
        return str(error)
    return "The query cannot be read."


def _met(text: str, place: int) -> str:
    found = next((m[0] for m in _terminals(text) if m.end() > place), None)
    return f"{found} cannot stand here" if found else "the query ends too early"


def _terminals(text: str) -> Iterator[re.Match[str]]:
    """The terminals as far as there are any."""
    with contextlib.suppress(QueryMalformed):
        yield from guard.scan(text)


def in_order(text: str, base: str | None = None, known: Prefixes = None) -> str:
    """The query with the `*` of its outermost SELECT spelt out, in the order of the text.

    The engine gives the columns of `SELECT *` in alphabetical order. Which variables these are is
    the parser's knowledge (those in MINUS, FILTER and subselects are not), so that it is asked,
    with nothing to evaluate; which comes first is seen in the text. Raises `SyntaxError` as the
    engine does.

    >>> in_order("SELECT * { ?who ?has ?it MINUS { ?who ?no ?never } }")
    'SELECT  ?who ?has ?it  { ?who ?has ?it MINUS { ?who ?no ?never } }'
    """
    star = _star(text)
    if star is None:
        return text
    solutions = Store().query(text, base_iri=base, prefixes=known)
    assert isinstance(solutions, QuerySolutions)
    visible = [variable.value for variable in solutions.variables]
    seen = [m[0][1:] for m in _terminals(text[star.end() :]) if m.lastgroup == "variable"]
    ordered = sorted(visible, key=seen.index)
    if ordered == visible:
        return text
    columns = " ".join(f"?{name}" for name in ordered)
    return f"{text[: star.start()]} {columns} {text[star.end() :]}"


def _star(text: str) -> re.Match[str] | None:
    """The `*` of the outermost SELECT, if that is what it has."""
    selecting = False
    for match in _terminals(text) if "*" in text else ():
        word = match[0].upper()
        if selecting and word not in {"DISTINCT", "REDUCED"}:
            return match if word == "*" else None
        if match.lastgroup == "word":
            selecting = selecting or word == "SELECT"
            if word in {"ASK", "CONSTRUCT", "DESCRIBE"}:
                return None
    return None
