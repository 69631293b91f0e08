"""Addresses: where the publisher of a source gives its files, as `fetch.toml` in its folder says.

hosts = ["www.data.gouv.fr"]    the only ones that are asked, and that may be redirected to

[[files]]                       one file, saved under `name`; at least `least` bytes
name = "register.parquet"
url = "https://…"               its address; or
resource = "350182c9-…"         a resource of a data.gouv.fr, by its identifier; or
dataset = "a-data-set"          the newest resource of a data set there
like = "register_([0-9]+)"      whose address matches (the newest by the group, if it has one); or
page = "https://…"              the one link of a page
link = "/files/[0-9a-f-]+"      whose address matches

[[searches]]                    the pages of a Solr service, by its cursor: `<name>-00001.json`…
name = "hal"
url = "https://…/search/"
parameters = { q = "…", rows = "500" }

[[archives]]                    the pages of an OAI-PMH archive: `<name>-00001.xml`…
name = "archive"
url = "https://…/oai"
selection = { set = "…" }

feeds = true                    the feeds of podcasts, from data/identifiers.csv: `<key>.xml`

instead = "…"                   how to get the files, where they are not to be fetched
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from kg.errors import InputError
from kg.settings import DATA
from kg.sources import FOLDER
from kg.sources.rows import read_csv

DATA_GOUV = "https://www.data.gouv.fr/api"
T = TypeVar("T")


@dataclass(frozen=True)
class File:
    """One file: under which name it is saved, where it is, how large it is at least, in bytes."""

    name: str
    url: str = ""
    resource: str = ""
    dataset: str = ""
    like: str = ""
    page: str = ""
    link: str = ""
    least: int = 1


@dataclass(frozen=True)
class Search:
    """A search of a Solr service, whose answer comes page by page."""

    name: str
    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Archive:
    """An OAI-PMH archive, or a selection (`set`, `from`, `until`) of its records."""

    name: str
    url: str
    selection: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Addresses:
    """All that is to be fetched for a source. `api` is that of a data.gouv.fr."""

    hosts: frozenset[str]
    files: tuple[File, ...] = ()
    searches: tuple[Search, ...] = ()
    archives: tuple[Archive, ...] = ()
    feeds: bool = False
    instead: str = ""
    api: str = DATA_GOUV


def known() -> dict[str, Path]:
    """The sources that have addresses, with the files that hold them."""
    found = sorted(FOLDER.glob("*/fetch.toml"))
    return {path.parent.name.replace("_", "-"): path for path in found}


def of(source: str) -> Addresses:
    """The addresses of a source; `InputError` if it has none."""
    found = known()
    if source not in found:
        names = ", ".join(found)
        raise InputError("is not a source to fetch", value=source, mend=f"give one of: {names}")
    addresses = read(found[source])
    return with_feeds(addresses, DATA / "identifiers.csv") if addresses.feeds else addresses


def with_feeds(addresses: Addresses, table: Path) -> Addresses:
    """The addresses with those of the curated feeds, whose hosts the curator chose with them."""
    feeds = {
        row["key"]: File(f"{row['key']}.xml", url=row["value"])
        for row in read_csv(table)
        if (row["kind"], row["scheme"], row["status"]) == ("podcast", "feed", "current")
    }
    if not feeds:
        mend = "add a row for a podcast, with the scheme feed and the feed's address"
        raise InputError("there is no feed", table, mend=mend)
    hosts = {urlsplit(each.url).hostname or "" for each in feeds.values()}
    return replace(addresses, files=tuple(feeds.values()), hosts=addresses.hosts | hosts)


def read(path: Path) -> Addresses:
    """What a `fetch.toml` says; `InputError` names the entry that is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}", path) from None
    kinds: dict[str, type[File] | type[Search] | type[Archive]] = {
        "files": File,
        "searches": Search,
        "archives": Archive,
    }
    entries = {
        name: tuple(_entry(each, kind, path, name) for each in table.pop(name, []))
        for name, kind in kinds.items()
    }
    hosts = frozenset(table.pop("hosts", ()))
    return _entry({**table, **entries, "hosts": hosts}, Addresses, path, "")


def _entry(values: dict[str, Any], kind: type[T], path: Path, place: str) -> T:
    """A table as one of the classes above."""
    assert isinstance(kind, type)
    declared = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in declared:
            mend = f"write one of: {', '.join(declared)}"
            raise InputError("is not known here", path, None, place or None, name, mend)
    for name, each in declared.items():
        if name not in values and each.default is MISSING and each.default_factory is MISSING:
            raise InputError(f"{name} is missing", path, None, place or None)
    return kind(**values)
