"""A tiny source for the tests of the pipeline: one table of organisations, written on the spot.

Rows are `key,name,siren,commune,source`; the name `crash` is a row that cannot be taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Literal

from kg import iri
from kg.sources import Source, Triple
from kg.sources.rows import Row, RowError, read_csv
from kg.vocab import ADMS, ESS, ORG, RDF, RDFS, SKOS

HEADER = "key,name,siren,source"
DESCRIPTION = """
<https://w3id.org/ess-kg/id/source/tiny> <http://www.w3.org/2000/01/rdf-schema#label> "Tiny"@en .
"""


def triples(row: Row) -> Iterator[Triple]:
    node = iri.named("organization", row.take("key"))
    name, siren = row.take("name"), row.take("siren")
    row.take("source")
    if name == "crash":
        raise RowError("name", name, "is not a name", "write another one")
    yield node, RDF.type, ORG.FormalOrganization
    yield node, RDFS.label, Literal(name, language="fr")
    yield node, SKOS.prefLabel, Literal(name, language="fr")
    if siren:
        number = Literal(iri.SCHEMES["siren"](siren))
        yield node, ESS.siren, number
        yield node, ADMS.identifier, iri.part(node, "siren")
        yield iri.part(node, "siren"), SKOS.notation, number


def stated_by(row: Row) -> str:
    return row["source"] or "tiny"


def source(folder: Path, *rows: str, header: str = HEADER, least: int = 0) -> Source:
    """The source `tiny` over a table with these rows, written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "tiny.csv"
    table.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    (folder / "source.ttl").write_text(DESCRIPTION, encoding="utf-8")
    return Source(
        name="tiny",
        folder=folder,
        paths=lambda given: [given or table],
        records=lambda inputs: (row for file in inputs.paths for row in read_csv(file)),
        triples=triples,
        check=lambda given: [],
        stated_by=stated_by,
        ignored=frozenset({"remark"}),
        expect={"organization": (least, 1000)},
    )
