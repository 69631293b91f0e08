"""The history of entities: when each came, when it last changed, and what became of it.

    entities.parquet    iri, kind, created, modified, state, successor; in the order of the IRIs

An entity is changed by a release if a statement about it, or about a part of it, came, went or got
other sources. `state` is `live`, `merged` (then `successor` is the IRI that took its place) or
`withdrawn`; what is gone was modified by the release in which it went, and stays in the table for
good: harvesters are told of it (feeds, OAI-PMH, the sitemap). Dates are the moments of releases
(`kg.release.moment`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from kg import sql
from kg.ledger import REDIRECTS
from kg.release import moment

if TYPE_CHECKING:
    from kg.release import Release

FILE = "entities.parquet"
COLUMNS = """iri VARCHAR, kind VARCHAR, created TIMESTAMP, modified TIMESTAMP, state VARCHAR,
    successor VARCHAR"""
# Of a file of statements, the entities that they are about.
_ENTITIES = """SELECT DISTINCT trim(split_part(subject, '#', 1), '<>') AS iri
    FROM {statements} WHERE starts_with(subject, '<{base}id/')"""
_OF_KIND = "(len($kinds) = 0 OR list_contains($kinds, kind))"
# Behind all IRIs.
LAST = "\U0010ffff"
_HISTORY = """
SELECT iri, split_part(substr(iri, length($base) + 4), '/', 1) AS kind,
    coalesce(before.created, $moment) AS created,
    CASE WHEN before.state IS DISTINCT FROM now.state
        OR before.successor IS DISTINCT FROM now.successor
        OR iri IN (FROM touched) THEN $moment ELSE before.modified END AS modified,
    now.state AS state, now.successor AS successor
FROM before RIGHT JOIN (
    SELECT iri, 'live' AS state, NULL AS successor FROM live UNION ALL
    SELECT iri, CASE WHEN new IS NULL THEN 'withdrawn' ELSE 'merged' END, new
    FROM before LEFT JOIN redirected ON old = iri WHERE iri NOT IN (FROM live)
) AS now USING (iri)
ORDER BY iri
"""


@dataclass(frozen=True)
class Entity:
    """One entity: dates in UTC without saying so; `state` and `successor` as above."""

    iri: str
    kind: str
    created: datetime
    modified: datetime
    state: str
    successor: str | None


class History:
    """The history of a release, to read page by page; may be used from several threads.

    The file is in the order of the IRIs, and DuckDB reads it in that order (its setting
    `preserve_insertion_order`), so that a page is read from its place on and no further.
    """

    def __init__(self, path: Path) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 1")
        self._table = sql.text(path)

    def latest(
        self,
        size: int,
        after: tuple[datetime, str] = (datetime.min, ""),
        until: datetime = datetime.max,
        kinds: Sequence[str] = (),
    ) -> list[Entity]:
        """Up to `size` entities changed up to `until`, in the order of (modified, IRI), behind the
        place `after` in it; of some kinds, or of all if none is given.

        Such a place outlives a release: what has changed since then comes later again.
        """
        modified, iri = after
        place: dict[str, object] = {"modified": modified, "until": until}
        # Most of a graph changed in one release. Within its moment, the order is the file's.
        same = "modified = $modified AND modified <= $until AND iri > $iri"
        page = self._read(same, size, kinds, {**place, "iri": iri})
        if len(page) < size:
            later = "modified > $modified AND modified <= $until ORDER BY modified, iri"
            page += self._read(later, size - len(page), kinds, place)
        return page

    def live(
        self, size: int, after: str = "", until: str = LAST, kinds: Sequence[str] = ()
    ) -> list[Entity]:
        """Up to `size` entities that there are, in the order of their IRIs: those behind `after`,
        up to `until`.
        """
        condition = "state = 'live' AND iri > $after AND iri <= $until"
        return self._read(condition, size, kinds, {"after": after, "until": until})

    def ranges(self, size: int, kinds: Sequence[str] = ()) -> list[tuple[str, datetime]]:
        """The entities that there are in runs of `size`: the last IRI of each, and when the latest
        of its changes was.
        """
        return self._rows(
            f"""SELECT max(iri), max(modified) FROM (
                SELECT iri, modified, (row_number() OVER () - 1) // $size AS run
                FROM {self._table} WHERE state = 'live' AND {_OF_KIND}
            ) GROUP BY run ORDER BY run""",
            {"size": size, "kinds": list(kinds)},
        )

    def earliest(self, kinds: Sequence[str] = ()) -> datetime:
        """When the first of the changes was that `latest` gives; of nothing, the end of time."""
        query = f"SELECT min(modified) FROM {self._table} WHERE {_OF_KIND}"
        ((found,),) = self._rows(query, {"kinds": list(kinds)})
        return found or datetime.max

    def entity(self, iri: str) -> Entity | None:
        """The entity of an IRI, whatever became of it; None if there never was one."""
        found = self._read("iri = $iri", 1, (), {"iri": iri})
        return found[0] if found else None

    def _read(
        self, condition: str, size: int, kinds: Sequence[str], values: dict[str, object]
    ) -> list[Entity]:
        rows = self._rows(
            f"FROM {self._table} WHERE {_OF_KIND} AND {condition} LIMIT $size",
            {**values, "kinds": list(kinds), "size": size},
        )
        return [Entity(*row) for row in rows]

    def _rows(self, query: str, values: dict[str, object]) -> list[Any]:
        return self._connection.cursor().execute(query, values).fetchall()


def write(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    release: str,
    base: str,
    previous: Release | None,
) -> None:
    """Write the history into a release's folder, from its statements and redirects, the history of
    the release before, and the tables `added` and `removed` (`kg.statements.difference`).
    """
    _before(connection, base, previous)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE live AS "
        f"{_entities(sql.text(folder / 'statements.parquet'), base)}"
    )
    touched = [_entities(table, base) for table in ("added", "removed")] if previous else []
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS "
        + (" UNION ".join(touched) or "SELECT iri FROM live LIMIT 0")
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE redirected AS FROM read_csv(
            {sql.text(folder / REDIRECTS)}, delim='\t', header=false, auto_detect=false, quote='',
            escape='', columns={{'old': 'VARCHAR', 'new': 'VARCHAR'}})"""
    )
    connection.execute(
        f"COPY ({_HISTORY}) TO {sql.text(folder / FILE)} (FORMAT parquet, COMPRESSION zstd)",
        {"base": base, "moment": moment(release)},
    )


def _before(connection: duckdb.DuckDBPyConnection, base: str, previous: Release | None) -> None:
    """Make `before`, the history up to the release before; of one without, all that it had."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE before ({COLUMNS})")
    if previous is None:
        return
    if (previous.folder / FILE).is_file():
        connection.execute(
            f"""INSERT INTO before SELECT * REPLACE (
                replace(iri, $old, $base) AS iri, replace(successor, $old, $base) AS successor
            ) FROM {sql.text(previous.folder / FILE)}""",
            {"old": previous.base, "base": base},
        )
        return
    known = _entities(sql.text(previous.folder / "statements.parquet"), previous.base)
    connection.execute(
        f"""INSERT INTO before SELECT replace(iri, $old, $base), NULL, $moment, $moment, 'live',
            NULL FROM ({known})""",
        {"old": previous.base, "base": base, "moment": moment(previous.id)},
    )


def _entities(statements: str, base: str) -> str:
    return _ENTITIES.format(statements=statements, base=sql.quoted(base))
