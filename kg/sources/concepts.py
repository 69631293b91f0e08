"""Concepts: the closed vocabularies of `ontology/schemes/`, by notation."""

from __future__ import annotations

from functools import cache

from pyoxigraph import NamedNode, RdfFormat, parse

from kg.settings import ONTOLOGY
from kg.sources.rows import RowError
from kg.vocab import ESS, SKOS


@cache
def concepts(scheme: str) -> dict[str, NamedNode]:
    """The concepts of `ontology/schemes/<scheme>.ttl` by their notation."""
    return {value: concept for concept, value in _stated(scheme, SKOS.notation)}


def concept(scheme: str, column: str, code: str) -> NamedNode:
    """The concept with that notation; `RowError` names the column and the code that is unknown."""
    try:
        return concepts(scheme)[code]
    except KeyError:
        where = f"ontology/schemes/{scheme}.ttl"
        raise RowError(column, code, f"is not in {where}", f"add it to {where}") from None


@cache
def families() -> dict[str, str]:
    """The legal family of each legal form from which one follows by law, by their notations."""
    return {
        form.value.rpartition("/")[2]: family.rpartition("/")[2]
        for form, family in _stated("legal-form", ESS.legalFamily)
    }


def _stated(scheme: str, predicate: NamedNode) -> list[tuple[NamedNode, str]]:
    """Each concept of a scheme that has the property, with its value."""
    quads = parse(path=ONTOLOGY / "schemes" / f"{scheme}.ttl", format=RdfFormat.TURTLE)
    return [
        (quad.subject, quad.object.value)
        for quad in quads
        if quad.predicate == predicate and isinstance(quad.subject, NamedNode)
    ]
