"""Exporting: part of a release's statements as RDF, straight from its Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import duckdb
import pyoxigraph

from kg import iri
from kg.errors import InputError
from kg.iri import GRAPH, rebase
from kg.release import Release
from kg.vocab import prefixes

FORMATS = {
    "nq": pyoxigraph.RdfFormat.N_QUADS,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
}


def write(
    release: Release, file: BinaryIO, form: str, *, kind: str | None, source: str | None
) -> None:
    """Write the statements about entities of `kind` that `source` makes; both may be None.

    `InputError` names an unknown kind, or a source that states nothing in this release.
    """
    quads = _quads(release, kind, source)
    if form == "nq":
        pyoxigraph.serialize(quads, file, FORMATS[form])
    else:
        triples = (quad.triple for quad in quads)
        pyoxigraph.serialize(triples, file, FORMATS[form], prefixes=prefixes(release.base))


def _quads(release: Release, kind: str | None, source: str | None) -> Iterator[pyoxigraph.Quad]:
    conditions, values = ["true"], {"file": str(release.folder / "statements.parquet")}
    if kind:
        if kind not in iri.kinds():
            raise InputError("is not a kind", column="--kind", value=kind, mend=_any(iri.kinds()))
        conditions.append("starts_with(subject, $start)")
        values["start"] = f"<{release.base}id/{kind}/"
    if source:
        conditions.append("list_contains(sources, $source)")
        values["source"] = source
    graph = rebase(GRAPH, release.base)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""SELECT concat_ws(' ', subject, predicate, object, {graph}, '.') AS line
            FROM read_parquet($file) WHERE {" AND ".join(conditions)}
            ORDER BY subject, predicate, object""",
            values,
        )
        batch = rows.fetchmany(10_000)
        if not batch:
            raise InputError("states nothing in this release", column="--source", value=source)
        while batch:
            text = "\n".join(line for (line,) in batch)
            yield from pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_QUADS)
            batch = rows.fetchmany(10_000)


def _any(names: frozenset[str]) -> str:
    return f"give one of: {', '.join(sorted(names))}"
