"""Podcasts: the feeds that their publishers offer to everyone who wants to repeat them.

    feed.py       from RSS to rows
    shows.py      from rows to series, seasons and episodes
    files.py      the recordings, transcripts and chapters of an episode
    importer.py   the contract, and candidate mentions in titles, descriptions and credits

A podcast is `podcast/guid-<its guid>`; an episode `episode/item-<UUID of the item's guid in the
name space of the podcast's>`. `kg/link/` brings them together with what is curated: by the guid,
the feed's address, an episode's page. E-mail addresses, which feeds are full of, and telephone
numbers are published nowhere, nor is the feed's owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kg import iri
from kg.errors import InputError
from kg.sources import Inputs, Triple, keywords, mentions
from kg.sources.given import broken, files
from kg.sources.podcasts import feed, shows
from kg.sources.rows import Row
from kg.vocab import ESS

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


def paths(given: Path | None) -> list[Path]:
    """A feed, or the feeds of a folder, and the table of keywords."""
    return [*files(given, (".xml", ".rss"), NAME, "feed"), keywords.TABLE]


def check(given: Path | None) -> list[InputError]:
    """Every file that is not a readable feed."""
    return broken(paths(given)[:-1], lambda path: list(feed.rows(path)))


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
    thing = shows.subject(row)
    yield from mentions.rows(names, thing, shows.texts(row), row)
    for number, each in enumerate(shows.persons(row), 1):
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
        yield from shows.series(row)
    else:
        yield from shows.episode(row)
