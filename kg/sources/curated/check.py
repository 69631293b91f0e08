"""What is wrong in the tables, all of it at once: cells, keys that lead nowhere, repeated claims.

Each problem names its file, line, column and value, and how to mend it. A table that cannot be
read is one problem; keys that it should have held are then not looked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from kg.errors import InputError, MissingColumn
from kg.sources import Triple
from kg.sources.concepts import concepts
from kg.sources.curated.cells import read
from kg.sources.curated.tables import CURATED, TABLES, authority, nearest
from kg.sources.rows import Row, RowError, read_csv

KIND_TABLES = {
    "source": "sources",
    "organization": "organizations",
    "person": "people",
    "publication": "publications",
    "podcast": "podcasts",
    "episode": "episodes",
    "event": "events",
    "scheme": "schemes",
    "theme": "themes",
    "territory": "territories",
}
# Keys that are not in the kind's table.
UUID = re.compile(r"[a-z]+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KNOWN_ELSEWHERE = {"source": frozenset({CURATED}), "theme": frozenset(concepts("theme"))}


class Tables(dict[str, list[Row]]):
    """The rows of the tables that could be read, and what is wrong with the others."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.broken: list[InputError] = []
        for name in TABLES:
            try:
                self[name] = self._read(name)
            except InputError as error:
                self.broken.append(error)

    def _read(self, name: str) -> list[Row]:
        path = self.folder / f"{name}.csv"
        rows = list(read_csv(path)) if path.is_file() else []
        for column in TABLES[name].columns if rows else ():
            if column not in rows[0]:
                raise MissingColumn(
                    f"the column is missing; there are: {', '.join(rows[0])}",
                    file=path,
                    line=1,
                    column=column,
                    mend="give the table its column back: docs/model.md lists them",
                )
        return rows

    def known(self, kind: str) -> frozenset[str] | None:
        """All keys of a kind; None when its table could not be read."""
        rows = self.get(KIND_TABLES[kind])
        if rows is None:
            return None
        return KNOWN_ELSEWHERE.get(kind, frozenset()) | {row["key"].strip() for row in rows}


def problems(folder: Path, triples: Callable[[Row], Iterator[Triple]]) -> list[InputError]:
    """Everything that is wrong in the tables of a folder, in the order of files and lines.

    `triples` is the importer's own, which finds what is wrong with a row as a whole.
    """
    tables = Tables(folder)
    found = list(tables.broken)
    for rows in tables.values():
        for row in rows:
            found += _cells(row) or _whole(row, triples)
        found += _repeated(rows)
    for check in (_references, _titles, _roles_then, _originals, _tenures, _decisions):
        found += check(tables)
    return sorted(found, key=lambda error: (str(error.file), error.line or 0, error.column or ""))


def _error(row: Row, column: str, problem: str, mend: str | None) -> InputError:
    return InputError(problem, row.file, row.line, column, row[column], mend)


def _cells(row: Row) -> list[InputError]:
    """Cells that are not what their column holds."""
    found = []
    for column in TABLES[row.file.stem].columns:
        try:
            read(row, column, row[column])
        except RowError as error:
            found.append(_error(row, column, error.problem, error.mend))
    return found


def _whole(row: Row, triples: Callable[[Row], Iterator[Triple]]) -> list[InputError]:
    """A row whose cells are good each, but not together: an end before the start, say."""
    if row.file.stem in {"keywords", "links"}:  # they make no statements
        return []
    try:
        list(triples(Row(dict(row), row.file, row.line)))
    except RowError as error:
        return [_error(row, error.column, error.problem, error.mend)]
    return []


def _repeated(rows: list[Row]) -> Iterator[InputError]:
    """Rows in which the same source claims the same thing twice."""
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = TABLES[row.file.stem].key
        claim = tuple(row[column] for column in (*key, "source") if column in row)
        if claim in first:
            problem = f"stands twice with the same {' and '.join((*key, 'source'))}"
            mend = f"merge the row with line {first[claim]}"
            yield _error(row, key[-1], problem, mend)
        first.setdefault(claim, row.line)


