"""Statements: every one once, with the set of sources that make it.

The work is done by DuckDB on one table, in a database on disk that ends with the build:

    statement(subject, predicate, object, sources)    N-Triples terms; sources sorted, a list

A statement's graph is named after its sources (`kg.iri.graph`), so the union of all graphs has
no repetition, and "who says so?" is one GRAPH pattern. Queries have the macros of `MACROS`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from kg import sql
from kg.convert import Converted
from kg.iri import BASE, GRAPH
from kg.link import link
from kg.link.decisions import Decision
from kg.mapping import READ_TSV
from kg.report import Finding
from kg.sources import Triple

KEY = "hash(subject, predicate, object)"
PIECE = 2_000_000
GROUPED = 8_000_000  # rows that are grouped at once
# Of N-Triples terms: a literal's text or an IRI (the STR of SPARQL), a literal's language, the
# thing that a fragment is part of, its `<kind>/<key>` with the fragment. Of a set of sources: its
# graph. Hardly any literal has an escape: one without is read in a fiftieth of the time.
MACROS = rf"""
CREATE MACRO str(term) AS CASE
    WHEN starts_with(term, '<') THEN trim(term, '<>')
    WHEN NOT contains(term, '\') THEN split_part(term, '"', 2)
    ELSE array_to_string(list_transform(
        string_split(regexp_extract(term, '^"(.*)"', 1, 's'), '\\'),
        lambda part: replace(replace(replace(replace(
            part, '\"', '"'), '\n', chr(10)), '\r', chr(13)), '\t', chr(9))), '\') END;
CREATE MACRO lang(term) AS regexp_extract(term, '"@([A-Za-z0-9-]+)$', 1);
CREATE MACRO owner(term) AS substr(split_part(split_part(term, '#', 1), '>', 1), 2);
CREATE MACRO path(term) AS term[{len(BASE) + len("<id/") + 1}:-2];
CREATE MACRO graph(sources) AS {GRAPH};
"""


@contextmanager
def connect(folder: Path, memory: int = 2048) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new working database in `folder`, which is removed at the end; it uses `memory` MiB."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config: dict[str, Any] = {
        "memory_limit": f"{memory}MiB",
        "temp_directory": str(folder / "spill"),
    }
    try:
        with duckdb.connect(folder / "statements.duckdb", config=config) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(MACROS)
            yield connection
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def merge(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Converted], made: list[Decision]
) -> list[Finding]:
    """Fill `statement` from the converted sources; returns what could not be linked."""
    connection.execute(
        "CREATE OR REPLACE VIEW stated AS SELECT * FROM read_parquet(["
        + ", ".join(sql.text(each.statements) for each in sources)
        + "])"
    )
    findings = link(connection, made)
    _collect(connection)
    return findings


def _collect(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `statement` of `linked`. Few statements are made twice; only these are grouped, which
    takes a tenth of the time that it takes to group all, and by parts, which bounds the memory.
    """
    with _streamed(connection):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE key AS SELECT {KEY} AS key FROM linked")
    connection.execute("CREATE OR REPLACE TEMP TABLE repeated (key UBIGINT)")
    (number,) = connection.execute("SELECT count(*) FROM key").fetchone() or (0,)
    parts = 1 + int(number) // GROUPED
    for part in range(parts):
        connection.execute(
            f"INSERT INTO repeated SELECT key FROM key WHERE key % {parts} = {part} "
            "GROUP BY key HAVING count(*) > 1"
        )
    connection.execute("DROP TABLE key")
    with _streamed(connection):
        connection.execute(
            f"""CREATE OR REPLACE TABLE statement AS
            SELECT subject, predicate, object, [source] AS sources
            FROM linked WHERE {KEY} NOT IN (FROM repeated)"""
        )
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE several AS
            SELECT *, {KEY} AS key FROM linked WHERE {KEY} IN (FROM repeated)"""
        )
    for part in range(parts):
        connection.execute(
            f"""INSERT INTO statement
            SELECT subject, predicate, object, list(source ORDER BY source)
            FROM (SELECT DISTINCT subject, predicate, object, source FROM several
                  WHERE key % {parts} = {part})
            GROUP BY ALL"""
        )
    connection.execute("DROP TABLE repeated; DROP TABLE several")


@contextmanager
def _streamed(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let statements stream past what they are joined with. DuckDB guesses how many rows Parquet
    files have from the first, and would hold all statements in memory where that one is short.
    """
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        yield
    finally:
        connection.execute("RESET disabled_optimizers")


def add(
    connection: duckdb.DuckDBPyConnection, triples: Iterable[Triple], source: str, scratch: Path
) -> int:
    """Add statements of one of our own sources, except those that stand already; how many came."""
    with scratch.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(f"{s}\t{p}\t{o}\t{source}\n" for s, p, o in triples)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE new AS
        SELECT DISTINCT subject, predicate, object, [source] AS sources FROM {READ_TSV}""",
        {"tsv": str(scratch)},
    )
    scratch.unlink()
    connection.execute(
        """DELETE FROM new USING statement WHERE new.subject = statement.subject
        AND new.predicate = statement.predicate AND new.object = statement.object"""
    )
    connection.execute("INSERT INTO statement FROM new")
    (came,) = connection.execute("SELECT count(*) FROM new").fetchone() or (0,)
    return int(came)


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


def write_parquet(connection: duckdb.DuckDBPyConnection, path: Path, base: str = BASE) -> None:
    """Write the statements for `base`, sorted: nothing needs to sort them again."""
    columns = ", ".join(
        f"{_rebased(name, base)} AS {name}" for name in ("subject", "predicate", "object")
    )
    connection.execute(
        f"""COPY (SELECT {columns}, sources FROM statement ORDER BY subject, predicate, object)
        TO {sql.text(path)} (FORMAT parquet, COMPRESSION zstd)"""
    )


def write_quads(
    connection: duckdb.DuckDBPyConnection, source: str, path: Path, base: str = BASE
) -> int:
    """Write statements as N-Quads, compressed if the name ends in `.zst`; how many there are.

    `source` is SQL from FROM on: a table or file whose terms are those of `base`, the condition
    that its rows meet, their order if they do not have it.
    """
    graph = GRAPH.replace(BASE, sql.quoted(base))
    compression = "zstd" if path.suffix == ".zst" else "uncompressed"
    (count,) = connection.execute(
        f"""COPY (
            SELECT concat_ws(' ', subject, predicate, object, {graph}, '.') {source}
        ) TO {sql.text(path)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01',
         COMPRESSION {compression})"""
    ).fetchone() or (0,)
    return int(count)


def _rebased(column: str, base: str) -> str:
    """SQL: a term of ours for another base."""
    return column if base == BASE else f"replace({column}, '{BASE}', {sql.text(base)})"


def difference(connection: duckdb.DuckDBPyConnection, old: Path, new: Path) -> tuple[int, int]:
    """Make the tables `added` and `removed` from two releases' Parquet files; their sizes.

    A statement whose sources changed is removed with the old ones and added with the new. Both
    files are sorted, so they are compared piece by piece, which bounds the memory.
    """
    for table in ("added", "removed"):
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS FROM statement LIMIT 0")
    for condition in pieces(connection, new):
        for table, one, other in (("added", new, old), ("removed", old, new)):
            connection.execute(
                f"INSERT INTO {table} FROM {sql.text(one)} WHERE {condition} "
                f"EXCEPT FROM {sql.text(other)} WHERE {condition} "
                "ORDER BY subject, predicate, object"
            )
    sizes = connection.execute(
        "SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM removed)"
    ).fetchone()
    assert sizes is not None
    return int(sizes[0]), int(sizes[1])


def pieces(
    connection: duckdb.DuckDBPyConnection, path: Path, within: str = "true"
) -> Iterator[str]:
    """SQL conditions that cut sorted statements, or those `within` a range of subjects, into
    pieces at subjects of a file.
    """
    rows = connection.execute(
        f"SELECT DISTINCT subject FROM read_parquet({sql.text(path)}, file_row_number = true) "
        f"WHERE {within} AND file_row_number % {PIECE} = {PIECE - 1} ORDER BY subject"
    ).fetchall()
    bounds = [sql.text(subject) for (subject,) in rows]
    for first, end in zip(["''", *bounds], [*bounds, None], strict=True):
        yield f"subject >= {first}" + (f" AND subject < {end}" if end else "")


def batches(connection: duckdb.DuckDBPyConnection, condition: str) -> Iterator[str]:
    """The sorted statements that meet an SQL condition, as N-Triples text in batches."""
    cursor = connection.execute(
        f"SELECT subject || ' ' || predicate || ' ' || object || ' .\n' FROM statement "
        f"WHERE {condition} ORDER BY subject, predicate, object"
    )
    while rows := cursor.fetchmany(10_000):
        yield "".join(line for (line,) in rows)
