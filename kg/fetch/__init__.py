"""Fetching: the files of a source from its publisher, whole and sound, or not at all.

    kg/sources/<name>/fetch.toml     the addresses (addresses.py): nothing else is ever asked
    var/raw/<name>/
      2026-11-24/                    what was fetched that day; never changed afterwards
      2026-11-24.json                of each file: address, size, SHA-256, ETag, Last-Modified
      .partial/                      being fetched, or left by a fetch that ended; used by the next

    addresses ──► publisher.py   what is there today, its checksum   ┐
                  client.py      asks politely                       ├──►  .partial/ ──► <date>/
                  transfer.py, pages.py, sound.py                    ┘

What has not changed since the last time is not fetched again. `kg build` reads the newest folder
of a source that is given no other files.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from kg.convert import checksum
from kg.errors import FetchFailed, InputError
from kg.fetch import pages, publisher
from kg.fetch.addresses import Addresses
from kg.fetch.client import Client
from kg.fetch.transfer import Record, beside, download

DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-(\d+))?")
# Gets the name of a file, then how much there is of it and in all (bytes; for pages, their number).
Progress: TypeAlias = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Fetched:
    """The files of a source as its publisher has them now; whether they are new to us."""

    folder: Path
    records: Mapping[str, Record]
    new: bool


def newest(raw: Path, source: str) -> Path | None:
    """What was fetched last for a source: the file, or the folder if there are several."""
    days = _days(raw / source)
    if not days:
        return None
    files = list(days[-1].iterdir())
    return files[0] if len(files) == 1 else days[-1]


def _days(folder: Path) -> list[Path]:
    """The whole folders of a source, oldest first."""
    found = [(m[1], int(m[2] or 1), p) for p in folder.glob("*/") if (m := DAY.fullmatch(p.name))]
    return [path for _, _, path in sorted(found)]


def fetch(  # noqa: PLR0913, PLR0917 - what decides on a fetch
    source: str,
    addresses: Addresses,
    raw: Path,
    date: str,
    contact: str,
    progress: Progress = lambda name, had, total: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Fetch all files of a source, or find that there is nothing newer.

    Raises `InputError` for a source that is got in another way, `FetchFailed` when a file cannot
    be had: what came is in `.partial/`, and the next fetch goes on from there.
    """
    if addresses.instead:
        raise InputError("is not fetched", value=source, mend=addresses.instead)
    with _alone(raw / source) as folder:
        partial = folder / ".partial"
        partial.mkdir(exist_ok=True)
        days = _days(folder)
        last = _records(days[-1]) if days else {}
        client = Client(addresses.hosts, contact, sleep)
        found = _all(client, addresses, partial, days[-1] if days else folder, last, progress)
        if days and _sums(found) == _sums(last):
            _write(
                days[-1], found
            )  # what tells versions apart may be new, though the files are not
            shutil.rmtree(partial)
            return Fetched(days[-1], found, False)
        return Fetched(_keep(partial, found, date), found, True)


def _sums(records: Mapping[str, Record]) -> dict[str, str]:
    return {name: record.sha256 for name, record in records.items()}


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """One fetch of a source at a time; a lock that a killed one leaves is free again."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FetchFailed(f"{folder.name} is being fetched already.") from None
        yield folder


def _all(  # noqa: PLR0913, PLR0917 - see `fetch`
    client: Client,
    addresses: Addresses,
    partial: Path,
    last: Path,
    records: Mapping[str, Record],
    progress: Progress,
) -> dict[str, Record]:
    """Every file in `partial`, with its record. `last` is what was fetched before."""
    found: dict[str, Record] = {}

    def told(name: str) -> Callable[[int, int | None], None]:
        return lambda had, total: progress(name, had, total)

    for file in addresses.files:
        path = partial / file.name
        before = None
        if begun := path.is_file() and Record.read(beside(path, ".json")):
            before = path, begun
        elif file.name in records:
            before = last / file.name, records[file.name]
        offer = publisher.offer(client, file, addresses.api)
        found[file.name] = download(client, offer, path, before, told(file.name))
    for search in addresses.searches:
        ask = pages.search(client, search)
        saved = pages.save(search.name, ".json", ask, partial, told(search.name))
        found |= {path.name: _page(path, search.url) for path in saved}
    for archive in addresses.archives:
        ask = pages.archive(client, archive)
        saved = pages.save(archive.name, ".xml", ask, partial, told(archive.name))
        found |= {path.name: _page(path, archive.url) for path in saved}
    return found


def _page(path: Path, url: str) -> Record:
    return Record(url, size=path.stat().st_size, sha256=checksum(path))


def _records(day: Path) -> dict[str, Record]:
    """The records of a whole folder."""
    table = json.loads(beside(day, ".json").read_text(encoding="utf-8"))
    return {name: Record(**each) for name, each in table.items()}


def _keep(partial: Path, found: Mapping[str, Record], date: str) -> Path:
    """Make what was fetched the newest folder, with exactly its files."""
    for path in partial.iterdir():
        if path.name not in found:
            path.unlink()
    number = 1
    folder = partial.with_name(date)
    while folder.exists():
        number += 1
        folder = partial.with_name(f"{date}-{number}")
    _write(folder, found)
    partial.rename(folder)
    return folder


def _write(day: Path, found: Mapping[str, Record]) -> None:
    """Write the records of a whole folder, beside it."""
    table = {name: asdict(record) for name, record in sorted(found.items())}
    fresh = day.with_name(".records.json")
    fresh.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    fresh.rename(beside(day, ".json"))
