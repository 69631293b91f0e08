"""A difference as text: N-Quads of what came and went, and an RDF Patch.

The patch is that of Apache Jena (https://jena.apache.org/documentation/rdf-patch/): headers, then
one transaction of deletions and additions. Its `id` names the pair of releases, its `prev` the pair
that led to the older of them, so that a chain of patches can be checked.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import duckdb
import zstandard

from kg import sql
from kg.changes import DIFFERENCE, TEXTS
from kg.iri import GRAPH, rebase
from kg.release import Release


def name(base: str, old: str | None, new: str) -> UUID:
    """What a patch is called: it follows from the releases, so that it is the same each time."""
    return uuid5(NAMESPACE_URL, f"{base}changes/{old or 'nothing'}/{new}")


def write(folder: Path, old: Release, new: str, base: str) -> None:
    """Write the texts of the difference that lies in a folder; `base` is that of the newer IRIs."""
    added, removed, patch = (folder / each for each in TEXTS)
    head = (
        f"H id <uuid:{name(base, old.id, new)}> .\n"
        f"H prev <uuid:{name(old.base, old.manifest['previous'], old.id)}> .\nTX .\n"
    )
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for letter, sign, space, path in (("D", -1, old.base, removed), ("A", 1, base, added)):
            quad = f"concat_ws(' ', subject, predicate, object, {rebase(GRAPH, space)}, '.')"
            chosen = f"FROM {sql.text(folder / DIFFERENCE)} WHERE sign = {sign}"
            _copy(connection, f"SELECT {quad} {chosen}", path)
            _copy(connection, f"SELECT '{letter} ' || {quad} {chosen}", path.with_suffix(".part"))
    compress = zstandard.ZstdCompressor(level=3).compress
    with patch.open("wb") as whole:  # compressed frames may follow each other
        whole.write(compress(head.encode()))
        for part in (removed.with_suffix(".part"), added.with_suffix(".part")):
            with part.open("rb") as frames:
                shutil.copyfileobj(frames, whole)
            part.unlink()
        whole.write(compress(b"TC .\n"))


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write lines of text, compressed."""
    connection.execute(
        f"""COPY ({query}) TO {sql.text(path)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '',
        DELIMITER '\x01', COMPRESSION zstd)"""
    )
