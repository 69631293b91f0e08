"""Review: the table of things that may be one, which a person edits, and what becomes of it.

    var/review/links.csv    kind, key, other, names, commune, score, evidence   as proposed
                            decision, reason, author, date                      the person's
                              │
                              └─ accept ──► data/links.csv, which every build follows

A row in which a person has written something is kept whatever is proposed later. `decision` is
*same* or *not-same*.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kg import fmt
from kg.errors import InputError
from kg.iri import parse
from kg.link import decisions, similar
from kg.link.similar import Candidate
from kg.release import Release
from kg.sources.curated.importer import check
from kg.sources.curated.tables import TABLES
from kg.sources.rows import Row, read_csv

OWN = ("decision", "reason", "author", "date")
COLUMNS = ("kind", "key", "other", "names", "commune", "score", "evidence", *OWN)
DECISIONS = ("", "same", "not-same")
MEMORY = 2048  # MiB


@dataclass(frozen=True)
class Reviewed:
    """What a review has brought: rows that wait for a decision, rows that have one, pairs with a
    lower score that are not in the table.
    """

    waiting: int
    decided: int
    more: int


def review(release: Release, table: Path, links: Path, least: int, limit: int) -> Reviewed:
    """Propose the best `limit` candidates of a release with a score of at least `least`; rows that
    somebody has written in stay. `links` are the decisions made.
    """
    kept = [row for row in _read(table) if any(row[column].strip() for column in OWN)]
    made = [(each.first, each.second) for each in decisions.read(links)]
    spill = table.parent / "spill"
    with similar.opened(
        release.folder / "statements.parquet", release.base, spill, MEMORY
    ) as connection:
        found = similar.candidates(connection, least, made)
    shutil.rmtree(spill, ignore_errors=True)
    known = {_pair(row) for row in kept}
    fresh = [row for row in map(_proposed, found) if _pair(row) not in known]
    _write(table, [*kept, *fresh[:limit]])
    decided = sum(bool(row["decision"].strip()) for row in kept)
    waiting = len(kept) - decided + len(fresh[:limit])
    return Reviewed(waiting, decided, max(0, len(fresh) - limit))


def accept(table: Path, links: Path, author: str, date: str) -> int:
    """Move the rows with a decision into `links`, in canonical form; how many. `author` and `date`
    are those of rows that have none. Nothing is moved if one of them is wrong: `InputError`.
    """
    rows = _read(table)
    decided = [row for row in rows if row["decision"].strip()]
    for row in decided:
        row["author"], row["date"] = row["author"].strip() or author, row["date"].strip() or date
    if decided:
        _replace(links, _joined(links, decided))
        _write(table, [row for row in rows if row not in decided])
    return len(decided)


def _joined(links: Path, decided: list[Row]) -> str:
    """The canonical text of `links` with the rows added; `InputError` for one that cannot be."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for path in links.parent.glob("*.csv"):
            shutil.copyfile(path, copy / path.name)
        path = copy / links.name
        columns = list(TABLES["links"].columns)
        before = list(read_csv(path)) if path.is_file() else []
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(before)
            writer.writerows({**row, "relation": row["decision"].strip()} for row in decided)
        for error in check(copy):
            if error.file == path:
                raise _placed(error, path, decided)
        return fmt.canonical(path)


def _placed(error: InputError, path: Path, decided: list[Row]) -> InputError:
    """An error of the joined table, told of the row of the review table that it is about."""
    wrong = next(row for row in read_csv(path) if row.line == error.line)
    origin = next((row for row in decided if _pair(row) == _pair(wrong)), wrong)
    column = "decision" if error.column == "relation" else error.column
    return InputError(error.problem, origin.file, origin.line, column, error.value, error.mend)


def _read(table: Path) -> list[Row]:
    """The rows of the review table; none if there is none yet. `InputError` for a wrong one."""
    if not table.is_file():
        return []
    rows = list(read_csv(table))
    for row in rows:
        for column in COLUMNS:
            assert row[column] is not None  # MissingColumn
        if row["decision"].strip() not in DECISIONS:
            raise InputError(
                "is not a decision",
                table,
                row.line,
                "decision",
                row["decision"],
                "write same, not-same, or nothing",
            )
    return rows


def _pair(row: Row) -> tuple[str, frozenset[str]]:
    return row["kind"].strip(), frozenset((row["key"].strip(), row["other"].strip()))


def _proposed(found: Candidate) -> Row:
    first, second = parse(found.first), parse(found.second)
    values = (first.kind, first.key, second.key, found.names, found.commune, str(found.score))
    return Row(dict(zip(COLUMNS, (*values, found.evidence, *OWN_EMPTY), strict=True)), Path(), 0)


OWN_EMPTY = ("",) * len(OWN)


def _write(table: Path, rows: Iterable[Row]) -> None:
    """Write the review table: the best first, then by keys."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        sorted(rows, key=lambda row: (-_score(row["score"]), row["kind"], row["key"], row["other"]))
    )
    table.parent.mkdir(parents=True, exist_ok=True)
    _replace(table, text.getvalue())


def _score(text: str) -> int:
    return int(text) if text.strip().isdecimal() else 0


def _replace(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
