"""The guard: what can be told from a query's text before anything is evaluated.

It splits the text into the terminals of the SPARQL 1.1 grammar (section 19.8), so that a keyword
inside a string, an IRI or a prefixed name is innocent, and one in odd spelling is not. It takes
time in proportion to the text, whatever the text is.

The engine's parser has no terminals: it takes a keyword wherever one may stand, even if letters or
a colon follow (`SERVICE:x`) or a number comes before (`1SERVICE`). Whatever it could take for
SERVICE counts as SERVICE here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from kg.errors import QueryMalformed, QueryRefused

# The engine descends into brackets, and into what operators and patterns join. On a stack of
# `kg.query.worker.STACK`, 10,000 of any one construct pass and 100,000 of some end the process.
MAX_DEPTH = 100
MAX_STEPS = 10_000

# Characters that are shown on each side of an error.
_AROUND = 60

# PN_CHARS without the hyphen: what names, variables and keywords are made of.
_PN = (
    r"[A-Za-z0-9_\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff\u200c\u200d\u203f\u2040"
    r"\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff]"
)
_CODE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_ESCAPE = rf"\\[tbnrf\\\"']|{_CODE}"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
# The quantifiers are possessive: nothing is read twice.
_RUN = re.compile(rf"{_PN}(?:{_PN}|[.-])*+")
_NAME = re.compile(rf"(?P<name>[^:]*:(?:(?:{_PN}|:|{_PLX})(?:\.*+(?:{_PN}|[:-]|{_PLX}))*+)?+)")
_TERMINAL = re.compile(
    rf"""
    (?P<space>\s++|\#[^\r\n]*+)
  | (?P<string>\"\"\"(?:[^"\\]|{_ESCAPE}|"(?!""))*+\"\"\"|'''(?:[^'\\]|{_ESCAPE}|'(?!''))*+'''
      |"(?:[^"\\\r\n]|{_ESCAPE})*+"|'(?:[^'\\\r\n]|{_ESCAPE})*+')
  | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|{_CODE})*+>)
  | (?P<variable>[?$]{_PN}++)
  | (?P<blank>_:{_PN}++(?:[.-]++{_PN}++)*+)
  | (?P<number>(?:[0-9]++(?:\.[0-9]++)?+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+)
  | (?P<tag>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
  | (?P<word>{_PN}++)
  | (?P<open>[({{\[])
  | (?P<close>[)}}\]])
  | (?P<sign>\^\^|&&|\|\||[<>!]?=|[<>*/+\-!|^?.,;=])
    """,
    re.VERBOSE | re.DOTALL,
)
_TERMS = {"string", "iri", "variable", "blank", "number", "name"}
_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}
# What a name may follow that stands before a brace.
_NAMING = {"GRAPH", "FROM", "NAMED", "DESCRIBE"}
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")


def scan(text: str) -> Iterator[re.Match[str]]:
    """The terminals of a query with their places; `QueryMalformed` where there is none."""
    place = nameless = 0
    while place < len(text):
        match = None
        first = text[place]
        if first == ":":
            match = _NAME.match(text, place)
        elif place >= nameless and first not in "_0123456789" and (run := _RUN.match(text, place)):
            # Whether a colon follows is the same for all that is left of these characters.
            if text.startswith(":", run.end()):
                match = _NAME.match(text, place)
            else:
                nameless = run.end()
        match = match or _TERMINAL.match(text, place)
        if match is None:
            raise QueryMalformed(shown(text, place, f"{first!r} cannot stand here in a query"))
        place = match.end()
        if match.lastgroup != "space":
            yield match


def shown(text: str, place: int, cause: str) -> str:
    """The cause with its line, or the part of it around the place, and a caret below."""
    place = min(place, len(text.rstrip()))
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    line, column = text[start : end if end >= 0 else len(text)].rstrip(), place - start
    first = max(column - _AROUND, 0)
    caret = re.sub(r"\S", " ", line[first:column].ljust(column - first)) + "^"
    number = text.count("\n", 0, place) + 1
    head = f"Line {number}, column {column + 1}: {cause}."
    return f"{head}\n{line[first : column + _AROUND]}\n{caret}"


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """(terminal, text) pairs without white space and comments; `QueryMalformed` with place."""
    for match in scan(text):
        yield str(match.lastgroup), match[0]


def form(text: str, endpoints: Collection[str] = ()) -> str:
    """The query's form (SELECT, ASK, CONSTRUCT or DESCRIBE), if it may be run at all.

    Raises `QueryRefused` for updates, for what nests or joins too much, and for a SERVICE that is
    none of `endpoints`; `QueryMalformed` for text that names no form. Whether the rest is a query
    is the parser's to say.
    """
    found = _form(scan(text))
    # A step takes a character, and a text is not read for what it cannot have; but a backslash may
    # write any character (section 19.2), and no keyword hides behind one.
    if len(text) > MAX_STEPS or sum(map(text.count, "([{")) > MAX_DEPTH or "\\" in text:
        _refuse_descent(scan(text))
    if "service" in text.lower():
        _refuse_ambiguity(scan(text))
        for service in services(text):
            if service not in endpoints:
                raise QueryRefused(_not_listed(service, endpoints))
    return found


def _form(terminals: Iterable[re.Match[str]]) -> str:
    depth = 0
    for match in terminals:
        word = match[0].upper() if match.lastgroup == "word" else ""
        depth += (match.lastgroup == "open") - (match.lastgroup == "close")
        if word in _FORMS:
            return word
        if depth == 0 and word in _UPDATES:
            raise QueryRefused("This service is read-only: it takes queries, no updates.")
    raise QueryMalformed("This is no query: SELECT, ASK, CONSTRUCT or DESCRIBE is missing.")


def _refuse_descent(terminals: Iterable[re.Match[str]]) -> None:
    """Refuse what nests or joins more than the engine's stack can bear; lists of values may be as
    long as they like.
    """
    inside: list[str] = []
    values, data, steps = False, 0, 0
    before = ("", "")
    for match in terminals:
        kind, written = str(match.lastgroup), match[0]
        if kind == "open":
            inside.append(written)
            if values and written == "{":
                values, data = False, len(inside)
            if len(inside) > MAX_DEPTH:
                raise QueryRefused(f"The query nests deeper than {MAX_DEPTH} brackets.")
        elif kind == "close" and inside:
            data = 0 if len(inside) == data else data
            inside.pop()
        elif kind == "word":
            values = values or written.upper() == "VALUES"
        steps += not data and _descends(kind, written, before, inside[-1:])
        if steps > MAX_STEPS:
            raise QueryRefused(
                f"The query has more than {MAX_STEPS} operators and patterns; put long lists into "
                "VALUES, or ask for less at a time."
            )
        before = kind, written


def _descends(kind: str, written: str, before: tuple[str, str], innermost: list[str]) -> bool:
    """Whether the engine goes one step deeper for a terminal."""
    if kind == "open":
        return True
    if kind == "sign":
        if written == "," and innermost == ["("]:
            return False
        signed = written in {"+", "-"} and before[1] in {",", "("}
        return written != "^^" and not signed
    # An element of a collection (section 4.2.4), one behind another without a comma.
    behind = before[0] == "tag" or _is_term(*before)
    return innermost == ["("] and _is_term(kind, written) and behind


def _is_term(kind: str, written: str) -> bool:
    return kind in _TERMS or written.lower() in {"true", "false"}


def _refuse_ambiguity(terminals: Iterable[re.Match[str]]) -> None:
    """Refuse `?a<?b#>`: it is `<` and a comment to a parser that expects an operator, and an IRI to
    one that does not. Such text could hide a keyword from us, and nobody writes it by accident.
    """
    for match in terminals:
        iri = match[0] if match.lastgroup == "iri" else ""
        if ("#" in iri or "'" in iri) and not _ABSOLUTE.match(iri):
            raise QueryRefused("Write a space after '<' where it means 'less than'.")


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
    """The terminal behind each SERVICE keyword, SILENT passed over; the name that hides both."""
    expected, before, hiding = False, "", None
    for match in scan(text):
        word = match[0].upper() if match.lastgroup == "word" else ""
        if hiding and match[0] == "{":
            yield hiding
        hiding = None
        if expected and word != "SILENT":
            expected = False
            yield match
        elif "SERVICE" in word:
            expected = True
        elif match.lastgroup == "name" and before not in _NAMING:
            hiding = match if "SERVICE" in match[0].split(":")[0].upper() else None
        before = word


def names_dataset(text: str) -> bool:
    """Whether the query has a FROM clause of its own: the word stands nowhere else in a query."""
    if "from" not in text.lower():
        return False
    return any(terminal == "word" and word.upper() == "FROM" for terminal, word in tokens(text))
