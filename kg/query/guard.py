"""The guard: what can be told from a query's text before anything is evaluated.

It splits the text into the terminals of the SPARQL 1.1 grammar (section 19.8), so that a keyword
inside a string, an IRI or a prefixed name is innocent, and one in odd spelling is not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from kg.errors import QueryMalformed, QueryRefused

MAX_DEPTH = 100

# PN_CHARS without the hyphen: what names, variables and keywords are made of.
_PN = (
    r"[A-Za-z0-9_\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff\u200c\u200d\u203f\u2040"
    r"\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff]"
)
_LOCAL = rf"(?:{_PN}|[:.-]|%[0-9A-Fa-f]{{2}}|\\[_~.\-!$&'()*+,;=/?#@%])"
_TERMINAL = re.compile(
    rf"""
    (?P<space>[\s]+|\#[^\r\n]*)
  | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
      |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
  | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*>)
  | (?P<variable>[?$]{_PN}+)
  | (?P<blank>_:{_PN}(?:{_PN}|[.-])*)
  | (?P<name>(?:{_PN}(?:{_PN}|[.-])*)?:{_LOCAL}*)
  | (?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<word>{_PN}+)
  | (?P<open>[({{\[])
  | (?P<close>[)}}\]])
  | (?P<sign>\^\^|&&|\|\||[<>!]?=|[<>*/+\-!|^?.,;=])
    """,
    re.VERBOSE | re.DOTALL,
)
_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}
# `?a<?b#>` is `<` and a comment to a parser that expects an operator, and an IRI to one that
# does not: such text could hide a keyword from us, and nobody writes it by accident.
_AMBIGUOUS = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*://)[^\s<>]*[#'][^\s<>]*>")


def scan(text: str) -> Iterator[re.Match[str]]:
    """The terminals of a query with their places; `QueryMalformed` where there is none."""
    place = 0
    while place < len(text):
        match = _TERMINAL.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            column = place - text.rfind("\n", 0, place)
            raise QueryMalformed(
                f"Line {line}, column {column}: {text[place]!r} cannot stand here in a query."
            )
        place = match.end()
        if match.lastgroup != "space":
            yield match


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """(terminal, text) pairs without white space and comments; `QueryMalformed` with place."""
    for match in scan(text):
        yield str(match.lastgroup), match[0]


def form(text: str, endpoints: Collection[str] = ()) -> str:
    """The query's form (SELECT, ASK, CONSTRUCT or DESCRIBE), if it may be run at all.

    Raises `QueryRefused` for updates, excessive nesting and a SERVICE that is none of `endpoints`,
    `QueryMalformed` for text that is no query.
    """
    depth = 0
    found = ""
    for terminal, token in tokens(text):
        word = token.upper() if terminal == "word" else ""
        if terminal == "open":
            depth += 1
            if depth > MAX_DEPTH:
                raise QueryRefused(f"The query nests deeper than {MAX_DEPTH} brackets.")
        elif terminal == "close":
            depth -= 1
        elif not found and depth == 0 and word in _UPDATES:
            raise QueryRefused("This service is read-only: it takes queries, no updates.")
        elif not found and word in _FORMS:
            found = word
    if not found:
        raise QueryMalformed("This is no query: SELECT, ASK, CONSTRUCT or DESCRIBE is missing.")
    if _AMBIGUOUS.search(text) and "service" in text.lower():
        raise QueryRefused("Write a space after '<' where it means 'less than'.")
    for service in services(text):
        if service not in endpoints:
            raise QueryRefused(_not_listed(service, endpoints))
    return found


def _not_listed(service: str, endpoints: Collection[str]) -> str:
    if not endpoints:
        return (
            "SERVICE is not available here: query the other endpoint yourself, or download our "
            "dumps and join them with it."
        )
    return (
        f"SERVICE {service} is not available here. Written as a whole IRI, these are: "
        + ", ".join(f"<{endpoint}>" for endpoint in sorted(endpoints))
    )


def services(text: str) -> list[str]:
    """What each SERVICE of the query names: an IRI without brackets, or whatever else is there."""
    if "service" not in text.lower():
        return []
    return [match[0].removeprefix("<").removesuffix(">") for match in _services(text)]


def federate(text: str, addresses: Mapping[str, str]) -> str:
    """The query with each endpoint replaced by its address; `KeyError` for one that has none."""
    for match in reversed(list(_services(text))):
        address = addresses[match[0][1:-1]]
        text = f"{text[: match.start()]}<{address}>{text[match.end() :]}"
    return text


def _services(text: str) -> Iterator[re.Match[str]]:
    """The terminal behind each SERVICE keyword, SILENT passed over."""
    expected = False
    for match in scan(text):
        word = match[0].upper() if match.lastgroup == "word" else ""
        if expected and word != "SILENT":
            expected = False
            yield match
        elif word == "SERVICE":
            expected = True


def names_dataset(text: str) -> bool:
    """Whether the query has a FROM clause of its own: the word stands nowhere else in a query."""
    return any(terminal == "word" and word.upper() == "FROM" for terminal, word in tokens(text))
