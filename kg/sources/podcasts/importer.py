"""Podcasts: the feeds that their publishers offer to everyone who wants to repeat them.

    feed.py       from RSS to rows
    importer.py   from rows to series, seasons, episodes, their files, chapters and credits

A podcast is `podcast/guid-<its guid>`; an episode `episode/item-<UUID of the item's guid in the
name space of the podcast's>`. `kg/link.py` brings them together with what is curated: by the guid,
the feed's address, an episode's page. E-mail addresses, which feeds are full of, and telephone
numbers are published nowhere, nor is the feed's owner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from textwrap import shorten
from uuid import UUID

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.clean import day, integer, text, web, without_contacts
from kg.clean import duration as clean_duration
from kg.errors import InputError, MissingFile
from kg.sources import Inputs, Triple, keywords, markup, mentions
from kg.sources.credits import Credit, credits
from kg.sources.podcasts import feed
from kg.sources.podcasts.feed import entries
from kg.sources.rows import Row, RowError, checked
from kg.vocab import DC, DCTERMS, ESS, RDF, RDFS, SCHEMA, XSD

NAME = "podcasts"
NEEDS = ("curated",)
IGNORED = frozenset(
    {
        "atom:link",  # of a channel read, of items navigation
        "cloud",
        "comments",
        "content:encoded",  # only where there is no description
        "copyright",
        "docs",
        "generator",
        "image",
        "itunes:block",
        "itunes:complete",
        "itunes:email",
        "itunes:episode",  # only where there is no podcast:episode
        "itunes:episodeType",
        "itunes:explicit",
        "itunes:image",
        "itunes:order",
        "itunes:owner",  # a name and an e-mail address
        "itunes:season",  # only where there is no podcast:season
        "itunes:subtitle",
        "itunes:summary",
        "itunes:title",
        "itunes:type",
        "lastBuildDate",
        "managingEditor",  # an e-mail address
        "media:content",  # the enclosure again
        "media:group",
        "media:thumbnail",
        "podcast:alternateEnclosure",  # the same in other encodings
        "podcast:block",
        "podcast:chat",
        "podcast:funding",
        "podcast:image",
        "podcast:images",
        "podcast:liveItem",
        "podcast:location",
        "podcast:locked",  # an e-mail address
        "podcast:medium",
        "podcast:podping",
        "podcast:podroll",
        "podcast:publisher",
        "podcast:remoteItem",
        "podcast:socialInteract",
        "podcast:soundbite",
        "podcast:trailer",
        "podcast:txt",
        "podcast:updateFrequency",
        "podcast:value",
        "source",
        "textInput",
        "ttl",
        "webMaster",  # an e-mail address
    }
)
EXPECT: dict[str, tuple[int, int]] = {"podcast": (1, 10_000)}
UNKNOWN = "und"  # ISO 639-2: the language is not known
_MEDIA = {"audio": SCHEMA.AudioObject, "video": SCHEMA.VideoObject}
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.,]\d+)?")


def paths(given: Path | None) -> list[Path]:
    """A feed, or the .xml and .rss files of a folder, and the table of keywords."""
    folder = given or Path()
    found = sorted(each for each in folder.glob("*") if each.suffix in {".xml", ".rss"})
    if given is None or (given.is_dir() and not found) or not given.exists():
        raise MissingFile(
            "there is no feed here", file=given, mend="give one: kg build --with podcasts=FILE.xml"
        )
    return [*(found if given.is_dir() else [given]), keywords.TABLE]


def check(given: Path | None) -> list[InputError]:
    """Every file that is not a readable feed."""
    found = []
    for path in paths(given)[:-1]:
        try:
            list(feed.rows(path))
        except InputError as error:
            found.append(error)
    return found


def records(inputs: Inputs) -> Iterator[Row]:
    """A row for each series and item, and one for each candidate mention in their texts."""
    names = mentions.known(inputs.converted["curated"])
    for path in (each for each in inputs.paths if each != keywords.TABLE):
        for row in feed.rows(path):
            found = list(_mentions(names, row))
            yield row
            yield from found


def _mentions(names: mentions.Names, row: Row) -> Iterator[Row]:
    """The candidates in the title, the description and the credits of a series or episode."""
    if row["table"] == "episode" and (row["repeats"] or not row["key"]):
        return
    thing = _subject(row)
    yield from mentions.rows(names, thing, _texts(row), row)
    for number, each in enumerate(_persons(row), 1):
        said = [(ESS.creditedName, each.name, "")]
        yield from mentions.rows(names, iri.part(thing, f"credit-{number}"), said, row)


def source(row: Row) -> str:
    """Who states a row: the feeds, or, for a candidate mention, what looked for it."""
    return mentions.SOURCE if mentions.is_mention(row) else NAME


def triples(row: Row) -> Iterator[Triple]:
    """What a row says of a series, an episode or a mention; `RowError` names what is wrong."""
    if mentions.is_mention(row):
        yield from mentions.triples(row)
    elif row.take("table") == "series":
        yield from _series(row)
    else:
        yield from _episode(row)


def _subject(row: Row) -> NamedNode:
    """The IRI of a row's series or episode."""
    podcast = row["podcast"]
    if "key" not in row:
        return iri.mint("podcast", "guid", podcast)
    return iri.hashed("episode", "item", row["key"], UUID(podcast))


