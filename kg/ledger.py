"""The ledger of names: what became of every IRI that was ever published.

    redirects.tsv    an IRI that gave way, the IRI that took its place              (301)
    withdrawn.tsv    the IRI of what is gone without a successor, since which release    (410)

A release's ledger goes on from that of the release before: a redirect stays for good, and leads to
where the thing is now; what was there and is no longer is withdrawn; what has come back is neither.
The lines are in the order of their first column, so that a name is found without reading them all.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING

from kg import sql
from kg.iri import BASE

if TYPE_CHECKING:
    import duckdb

REDIRECTS, WITHDRAWN = "redirects.tsv", "withdrawn.tsv"


def look_up(path: Path, iri: str) -> str | None:
    """What a file of the ledger says of an IRI; None if it is not there."""
    if not path.is_file() or not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:

        def line(place: int) -> tuple[bytes, bytes]:
            """The line that the byte at this place belongs to: IRI and what is said of it."""
            end = text.find(b"\n", place)
            first, _, second = text[text.rfind(b"\n", 0, place) + 1 : end].partition(b"\t")
            return first, second

        key = iri.encode()
        place = bisect_left(range(len(text)), key, key=lambda place: line(place)[0])
        first, second = line(place) if place < len(text) else (b"", b"")
    return second.decode() if first == key else None


def write(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    release: str,
    base: str,
    previous: tuple[Path, str] | None,
) -> None:
    """Write the ledger of a release into its folder, from the tables `statement` and `link`.

    `previous` is the folder of the release before and the base of its IRIs.
    """
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE live AS
        SELECT DISTINCT trim(subject, '<>') AS iri FROM statement
        WHERE starts_with(subject, '<{BASE}id/') AND NOT contains(subject, '#')"""
    )
    _read(connection, previous)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE redirect AS
        WITH fresh AS (
            SELECT old, new FROM link
            WHERE (used OR old IN (SELECT iri FROM known)) AND new IN (SELECT iri FROM live)
        ), kept AS (
            SELECT earlier.old, coalesce(fresh.new, earlier.new) AS new
            FROM earlier LEFT JOIN fresh ON fresh.old = earlier.new
            WHERE earlier.old NOT IN (SELECT old FROM fresh)
              AND earlier.old NOT IN (SELECT iri FROM live)
        )
        FROM fresh UNION ALL FROM kept WHERE new IN (SELECT iri FROM live)"""
    )
    shown = f"replace({{}}, '{BASE}', {sql.text(base)})"
    copy(
        connection,
        f"SELECT {shown.format('old')}, {shown.format('new')} FROM redirect ORDER BY 1",
        folder / REDIRECTS,
    )
    copy(
        connection,
        f"""SELECT {shown.format("iri")}, coalesce(min(since), '{release}') FROM known
        WHERE iri NOT IN (SELECT iri FROM live) AND iri NOT IN (SELECT old FROM redirect)
        GROUP BY iri ORDER BY 1""",
        folder / WITHDRAWN,
    )


def _read(connection: duckdb.DuckDBPyConnection, previous: tuple[Path, str] | None) -> None:
    """Make `earlier(old, new)`, the redirects of the release before, and `known(iri, since)`: all
    that it answered for, with the release since which it is withdrawn.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE earlier (old VARCHAR, new VARCHAR)")
    connection.execute("CREATE OR REPLACE TEMP TABLE known (iri VARCHAR, since VARCHAR)")
    if previous is None:
        return
    folder, base = previous
    for table, name in (("earlier", REDIRECTS), ("known", WITHDRAWN)):
        if (folder / name).is_file():  # releases made before there was this file have none
            connection.execute(
                f"""INSERT INTO {table} SELECT replace(a, $base, '{BASE}'),
                    replace(b, $base, '{BASE}')
                FROM read_csv($file, delim='\t', header=false, auto_detect=false, quote='',
                    escape='', columns={{'a': 'VARCHAR', 'b': 'VARCHAR'}})""",
                {"file": str(folder / name), "base": base},
            )
    connection.execute(
        f"""INSERT INTO known SELECT old, NULL FROM earlier UNION ALL
        SELECT DISTINCT replace(trim(subject, '<>'), $base, '{BASE}'), NULL
        FROM read_parquet($file)
        WHERE starts_with(subject, $start) AND NOT contains(subject, '#')""",
        {"file": str(folder / "statements.parquet"), "base": base, "start": f"<{base}id/"},
    )


def copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query, which come in the order of their first column."""
    connection.execute(
        f"COPY ({query}) TO {sql.text(path)} (FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', "
        "ESCAPE '')"
    )
