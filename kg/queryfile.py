"""Query files: SPARQL (or SQL) in a file of its own, with a header of comments.

    # title@fr: Qui présidait quoi ?
    # title@en: Who presided over what?
    # text@en: A longer explanation, which may go on
    #   in indented comment lines.
    # keywords: role, president
    PREFIX org: <http://www.w3.org/ns/org#>

    SELECT …

Questions, checks, rules and the queries of pages are all such files. Their PREFIX lines are
written by `kg fmt` from `ontology/prefixes.ttl`. In SQL, where comments begin with `--`, an IRI
may be written `<prefix:name>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError
from kg.iri import BASE, rebase
from kg.vocab import prefixes

_FIELD = re.compile(r"(?:#|--) ([a-z-]+(?:@[a-z]{2})?):\s*(.*)")
_MORE = re.compile(r"(?:#|--)   +(\S.*)")
_COMMENT = ("#", "--")
_PREFIX = re.compile(r"PREFIX\s+[\w-]*:\s*<[^>]*>\s*", re.IGNORECASE)
_SHORT = re.compile(r"<([a-z][\w-]*):([\w-]+)>")
_USED = re.compile(r"(?<![\w<?$:#-])([A-Za-z][\w-]*):(?=[\w%\\])")


@dataclass(frozen=True)
class QueryFile:
    """A query with its header fields (`title@fr`, `severity`…) and its text, prefixes included."""

    path: Path
    header: dict[str, str]
    text: str

    @property
    def name(self) -> str:
        """The file's name without its ending: the query's key."""
        return self.path.stem

    def get(self, field: str, lang: str | None = None) -> str:
        """A header field; `InputError` with the file when it is missing."""
        key = f"{field}@{lang}" if lang else field
        if key not in self.header:
            raise InputError(
                f"the header has no {key!r}", file=self.path, mend=f"add a line '# {key}: …'"
            )
        return self.header[key]


def read(path: Path, base: str = BASE) -> QueryFile:
    """Read a query file; IRIs of the canonical base are rewritten to `base`."""
    header: dict[str, str] = {}
    last = ""
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if field := _FIELD.fullmatch(line):
            last = field[1]
            header[last] = field[2].strip()
        elif last and (more := _MORE.fullmatch(line)):
            header[last] = f"{header[last]} {more[1].strip()}".strip()
        elif not line.startswith(_COMMENT):
            break
    body = "\n".join(lines[_header_length(lines) :]).strip() + "\n"
    if path.suffix == ".sql":
        body = _SHORT.sub(lambda short: f"<{prefixes()[short[1]]}{short[2]}>", body)
    return QueryFile(path, header, rebase(body, base))


def read_all(folder: Path, base: str = BASE, suffix: str = ".rq") -> list[QueryFile]:
    """All query files of a folder in SPARQL (or another language, by its suffix), by name."""
    return [read(path, base) for path in sorted(folder.glob(f"*{suffix}"))]


def _header_length(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        if not line.startswith(_COMMENT):
            return number
    return len(lines)


def canonical(text: str) -> str:
    """The canonical form of a query file: header, the PREFIX lines that are used, the query.

    Raises `KeyError` naming a prefix that `ontology/prefixes.ttl` does not have.
    """
    lines = text.splitlines()
    length = _header_length(lines)
    header = [line.rstrip() for line in lines[:length]]
    body = _PREFIX.sub("", "\n".join(line.rstrip() for line in lines[length:])).strip()
    used = {m[1] for m in _USED.finditer(_without_strings(body))} - {"_"}
    table = prefixes()
    if unknown := sorted(used - set(table)):
        raise KeyError(f"prefix {unknown[0]!r} is not in ontology/prefixes.ttl")
    block = [f"PREFIX {name}: <{table[name]}>" for name in sorted(used)]
    parts = ["\n".join([*header, *block]), body]
    return "\n\n".join(part for part in parts if part) + "\n"


def _without_strings(body: str) -> str:
    """The query without comments, strings and IRIs, where a colon means nothing."""
    pattern = re.compile(
        r"""\"\"\".*?\"\"\"|'''.*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|<[^<>\s]*>|#[^\n]*""",
        re.DOTALL,
    )
    return pattern.sub(" ", body)
