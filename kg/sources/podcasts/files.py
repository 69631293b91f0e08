"""What belongs to an episode: recordings, transcripts, files of chapters, and chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.clean import UNKNOWN_LANGUAGE, integer, language, web, without_contacts
from kg.sources import Triple, markup
from kg.sources.podcasts.feed import entries
from kg.sources.rows import Row, checked
from kg.vocab import DCTERMS, ESS, RDF, RDFS, SCHEMA, XSD

_MEDIA = {"audio": SCHEMA.AudioObject, "video": SCHEMA.VideoObject}
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.,]\d+)?")


def files(episode: NamedNode, row: Row) -> Iterator[Triple]:
    """The files of an episode, and the chapters that the feed itself lists."""
    for number, enclosure in enumerate(entries(row, "enclosure"), 1):
        yield from _file(episode, SCHEMA.associatedMedia, f"audio-{number}", "enclosure", enclosure)
    for number, transcript in enumerate(entries(row, "podcast:transcript"), 1):
        name = f"transcript-{number}"
        yield from _file(episode, ESS.transcript, name, "podcast:transcript", transcript)
    for chapters in entries(row, "podcast:chapters")[:1]:
        yield from _file(episode, ESS.chapters, "chapters", "podcast:chapters", chapters)
    yield from _chapters(episode, row)


def _file(
    episode: NamedNode, predicate: NamedNode, name: str, column: str, said: dict[str, str]
) -> Iterator[Triple]:
    """A file: address, media type, size in bytes (nought is no size), language."""
    if not said.get("url"):
        return
    part = iri.part(episode, name)
    media = said.get("type", "").partition(";")[0].strip().lower()
    yield episode, predicate, part
    yield part, RDF.type, _MEDIA.get(media.partition("/")[0], SCHEMA.MediaObject)
    yield part, SCHEMA.contentUrl, checked(column, said["url"], web)
    if re.fullmatch(r"[\w.+-]+/[\w.+-]+", media):
        yield part, SCHEMA.encodingFormat, Literal(media)
    if (length := said.get("length", "").strip()).strip("0"):
        yield part, SCHEMA.contentSize, checked(column, length, integer)
    if code := said.get("language", "").strip():
        yield part, SCHEMA.inLanguage, Literal(code)


def _chapters(episode: NamedNode, row: Row) -> Iterator[Triple]:
    """The chapters of the feed (Podlove Simple Chapters)."""
    code = language(row.get("language", "")) or UNKNOWN_LANGUAGE
    for block in entries(row, "psc:chapters"):
        for number, each in enumerate(block.get("children", []), 1):
            part = iri.part(episode, f"chapter-{number}")
            start = checked("psc:chapters", each.get("start", ""), seconds)
            yield episode, SCHEMA.hasPart, part
            yield part, RDF.type, SCHEMA.Clip
            yield part, SCHEMA.startOffset, Literal(str(start), datatype=XSD.integer)
            if title := without_contacts(markup.plain(each.get("title", ""))):
                yield part, RDFS.label, Literal(title, language=code)
                yield part, DCTERMS.title, Literal(title, language=code)


def seconds(value: str) -> int:
    """Seconds of a clock; what is below a second is dropped.

    >>> seconds("3723"), seconds("62:03"), seconds("1:02:03.4")
    (3723, 3723, 3723)
    """
    found = _CLOCK.fullmatch(value)
    if not found:
        raise ValueError("is not a duration: write seconds, or 1:02:03")
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + rest
