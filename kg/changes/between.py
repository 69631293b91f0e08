"""What changed between any two releases, put together from what each release changed.

Of a statement's comings and goings on the way, only the last can be left over: the sum of their
signs is 1 if it came, -1 if it went, 0 if it is where it was. So the result is exact, and costs as
much as the changes on the way, not as much as the releases. The way goes back to the release from
which both come, if neither comes from the other (`kg use`); what is on the way back counts with
the other sign.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg import sql
from kg.changes import DIFFERENCE, ENTITIES, FOLDER, texts
from kg.release import Release

# How many pairs are kept.
KEPT = 32
MEMORY = "1GiB"


@dataclass(frozen=True)
class Step:
    """What a release changed: 1 to take it as it is, -1 to take it back."""

    release: Release
    sign: int

    @property
    def folder(self) -> Path:
        """Where its changes are."""
        return self.release.folder / FOLDER

    @property
    def size(self) -> int:
        """How many statements came and went."""
        changes = self.release.manifest["changes"]
        return int(changes["added"]) + int(changes["removed"])


def back(release: Release, releases: Mapping[str, Release]) -> Iterator[Release]:
    """A release and those that led to it, newest first, as far as their changes are here."""
    yield release
    while (release.folder / FOLDER / ENTITIES).is_file():
        before = releases.get(release.manifest["previous"])
        if before is None:
            return
        yield before
        release = before


def way(old: Release, new: Release, releases: Mapping[str, Release]) -> list[Step] | None:
    """The changes that lead from one release to another; None if some of them are not here."""
    to_old, to_new = (list(back(each, releases)) for each in (old, new))
    known = {each.id for each in to_old}
    common = next((each.id for each in to_new if each.id in known), None)
    if common is None:
        return None
    steps = [Step(each, -1) for each in _until(common, to_old)]
    return steps + [Step(each, 1) for each in reversed(_until(common, to_new))]


def _until(end: str, chain: list[Release]) -> list[Release]:
    return chain[: [each.id for each in chain].index(end)]


def prepared(folder: Path, old: Release, new: Release) -> Path | None:
    """Where the changes between two releases are; None if they are to be put together first."""
    if new.manifest["previous"] == old.id and (new.folder / FOLDER / ENTITIES).is_file():
        return new.folder / FOLDER
    kept = folder / f"{old.id}..{new.id}"
    return kept if kept.is_dir() else None


def prepare(folder: Path, old: Release, new: Release, steps: list[Step]) -> Path:
    """Put together the changes of these steps, in a folder of their own under `folder`."""
    with kept(folder, old, new) as target:
        with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
            connection.execute("SET temp_directory = $folder", {"folder": str(target.parent)})
            connection.execute("SET enable_progress_bar = false")
            _statements(connection, steps, target)
            _entities(connection, steps, target)
        texts.write(target, old, new.id, new.base)
    return folder / f"{old.id}..{new.id}"


@contextmanager
def kept(folder: Path, old: Release, new: Release) -> Iterator[Path]:
    """A folder for a pair, written beside and renamed; the oldest give way when there are many."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
        partial = Path(scratch) / f"{old.id}..{new.id}"
        partial.mkdir()
        yield partial
        if not (folder / partial.name).exists():  # another may have made the same meanwhile
            partial.rename(folder / partial.name)
    pairs = sorted(folder.glob("*..*"), key=lambda path: path.stat().st_mtime)
    for each in pairs[:-KEPT]:
        shutil.rmtree(each, ignore_errors=True)


def _statements(connection: duckdb.DuckDBPyConnection, steps: list[Step], target: Path) -> None:
    every = " UNION ALL ".join(
        f"SELECT * REPLACE ({step.sign} * sign AS sign) FROM {sql.text(step.folder / DIFFERENCE)}"
        for step in steps
    )
    connection.execute(
        f"""COPY (
            SELECT sum(sign)::TINYINT AS sign, subject, predicate, object, sources
            FROM ({every}) GROUP BY subject, predicate, object, sources HAVING sum(sign) <> 0
            ORDER BY subject, predicate, object, sign
        ) TO {sql.text(target / DIFFERENCE)} (FORMAT parquet, COMPRESSION zstd)"""
    )


def _entities(connection: duckdb.DuckDBPyConnection, steps: list[Step], target: Path) -> None:
    """Write the entities that are not what they were: the first step says what that was, the last
    what they are. On the way back, what was not there before is withdrawn.
    """
    turned = "was, state, successor"
    back_ = "state AS was, coalesce(was, 'withdrawn') AS state, NULL AS successor"
    every = " UNION ALL ".join(
        f"""SELECT {number} AS step, iri, kind, {turned if step.sign > 0 else back_}, modified,
            labels, places FROM {sql.text(step.folder / ENTITIES)}"""
        for number, step in enumerate(steps)
    )
    connection.execute(
        f"""COPY (
            WITH net AS (
                SELECT iri, any_value(kind) AS kind,
                    nullif(arg_min(coalesce(was, ''), step), '') AS was,
                    arg_max(state, step) AS state,
                    nullif(arg_max(coalesce(successor, ''), step), '') AS successor,
                    max(modified) AS modified, arg_max(labels, step) AS labels,
                    arg_max(places, step) AS places
                FROM ({every}) GROUP BY iri
            ), touched AS (
                SELECT DISTINCT trim(split_part(subject, '#', 1), '<>') AS iri
                FROM {sql.text(target / DIFFERENCE)}
            )
            FROM net WHERE coalesce(was, '') = 'live' AND iri IN (FROM touched)
                OR (coalesce(was, '') = 'live') <> (state = 'live')
            ORDER BY iri
        ) TO {sql.text(target / ENTITIES)} (FORMAT parquet, COMPRESSION zstd)"""
    )
