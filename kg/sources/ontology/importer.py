"""The ontology as a source: its terms, schemes and alignments, so that they can be queried too.

Shapes, rules, checks and questions are files of the release, not statements: they have blank
nodes, and nobody joins them with data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from kg.errors import InputError, MissingFile
from kg.settings import ONTOLOGY
from kg.sources import Inputs, Triple
from kg.sources.rows import Row

IGNORED: frozenset[str] = frozenset()
EXPECT: dict[str, tuple[int, int]] = {"legal-form": (200, 400), "activity": (700, 2000)}


def paths(given: Path | None) -> list[Path]:
    """`ontology.ttl`, every kind's terms, the schemes and the alignments."""
    root = given or ONTOLOGY
    if not (root / "ontology.ttl").is_file():
        raise MissingFile("there is no ontology.ttl in this folder", file=root)
    patterns = ("ontology.ttl", "*/terms.ttl", "schemes/*.ttl", "alignments/*.ttl")
    return [path for pattern in patterns for path in sorted(root.glob(pattern))]


def records(inputs: Inputs) -> Iterator[Row]:
    """One row per triple; a broken file is an `InputError` with its line."""
    for file in inputs.paths:
        try:
            for quad in parse(path=file, format=RdfFormat.TURTLE):
                if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
                    raise InputError(
                        f"a blank node, in a statement with {quad.predicate.value}",
                        file=file,
                        mend="give the node an IRI",
                    )
                yield Row(
                    {
                        "subject": str(quad.subject),
                        "predicate": str(quad.predicate),
                        "object": str(quad.object),
                    },
                    file,
                    0,
                )
        except SyntaxError as error:
            raise InputError(error.msg, file=file, line=error.lineno) from None


def triples(row: Row) -> Iterator[Triple]:
    """The row's triple."""
    text = f"{row.take('subject')} {row.take('predicate')} {row.take('object')} ."
    for quad in parse(text, format=RdfFormat.N_TRIPLES):
        assert isinstance(quad.subject, NamedNode)
        assert isinstance(quad.object, NamedNode | Literal)
        yield quad.subject, quad.predicate, quad.object
