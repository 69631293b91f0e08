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
from kg.clean import day, fold, web, without_contacts
from kg.errors import InputError, MissingFile
from kg.sources import Inputs, Triple, keywords, mentions
from kg.sources.articles import pages
from kg.sources.curated.works import CLASSES
from kg.sources.rows import Row, RowError, checked
from kg.vocab import DC, DCTERMS, RDF, RDFS, SCHEMA

NAME = "articles"
NEEDS = ("curated",)
IGNORED: frozenset[str] = frozenset()
EXPECT: dict[str, tuple[int, int]] = {"publication": (1, 1_000_000)}
SUFFIXES = (".html", ".htm", ".txt")
TYPE = "news-article"
UNKNOWN = "und"  # ISO 639-2: the language is not known


def paths(given: Path | None) -> list[Path]:
    """A page, or the pages of a folder, and the table of keywords."""
    if given and given.is_file():
        found = [given]
    else:
        found = sorted(each for each in (given or Path()).glob("*") if each.suffix in SUFFIXES)
    if given is None or not found:
        raise MissingFile(
            "there is no saved page here",
            file=given,
            mend="give one: kg build --with articles=FILE.html",
        )
    return [*found, keywords.TABLE]


def check(given: Path | None) -> list[InputError]:
    """Every file that cannot be read."""
    found = []
    for path in paths(given)[:-1]:
        try:
            pages.page(path)
        except InputError as error:
            found.append(error)
    return found


def records(inputs: Inputs) -> Iterator[Row]:
    """A row for each page, and one for each candidate mention in it."""
    names = mentions.known(inputs.converted["curated"])
    for path in inputs.paths:
        if path == keywords.TABLE:
            continue
        row = pages.page(path)
        body = without_contacts(row.take("body"))
        said = [*_texts(row), (SCHEMA.articleBody, body, _language(row) or UNKNOWN)]
        found = list(mentions.rows(names, _subject(row), said, row)) if row["title"] else []
        yield row
        yield from found


def source(row: Row) -> str:
    """Who states a row: the articles, or, for a candidate mention, what looked for it."""
    return mentions.SOURCE if mentions.is_mention(row) else NAME


def _subject(row: Row) -> NamedNode:
    """The article's IRI: of its address, else of its title and date."""
    if row["address"]:
        return iri.hashed("publication", "page", row["address"])
    return iri.hashed("publication", "page", f"{fold(row['title'])}\n{row['date']}")


def _language(row: Row) -> str:
    found = re.match(r"[a-z]{2,3}(?![a-z])", row["language"].lower())
    return found[0] if found else ""


def _texts(row: Row) -> list[tuple[NamedNode, str, str]]:
    """Title, description and publisher as they are published: (property, text, language)."""
    language = _language(row) or UNKNOWN
    said = ((DCTERMS.title, "title", language), (DCTERMS.description, "description", language))
    found = [(name, without_contacts(row[column]), code) for name, column, code in said]
    found.append((DC.publisher, without_contacts(row["publisher"]), ""))
    return [each for each in found if each[1]]


def triples(row: Row) -> Iterator[Triple]:
    """What a row says of an article or a mention; `RowError` names what is wrong."""
    if mentions.is_mention(row):
        yield from mentions.triples(row)
        return
    if not row["title"]:
        raise RowError("title", "", "is empty: an article needs a title")
    me, language = _subject(row), _language(row)
    for each in CLASSES[TYPE]:
        yield me, RDF.type, each
    yield me, DCTERMS.type, iri.named("publication-type", TYPE)
    for name, content, code in _texts(row):
        yield me, name, Literal(content, language=code or None)
    yield me, RDFS.label, Literal(without_contacts(row.take("title")), language=language or UNKNOWN)
    if language:
        yield me, DCTERMS.language, Literal(language)
    if date := row.take("date"):
        yield me, DCTERMS.issued, checked("date", date, _day)
    if address := row.take("address"):
        yield me, SCHEMA.url, checked("address", address, web)
    for link in filter(None, row.take("links").split("\n")):
        yield me, DCTERMS.references, checked("links", link, web)
    given = re.split(r"[\n,;]", without_contacts(row.take("keywords")))
    yield from keywords.about(me, [each.strip() for each in given if each.strip()], language)
    for column in ("description", "publisher", "language"):
        row.take(column)


def _day(value: str) -> Literal:
    """A date with the precision it has; of a time, the day as the publisher's clock has it."""
    try:
        return day(value)
    except ValueError:
        return day(datetime.fromisoformat(value).date().isoformat())
