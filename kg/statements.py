"""Statements: every one once, with the set of sources that make it.

The work is done by DuckDB on one table:

    statement(subject, predicate, object, sources)    N-Triples terms; sources sorted, a list

A statement's graph is named after its sources (`kg.iri.graph`), so the union of all graphs has
no repetition, and "who says so?" is one GRAPH pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb

from kg.convert import READ_TSV, Converted
from kg.iri import BASE
from kg.link import link
from kg.link.decisions import Decision
from kg.report import Finding
from kg.sources import Triple

GRAPH = f"'<{BASE}graph/' || array_to_string(sources, '+') || '>'"
QUAD = f"subject || ' ' || predicate || ' ' || object || ' ' || {GRAPH} || ' .'"


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A working database that spills into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return duckdb.connect(config={"temp_directory": str(folder)})


def merge(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Converted], made: list[Decision]
) -> list[Finding]:
    """Fill `statement` from the converted sources; returns what could not be linked."""
    connection.execute(
        "CREATE OR REPLACE VIEW stated AS SELECT * FROM read_parquet(["
        + ", ".join(f"'{_quoted(each.statements)}'" for each in sources)
        + "])"
    )
    findings = link(connection, made)
    connection.execute(
        """CREATE OR REPLACE TABLE statement AS
        SELECT subject, predicate, object, list_sort(list(DISTINCT source)) AS sources
        FROM linked GROUP BY ALL"""
    )
    return findings


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def add(
    connection: duckdb.DuckDBPyConnection, triples: Iterable[Triple], source: str, scratch: Path
) -> int:
    """Add statements of one of our own sources, except those that stand already; how many came."""
    with scratch.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(f"{s}\t{p}\t{o}\t{source}\n" for s, p, o in triples)
    before = count(connection)
    connection.execute(
        f"""INSERT INTO statement
        SELECT DISTINCT subject, predicate, object, [source] FROM {READ_TSV}
        ANTI JOIN statement USING (subject, predicate, object)""",
        {"tsv": str(scratch)},
    )
    scratch.unlink()
    return count(connection) - before


def count(connection: duckdb.DuckDBPyConnection) -> int:
    """How many statements there are."""
    row = connection.execute("SELECT count(*) FROM statement").fetchone()
    return int(row[0]) if row else 0


def source_sets(connection: duckdb.DuckDBPyConnection) -> list[tuple[list[str], int]]:
    """Every set of sources that states something, with the number of its statements."""
    rows = connection.execute(
        "SELECT sources, count(*) FROM statement GROUP BY sources ORDER BY sources"
    ).fetchall()
    return [(list(sources), int(number)) for sources, number in rows]


def write_quads(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    base: str = BASE,
    condition: str = "true",
    table: str = "statement",
) -> None:
    """Write statements as sorted N-Quads for `base`, compressed if the name ends in `.zst`."""
    line = QUAD if base == BASE else f"replace({QUAD}, '{BASE}', '{base.replace(chr(39), '')}')"
    compression = "zstd" if path.suffix == ".zst" else "uncompressed"
    connection.execute(
        f"""COPY (SELECT {line} FROM {table} WHERE {condition}
                  ORDER BY subject, predicate, object, sources)
        TO '{_quoted(path)}'
        (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01',
         COMPRESSION {compression})"""
    )


def write_parquet(connection: duckdb.DuckDBPyConnection, path: Path, base: str = BASE) -> None:
    """Write the statements, sorted, for `base`."""
    columns = "subject, predicate, object"
    if base != BASE:
        columns = ", ".join(
            f"replace({name}, '{BASE}', $base) AS {name}" for name in columns.split(", ")
        )
    connection.execute(
        f"""COPY (SELECT {columns}, sources FROM statement ORDER BY subject, predicate, object)
        TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION zstd)""",
        {"base": base} if base != BASE else None,
    )


def difference(connection: duckdb.DuckDBPyConnection, old: Path, new: Path) -> tuple[int, int]:
    """Make the tables `added` and `removed` from two releases' Parquet files; their sizes.

    A statement whose sources changed is removed with the old ones and added with the new.
    """
    for table, one, other in (("added", new, old), ("removed", old, new)):
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_parquet('{_quoted(one)}') "
            f"EXCEPT SELECT * FROM read_parquet('{_quoted(other)}')"
        )
    sizes = connection.execute(
        "SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM removed)"
    ).fetchone()
    assert sizes is not None
    return int(sizes[0]), int(sizes[1])


def batches(connection: duckdb.DuckDBPyConnection, condition: str) -> Iterator[str]:
    """The sorted statements that meet an SQL condition, as N-Triples text in batches."""
    cursor = connection.execute(
        f"SELECT subject || ' ' || predicate || ' ' || object || ' .\n' FROM statement "
        f"WHERE {condition} ORDER BY subject, predicate, object"
    )
    while rows := cursor.fetchmany(10_000):
        yield "".join(line for (line,) in rows)
