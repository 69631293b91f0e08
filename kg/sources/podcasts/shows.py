"""From the rows of a feed to series, seasons and episodes: what each says, and where it belongs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from textwrap import shorten
from uuid import UUID

from pyoxigraph import Literal, NamedNode

from kg import clean, iri
from kg.clean import UNKNOWN_LANGUAGE, day, text, web, without_contacts
from kg.sources import Triple, keywords, markup
from kg.sources.credits import Credit, credits
from kg.sources.podcasts import feed, files
from kg.sources.podcasts.feed import entries
from kg.sources.rows import Row, RowError, checked
from kg.vocab import DC, DCTERMS, ESS, RDF, RDFS, SCHEMA


def subject(row: Row) -> NamedNode:
    """The IRI of a row's series or episode."""
    podcast = row["podcast"]
    if "key" not in row:
        return iri.mint("podcast", "guid", podcast)
    return iri.hashed("episode", "item", row["key"], UUID(podcast))


def series(row: Row) -> Iterator[Triple]:
    """What the channel of a feed says of its podcast."""
    me = subject(row)
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


def episode(row: Row) -> Iterator[Triple]:
    """What an item says of its episode. `RowError` for one that nothing makes known."""
    if not row["key"]:
        raise RowError("guid", "", "is empty, and nothing else makes the item known")
    if row.take("repeats"):
        raise RowError("guid", row["key"], "stands twice in the feed", "give each its own guid")
    me, series = subject(row), iri.mint("podcast", "guid", row["podcast"])
    yield me, RDF.type, SCHEMA.PodcastEpisode
    yield me, SCHEMA.partOfSeries, series
    yield from _identified(me, row)
    yield from _placed(me, series, row)
    yield from _timed(me, row)
    yield from files.files(me, row)
    yield from _described(me, row)  # the last, for it takes the language
    row.take("key")
    row.take("podcast")


def _code(row: Row) -> str:
    """The code of the feed's language; empty if it does not tell."""
    return clean.language(row.get("language", ""))


def texts(row: Row) -> list[tuple[NamedNode, str, str]]:
    """The title and the description of a row, as they are published: (property, text, language)."""
    language = _code(row) or UNKNOWN_LANGUAGE
    candidates = ("description", "itunes:summary", "content:encoded", "itunes:subtitle")
    said = {
        DCTERMS.title: row.get("title", ""),
        DCTERMS.description: next(filter(None, (row.get(each) for each in candidates)), ""),
    }
    found = ((name, without_contacts(markup.plain(each))) for name, each in said.items())
    return [(name, each, language) for name, each in found if each]


def _described(me: NamedNode, row: Row) -> Iterator[Triple]:
    """Title, description, language, author, keywords and credits."""
    said = {name: Literal(each, language=code) for name, each, code in texts(row)}
    for name, literal in said.items():
        yield me, name, literal
    yield me, RDFS.label, _label(said)
    if DCTERMS.title not in said:
        yield me, ESS.statedSubject, _label(said)
    if language := _code(row):
        yield me, DCTERMS.language, Literal(language)
    for author in dict.fromkeys(filter(None, map(_name, _authors(row)))):
        yield me, DC.creator, Literal(author)
    yield from keywords.about(me, _keywords(row), language)
    yield from credits(me, persons(row))
    for column in ("title", "description", "language", "podcast:person"):
        row.pop(column, None)


def _label(said: dict[NamedNode, Literal]) -> Literal:
    """The title; without one, the beginning of the description."""
    if not said:
        raise RowError("title", "", "is empty, and so is the description: one is needed")
    found = said.get(DCTERMS.title) or said[DCTERMS.description]
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


def persons(row: Row) -> list[Credit]:
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
    titles = {_code(row) or UNKNOWN_LANGUAGE: name} if name else {"fr": "Saison", "en": "Season"}
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
        seconds = checked("itunes:duration", clock, files.seconds)
        if seconds:  # nought is what some write when they do not know
            yield me, SCHEMA.duration, clean.duration(f"PT{seconds}S")


def _day(value: str) -> Literal:
    """The day of a date of RFC 822, which RSS asks for, or of ISO 8601."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return day(read(value).date().isoformat())
        except (TypeError, ValueError):
            continue
    raise ValueError("is not a date: write it like Wed, 11 May 2022 08:00:00 +0200")
