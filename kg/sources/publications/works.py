"""Works: what every format of bibliographic records comes to, and the statements about it.

A work is known by its HAL identifier, else by its DOI, else by its ISBN, else by what is said of
it: type, title, date and authors. A part of a book does not have the book's ISBN. An author with
an identifier is a person; one with only a name stays a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.clean import UNKNOWN_LANGUAGE, day, fold, without_contacts
from kg.sources import Triple, identifiers, keywords, markup
from kg.sources.credits import Credit, credits
from kg.sources.curated.works import CLASSES
from kg.sources.rows import Row, RowError, checked
from kg.vocab import DC, DCTERMS, FABIO, FOAF, RDF, RDFS, SCHEMA

UNDETERMINED = "undetermined"  # the type of a text whose genre is not told
# What records call languages, folded, to their ISO 639-1 codes.
LANGUAGES = {
    **dict.fromkeys(("fr", "fre", "fra", "french", "francais"), "fr"),
    **dict.fromkeys(("en", "eng", "english", "anglais", "american", "british"), "en"),
    **dict.fromkeys(("es", "spa", "spanish", "espagnol"), "es"),
    **dict.fromkeys(("de", "ger", "deu", "german", "ngerman", "allemand"), "de"),
    **dict.fromkeys(("it", "ita", "italian", "italien"), "it"),
    **dict.fromkeys(("pt", "por", "portuguese", "portugais"), "pt"),
}
SUPERVISOR = (("direction", "fr"), ("supervisor", "en"))
LABORATORY = (("laboratoire", "fr"), ("laboratory", "en"))
INSTITUTION = (("établissement", "fr"), ("institution", "en"))
EDITOR = (("direction d’ouvrage", "fr"), ("editor", "en"))


@dataclass(frozen=True)
class Author:
    """Who wrote a work: a name and, where the source gives them, identifiers."""

    name: str
    idhal: str = ""
    orcid: str = ""


PARTS = {"book-chapter", "conference-paper", "journal-article"}


@dataclass
class Work:
    """A bibliographic record. Titles and keywords are (text, language)."""

    type: str = UNDETERMINED  # a notation of ontology/schemes/publication-type.ttl
    titles: list[tuple[str, str]] = field(default_factory=list)
    citation: str = ""
    issued: str = ""
    languages: list[str] = field(default_factory=list)
    hal: str = ""
    doi: str = ""
    isbn: list[str] = field(default_factory=list)
    pages: list[NamedNode] = field(default_factory=list)
    authors: list[Author] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    publisher: str = ""
    container: str = ""
    keywords: list[tuple[str, str]] = field(default_factory=list)

    def iri(self) -> NamedNode:
        """The work's IRI: by its best identifier, else by what is said of it."""
        if self.hal:
            return checked("HAL", self.hal, lambda value: iri.mint("publication", "hal", value))
        if self.doi:
            return iri.hashed("publication", "doi", self.doi)
        if number := next(iter(self.own_isbn()), ""):
            return iri.hashed("publication", "isbn", number)
        title = next((title for title, _ in self.titles), self.citation)
        said = (self.type, title, self.issued, *(author.name for author in self.authors))
        return iri.hashed("publication", "work", "\n".join(map(fold, said)))

    def own_isbn(self) -> list[str]:
        """The ISBNs of the work itself: records of a chapter give those of its book."""
        return [] if self.type in PARTS else self.isbn


def values(row: Row, *names: str) -> list[str]:
    """Pop fields with a value on each line: plain text, without HTML and without contacts."""
    lines = [line for name in names for line in row.pop(name, "").split("\n")]
    return [each for line in lines if (each := without_contacts(markup.plain(line)))]


def take(row: Row, *names: str) -> str:
    """Pop fields that mean the same; the first value, empty if there is none."""
    return next(iter(values(row, *names)), "")


def isbn(value: str) -> list[str]:
    """The ISBN in a text, digits only, if it is one of thirteen; the older ones are not kept."""
    found = re.sub(r"\D", "", value)
    return [found] if re.fullmatch(r"97[89]\d{10}", found) else []


