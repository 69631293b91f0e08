"""Reading a feed: RSS 2.0 with the itunes, podcast and Podlove namespaces, element by element.

The reader is ours because those at hand lose what is needed: podcastparser knows the podcast
namespace only by an address that it no longer has, sorts items and drops some, and neither it nor
feedparser keeps the line of an item, several persons or those of the channel.

A row holds the text of each element by its name (`itunes:duration`). Elements that repeat or say
something in their attributes (`LISTS`) are JSON arrays of objects, their text as "content". What
is in neither list is there as an empty column, so that an element nobody reads is reported.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID, uuid5

from lxml import etree

from kg.errors import InputError
from kg.sources import markup
from kg.sources.rows import Row

# Publishers write these addresses in several ways.
_NAMESPACES = {
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "podcastindex.org/namespace/1.0": "podcast",
    "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "www.w3.org/2005/atom": "atom",
    "podlove.org/simple-chapters": "psc",
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/dc/elements/1.1": "dc",
    "search.yahoo.com/mrss": "media",
}
TEXTS = frozenset(
    {
        *("title", "description", "link", "language", "pubDate", "author"),
        *("itunes:author", "itunes:summary", "itunes:subtitle", "itunes:duration"),
        *("itunes:keywords", "itunes:episode", "itunes:season", "itunes:new-feed-url"),
        *("content:encoded", "dc:creator", "podcast:guid", "podcast:episode"),
    }
)
LISTS = frozenset(
    {
        *("enclosure", "category", "itunes:category", "atom:link", "guid", "psc:chapters"),
        *("podcast:person", "podcast:transcript", "podcast:chapters", "podcast:season"),
        *("podcast:license",),
    }
)
# The name space of podcast guids (Podcast Index, podcast:guid).
PODCASTS = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


def rows(path: Path) -> Iterator[Row]:
    """The row of a feed's channel (`table` "series"), then that of each item ("episode").

    An item's row has what it needs from the channel: `podcast` (its guid), `language`, the
    persons where the item names none, `own_link` ("" when other items link to the same page).
    """
    channel = _channel(path)
    series = _row(channel, path, "series")
    if not series.get("title"):
        raise InputError(
            "the channel has no title", path, channel.sourceline, mend="ask its publisher for one"
        )
    series["podcast"] = guid(series)
    passed_on = {
        "podcast": series["podcast"],
        "language": series.get("language", ""),
        "podcast:person": series.get("podcast:person", "[]"),
    }
    yield series
    items = [_row(item, path, "episode") for item in channel.findall("item")]
    links = Counter(item.get("link", "") for item in items)
    seen: set[str] = set()
    for item in items:
        for name, value in passed_on.items():
            item.setdefault(name, value)
        item["own_link"] = "yes" if links[item.get("link", "")] == 1 else ""
        item["key"] = _key(item)
        item["repeats"] = "yes" if item["key"] in seen else ""
        seen.add(item["key"])
        yield item


def _channel(path: Path) -> etree._Element:
    root = markup.xml(path)
    channel = root.find("channel")
    if root.tag != "rss" or channel is None:
        raise InputError(
            f"is not an RSS feed: its root is <{str(root.tag).rpartition('}')[2]}>",
            file=path,
            line=root.sourceline,
            mend="give the podcast's RSS feed; an Atom feed or a page is not read",
        )
    return channel


def _row(element: etree._Element, path: Path, table: str) -> Row:
    row = Row({"table": table}, path, element.sourceline or 0)
    lists: dict[str, list[dict[str, object]]] = {}
    for child in element:
        name = _name(child)
        if name == "item":
            continue
        if name in LISTS:
            lists.setdefault(name, []).append(_described(child))
        elif name in TEXTS:
            value = _text(child)
            absolute = name in {"link", "itunes:new-feed-url"} and value
            row.setdefault(name, urljoin(element.base or "", value) if absolute else value)
        else:
            row[name] = ""
    return Row(row | {name: json.dumps(found) for name, found in lists.items()}, path, row.line)


def _described(element: etree._Element) -> dict[str, object]:
    """An element as attributes, text and children; addresses are made absolute."""
    said: dict[str, object] = {str(name): str(value) for name, value in element.attrib.items()}
    for name in {"url", "href"} & said.keys():
        said[name] = urljoin(element.base or "", str(said[name]).strip())
    said["content"] = _text(element)
    if len(element):
        said["children"] = [_described(child) for child in element]
    return said


def _text(element: etree._Element) -> str:
    return "".join(element.itertext()).strip()


def _name(element: etree._Element) -> str:
    """An element's name with the prefix that its namespace has here."""
    name = str(element.tag)
    if not name.startswith("{"):
        return name
    namespace, _, local = name[1:].partition("}")
    address = urlsplit(namespace.lower())
    prefix = _NAMESPACES.get(f"{address.netloc}{address.path}".rstrip("/"))
    return f"{prefix}:{local}" if prefix else name


def entries(row: Row, column: str) -> list[dict[str, Any]]:
    """Pop a column of elements: attributes and content are text, `children` elements again."""
    found: list[dict[str, Any]] = json.loads(row.pop(column, "[]"))
    return found


def guid(series: Row) -> str:
    """A podcast's guid: as the feed states it, else made from the feed's address as its
    specification says (a UUID of version 5 of the address without scheme and final slashes).

    A feed that does not tell its address is known by its page or, without one, by its title.
    """
    stated = series.get("podcast:guid", "").strip().lower()
    try:
        return str(UUID(stated))
    except ValueError:
        address = stated or feed_address(series) or series.get("link") or series.get("title", "")
        return str(uuid5(PODCASTS, address.partition("://")[2].rstrip("/") or address))


def feed_address(series: Row) -> str:
    """The feed's own address, when it tells it."""
    links: list[dict[str, str]] = json.loads(series.get("atom:link", "[]"))
    own = [link.get("href", "") for link in links if link.get("rel") == "self"]
    return series.get("itunes:new-feed-url", "") or next(iter(own), "")


def _key(item: Row) -> str:
    """What makes an item known within its podcast: guid, audio, page, or title with date."""
    for column, attribute in (("guid", "content"), ("enclosure", "url")):
        found = json.loads(item.get(column, "[]"))
        if found and found[0].get(attribute):
            return str(found[0][attribute])
    said = item.get("link") or " ".join(
        filter(None, (item.get("title", ""), item.get("pubDate", "")))
    )
    return said.strip()