def _references(tables: Tables) -> Iterator[InputError]:
    """Keys that no table has."""
    for name, rows in tables.items():
        referring = {c: d.refers for c, d in TABLES[name].columns.items() if d.refers}
        for row in rows:
            for column, refers in referring.items():
                kind, value = refers if refers in KIND_TABLES else row[refers], row[column].strip()
                elsewhere = kind == "territory" or name == "links"
                if value and kind in KIND_TABLES and not _known(tables, kind, value, elsewhere):
                    known, table = tables.known(kind) or frozenset(), f"{KIND_TABLES[kind]}.csv"
                    mend = nearest(value, known, table)
                    yield _error(row, column, f"is not a key of {table}", mend)


def _known(tables: Tables, kind: str, value: str, elsewhere: bool) -> bool:
    """Whether there is such a key, in our tables or (if that will do) in another source."""
    try:
        if elsewhere and (UUID.fullmatch(value) or authority(kind, value)):
            return True
    except ValueError:
        return True  # reported as a cell
    keys = tables.known(kind)
    return keys is None or value in keys


def _titles(tables: Tables) -> Iterator[InputError]:
    """Two sources of one title, which nobody could tell apart in a list."""
    first: dict[str, Row] = {}
    for row in tables.get("sources", []):
        same = first.setdefault(row["title"], row)
        if same is not row:
            problem = f"is the title of {same['key']} on line {same.line} too"
            yield _error(row, "title", problem, "say what tells them apart: a page, a part, a date")


def _roles_then(tables: Tables) -> Iterator[InputError]:
    """Appearances in a role that is not in roles.csv."""
    held = {(row["person"], row["key"]) for row in tables.get("roles", [])}
    for row in tables.get("appearances", []):
        own = frozenset(key for person, key in held if person == row["agent"])
        for key in row["roles"].split():
            if key not in own and "roles" in tables:
                mend = nearest(key, own, "roles.csv")
                yield _error(row, "roles", f"names {key!r}, not a role of {row['agent']}", mend)


def _originals(tables: Tables) -> Iterator[InputError]:
    """Editions said to translate one that is not there."""
    rows = tables.get("editions", [])
    there = {(row["publication"], row["key"]) for row in rows}
    for row in rows:
        original = row["translation_of"]
        if original and (row["publication"], original) not in there:
            own = frozenset(key for publication, key in there if publication == row["publication"])
            mend = nearest(original, own, "editions.csv")
            yield _error(row, "translation_of", "is not an edition of the same publication", mend)


def _tenures(tables: Tables) -> Iterator[InputError]:
    """One key used for a person's roles in two organisations."""
    first: dict[tuple[str, str], Row] = {}
    for row in tables.get("roles", []):
        same = first.setdefault((row["person"], row["key"]), row)
        if same["organization"] != row["organization"]:
            problem = f"is the key of a role in {same['organization']} on line {same.line}"
            yield _error(row, "key", problem, "give the role in another organisation its own key")


def _decisions(tables: Tables) -> Iterator[InputError]:
    """Decisions about one thing only, made twice, or against each other."""
    first: dict[tuple[str, frozenset[str]], Row] = {}
    same: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for row in tables.get("links", []):
        kind, key, other = row["kind"], row["key"], row["other"]
        before = first.setdefault((kind, frozenset((key, other))), row)
        if key == other:
            yield _error(row, "other", "is the key itself", "name the other thing")
        elif before["key"] != key:
            mend = f"merge the row with line {before.line}"
            yield _error(row, "other", f"and {key!r} stand in another row already", mend)
        if row["relation"] == "same":
            same[kind, key].append((other, row.line))
            same[kind, other].append((key, row.line))
    for row in tables.get("links", []):
        if row["relation"] == "not-same" and (lines := _chain(row, same)):
            told = ", ".join(map(str, lines))
            mend = f"correct this row, or one of those on the lines {told}"
            yield _error(row, "other", f"is the same as {row['key']!r} by other rows", mend)


def _chain(row: Row, same: Mapping[tuple[str, str], list[tuple[str, int]]]) -> list[int]:
    """The lines of the rows by which the two things of a row are the same; none if they are not."""
    kind, key = row["kind"], row["key"]
    reached: dict[str, list[int]] = {key: []}
    to_visit = [key]
    for each in to_visit:  # grows meanwhile
        for other, line in same.get((kind, each), []):
            if other not in reached:
                reached[other] = [*reached[each], line]
                to_visit.append(other)
    return reached.get(row["other"], [])
