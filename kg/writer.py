"""Writing a release: dumps, index, description, manifest, checksums (the layout: `kg.release`)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyoxigraph
import zstandard
from pyoxigraph import Store

from kg import describe, ledger, search, statements
from kg.convert import Converted, checksum, entities
from kg.iri import BASE, kinds, rebase
from kg.release import Release
from kg.settings import ONTOLOGY
from kg.sources import Triple
from kg.vocab import prefixes


@dataclass(frozen=True)
class Contents:
    """What goes into a release besides the statements."""

    edition: describe.Edition
    base: str
    sources: list[Converted]
    description: list[Triple]
    contradictions: int
    previous: Release | None


def write(connection: duckdb.DuckDBPyConnection, contents: Contents, folder: Path) -> None:
    """Write everything but the report into a release's folder. The same inputs, the same bytes
    (but for the search index, whose library names its files at random).
    """
    base = contents.base
    statements.write_parquet(connection, folder / "statements.parquet", base)
    (folder / "dumps").mkdir()
    for name, condition in _parts(contents.sources):
        _dump(connection, folder / "dumps", name, condition, base)
    changes = _write_changes(connection, contents.previous, folder)
    search.write(search.entries(connection, base), folder / "search")
    describe.write(contents.description, folder / "description.ttl", base)
    shutil.copytree(ONTOLOGY, folder / "ontology")
    before = contents.previous
    ledger.write(
        connection,
        folder,
        contents.edition.id,
        base,
        (before.folder, before.base) if before else None,
    )
    manifest = _manifest(connection, contents, changes)
    (folder / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def write_store(folder: Path) -> None:
    """Write the disk engine's store of a release. It is closed on return, and read from then on."""
    release = Release(folder)
    store = Store(release.store)
    release.load(store)
    store.optimize()
    store.flush()


def seal(folder: Path) -> None:
    """Write the checksums of all files, in the form that `sha256sum -c` reads, except those of the
    index and the store: they are other bytes each time.
    """
    unsealed = (folder / "search", folder / "store")
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(path.is_relative_to(each) for each in unsealed)
    )
    lines = [f"{checksum(path)}  {path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _parts(sources: list[Converted]) -> Iterator[tuple[str, str]]:
    """The dumps: name and SQL condition. Everything, each kind, each source folder."""
    yield "all", "true"
    for kind in sorted(kinds()):
        yield f"kind-{kind}", f"starts_with(subject, '<{BASE}id/{kind}/')"
    for source in sources:
        made_by = f"SELECT DISTINCT source FROM read_parquet('{source.statements}')"
        yield (
            f"source-{source.source.name}",
            f"list_has_any(sources, (SELECT list(source) FROM ({made_by})))",
        )
    for own in ("inferred", "description"):
        yield f"source-{own}", f"list_contains(sources, '{own}')"


def _dump(
    connection: duckdb.DuckDBPyConnection, folder: Path, name: str, condition: str, base: str
) -> None:
    """One part as N-Quads and Turtle; nothing if it is empty."""
    found = connection.execute(f"SELECT 1 FROM statement WHERE {condition} LIMIT 1").fetchone()
    if not found:
        return
    statements.write_quads(connection, folder / f"{name}.nq.zst", base, condition)
    compressor = zstandard.ZstdCompressor(level=3)
    with (
        (folder / f"{name}.ttl.zst").open("wb") as file,
        compressor.stream_writer(file) as compressed,
    ):
        pyoxigraph.serialize(
            _triples(connection, condition, base),
            compressed,
            pyoxigraph.RdfFormat.TURTLE,
            prefixes=prefixes(),
        )


def _triples(
    connection: duckdb.DuckDBPyConnection, condition: str, base: str
) -> Iterator[pyoxigraph.Triple]:
    """The sorted triples of a part."""
    for lines in statements.batches(connection, condition):
        for quad in pyoxigraph.parse(rebase(lines, base), format=pyoxigraph.RdfFormat.N_TRIPLES):
            yield quad.triple


def _write_changes(
    connection: duckdb.DuckDBPyConnection, previous: Release | None, folder: Path
) -> dict[str, int]:
    """What came and what went since the previous release; nothing is written for the first."""
    if previous is None:
        return {"added": statements.count(connection), "removed": 0}
    added, removed = statements.difference(
        connection, previous.folder / "statements.parquet", folder / "statements.parquet"
    )
    (folder / "changes").mkdir()
    for table in ("added", "removed"):
        statements.write_quads(connection, folder / "changes" / f"{table}.nq.zst", table=table)
    return {"added": added, "removed": removed}


def _manifest(
    connection: duckdb.DuckDBPyConnection, contents: Contents, changes: dict[str, int]
) -> dict[str, Any]:
    software = {name: version(name) for name in ("kg", "duckdb", "pyoxigraph", "rdflib", "tantivy")}
    (makers,) = connection.execute(
        "SELECT count(DISTINCT s) FROM (SELECT unnest(sources) AS s FROM statement)"
    ).fetchone() or (0,)
    return {
        "id": contents.edition.id,
        "date": contents.edition.date,
        "base": contents.base,
        "software": software,
        "counts": {
            "statements": statements.count(connection),
            "sources": makers,
            "graphs": len(statements.source_sets(connection)),
            "contradictions": contents.contradictions,
            "entities": entities(connection, "statement"),
        },
        "sources": [_source(each) for each in contents.sources],
        "previous": contents.previous.id if contents.previous else None,
        "changes": changes,
    }


def _source(converted: Converted) -> dict[str, Any]:
    """What the manifest says of one source."""
    outcome = converted.outcome
    return {
        "key": converted.source.name,
        "files": converted.files,
        "rows": outcome.rows,
        "left_out": outcome.left_out,
        "set_aside": len(outcome.set_aside),
        "statements": outcome.statements,
        "entities": outcome.entities,
    }
