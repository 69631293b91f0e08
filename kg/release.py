"""Releases: immutable folders, and which of them is current.

var/releases/
  current -> 2026-11-23-1            the one that is served; flipped by an atomic rename
  2026-11-23-1/
    manifest.json                    id, date, base, software, sources, counts, checksums
    statements.parquet               subject, predicate, object (N-Triples terms), sources
    dumps/                           all, per kind, per source (`kg.dumps`); tables (`kg.tables`)
    changes/                         what came and went since the previous release (kg/changes)
    answers/                         of the questions, as far as they could be had (kg/ask.py)
    search/                          the index of names and facets
    store/                           for the disk engine: bulk-loaded, optimised, closed; only of
                                     large releases (KG_DISK_ABOVE), or when KG_ENGINE=disk
    description.ttl                  VoID, DCAT, prefixes, example queries
    ontology/                        as it was
    registries/                      mixnmatch.tsv, for Wikidata (`kg.tables`)
    redirects.tsv  withdrawn.tsv     what became of former IRIs (kg/ledger.py)
    links.tsv  beginnings.tsv        how much points to what, and what comes first (kg/linked.py)
    entities.parquet                 when each entity came, changed and went (kg/history.py)
    report.ttl  report.html          the checks: how much each found, and the first of that
    findings.parquet                 all that they found
    SHA256SUMS                       of all files but those of search/ and store/, whose libraries
                                     never write the same bytes twice
  .2026-11-23-2.partial/             being written, or left by a build that ended; never served
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard
from pyoxigraph import Triple

from kg import ledger, linked
from kg.errors import KgError

NAME = re.compile(r"\d{4}-\d{2}-\d{2}-\d+")


def moment(release: str) -> datetime:
    """When a release stands in time, in UTC: as many seconds into its day as its number says. So
    moments have the order of releases, and say no more than their names.

    >>> moment("2026-11-25-2")
    datetime.datetime(2026, 11, 25, 0, 0, 2)
    """
    date, number = _order(release)
    return datetime.fromisoformat(date) + timedelta(seconds=number)


def named(moment: datetime) -> str:
    """The release of a moment.

    >>> named(datetime(2026, 11, 25, 0, 0, 2))
    '2026-11-25-2'
    """
    number = moment.hour * 3600 + moment.minute * 60 + moment.second
    return f"{moment:%Y-%m-%d}-{number}"


@dataclass(frozen=True)
class Dump:
    """A file to download, `<part>.<form>[.<compression>]`, and its SHA-256."""

    path: Path
    checksum: str

    @property
    def part(self) -> str:
        """What it is of: `all`, `kind-person`, `table-person`…"""
        return self.path.name.partition(".")[0]

    @property
    def form(self) -> str:
        """The form of its content: `nq`, `ttl`, `csv`…"""
        return self.path.name.split(".")[1]

    @property
    def compression(self) -> str:
        """How it is compressed: `zst`, `gz` or not at all (""); Parquet does that within."""
        return self.path.name.partition(".")[2].partition(".")[2]

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.path.stat().st_size


@dataclass(frozen=True)
class Release:
    """A finished release, read-only."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """`manifest.json`: id, date, base, counts (`entities` by kind, `statements`), sources…"""
        try:
            return dict(json.loads((self.folder / "manifest.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise KgError(f"{self.folder} is not a release: it has no manifest.json") from None

    @property
    def id(self) -> str:
        """Its name, `<date>-<n>`."""
        return str(self.manifest["id"])

    @property
    def base(self) -> str:
        """The base of its IRIs."""
        return str(self.manifest["base"])

    def successor(self, iri: str) -> str | None:
        """The IRI that took the place of one that gave way; None for any other."""
        return ledger.look_up(self.folder / ledger.REDIRECTS, iri)

    def withdrawn(self, iri: str) -> str | None:
        """The release since which what an IRI named is gone, without a successor; else None."""
        return ledger.look_up(self.folder / ledger.WITHDRAWN, iri)

    def links(self, iri: str) -> list[linked.Linked]:
        """How often what points to a thing, if that is often."""
        return linked.read(self.folder / linked.FILE, iri)

    def beginnings(self, iri: str) -> list[Triple] | None:
        """The first of what points to a thing, if much does, as statements; else None."""
        return linked.begun(self.folder / linked.BEGINNINGS, iri)

    @property
    def store(self) -> Path:
        """Where the disk engine's store is, if this release has one."""
        return self.folder / "store"

    @contextmanager
    def quads(self) -> Iterator[BinaryIO]:
        """All statements, as N-Quads."""
        with (
            (self.folder / "dumps" / "all.nq.zst").open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as reader,
        ):
            yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, reader), 1 << 20))

    @cached_property
    def dumps(self) -> dict[str, Dump]:
        """The files to download by name, with what `SHA256SUMS` says of them."""
        lines = (self.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        sums = {path: checksum for checksum, _, path in (line.partition("  ") for line in lines)}
        paths = sorted(path for path in (self.folder / "dumps").iterdir() if path.is_file())
        return {path.name: Dump(path, sums[f"dumps/{path.name}"]) for path in paths}


class Releases:
    """The folder of releases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Release]:
        """Every release, oldest first."""
        found = [path for path in self.folder.glob("*") if NAME.fullmatch(path.name)]
        return [Release(path) for path in sorted(found, key=lambda path: _order(path.name))]

    def current(self) -> Release | None:
        """The release that is served, None before the first build."""
        link = self.folder / "current"
        return Release(link.resolve()) if link.exists() else None

    def get(self, name: str) -> Release:
        """A release by its id (or `current`); `KgError` names those that there are."""
        found = {release.folder.name: release for release in self.all()}
        if name == "current" and (current := self.current()):
            return current
        if name not in found:
            have = ", ".join(found) or "none yet: run 'kg build'"
            raise KgError(f"There is no release {name!r}; there are: {have}.")
        return found[name]

    def use(self, name: str) -> Release:
        """Make a release the current one, at once for every reader."""
        release = self.get(name)
        fresh = self.folder / ".current.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(release.folder.name)
        fresh.replace(self.folder / "current")
        return release

    def begin(self, date: str) -> tuple[str, Path]:
        """The id of the next release of that date, and the folder to write it in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(".*.partial"):
            shutil.rmtree(left)
        taken = [_order(release.folder.name)[1] for release in self._dated(date)]
        name = f"{date}-{max(taken, default=0) + 1}"
        partial = self.folder / f".{name}.partial"
        partial.mkdir()
        return name, partial

    def _dated(self, date: str) -> list[Release]:
        return [each for each in self.all() if each.folder.name.startswith(f"{date}-")]

    def finish(self, partial: Path) -> Release:
        """Rename a written release into place; it is never overwritten afterwards."""
        folder = self.folder / partial.name.removeprefix(".").removesuffix(".partial")
        if folder.exists():
            raise KgError(
                f"The release {folder.name} exists already; releases are never rewritten."
            )
        os.sync()
        partial.rename(folder)
        return Release(folder)


def _order(name: str) -> tuple[str, int]:
    date, _, number = name.rpartition("-")
    return date, int(number)
