"""Identifiers: each stands twice, as a plain string for lookup and with its scheme."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.sources import Triple
from kg.vocab import ADMS, DCTERMS, ESS, RDF, RDFS, SCHEMA, SKOS

# The plain property of each scheme; the others share `schema:identifier`.
PLAIN = {
    "siren": ESS.siren,
    "siret": ESS.siret,
    "rna": ESS.rna,
    "insee": ESS.inseeCode,
    "doi": ESS.doi,
    "eli": ESS.eli,
    "hal": ESS.halId,
    "isbn": ESS.isbn,
    "nor": ESS.nor,
}


def current(me: NamedNode, scheme: str, value: str) -> Iterator[Triple]:
    """An identifier that is in force."""
    yield me, PLAIN.get(scheme, SCHEMA.identifier), Literal(value)
    yield from _described(me, scheme, value)


def former(me: NamedNode, scheme: str, value: str) -> Iterator[Triple]:
    """An identifier that no longer is: it is not to be found among those in force."""
    yield from _described(me, scheme, value)
    yield _part(me, scheme, value), ESS.identifierStatus, Literal("former")


def _described(me: NamedNode, scheme: str, value: str) -> Iterator[Triple]:
    part, notation = _part(me, scheme, value), Literal(value)
    yield part, RDF.type, ADMS.Identifier
    yield me, ADMS.identifier, part
    yield part, RDFS.label, notation
    yield part, SKOS.notation, notation
    yield part, DCTERMS.type, Literal(scheme)


def _part(me: NamedNode, scheme: str, value: str) -> NamedNode:
    return iri.part(me, f"{scheme}-{re.sub(r'[^A-Za-z0-9._-]+', '-', value).strip('-')}")