def _series(row: Row) -> Iterator[Triple]:
    me = _subject(row)
    yield me, RDF.type, SCHEMA.PodcastSeries
    yield me, ESS.podcastGuid, Literal(row.take("podcast"))
    row.pop("podcast:guid", None)
    if address := feed.feed_address(row):
        yield me, SCHEMA.webFeed, checked("atom:link", address, web)
    row.pop("itunes:new-feed-url", None)
    if page := row.pop("link", ""):
        yield me, SCHEMA.url, checked("link", page, web)
    yield from _described(me, row)
    for licence in entries(row, "podcast:license"):
        if address := licence.get("url", ""):
            yield me, DCTERMS.license, checked("podcast:license", address, web)
    row.pop("pubDate", None)  # of the feed, not of what it offers


def _episode(row: Row) -> Iterator[Triple]:
    if not row["key"]:
        raise RowError("guid", "", "is empty, and nothing else makes the item known")
    if row.take("repeats"):
        raise RowError("guid", row["key"], "stands twice in the feed", "give each its own guid")
    me, series = _subject(row), iri.mint("podcast", "guid", row["podcast"])
    yield me, RDF.type, SCHEMA.PodcastEpisode
    yield me, SCHEMA.partOfSeries, series
    yield from _identified(me, row)
    yield from _placed(me, series, row)
    yield from _timed(me, row)
    for number, enclosure in enumerate(entries(row, "enclosure"), 1):
        yield from _file(me, SCHEMA.associatedMedia, f"audio-{number}", "enclosure", enclosure)
    for number, transcript in enumerate(entries(row, "podcast:transcript"), 1):
        name = f"transcript-{number}"
        yield from _file(me, ESS.transcript, name, "podcast:transcript", transcript)
    for chapters in entries(row, "podcast:chapters")[:1]:
        yield from _file(me, ESS.chapters, "chapters", "podcast:chapters", chapters)
    yield from _chapters(me, row)
    yield from _described(me, row)  # the last, for it takes the language
    row.take("key")
    row.take("podcast")


def _language(row: Row) -> str:
    """The ISO 639 code of the feed's language; empty if it does not tell."""
    found = re.match(r"[a-z]{2,3}(?![a-z])", row.get("language", "").strip().lower())
    return found[0] if found else ""


