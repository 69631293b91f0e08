"""A list as a file: CSV that a spreadsheet opens without harm, or JSON-LD."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence

from kg.search.index import Hit
from kg.vocab import RDFS

# What the index shows of a thing, by its names there, and all columns by theirs here.
SHOWN = ("acronym", "code", "place", "began", "ended", "latitude", "longitude")
HEADER = ("iri", "kind", "label", *(name.replace("code", "identifier") for name in SHOWN))
# What a spreadsheet would take for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-\d+(\.\d+)?")


def write_csv(hits: Iterable[Hit]) -> str:
    """A row for each thing."""
    rows = (
        [hit.iri, hit.kind, hit.label, *(getattr(hit.shown, name) for name in SHOWN)]
        for hit in hits
    )
    return table(HEADER, rows)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A table as CSV (RFC 4180), with a byte order mark, for else accents break.

    >>> table(["a"], [["=1+1"], ["-1.5"]])
    "\ufeffa\r\n'=1+1\r\n-1.5\r\n"
    """
    return "\ufeff" + lines([header, *rows])


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows of such a table, without the mark."""
    out = io.StringIO()
    csv.writer(out).writerows([_defused(cell) for cell in row] for row in rows)
    return out.getvalue()


def _defused(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def write_jsonld(hits: Iterable[Hit]) -> str:
    """The names of things, as the graph states them; each thing's own document says the rest."""
    graph = [{"@id": hit.iri, "label": _labels(hit)} for hit in hits]
    document = {"@context": {"label": RDFS.label.value}, "@graph": graph}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _labels(hit: Hit) -> list[dict[str, str]]:
    shown = hit.shown
    named = {"fr": shown.fr, "en": shown.en}
    plain = [{"@value": shown.plain}] if shown.plain else []
    return plain + [{"@value": text, "@language": each} for each, text in named.items() if text]


WRITERS: dict[str, Callable[[Iterable[Hit]], str]] = {"csv": write_csv, "jsonld": write_jsonld}
