"""Is a file what it should be? Its size, its form, the publisher's checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from zipfile import is_zipfile

from kg.errors import FetchFailed
from kg.fetch.publisher import Offer

HEAD = 4096
_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)


def check(part: Path, name: str, offer: Offer, sha256: str) -> None:
    """Raise `FetchFailed` if a file that has come is not what it should be."""
    size = part.stat().st_size
    if size < offer.least:
        raise FetchFailed(
            f"{offer.url} has {size:,} bytes, where at least {offer.least:,} are usual for {name}. "
            "If it is complete, correct `least` in the source's fetch.toml."
        )
    if not _has_form(part, name):
        raise FetchFailed(f"{offer.url} is no {Path(name).suffix} file: {_beginning(part)!r}…")
    if offer.checksum:
        method, expected = offer.checksum
        found = sha256 if method == "sha256" else _digest(part, method)
        if found != expected:
            raise FetchFailed(
                f"{offer.url} has the {method} {found}, and its publisher gives {expected}: it was "
                "damaged, or replaced meanwhile. It was not kept; fetch it again."
            )


def _digest(part: Path, method: str) -> str:
    with part.open("rb") as file:
        return hashlib.file_digest(file, method).hexdigest()


def _beginning(part: Path) -> bytes:
    with part.open("rb") as file:
        return file.read(40)


def _has_form(part: Path, name: str) -> bool:
    """Whether a file begins (and ends) as its name says; anything will do for other names."""
    with part.open("rb") as file:
        head = file.read(HEAD).removeprefix(b"\xef\xbb\xbf")
        file.seek(-min(4, part.stat().st_size), 2)
        tail = file.read()
    suffix = Path(name).suffix.lower()
    if _PAGE.match(head) and suffix not in {".html", ".htm"}:
        return False
    forms: dict[str, Callable[[], bool]] = {
        ".zip": lambda: is_zipfile(part),
        ".xlsx": lambda: is_zipfile(part),
        ".ods": lambda: is_zipfile(part),
        ".xls": lambda: head.startswith(b"\xd0\xcf\x11\xe0"),
        ".parquet": lambda: head.startswith(b"PAR1") and tail == b"PAR1",
        ".gz": lambda: head.startswith(b"\x1f\x8b"),
        ".json": lambda: head.lstrip()[:1] in {b"{", b"["},
        ".xml": lambda: head.lstrip().startswith(b"<"),
        ".rss": lambda: head.lstrip().startswith(b"<"),
        ".csv": lambda: not head.startswith((b"PK\x03\x04", b"<", b"{")),
    }
    return forms.get(suffix, lambda: True)()
