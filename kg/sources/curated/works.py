"""Publications, podcasts, episodes and events, and who and what they are tied to."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.sources import Triple
from kg.sources.curated.cells import (
    bilingual,
    facts,
    kinds,
    named,
    node,
    notes,
    period,
    text,
    titled,
    untitled,
)
from kg.sources.rows import Row, RowError
from kg.vocab import DCTERMS, ESS, FABIO, RDFS, SCHEMA

REPORT = (FABIO.Report, SCHEMA.Report)
BOOK = (FABIO.Work, SCHEMA.Book)
PAGE = (FABIO.Work, SCHEMA.Article)
LEGAL = (FABIO.Work, SCHEMA.Legislation)
POLICY = (FABIO.Policy, SCHEMA.CreativeWork)
ISSUE = (FABIO.Work, SCHEMA.PublicationIssue)

# The classes of each publication type; a new concept of the scheme needs its line here.
CLASSES: dict[str, tuple[NamedNode, NamedNode]] = {
    "report": REPORT,
    "study": REPORT,
    "statistical-study": REPORT,
    "panorama": REPORT,
    "atlas": (FABIO.ReferenceWork, SCHEMA.Book),
    "barometer": REPORT,
    "economic-note": REPORT,
    "impact-assessment": REPORT,
    "public-report": REPORT,
    "parliamentary-report": REPORT,
    "activity-report": REPORT,
    "technical-report": REPORT,
    "guide": REPORT,
    "factsheet": REPORT,
    "kit": REPORT,
    "booklet": REPORT,
    "dossier": REPORT,
    "online-dossier": PAGE,
    "explainer": PAGE,
    "position-paper": (FABIO.Work, SCHEMA.CreativeWork),
    "manifesto": (FABIO.Work, SCHEMA.CreativeWork),
    "book": BOOK,
    "proceedings": BOOK,
    "book-chapter": (FABIO.Work, SCHEMA.Chapter),
    "journal-article": (FABIO.Work, SCHEMA.ScholarlyArticle),
    "conference-paper": (FABIO.Work, SCHEMA.ScholarlyArticle),
    "thesis": (FABIO.Work, SCHEMA.Thesis),
    "preprint": (FABIO.Work, SCHEMA.ScholarlyArticle),
    "undetermined": (FABIO.Work, SCHEMA.CreativeWork),
    "special-issue": ISSUE,
    "newsletter": ISSUE,
    "news-article": (FABIO.Work, SCHEMA.NewsArticle),
    "legal-text": LEGAL,
    "law": LEGAL,
    "decree": LEGAL,
    "international-text": POLICY,
    "recommendation": POLICY,
    "resolution": POLICY,
    "action-plan": POLICY,
}
CONTRIBUTIONS = {
    "author": DCTERMS.creator,
    "editor": SCHEMA.editor,
    "publisher": DCTERMS.publisher,
    "producer": SCHEMA.producer,
    "partner": ESS.partner,
    "host": ESS.host,
    "sponsor": SCHEMA.sponsor,
    "organizer": SCHEMA.organizer,
}
SHAPES = {"series": SCHEMA.PodcastSeries, "season": SCHEMA.PodcastSeason}


def publications(row: Row) -> Iterator[Triple]:
    """A publication as a work; its language editions are in editions.csv."""
    me = named(row, "publication")
    if row["type"]:
        yield from kinds(me, *_classes(row["type"]))
    yield from titled(me, row, DCTERMS.title)
    yield from untitled(me, row, DCTERMS.description)
    columns = {"lang": DCTERMS.language, "type": DCTERMS.type, "issued": DCTERMS.issued}
    yield from facts(me, row, {**columns, "homepage": SCHEMA.url})
    yield from notes(me, row)


def _classes(code: str) -> tuple[NamedNode, NamedNode]:
    try:
        return CLASSES[code]
    except KeyError:
        raise RowError(
            "type", code, "has no classes", "add it to CLASSES in kg/sources/curated/works.py"
        ) from None


def editions(row: Row) -> Iterator[Triple]:
    """A language edition: a part of the publication."""
    work = node(row, "publication")
    me = iri.part(work, text(row, "key"))
    yield from kinds(me, FABIO.Expression, SCHEMA.CreativeWork)
    yield work, SCHEMA.workExample, me
    yield me, SCHEMA.exampleOfWork, work
    yield from titled(me, row, DCTERMS.title)
    if original := text(row, "translation_of"):
        yield me, SCHEMA.translationOfWork, iri.part(work, original)
    columns = {"lang": DCTERMS.language, "issued": DCTERMS.issued, "homepage": SCHEMA.url}
    yield from facts(me, row, columns)


def podcasts(row: Row) -> Iterator[Triple]:
    """A podcast series, or a season of one."""
    me = named(row, "podcast")
    yield from kinds(me, SHAPES[text(row, "nature")])
    yield from titled(me, row, DCTERMS.title)
    columns = {
        "lang": DCTERMS.language,
        "part_of": SCHEMA.partOfSeries,
        "start": SCHEMA.startDate,
        "episodes": SCHEMA.numberOfEpisodes,
        "host_platform": ESS.hostPlatform,
        "homepage": SCHEMA.url,
    }
    yield from facts(me, row, columns)
    yield from notes(me, row)


def episodes(row: Row) -> Iterator[Triple]:
    """An episode that a source describes; one that is only announced is a count of its series."""
    me = named(row, "episode")
    yield from kinds(me, SCHEMA.PodcastEpisode)
    yield from titled(me, row, DCTERMS.title)
    yield from untitled(me, row, ESS.statedSubject)
    columns = {
        "podcast": SCHEMA.partOfSeries,
        "number": SCHEMA.episodeNumber,
        "lang": DCTERMS.language,
        "published": SCHEMA.datePublished,
        "duration": SCHEMA.duration,
        "homepage": SCHEMA.url,
    }
    yield from facts(me, row, columns)
    yield from notes(me, row)


def appearances(row: Row) -> Iterator[Triple]:
    """A guest in an episode, and the roles that the guest held then."""
    episode = node(row, "episode")
    agent = text(row, "agent")
    guest = iri.named(text(row, "agent_kind"), agent)
    me = iri.part(episode, f"appearance-{agent}")
    yield from kinds(me, ESS.Appearance)
    yield episode, ESS.appearance, me
    yield me, ESS.guest, guest
    if capacity := text(row, "capacity"):
        for predicate in (RDFS.label, ESS.statedCapacity):
            yield me, predicate, Literal(capacity, language="fr")
    for key in text(row, "roles").split():
        yield me, ESS.inCapacityOf, iri.part(guest, key)


def events(row: Row) -> Iterator[Triple]:
    """An event."""
    me = named(row, "event")
    yield from kinds(me, SCHEMA.Event)
    yield from bilingual(me, row, "title", RDFS.label, DCTERMS.title)
    yield from period(me, row)
    if place := text(row, "place"):
        yield me, ESS.place, Literal(place, language="fr")
    columns = {"edition": ESS.edition, "attendance": ESS.attendance, "homepage": SCHEMA.url}
    yield from facts(me, row, columns)
    yield from notes(me, row)


def _owner(row: Row) -> NamedNode:
    return iri.named(text(row, "kind"), text(row, "key"))


def contributors(row: Row) -> Iterator[Triple]:
    """Who made, published, supported or organised a work."""
    predicate = CONTRIBUTIONS[text(row, "role")]
    yield _owner(row), predicate, iri.named(text(row, "agent_kind"), text(row, "agent"))


def subjects(row: Row) -> Iterator[Triple]:
    """What a work is about."""
    yield _owner(row), DCTERMS.subject, node(row, "theme")


def coverage(row: Row) -> Iterator[Triple]:
    """The territory that a work is about, or where an event takes place."""
    yield _owner(row), DCTERMS.spatial, node(row, "territory")


def based_on(row: Row) -> Iterator[Triple]:
    """The publication that a work is based on."""
    yield _owner(row), SCHEMA.isBasedOn, node(row, "publication")