def language(value: str) -> str:
    """The ISO 639-1 code of a language as records write it; empty for an empty value."""
    if not (name := fold(value).split(" ")[0]):
        return ""
    try:
        return LANGUAGES[name]
    except KeyError:
        raise ValueError(
            "is not a language that is known: add it to LANGUAGES in "
            "kg/sources/publications/works.py"
        ) from None


def triples(work: Work) -> Iterator[Triple]:
    """All that is said of a work."""
    if not work.titles and not work.citation:
        raise RowError("title", "", "is empty, and there is no citation: one is needed")
    me = work.iri()
    for each in CLASSES[work.type]:
        yield me, RDF.type, each
    yield me, DCTERMS.type, iri.named("publication-type", work.type)
    yield from _named(me, work)
    if work.issued:
        yield me, DCTERMS.issued, checked("date", work.issued, day)
    for code in work.languages:
        yield me, DCTERMS.language, Literal(code)
    for page in work.pages:
        yield me, SCHEMA.url, page
    yield from _identified(me, work)
    yield from _made(me, work)
    for keyword, code in work.keywords:
        yield from keywords.about(me, [keyword], code)


def _named(me: NamedNode, work: Work) -> Iterator[Triple]:
    """Titles; several languages of one record are editions of the work, each with its title."""
    for title, code in work.titles or [(work.citation, UNKNOWN_LANGUAGE)]:
        yield me, RDFS.label, Literal(title, language=code)
    for title, code in work.titles:
        yield me, DCTERMS.title, Literal(title, language=code)
    if work.citation:
        yield me, DCTERMS.bibliographicCitation, Literal(work.citation)
    if work.container:
        yield me, DC.source, Literal(work.container)
    for code in work.languages if len(work.languages) > 1 else []:
        edition = iri.part(me, f"edition-{code}")
        yield me, SCHEMA.workExample, edition
        yield edition, RDF.type, FABIO.Expression
        yield edition, RDF.type, SCHEMA.CreativeWork
        yield edition, SCHEMA.exampleOfWork, me
        yield edition, DCTERMS.language, Literal(code)
        for title, own in work.titles:
            if own == code:
                yield edition, RDFS.label, Literal(title, language=code)
                yield edition, DCTERMS.title, Literal(title, language=code)


def _identified(me: NamedNode, work: Work) -> Iterator[Triple]:
    given = [("hal", work.hal), ("doi", work.doi), *(("isbn", each) for each in work.own_isbn())]
    for scheme, value in given:
        if value:
            yield from identifiers.current(me, scheme, value)


def _made(me: NamedNode, work: Work) -> Iterator[Triple]:
    """Authors, publisher, and the credits of those that no identifier makes known."""
    for author in work.authors:
        if author.idhal or author.orcid:
            person = person_iri(author)
            yield me, DCTERMS.creator, person
            yield from describe(person, author)
        else:
            yield me, DC.creator, Literal(author.name)
    if work.publisher:
        yield me, DC.publisher, Literal(work.publisher)
    yield from credits(me, work.credits)


def person_iri(author: Author) -> NamedNode:
    """The IRI of an author by the ORCID, else by the IdHAL."""
    if author.orcid:
        return iri.mint("person", "orcid", author.orcid)
    return iri.mint("person", "idhal", author.idhal)


def describe(person: NamedNode, author: Author) -> Iterator[Triple]:
    """A person who is known as an author: name and identifiers."""
    yield person, RDF.type, FOAF.Person
    yield person, RDF.type, SCHEMA.Person
    yield person, RDFS.label, Literal(author.name)
    yield person, FOAF.name, Literal(author.name)
    if author.idhal:
        yield from identifiers.current(person, "idhal", author.idhal)
    if author.orcid:
        yield from identifiers.current(person, "orcid", author.orcid)
        yield person, SCHEMA.sameAs, NamedNode(f"https://orcid.org/{author.orcid}")


def direct(name: str) -> str:
    """A name as it is said: `Baume, Émeline` is how catalogues write it.

    >>> direct("Exemple, Camille"), direct("Labo de l'ESS")
    ('Camille Exemple', "Labo de l'ESS")
    """
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and "," not in given else name
