"""Articles: news pages that someone saved, as HTML or as text.

    pages.py      from a page to a row
    importer.py   from a row to a publication, and candidate mentions of who is named

An article is `publication/page-<UUID of its address>`; a text without its address is known by its
title and date, and `data/links.csv` says which publication it is. The article's text is its
publisher's: it is searched for names, and only the words around each are stated, as a quotation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.clean import UNKNOWN_LANGUAGE, address, day, fold, language, web, without_contacts
from kg.errors import InputError
from kg.sources import Inputs, Triple, keywords, mentions
from kg.sources.articles import pages
from kg.sources.curated.works import CLASSES
from kg.sources.given import broken, files
from kg.sources.rows import Row, RowError, checked
from kg.vocab import DC, DCTERMS, RDF, RDFS, SCHEMA

NAME = "articles"
NEEDS = ("curated",)
IGNORED: frozenset[str] = frozenset()
EXPECT: dict[str, tuple[int, int]] = {"publication": (1, 1_000_000)}
SUFFIXES = (".html", ".htm", ".txt")
TYPE = "news-article"


def paths(given: Path | None) -> list[Path]:
    """A page, or the pages of a folder, and the table of keywords."""
    return [*files(given, SUFFIXES, NAME, "saved page"), keywords.TABLE]


def check(given: Path | None) -> list[InputError]:
    """Every file that cannot be read."""
    return broken(paths(given)[:-1], pages.page)


def records(inputs: Inputs) -> Iterator[Row]:
    """A row for each page, and one for each candidate mention in it."""
    names = mentions.known(inputs.converted["curated"])
    for path in inputs.paths:
        if path == keywords.TABLE:
            continue
        row = pages.page(path)
        body = without_contacts(row.take("body"))
        code = language(row["language"]) or UNKNOWN_LANGUAGE
        said = [*_texts(row), (SCHEMA.articleBody, body, code)]
        found = list(mentions.rows(names, _subject(row), said, row)) if row["title"] else []
        yield row
        yield from found


def source(row: Row) -> str:
    """Who states a row: the articles, or, for a candidate mention, what looked for it."""
    return mentions.SOURCE if mentions.is_mention(row) else NAME


def _subject(row: Row) -> NamedNode:
    """The article's IRI: of its address, else of its title and date."""
    if row["address"]:
        return iri.hashed("publication", "page", address(row["address"]))
    return iri.hashed("publication", "page", f"{fold(row['title'])}\n{row['date']}")


def _texts(row: Row) -> list[tuple[NamedNode, str, str]]:
    """Title, description and publisher as they are published: (property, text, language)."""
    code = language(row["language"]) or UNKNOWN_LANGUAGE
    said = ((DCTERMS.title, "title"), (DCTERMS.description, "description"))
    found = [(name, without_contacts(row[column]), code) for name, column in said]
    found.append((DC.publisher, without_contacts(row["publisher"]), ""))
    return [each for each in found if each[1]]


def triples(row: Row) -> Iterator[Triple]:
    """What a row says of an article or a mention; `RowError` names what is wrong."""
    if mentions.is_mention(row):
        yield from mentions.triples(row)
        return
    if not row["title"]:
        raise RowError("title", "", "is empty: an article needs a title")
    me, code = _subject(row), language(row["language"])
    for each in CLASSES[TYPE]:
        yield me, RDF.type, each
    yield me, DCTERMS.type, iri.named("publication-type", TYPE)
    for name, content, own in _texts(row):
        yield me, name, Literal(content, language=own or None)
    title = without_contacts(row.take("title"))
    yield me, RDFS.label, Literal(title, language=code or UNKNOWN_LANGUAGE)
    if code:
        yield me, DCTERMS.language, Literal(code)
    if date := row.take("date"):
        yield me, DCTERMS.issued, checked("date", date, _day)
    if page := row.take("address"):
        yield me, SCHEMA.url, checked("address", page, web)
    for link in filter(None, row.take("links").split("\n")):
        yield me, DCTERMS.references, checked("links", link, web)
    given = re.split(r"[\n,;]", without_contacts(row.take("keywords")))
    yield from keywords.about(me, [each.strip() for each in given if each.strip()], code)
    for column in ("description", "publisher", "language"):
        row.take(column)


def _day(value: str) -> Literal:
    """A date with the precision it has; of a time, the day as the publisher's clock has it."""
    try:
        return day(value)
    except ValueError:
        return day(datetime.fromisoformat(value).date().isoformat())
