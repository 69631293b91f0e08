"""RIS, each record read by rispy.

The file is cut into records here, so that each has its line and one that is broken spoils no
other: a record without its end, or text outside of all, is a row with the column `broken`. rispy
names the fields (`primary_title` for T1…); a row's lists have a line for each value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import rispy

from kg import clean
from kg.clean import UNKNOWN_LANGUAGE, web
from kg.sources import markup
from kg.sources.credits import Credit
from kg.sources.publications.works import (
    EDITOR,
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

# Types of references to ours.
TYPES = {
    "BILL": "legal-text",
    "BLOG": UNDETERMINED,
    "BOOK": "book",
    "CASE": "legal-text",
    "CHAP": "book-chapter",
    "CONF": "proceedings",
    "CPAPER": "conference-paper",
    "EBOOK": "book",
    "ECHAP": "book-chapter",
    "EDBOOK": "book",
    "EJOUR": "journal-article",
    "ELEC": UNDETERMINED,
    "GEN": UNDETERMINED,
    "GOVDOC": "public-report",
    "JFULL": "special-issue",
    "JOUR": "journal-article",
    "LEGAL": "legal-text",
    "MGZN": "journal-article",
    "NEWS": "news-article",
    "PAMP": "booklet",
    "RPRT": "report",
    "STAND": UNDETERMINED,
    "STAT": "legal-text",
    "THES": "thesis",
    "UNPB": "preprint",
}
NOT_TEXTS = {
    *("ADVS", "AGGR", "ART", "COMP", "CTLG", "DATA", "DBASE", "FIGURE", "MAP", "MPCT", "MULTI"),
    *("MUSIC", "PAT", "SLIDE", "SOUND", "VIDEO"),
}
TITLES = ("title", "primary_title")
CONTAINERS = ("journal_name", "alternate_title3", "secondary_title", "alternate_title2")
_TAG = re.compile(r"([A-Z][A-Z0-9])  -(?: |$)")


def records(path: Path) -> Iterator[Row | LeftOut]:
    """The records of a file, and what stands outside of them."""
    begun, lines = 0, []
    for number, line in enumerate(markup.read_text(path).splitlines(), 1):
        tag = _TAG.match(line)
        if tag and tag[1] == "TY":
            if begun:
                yield _broken("the record has no end: a line 'ER  - ' is missing", path, begun)
            begun, lines = number, [line]
        elif begun and tag and tag[1] == "ER":
            yield _read([*lines, line], path, begun)
            begun = 0
        elif begun:
            lines.append(line)
        elif line.strip():
            yield _broken("stands outside of a record: a line 'TY  - ' is missing", path, number)
    if begun:
        yield _broken("the record has no end: a line 'ER  - ' is missing", path, begun)


def _broken(problem: str, path: Path, line: int) -> Row:
    return Row({"format": "ris", "broken": problem}, path, line)


def _read(lines: list[str], path: Path, line: int) -> Row | LeftOut:
    (record,) = rispy.loads("\n".join([*lines, ""]))
    if record["type_of_reference"].strip() in NOT_TEXTS:
        return LeftOut("RIS: image, sound, data, software or patent, no text")
    values = {"format": "ris"}
    unknown = record.pop("unknown_tag", {})
    for name, value in {**record, **dict.fromkeys(unknown, "")}.items():
        values[name] = "\n".join(value) if isinstance(value, list) else str(value)
    return Row(values, path, line)


def work(row: Row) -> Work:
    """The work that a record describes; pops what it reads."""
    code = checked("language", take(row, "language"), language)
    title, doi = take(row, *TITLES), take(row, "doi")
    return Work(
        type=_type(row.take("type_of_reference").strip()),
        titles=[(title, code or UNKNOWN_LANGUAGE)] if title else [],
        issued=_issued(row),
        languages=[code] if code else [],
        doi=checked("doi", doi, clean.doi) if doi else "",
        isbn=isbn(take(row, "issn")),  # SN holds an ISSN or an ISBN
        pages=[checked("urls", each, web) for each in values(row, "urls")[:1]],
        authors=[Author(direct(each)) for each in values(row, "authors", "first_authors")],
        credits=[Credit(direct(each), EDITOR) for each in values(row, "secondary_authors")],
        publisher=take(row, "publisher"),
        container=take(row, *CONTAINERS),
        keywords=[(each, code) for each in values(row, "keywords")],
    )


def _type(name: str) -> str:
    try:
        return TYPES[name]
    except KeyError:
        mend = "add it to TYPES in kg/sources/publications/ris.py"
        raise RowError("type_of_reference", name, "is not a type of reference", mend) from None


def _issued(row: Row) -> str:
    """The date with the precision it has: `2021/11/05/`, `2021/11//` or `2021`."""
    date = take(row, "date", "publication_year", "year")
    parts = re.fullmatch(r"(\d{4})(?:/(\d{2})?(?:/(\d{2})?(?:/.*)?)?)?", date)
    return "-".join(filter(None, parts.groups())) if parts else date