def _texts(row: Row) -> list[tuple[NamedNode, str, str]]:
    """The title and the description of a row, as they are published: (property, text, language)."""
    language = _language(row) or UNKNOWN
    candidates = ("description", "itunes:summary", "content:encoded", "itunes:subtitle")
    said = {
        DCTERMS.title: row.get("title", ""),
        DCTERMS.description: next(filter(None, (row.get(each) for each in candidates)), ""),
    }
    found = ((name, without_contacts(markup.plain(each))) for name, each in said.items())
    return [(name, each, language) for name, each in found if each]


def _described(me: NamedNode, row: Row) -> Iterator[Triple]:
    """Title, description, language, author, keywords and credits."""
    texts = {name: Literal(each, language=lang) for name, each, lang in _texts(row)}
    for name, literal in texts.items():
        yield me, name, literal
    yield me, RDFS.label, _label(texts)
    if DCTERMS.title not in texts:
        yield me, ESS.statedSubject, _label(texts)
    if language := _language(row):
        yield me, DCTERMS.language, Literal(language)
    for author in dict.fromkeys(filter(None, map(_name, _authors(row)))):
        yield me, DC.creator, Literal(author)
    yield from keywords.about(me, _keywords(row), language)
    yield from credits(me, _persons(row))
    for column in ("title", "description", "language", "podcast:person"):
        row.pop(column, None)


def _label(texts: dict[NamedNode, Literal]) -> Literal:
    """The title; without one, the beginning of the description."""
    if not texts:
        raise RowError("title", "", "is empty, and so is the description: one is needed")
    found = texts.get(DCTERMS.title) or texts[DCTERMS.description]
    return Literal(shorten(found.value, 200, placeholder="…"), language=found.language)


def _authors(row: Row) -> Iterator[str]:
    for column in ("itunes:author", "dc:creator", "author"):
        yield row.pop(column, "")


def _name(value: str) -> str:
    """The name in `name`, `address (name)` or `name (address)`; empty for an address alone."""
    kept = without_contacts(markup.plain(value))
    inner = re.fullmatch(r"…\s*\((.*)\)", kept)
    return (inner[1] if inner else kept.replace("…", "").replace("()", "")).strip(" <>")


def _keywords(row: Row) -> list[str]:
    """Categories, in their order, and the words of `itunes:keywords`."""
    found = [each["content"] for each in entries(row, "category")]
    for each in entries(row, "itunes:category"):
        found.append(each.get("text", ""))
        found += [child.get("text", "") for child in each.get("children", [])]
    found += row.pop("itunes:keywords", "").split(",")
    clean = (without_contacts(markup.plain(each)) for each in found)
    return list(dict.fromkeys(filter(None, clean)))


def _persons(row: Row) -> list[Credit]:
    """The persons of a row; one without a role is a host (Podcast Index, podcast:person)."""
    found = []
    for each in json.loads(row.get("podcast:person", "[]")):
        if name := without_contacts(text(each["content"])):
            role = text(each.get("role", "")).lower()
            found.append(
                Credit(
                    name=name,
                    roles=((role or "host", ""),),
                    basis="stated" if role else "convention",
                    group=text(each.get("group", "")).lower(),
                    url=each.get("href", ""),
                )
            )
    return found


def _identified(me: NamedNode, row: Row) -> Iterator[Triple]:
    """The item's guid, and its page if no other item has the same."""
    link, own = row.pop("link", ""), row.take("own_link")
    for each in entries(row, "guid")[:1]:
        if each["content"]:
            yield me, SCHEMA.identifier, Literal(text(each["content"]))
        if not link and each.get("isPermaLink", "true") == "true":
            link, own = each["content"] if each["content"].startswith("http") else "", "yes"
    if link and own:
        yield me, SCHEMA.url, checked("link", link, web)


