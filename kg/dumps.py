"""Dumps: the statements of a release as compressed N-Quads and Turtle.

    kind-<kind>        what is stated of things of a kind
    other              what is stated of anything else: terms, graphs, the data set itself
    all                these, one behind the other
    source-<name>      what a source folder states, what the rules add, the graph's description

They are read from `statements.parquet`, in whose order they stand. `all` is put together from the
others, for compressed frames may follow each other, as N-Quads may, and Turtle with its prefixes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import zstandard
from pyoxigraph import RdfFormat, parse, serialize

from kg import statements
from kg.convert import Converted
from kg.describe import OWN_SOURCES
from kg.iri import kinds
from kg.vocab import prefixes


def write_things(connection: duckdb.DuckDBPyConnection, folder: Path, base: str) -> list[Path]:
    """Write the N-Quads of every kind, of the rest, and of all; the paths of the former two."""
    parts = [
        (f"kind-{kind}", f"subject >= '<{base}id/{kind}/' AND subject < '<{base}id/{kind}0'")
        for kind in sorted(kinds(), key=lambda kind: f"{kind}/")  # '0' comes next to '/'
    ]
    parts.append(("other", f"NOT starts_with(subject, '<{base}id/')"))
    paths = list(_write_quads(connection, folder, base, parts))
    join(paths, folder / "dumps" / "all.nq.zst")
    return paths


def write_sources(
    connection: duckdb.DuckDBPyConnection, folder: Path, base: str, sources: Sequence[Converted]
) -> Iterator[Path]:
    """Write the N-Quads of every source folder, and of our own sources; their paths, one by one."""
    # There are few sets of sources: which of them to write is found out once, not for every row.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE source_set AS SELECT DISTINCT sources FROM {_file(folder)}"
    )
    parts = [(each.source.name, each.makers()) for each in sources]
    parts += [(own, [own]) for own in OWN_SOURCES]
    made_by = "sources IN (FROM source_set WHERE list_has_any(sources, {}))"
    conditions = [(f"source-{key}", made_by.format(names)) for key, names in parts]
    yield from _write_quads(connection, folder, base, conditions)


def _write_quads(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    base: str,
    parts: Iterable[tuple[str, str]],
) -> Iterator[Path]:
    """Write each part, a name and an SQL condition, that is not empty."""
    for name, condition in parts:
        chosen = f"FROM {_file(folder)} WHERE {condition}"
        if connection.execute(f"SELECT 1 {chosen} LIMIT 1").fetchone():
            path = folder / "dumps" / f"{name}.nq.zst"
            statements.write_quads(connection, chosen, path, base)
            yield path


def _file(folder: Path) -> str:
    """SQL: the statements of a release."""
    name = str(folder / "statements.parquet").replace("'", "''")
    return f"'{name}'"


def write_turtle(quads: Path) -> Path:
    """Write compressed N-Quads as Turtle, beside them and without their graphs; the path."""
    path = quads.with_name(quads.name.replace(".nq.zst", ".ttl.zst"))
    with (
        quads.open("rb") as source,
        zstandard.ZstdDecompressor().stream_reader(source) as lines,
        path.open("wb") as file,
        zstandard.ZstdCompressor(level=3).stream_writer(file) as compressed,
    ):
        triples = (quad.triple for quad in parse(lines, RdfFormat.N_QUADS))
        serialize(triples, compressed, RdfFormat.TURTLE, prefixes=prefixes())
    return path


def join(parts: Iterable[Path], path: Path) -> None:
    """Write files one behind the other."""
    with path.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
