"""Legal units of the ESS: INSEE's stock file of Sirene, `StockUniteLegale`.

CSV, a CSV in a zip, or Parquet, one row for each of 29 million legal units; DuckDB keeps those that
the register flags as belonging to the social and solidarity economy, active or ceased. Columns:
https://www.sirene.fr/static-resources/documentation/v_sommaire_311.htm

What the register does not publish is not published: a masked value is empty, a unit without a name
that may be published is left out, and so are natural persons, whose columns are not even read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
from pyoxigraph import Literal, NamedNode

from kg import clean, iri, sql
from kg.sources import Inputs, Triple, codes, identifiers, stock
from kg.sources.codes import UNIT
from kg.sources.concepts import concept, concepts, families
from kg.sources.rows import LeftOut, Row, RowError, checked
from kg.sources.stock import MASKED, Columns
from kg.vocab import ESS, FOAF, LEGAL, ORG, RDF, RDFS, SCHEMA, SKOS, XSD

HOW = (
    "run 'kg fetch sirene', or get StockUniteLegale (Parquet or zip) from data.gouv.fr "
    "and give it with --with sirene=FILE"
)
NAMES = (
    "denominationUniteLegale",
    "denominationUsuelle1UniteLegale",
    "denominationUsuelle2UniteLegale",
    "denominationUsuelle3UniteLegale",
)
ACRONYM = "sigleUniteLegale"
FLAG = "economieSocialeSolidaireUniteLegale"
STATED = (
    *("siren", *NAMES, ACRONYM),
    *("categorieJuridiqueUniteLegale", "categorieEntreprise", "trancheEffectifsUniteLegale"),
    *("activitePrincipaleUniteLegale", "nomenclatureActivitePrincipaleUniteLegale"),
    *("dateCreationUniteLegale", "etatAdministratifUniteLegale", "dateDebut"),
    *("nicSiegeUniteLegale", "identifiantAssociationUniteLegale"),
)
LATER = ("societeMissionUniteLegale", "activitePrincipaleNAF25UniteLegale")  # 2021, 2025
IGNORED = frozenset(
    {
        *(f"prenom{number}UniteLegale" for number in range(1, 5)),  # natural persons
        "anneeCategorieEntreprise",
        "anneeEffectifsUniteLegale",
        "caractereEmployeurUniteLegale",  # no longer kept: always empty
        "dateDernierTraitementUniteLegale",
        "nomUniteLegale",
        "nomUsageUniteLegale",
        "nombrePeriodesUniteLegale",
        "prenomUsuelUniteLegale",
        "pseudonymeUniteLegale",
        "sexeUniteLegale",
        "unitePurgeeUniteLegale",
    }
)
COLUMNS = Columns((*STATED, FLAG, "statutDiffusionUniteLegale"), LATER, IGNORED)
CODED = {
    "siren": stock.padded("siren", 9),
    "categorieJuridiqueUniteLegale": stock.padded("categorieJuridiqueUniteLegale", 4),
    "nicSiegeUniteLegale": stock.padded("nicSiegeUniteLegale", 5),
}
PUBLISHED_NAME = ", ".join(f"nullif(trim({name}), '{MASKED}')" for name in (*NAMES, ACRONYM))
REASONS = {
    "not flagged as belonging to the ESS": f"{FLAG} IS DISTINCT FROM 'O'",
    "not open to publication": "coalesce(statutDiffusionUniteLegale, '') NOT IN ('O', 'P')",
    "a natural person": "categorieJuridiqueUniteLegale LIKE '1%'",
    "without a name that may be published": f"coalesce({PUBLISHED_NAME}, '') = ''",
}
NO_EMPLOYER = "coalesce(trancheEffectifsUniteLegale, 'NN') = 'NN'"

EXPECT = {"organization": (1_000_000, 1_600_000)}
EXPECT_WITH = {
    ("only", "employers"): {"organization": (120_000, 240_000)},
    ("extent", "part"): {"organization": (1, 1_600_000)},
}
OPTIONS = {"only": ("all", "employers"), "extent": ("france", "part")}
COMPLETE = True

CLASSES = (
    *(ORG.FormalOrganization, SCHEMA.Organization, LEGAL.LegalEntity),
    *(ORG.Organization, FOAF.Agent),  # superclasses, as ontology/rules would add them
)
TRUE = Literal("true", datatype=XSD.boolean)
MISSION = {"O": True, "true": True, "N": False, "false": False, "": False}


def paths(given: Path | None) -> list[Path]:
    """The stock file that was given, or is in the folder given."""
    return stock.paths(given, "StockUniteLegale", HOW)


def records(inputs: Inputs) -> Iterator[Row | LeftOut]:
    """The legal units of the ESS that may be named; with `only = employers`, those with staff."""
    reasons = dict(REASONS)
    if inputs.options.get("only") == "employers":
        reasons["not an employer"] = NO_EMPLOYER
    (path,) = inputs.paths
    with duckdb.connect() as connection, stock.opened(path, COLUMNS) as (table, unknown):
        values = {name: CODED.get(name, sql.name(name)) for name in (*STATED, *LATER, *unknown)}
        yield from stock.sift(connection, path, table, reasons, values)


def triples(row: Row) -> Iterator[Triple]:
    """What a row says of an organisation; `RowError` for a number, code or date that is none."""
    siren = checked("siren", row.take("siren"), clean.siren)
    me = iri.named("organization", f"siren-{siren}")
    for each in CLASSES:
        yield me, RDF.type, each
    yield from _names(me, row)
    yield from _family(me, row)
    yield from codes.activity(me, row, UNIT)
    yield from codes.size(me, row, UNIT)
    yield from _company(me, row)
    yield from codes.life(me, row, UNIT)
    yield from _numbers(me, row, siren)


def _names(me: NamedNode, row: Row) -> Iterator[Triple]:
    """The name, other names in use, the acronym; the first that there is names the organisation."""
    names = [clean.text(row.take(column)) for column in NAMES]
    acronym = clean.text(row.take(ACRONYM))
    name = next(filter(None, (*names, acronym)), "")
    if not name:
        raise RowError(NAMES[0], "", "is empty: an organisation needs a name")
    label = Literal(name, language="fr")
    yield me, RDFS.label, label
    yield me, SKOS.prefLabel, label
    for other in dict.fromkeys(names):
        if other not in ("", name):
            yield me, SKOS.altLabel, Literal(other, language="fr")
    if acronym and acronym != name:
        yield me, ESS.acronym, Literal(acronym, language="fr")


def _family(me: NamedNode, row: Row) -> Iterator[Triple]:
    """The legal form; the family that follows from it by law, else undetermined: the flag of the
    register says that a unit belongs to the ESS, not by what it does.
    """
    code = row.take("categorieJuridiqueUniteLegale")
    yield me, ESS.legalForm, concept("legal-form", "categorieJuridiqueUniteLegale", code)
    family = families().get(code)
    basis = "law" if family else "register-flag"
    yield me, ESS.legalFamily, concepts("legal-family")[family or "undetermined"]
    yield me, ESS.legalFamilyBasis, concepts("family-basis")[basis]


def _company(me: NamedNode, row: Row) -> Iterator[Triple]:
    """The statistical category, and whether it is a mission company."""
    if category := row.take("categorieEntreprise"):
        value = concept("enterprise-category", "categorieEntreprise", category)
        yield me, ESS.enterpriseCategory, value
    mission = row.take("societeMissionUniteLegale")
    if mission not in MISSION:
        raise RowError("societeMissionUniteLegale", mission, "is neither O nor N")
    if MISSION[mission]:
        yield me, ESS.missionCompany, TRUE


def _numbers(me: NamedNode, row: Row, siren: str) -> Iterator[Triple]:
    """SIREN, RNA number, and the SIRET of the seat: as an identifier it is the establishment's."""
    yield from identifiers.current(me, "siren", siren)
    if nic := row.take("nicSiegeUniteLegale"):
        siret = checked("nicSiegeUniteLegale", siren + nic, clean.siret)
        yield me, ESS.siret, Literal(siret)
    if number := row.take("identifiantAssociationUniteLegale"):
        rna = checked("identifiantAssociationUniteLegale", number, clean.rna)
        yield from identifiers.current(me, "rna", rna)