def _placed(me: NamedNode, series: NamedNode, row: Row) -> Iterator[Triple]:
    """The number of the episode, and its season, a part of the series."""
    stated = row.pop("podcast:episode", "") or row.get("itunes:episode", "")
    if stated:
        yield me, SCHEMA.episodeNumber, Literal(checked("itunes:episode", stated, _number))
    seasons = entries(row, "podcast:season") or [{"content": row.get("itunes:season", "")}]
    number, name = seasons[0]["content"], text(seasons[0].get("name", ""))
    if not number:
        return
    number = checked("itunes:season", number, _number)
    season = iri.part(series, f"season-{number}")
    yield me, SCHEMA.partOfSeason, season
    yield season, RDF.type, SCHEMA.PodcastSeason
    yield season, SCHEMA.partOfSeries, series
    yield season, SCHEMA.seasonNumber, Literal(number)
    titles = {_language(row) or UNKNOWN: name} if name else {"fr": "Saison", "en": "Season"}
    for language, title in titles.items():
        literal = Literal(title if name else f"{title} {number}", language=language)
        yield season, RDFS.label, literal
        yield season, DCTERMS.title, literal


def _number(value: str) -> str:
    found = re.fullmatch(r"0*(\d+(?:\.\d+)?)", value, re.ASCII)
    if not found:
        raise ValueError("is not a number")
    return found[1]


def _timed(me: NamedNode, row: Row) -> Iterator[Triple]:
    """The day of publication, as the publisher's clock has it, and the duration."""
    if date := row.pop("pubDate", ""):
        yield me, SCHEMA.datePublished, checked("pubDate", date, _day)
    if clock := row.pop("itunes:duration", ""):
        seconds = checked("itunes:duration", clock, _seconds)
        if seconds:  # nought is what some write when they do not know
            yield me, SCHEMA.duration, clean_duration(f"PT{seconds}S")


def _day(value: str) -> Literal:
    """The day of a date of RFC 822, which RSS asks for, or of ISO 8601."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return day(read(value).date().isoformat())
        except (TypeError, ValueError):
            continue
    raise ValueError("is not a date: write it like Wed, 11 May 2022 08:00:00 +0200")


def _seconds(value: str) -> int:
    """Seconds of `3723`, `62:03` or `1:02:03`; what is below a second is dropped."""
    found = _CLOCK.fullmatch(value)
    if not found:
        raise ValueError("is not a duration: write seconds, or 1:02:03")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds


def _file(
    me: NamedNode, predicate: NamedNode, name: str, column: str, said: dict[str, str]
) -> Iterator[Triple]:
    """A file that belongs to an episode: address, media type, size in bytes, language."""
    if not said.get("url"):
        return
    part = iri.part(me, name)
    media = said.get("type", "").partition(";")[0].strip().lower()
    yield me, predicate, part
    yield part, RDF.type, _MEDIA.get(media.partition("/")[0], SCHEMA.MediaObject)
    yield part, SCHEMA.contentUrl, checked(column, said["url"], web)
    if re.fullmatch(r"[\w.+-]+/[\w.+-]+", media):
        yield part, SCHEMA.encodingFormat, Literal(media)
    if (length := said.get("length", "").strip()).strip("0"):
        yield part, SCHEMA.contentSize, checked(column, length, integer)
    if language := said.get("language", "").strip():
        yield part, SCHEMA.inLanguage, Literal(language)


def _chapters(me: NamedNode, row: Row) -> Iterator[Triple]:
    """The chapters that the feed itself lists (Podlove Simple Chapters)."""
    language = _language(row) or UNKNOWN
    for block in entries(row, "psc:chapters"):
        for number, each in enumerate(block.get("children", []), 1):
            part = iri.part(me, f"chapter-{number}")
            title = without_contacts(markup.plain(each.get("title", "")))
            seconds = checked("psc:chapters", each.get("start", ""), _seconds)
            yield me, SCHEMA.hasPart, part
            yield part, RDF.type, SCHEMA.Clip
            yield part, SCHEMA.startOffset, Literal(str(seconds), datatype=XSD.integer)
            if title:
                yield part, RDFS.label, Literal(title, language=language)
                yield part, DCTERMS.title, Literal(title, language=language)
