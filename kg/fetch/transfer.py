"""One file: resumed where it broke off, compared with what the publisher says, whole or not there.

    <name>.part            what has come; never taken for the file
    <name>.part.json       which version of it that is (ETag, date), so that no two are mixed
    <name>  <name>.json    whole, and the record of it

A transfer that breaks off is taken up by `Range`, if the server has still the same version
(`If-Range`, RFC 9110, section 13.1.5); else it begins anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeAlias

import requests
from urllib3.exceptions import HTTPError

from kg.convert import checksum
from kg.errors import FetchFailed
from kg.fetch.client import Client
from kg.fetch.publisher import Offer
from kg.fetch.sound import check

CHUNK = 1 << 20
Progress: TypeAlias = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Record:
    """What is known of a file: where it came from, which version, its size and SHA-256."""

    url: str
    etag: str = ""
    modified: str = ""
    size: int = 0
    sha256: str = ""

    @property
    def validator(self) -> str:
        """What tells versions apart byte for byte: a strong ETag, else the date; else nothing."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    def write(self, path: Path) -> None:
        """Write it beside its file."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Record | None:
        """A record, if there is one that can be read."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None


def beside(path: Path, ending: str) -> Path:
    """The path of a file that goes with another."""
    return path.with_name(path.name + ending)


def download(
    client: Client,
    offer: Offer,
    path: Path,
    before: tuple[Path, Record] | None = None,
    progress: Progress = lambda had, total: None,
) -> Record:
    """Fetch a file to `path`; its record. `before` is an earlier version of it with its record,
    which is taken if the publisher has no newer one. `progress` gets bytes: had, and in all.

    Raises `FetchFailed`; what came by then is kept, unless it is not what the publisher offers.
    """
    part = beside(path, ".part")
    attempt = 0
    while True:
        had = _size(part)
        problem = f"{offer.url} has changed while it was fetched."
        try:
            if version := _transfer(client, offer, part, before, progress):
                break
        except requests.RequestException as error:
            problem = (
                f"{offer.url} broke off: {error}. What came is kept, and the next fetch goes on "
                "from there."
            )
        attempt = 0 if _size(part) > had else attempt + 1
        client.wait(attempt, problem)
    if before and version == before[1]:
        _link(before[0], path)
    else:
        version = _accept(offer, part, path, version)
    version.write(beside(path, ".json"))
    return version


def _link(old: Path, new: Path) -> None:
    """The same file in another folder, if possible without a copy."""
    if old == new:
        return
    new.unlink(missing_ok=True)
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _transfer(
    client: Client,
    offer: Offer,
    part: Path,
    before: tuple[Path, Record] | None,
    progress: Progress,
) -> Record | None:
    """Bring a partial file to its end; which version it is. None if it has to begin anew, for the
    publisher has another version by now. Raises what `requests` raises when the connection breaks.
    """
    had, state = _size(part), beside(part, ".json")
    begun = Record.read(state) if had else None
    if begun and begun.url == offer.url and begun.size == had:
        return begun  # it had come to its end
    with client.get(offer.url, _conditions(offer, begun, had, before)) as response:
        if before and response.status_code == 304:
            return before[1]
        etag, modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
        version = Record(offer.url, etag, modified)
        resumed = response.status_code == 206
        if not _fits(response, begun, version, had):
            part.unlink(missing_ok=True)
            return None
        _refuse_page(response, offer, part)
        had = had if resumed else 0
        length = response.headers.get("Content-Length")
        total = had + int(length) if length else None
        version = replace(version, size=total or 0)
        version.write(state)
        _make_room(part, (total or 0) - had)
        _append(response, part, had, total, progress)
    return version


def _conditions(
    offer: Offer, begun: Record | None, had: int, before: tuple[Path, Record] | None
) -> dict[str, str]:
    """The headers that ask for the rest of what was begun, or for what is newer than before."""
    headers = {"Accept-Encoding": "identity"}
    if begun:
        if begun.url == offer.url and begun.validator:
            headers |= {"Range": f"bytes={had}-", "If-Range": begun.validator}
    elif before and before[1].url == offer.url:
        etag, modified = before[1].etag, before[1].modified
        headers |= {"If-None-Match": etag} if etag else {}
        headers |= {"If-Modified-Since": modified} if modified else {}
    return headers


def _fits(response: requests.Response, begun: Record | None, version: Record, had: int) -> bool:
    """Whether an answer is the whole file, or the rest of what was begun."""
    if response.status_code == 200:
        return True
    same = begun is not None and (begun.etag, begun.modified) == (version.etag, version.modified)
    place = response.headers.get("Content-Range", "")
    return response.status_code == 206 and same and place.startswith(f"bytes {had}-")


def _refuse_page(response: requests.Response, offer: Offer, part: Path) -> None:
    """Raise if the server sends a web page where a file is expected: an error, a login, a move."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    wanted = part.name.removesuffix(".part").endswith((".html", ".htm"))
    if kind in {"text/html", "application/xhtml+xml"} and not wanted:
        raise FetchFailed(f"{offer.url} is a web page ({kind}), not the file {part.stem}.")


def _make_room(part: Path, needed: int) -> None:
    """Raise if what is to come does not fit on the disk."""
    free = shutil.disk_usage(part.parent).free
    if needed > free:
        raise FetchFailed(
            f"{part.stem} needs {needed / 2**20:,.0f} MiB, and {part.parent} has room for "
            f"{free / 2**20:,.0f} MiB. Make room and fetch again."
        )


def _append(
    response: requests.Response, part: Path, had: int, total: int | None, progress: Progress
) -> None:
    """Write a body behind what was had."""
    with part.open("ab" if had else "wb") as file:
        progress(had, total)
        for chunk in _read(response):
            try:
                file.write(chunk)
                file.flush()
            except OSError as error:
                raise FetchFailed(
                    f"{part} cannot be written: {error.strerror}. What came is kept, and the next "
                    "fetch goes on from there."
                ) from None
            had += len(chunk)
            progress(had, total)
        os.fsync(file.fileno())  # whole on the disk before it gets its name


def _read(response: requests.Response) -> Iterator[bytes]:
    """A body as it comes, so that nothing of it is lost when the connection breaks."""
    try:
        while chunk := response.raw.read1(CHUNK):
            yield chunk
    except HTTPError as error:
        raise requests.ConnectionError(error) from None


def _accept(offer: Offer, part: Path, path: Path, version: Record) -> Record:
    """Make a partial file that came to its end the whole one, if it is sound."""
    found = replace(version, size=_size(part), sha256=checksum(part))
    try:
        check(part, path.name, offer, found.sha256)
    except FetchFailed:
        part.unlink()
        raise
    finally:
        beside(part, ".json").unlink(missing_ok=True)
    part.rename(path)
    return found
