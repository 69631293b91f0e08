"""Credits: a name that a work gives to someone or something that no identifier makes known.

Who is only a name is no entity: nobody is guessed. The credit keeps the name, the role in which
the source gives it, and on what basis the role is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.clean import web
from kg.sources import Triple
from kg.vocab import ESS, RDF, RDFS, SCHEMA


@dataclass(frozen=True)
class Credit:
    """A name and its roles, each with its language ("" for the source's own word).

    `basis` is a notation of `ontology/schemes/credit-basis.ttl`.
    """

    name: str
    roles: tuple[tuple[str, str], ...] = ()
    basis: str = "stated"
    group: str = ""
    url: str = ""


def credits(work: NamedNode, given: Sequence[Credit]) -> Iterator[Triple]:
    """The credits of a work: parts of it, numbered in the order of the source."""
    for number, each in enumerate(given, 1):
        me = iri.part(work, f"credit-{number}")
        yield work, ESS.credit, me
        yield me, RDF.type, ESS.Credit
        yield me, RDFS.label, Literal(each.name)
        yield me, ESS.creditedName, Literal(each.name)
        for role, language in each.roles:
            yield me, SCHEMA.roleName, Literal(role, language=language or None)
        yield me, ESS.creditBasis, iri.named("credit-basis", each.basis)
        if each.group:
            yield me, ESS.creditGroup, Literal(each.group)
        if each.url:
            yield me, SCHEMA.url, web(each.url)
