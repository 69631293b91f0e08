"""Dumps: the statements of a release in the forms of RDF, compressed (as tables: `kg.tables`).

    kind-<kind>        what is stated of things of a kind
    other              what is stated of anything else: terms, graphs, the data set itself
    all                these, one behind the other
    source-<name>      what a source folder states, what the rules add, the graph's description

    .nq .ttl           both as .zst, quick and small, and as .gz, which every tool reads; of large
                       sources no .ttl, for in Turtle nobody can tell any more who states what
    .jsonld .rdf       as .gz, of small parts: their readers hold a document in memory as a whole

They are read from `statements.parquet`, in whose order they stand. `all` is put together from the
others, for compressed frames may follow each other, as N-Quads may, and Turtle with its prefixes.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import duckdb
import zstandard
from pyoxigraph import RdfFormat, Triple, parse, serialize

from kg import sql, statements
from kg.convert import Converted
from kg.describe import OWN_SOURCES
from kg.iri import kinds
from kg.vocab import prefixes

# Statements of the largest part that is written as one document: common libraries take 1 to 2 kB
# of memory for each of them.
DOCUMENT = 250_000
DOCUMENTS = {".jsonld.gz": RdfFormat.JSON_LD, ".rdf.gz": RdfFormat.RDF_XML}
# Statements of the largest source that is written as Turtle.
SOURCE = 1_000_000
LINES = ".nq.zst"
# What `write_forms` makes of the N-Quads of a part, whatever its size.
FORMS = (".nq.gz", ".ttl.zst", ".ttl.gz")
# About twice as fast as zlib's own choice, for a twentieth more bytes.
LEVEL = 4


def write_things(connection: duckdb.DuckDBPyConnection, folder: Path, base: str) -> list[Path]:
    """Write the N-Quads of every kind, of the rest, and of all; the paths of the former two."""
    parts = [
        (f"kind-{kind}", f"subject >= '<{base}id/{kind}/' AND subject < '<{base}id/{kind}0'")
        for kind in sorted(kinds(), key=lambda kind: f"{kind}/")  # '0' comes next to '/'
    ]
    parts.append(("other", f"NOT starts_with(subject, '<{base}id/')"))
    paths = [path for path, _ in _write_quads(connection, folder, base, parts)]
    join(paths, folder / "dumps" / "all.nq.zst")
    return paths


def write_sources(
    connection: duckdb.DuckDBPyConnection, folder: Path, base: str, sources: Sequence[Converted]
) -> Iterator[tuple[Path, int]]:
    """Write the N-Quads of every source folder, and of our own sources: one by one, its path and
    how many statements it has.
    """
    # There are few sets of sources: which of many name one is found out once, not for every row.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE source_set AS SELECT DISTINCT sources FROM {_file(folder)}"
    )
    parts = [(each.source.name, each.makers()) for each in sources]
    parts += [(own, [own]) for own in OWN_SOURCES]
    conditions = [(f"source-{key}", _made_by(names)) for key, names in parts]
    yield from _write_quads(connection, folder, base, conditions)


def _made_by(names: Sequence[str]) -> str:
    """SQL: that one of some sources says so; with the order, which a join does not keep."""
    if len(names) == 1:
        return f"list_contains(sources, {sql.text(names[0])})"
    sets = f"FROM source_set WHERE list_has_any(sources, {list(names)})"
    return f"sources IN ({sets}) ORDER BY subject, predicate, object"


def _write_quads(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    base: str,
    parts: Iterable[tuple[str, str]],
) -> Iterator[tuple[Path, int]]:
    """Write each part, a name and SQL from WHERE on, that is not empty; how many statements."""
    for name, condition in parts:
        path = folder / "dumps" / f"{name}{LINES}"
        chosen = f"FROM {_file(folder)} WHERE {condition}"
        if count := statements.write_quads(connection, chosen, path, base):
            yield path, count
        else:
            path.unlink()


def _file(folder: Path) -> str:
    """SQL: the statements of a release."""
    return sql.text(folder / "statements.parquet")


def write_forms(quads: Path, base: str) -> None:
    """Write compressed N-Quads of a release for `base` in the other forms, beside them; all but
    N-Quads without graphs.
    """
    turtle = _named(quads, ".ttl.zst")
    count = _serialize(quads, turtle, RdfFormat.TURTLE, base)
    write_zipped(quads)
    write_zipped(turtle)
    if count <= DOCUMENT:
        write_documents(quads, base)


def write_source(quads: Path, base: str, count: int) -> None:
    """Write the compressed N-Quads of a source, so many, in the other forms that it is given in."""
    if count <= SOURCE:
        write_forms(quads, base)
    else:
        write_zipped(quads)


def write_zipped(path: Path) -> None:
    """Write what is compressed with Zstandard in the form that every tool reads, beside it."""
    with reading(path) as text, writing(path.with_suffix(".gz")) as zipped:
        shutil.copyfileobj(text, zipped, 1 << 20)


def write_documents(quads: Path, base: str) -> None:
    """Write compressed N-Quads as JSON-LD and RDF/XML, beside them."""
    for ending, form in DOCUMENTS.items():
        _serialize(quads, _named(quads, ending), form, base)


def _serialize(quads: Path, path: Path, form: RdfFormat, base: str) -> int:
    """Write compressed N-Quads in a form without graphs; how many there are."""
    count = 0

    def triples(lines: IO[bytes]) -> Iterator[Triple]:
        nonlocal count
        # They are our own: each term was checked when it was made.
        for quad in parse(lines, RdfFormat.N_QUADS, lenient=True):
            count += 1
            yield quad.triple

    with reading(quads) as lines, writing(path) as file:
        serialize(triples(lines), file, form, prefixes=prefixes(base))
    return count


def write_whole(things: Sequence[Path], folder: Path, base: str, count: int) -> None:
    """Write `all` from the forms of the N-Quads of `things`, which have `count` statements."""
    whole = folder / "dumps" / f"all{LINES}"
    for ending in FORMS:
        join((_named(path, ending) for path in things), _named(whole, ending))
    if count <= DOCUMENT:
        write_documents(whole, base)


def _named(quads: Path, ending: str) -> Path:
    return quads.with_name(quads.name.removesuffix(LINES) + ending)


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """The text of a file that is compressed with Zstandard, in as many frames as it has."""
    with path.open("rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        yield cast(IO[bytes], text)


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, compressed as its name says; the same text gives the same bytes."""
    with path.open("wb") as file:
        if path.suffix == ".zst":
            with zstandard.ZstdCompressor(level=3).stream_writer(file) as compressed:
                yield cast(IO[bytes], compressed)
        else:
            with gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as zipped:
                yield cast(IO[bytes], zipped)


def join(parts: Iterable[Path], path: Path) -> None:
    """Write files one behind the other."""
    with path.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
