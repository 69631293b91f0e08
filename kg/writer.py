"""Writing a release: dumps, index, description, manifest, checksums (the layout: `kg.release`).

The statements are sorted once, into `statements.parquet`; what else holds them reads them there.
Of a large release the store is loaded, and other forms are written, in processes of their own: the
store first, for the questions are asked of it, and who asks has nothing to do beside.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from kg import ask, describe, dumps, history, iri, ledger, linked, statements, tables
from kg.changes.answers import write as write_changed
from kg.changes.write import write as write_changes
from kg.convert import Converted, checksum, entities
from kg.processes import aside, workers
from kg.release import Release
from kg.report import Group
from kg.search import entries, fields
from kg.settings import ONTOLOGY
from kg.sources import Triple
from kg.vocab import DCTERMS, SCHEMA, SH

LARGE = 1_000_000
# Tells who waits what is being done.
Stage: TypeAlias = Callable[[str], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Contents:
    """What goes into a release besides the statements; `store`: one for the disk engine too;
    `memory`: MiB of a query that answers a question; None, if none is to be asked.
    """

    edition: describe.Edition
    base: str
    sources: list[Converted]
    description: list[Triple]
    previous: Release | None
    found: Sequence[Group] = ()
    store: bool = False
    memory: int | None = None


def write(
    connection: duckdb.DuckDBPyConnection,
    contents: Contents,
    folder: Path,
    stage: Stage = nullcontext,
) -> dict[str, str]:
    """Write everything but the report into a release's folder; the questions that were given up,
    with the reason. The same inputs, the same bytes (but for the search index and the store, whose
    libraries never write the same twice).
    """
    base = contents.base
    with stage("Sorting statements"):
        statements.write_parquet(connection, folder / "statements.parquet", base)
    (folder / "dumps").mkdir()
    large = statements.count(connection) > LARGE
    with workers(2 if large else 0) as pool:
        with stage("Writing all statements"):
            things = dumps.write_things(connection, folder, base)
        asked = pool.submit(answer, folder, base, contents.store, contents.memory)
        if large and contents.store:  # which has a core for itself: all wait for it in the end
            connection.execute(f"SET threads = {max(1, (os.cpu_count() or 1) - 1)}")
        tasks: list[Future[Any]] = [
            pool.submit(aside, dumps.write_forms, path, base) for path in things
        ]
        with stage("Writing the statements of each source"):
            for path, count in dumps.write_sources(connection, folder, base, contents.sources):
                tasks.append(pool.submit(aside, dumps.write_source, path, base, count))
        with stage("Writing tables"):
            made = tables.write(connection, folder, base)
            tables.write_match(connection, made, folder)
            tables.write_package(made, folder, _package(contents), _credits(contents))
        with stage("Comparing with the previous release"):
            differing = _compare(connection, contents, folder)
        with stage("Writing the index"):
            fields.write(entries.gather(connection), folder / "search")
        with stage("Writing the description and the manifest"):
            _write_rest(connection, contents, differing, folder)
        # What other processes do meanwhile, or else this one does now.
        with stage("Writing the store and answering the questions"):
            given_up = asked.result()
        with stage("Writing other forms"):
            for task in tasks:
                task.result()
            dumps.write_whole(things, folder, base, statements.count(connection))
    if contents.previous:
        write_changed(folder, contents.previous.folder)
    return given_up


def _write_rest(
    connection: duckdb.DuckDBPyConnection,
    contents: Contents,
    differing: dict[str, int],
    folder: Path,
) -> None:
    """The description, the ontology, what became of every entity, the changes, the manifest."""
    base = contents.base
    describe.write(contents.description, folder / "description.ttl", base)
    shutil.copytree(ONTOLOGY, folder / "ontology")
    stamp = [
        t for t in contents.description if t[0] == describe.ONTOLOGY_IRI and t[1] != SH.declare
    ]
    describe.write(stamp, folder / "ontology" / "version.ttl", iri.BASE)
    before = contents.previous
    ledger.write(
        connection,
        folder,
        contents.edition.id,
        base,
        (before.folder, before.base) if before else None,
    )
    linked.write(connection, folder, base)
    history.write(connection, folder, contents.edition.id, base, before)
    kinds = write_changes(connection, folder, contents.edition.id, base, before) if before else {}
    manifest = _manifest(connection, contents, {**differing, "entities": kinds})
    (folder / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def _package(contents: Contents) -> dict[str, Any]:
    """What the tables' data package says of itself, from the description of the graph."""
    dataset = {
        (p, term.language): term.value
        for s, p, term in contents.description
        if s == describe.DATASET and isinstance(term, Literal)
    }
    return {
        "name": "ess-kg",
        "title": dataset[DCTERMS.title, "fr"],
        "title_en": dataset[DCTERMS.title, "en"],
        "description": dataset[DCTERMS.description, "fr"],
        "description_en": dataset[DCTERMS.description, "en"],
        "homepage": contents.base,
        "version": contents.edition.id,
        "created": f"{contents.edition.date}T00:00:00Z",
        "licenses": [
            {
                "name": "etalab-2.0",
                "title": "Licence Ouverte 2.0",
                "path": describe.LICENCE.value,
            }
        ],
    }


def _credits(contents: Contents) -> list[dict[str, str]]:
    """The sources as a data package names them: title and address."""
    known = {(s, p): term for s, p, term in contents.description if _plain(term)}
    named = (iri.named("source", each.source.name) for each in contents.sources)
    return [
        {
            "title": known[node, DCTERMS.title].value,
            "path": iri.rebase(known[node, SCHEMA.url].value, contents.base),
        }
        for node in named
        if (node, SCHEMA.url) in known
    ]


def _plain(term: NamedNode | Literal) -> bool:
    return isinstance(term, NamedNode) or term.language in {None, "fr"}


def answer(folder: Path, base: str, store: bool, memory: int | None) -> dict[str, str]:
    """Write the store, if there is to be one, and then the answers of the questions; which of these
    were given up.
    """
    if store:
        write_store(folder)
    return ask.write(folder, base, memory)


def write_store(folder: Path) -> None:
    """Write the disk engine's store of a release. It is closed on return, and read from then on."""
    release = Release(folder)
    store = Store(release.store)
    with release.quads() as quads:
        # They are our own: each term was checked when it was made.
        store.bulk_load(quads, RdfFormat.N_QUADS, lenient=True)
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


def _compare(
    connection: duckdb.DuckDBPyConnection, contents: Contents, folder: Path
) -> dict[str, int]:
    """How many statements came and went since the previous release; for the first, all came."""
    if contents.previous is None:
        return {"added": statements.count(connection), "removed": 0}
    before = contents.previous.folder / "statements.parquet"
    added, removed = statements.difference(connection, before, folder / "statements.parquet")
    return {"added": added, "removed": removed}


def _manifest(
    connection: duckdb.DuckDBPyConnection, contents: Contents, differing: dict[str, Any]
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
            "contradictions": sum(
                each.number for each in contents.found if each.check.startswith("contradiction")
            ),
            "entities": entities(connection, "statement"),
        },
        "sources": [_source(each) for each in contents.sources],
        "findings": [
            {name: getattr(each, name) for name in ("severity", "check", "topic", "number")}
            for each in contents.found
        ],
        "previous": contents.previous.id if contents.previous else None,
        "changes": differing,
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
