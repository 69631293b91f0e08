"""Organisations, people, and what ties them: the tables about who is who."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.sources import Triple
from kg.sources.curated.cells import (
    bilingual,
    facts,
    in_order,
    kinds,
    named,
    node,
    notes,
    tenure,
    text,
)
from kg.sources.rows import Row
from kg.vocab import DCTERMS, ESS, FOAF, LEGAL, ORG, RDFS, SCHEMA, SKOS

NATURES: dict[str, tuple[NamedNode, ...]] = {
    "formal": (ORG.FormalOrganization, SCHEMA.Organization, LEGAL.LegalEntity),
    "unit": (ORG.OrganizationalUnit, SCHEMA.Organization),
    "collaboration": (ORG.OrganizationalCollaboration, SCHEMA.Organization),
    "other": (ORG.Organization, SCHEMA.Organization),
}
RELATIONS = {"serves": SCHEMA.areaServed, "governs": ESS.governs}


def organizations(row: Row) -> Iterator[Triple]:
    """An organisation: formal, a unit of another, or a collaboration of several."""
    me = named(row, "organization")
    yield from kinds(me, *NATURES[text(row, "nature")])
    yield from bilingual(me, row, "name", RDFS.label, SKOS.prefLabel)
    in_order(row, "founded", "dissolved")
    columns = {
        "type": ORG.classification,
        "legal_form": ESS.legalForm,
        "family": ESS.legalFamily,
        "family_basis": ESS.legalFamilyBasis,
        "founded": SCHEMA.foundingDate,
        "dissolved": SCHEMA.dissolutionDate,
        "commune": ESS.commune,
        "homepage": FOAF.homepage,
    }
    yield from facts(me, row, columns)
    if seat := text(row, "seat"):
        yield me, ESS.seat, Literal(seat, language="fr")
    yield from notes(me, row)


def people(row: Row) -> Iterator[Triple]:
    """A person. Names of people carry no language."""
    me = named(row, "person")
    yield from kinds(me, FOAF.Person, SCHEMA.Person)
    given, family = text(row, "given_name"), text(row, "family_name")
    if given:
        yield me, FOAF.givenName, Literal(given)
    yield me, FOAF.familyName, Literal(family)
    for predicate in (RDFS.label, FOAF.name):
        yield me, predicate, Literal(f"{given} {family}".strip())
    yield from facts(me, row, {"homepage": FOAF.homepage})
    yield from notes(me, row)


def roles(row: Row) -> Iterator[Triple]:
    """A role that a person held: a part of the person, the same for every row with that key."""
    person = node(row, "person")
    me = iri.part(person, text(row, "key"))
    title = Literal(text(row, "title"), language="fr")
    yield me, ESS.roleTitle, title
    yield from tenure(me, row, person)
    yield from notes(me, row)


def memberships(row: Row) -> Iterator[Triple]:
    """An organisation's membership of another: a part of the member."""
    member = node(row, "member")
    tie = "partner" if row["role"] == "partner" else "member"
    me = iri.part(member, f"{tie}-of-{row['organization']}")
    yield from tenure(me, row, member)


def units(row: Row) -> Iterator[Triple]:
    """A unit of an organisation."""
    yield node(row, "unit"), ORG.unitOf, node(row, "organization")


def changes(row: Row) -> Iterator[Triple]:
    """A merger, a new name, a liquidation: a part of the organisation that it happened to."""
    organization = node(row, "organization")
    me = iri.part(organization, text(row, "key"))
    yield from kinds(me, ORG.ChangeEvent)
    yield organization, ORG.changedBy, me
    yield me, ORG.originalOrganization, organization
    columns = {"type": DCTERMS.type, "result": ORG.resultingOrganization, "date": DCTERMS.date}
    yield from facts(me, row, columns)


def areas(row: Row) -> Iterator[Triple]:
    """The territory that an organisation serves or governs."""
    yield node(row, "organization"), RELATIONS[text(row, "relation")], node(row, "territory")


def grants(row: Row) -> Iterator[Triple]:
    """An award: a part of the organisation that received it."""
    organization = node(row, "organization")
    me = iri.part(organization, text(row, "key"))
    yield from kinds(me, SCHEMA.MonetaryGrant)
    yield organization, SCHEMA.funding, me
    yield me, RDFS.label, Literal(text(row, "name"), language="fr")
    columns = {"amount": SCHEMA.amount, "currency": SCHEMA.currency, "date": DCTERMS.date}
    yield from facts(me, row, columns)
