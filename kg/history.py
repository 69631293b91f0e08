"""The history of entities: when each came, when it last changed, and what became of it.

    entities.parquet    iri, kind, created, modified, state, successor; in the order of the IRIs

An entity is changed by a release if a statement about it, or about a part of it, came, went or got
other sources. `state` is `live`, `merged` (then `successor` is the IRI that took its place) or
`withdrawn`; what is gone was modified by the release in which it went, and stays in the table for
good: harvesters are told of it (feeds, OAI-PMH, the sitemap). Dates are the moments of releases
(`kg.release.moment`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.ledger import REDIRECTS
from kg.release import moment

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from kg.release import Release

FILE = "entities.parquet"
_COLUMNS = """iri VARCHAR, kind VARCHAR, created TIMESTAMP, modified TIMESTAMP, state VARCHAR,
    successor VARCHAR"""
# Of a file of statements, the entities that they are about.
_ENTITIES = """SELECT DISTINCT trim(split_part(subject, '#', 1), '<>') AS iri
    FROM {statements} WHERE starts_with(subject, '<{base}id/')"""
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
        f"{_entities(_file(folder / 'statements.parquet'), base)}"
    )
    touched = [_entities(table, base) for table in ("added", "removed")] if previous else []
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS "
        + (" UNION ".join(touched) or "SELECT iri FROM live LIMIT 0")
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE redirected AS FROM read_csv(
            {_file(folder / REDIRECTS)}, delim='\t', header=false, auto_detect=false, quote='',
            escape='', columns={{'old': 'VARCHAR', 'new': 'VARCHAR'}})"""
    )
    connection.execute(
        f"COPY ({_HISTORY}) TO {_file(folder / FILE)} (FORMAT parquet, COMPRESSION zstd)",
        {"base": base, "moment": moment(release)},
    )


def _before(connection: duckdb.DuckDBPyConnection, base: str, previous: Release | None) -> None:
    """Make `before`, the history up to the release before; of one without, all that it had."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE before ({_COLUMNS})")
    if previous is None:
        return
    if (previous.folder / FILE).is_file():
        connection.execute(
            f"""INSERT INTO before SELECT * REPLACE (
                replace(iri, $old, $base) AS iri, replace(successor, $old, $base) AS successor
            ) FROM {_file(previous.folder / FILE)}""",
            {"old": previous.base, "base": base},
        )
        return
    known = _entities(_file(previous.folder / "statements.parquet"), previous.base)
    connection.execute(
        f"""INSERT INTO before SELECT replace(iri, $old, $base), NULL, $moment, $moment, 'live',
            NULL FROM ({known})""",
        {"old": previous.base, "base": base, "moment": moment(previous.id)},
    )


def _entities(statements: str, base: str) -> str:
    return _ENTITIES.format(statements=statements, base=base.replace("'", "''"))


def _file(path: Path) -> str:
    """SQL: the name of a file."""
    return "'" + str(path).replace("'", "''") + "'"
