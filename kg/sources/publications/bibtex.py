"""BibTeX and BibLaTeX, read by bibtexparser: strings resolved, LaTeX decoded, authors told apart.

What of a file cannot be read as an entry (a brace that is not closed, a field or key that stands
twice) is a row with the column `broken`, which is set aside with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bibtexparser import middlewares
from bibtexparser.entrypoint import parse_string
from bibtexparser.model import Entry

from kg import clean
from kg.clean import UNKNOWN_LANGUAGE, web
from kg.sources import markup
from kg.sources.credits import Credit
from kg.sources.publications.works import (
    EDITOR,
    INSTITUTION,
    UNDETERMINED,
    Author,
    Work,
    direct,
    isbn,
    language,
    take,
    values,
)
from kg.sources.rows import LeftOut, Row, RowError, checked

# Entry types of BibTeX and BibLaTeX to ours.
TYPES = {
    "article": "journal-article",
    "book": "book",
    "booklet": "booklet",
    "collection": "book",
    "conference": "conference-paper",
    "inbook": "book-chapter",
    "incollection": "book-chapter",
    "inproceedings": "conference-paper",
    "jurisdiction": "legal-text",
    "legislation": "legal-text",
    "manual": "guide",
    "mastersthesis": "thesis",
    "misc": UNDETERMINED,
    "mvbook": "book",
    "online": UNDETERMINED,
    "periodical": "special-issue",
    "phdthesis": "thesis",
    "proceedings": "proceedings",
    "report": "report",
    "techreport": "technical-report",
    "thesis": "thesis",
    "unpublished": "preprint",
}
NOT_TEXTS = {
    *("artwork", "audio", "dataset", "image", "movie", "music", "patent", "software", "video")
}
_MIDDLEWARES = (
    middlewares.NormalizeFieldKeys,
    middlewares.LatexDecodingMiddleware,
    middlewares.MonthIntMiddleware,
    middlewares.SeparateCoAuthors,
)
_LISTS = re.compile(r"\s*[;,]\s*")


def records(path: Path) -> Iterator[Row | LeftOut]:
    """The entries of a file, and what could not be read as one."""
    library = parse_string(
        markup.read_text(path), append_middleware=[each() for each in _MIDDLEWARES]
    )
    for entry in library.entries:
        if entry.entry_type.lower() in NOT_TEXTS:
            yield LeftOut("BibTeX: image, sound, data, software or patent, no text")
        else:
            yield _row(entry, path)
    for block in library.failed_blocks:
        problem = str(block.error).partition(". Note")[0] or "the entry is not closed"
        values = {"format": "bibtex", "broken": problem}
        yield Row(values, path, (block.start_line or 0) + 1)


def _row(entry: Entry, path: Path) -> Row:
    values = {"format": "bibtex", "type": entry.entry_type.lower()}
    for each in entry.fields:
        value = "\n".join(each.value) if isinstance(each.value, list) else str(each.value)
        values["field type" if each.key == "type" else each.key] = value
    return Row(values, path, (entry.start_line or 0) + 1)


def work(row: Row) -> Work:
    """The work that an entry describes; pops what it reads."""
    code = checked("language", take(row, "language", "langid"), language)
    title = ": ".join(filter(None, (take(row, "title"), take(row, "subtitle"))))
    doi, page = take(row, "doi"), row.pop("url", "").strip()
    return Work(
        type=_type(row.take("type")),
        titles=[(title, code or UNKNOWN_LANGUAGE)] if title else [],
        issued=_issued(row),
        languages=[code] if code else [],
        hal=take(row, "hal_id"),
        doi=checked("doi", doi, clean.doi) if doi else "",
        isbn=isbn(take(row, "isbn")),
        pages=[checked("url", page, web)] if page else [],
        authors=[Author(direct(each)) for each in _names(row, "author")],
        credits=[
            *(Credit(direct(each), EDITOR) for each in _names(row, "editor")),
            *(Credit(each, INSTITUTION) for each in [take(row, "school", "institution")] if each),
        ],
        publisher=take(row, "publisher", "organization"),
        container=take(row, "journal", "journaltitle", "booktitle"),
        keywords=[(each, code) for each in _LISTS.split(take(row, "keywords", "keyword")) if each],
    )


def _type(name: str) -> str:
    try:
        return TYPES[name]
    except KeyError:
        mend = "add it to TYPES in kg/sources/publications/bibtex.py"
        raise RowError("type", name, "is not a type of entry", mend) from None


def _names(row: Row, field: str) -> list[str]:
    return [each for each in values(row, field) if each != "others"]


def _issued(row: Row) -> str:
    """The date with the precision it has: BibLaTeX's `date`, else year and month."""
    date, year, month = (row.pop(name, "").strip() for name in ("date", "year", "month"))
    if date or not month:
        return date.partition("/")[0] or year
    if not month.isdigit():
        raise RowError("month", month, "is not a month", "write nov or 11")
    return f"{year}-{int(month):02}"
