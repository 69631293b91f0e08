"""The tables of the directory: which mandate each is about, and which office a row is.

A table is known by its columns, for names of files change with every edition:

    table of                       column that only it has
    arrondissement councils        Libellé du secteur
    intercommunal councils         N° SIREN
    département councils           Code du canton
    régional councils              Code de la région
    assemblies of collectivities   Code de la section - collectivité à statut particulier,
                                   or Code de la circonscription métropolitaine
    the National Assembly          Code de la circonscription législative
    mayors, municipal councils     Code de la commune (the latter also Libellé de la fonction)
    the Senate                     Code du département, and none of those

Mandates that no territory of the graph has (the European Parliament, French people abroad) have
none of these columns.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from kg.sources import organizations
from kg.sources.rows import Row

SIREN, COMMUNE, REGION = "N° SIREN", "Code de la commune", "Code de la région"
DEPARTEMENT, COLLECTIVITY = "Code du département", "Code de la collectivité à statut particulier"
OFFICE = "Libellé de la fonction"
FAMILY_NAME = "Nom de l'élu"
PLACES = frozenset(
    {
        *(SIREN, COMMUNE, REGION, DEPARTEMENT, COLLECTIVITY),
        *("Code de la commune de rattachement", "Libellé de la commune de rattachement"),
        *("Code de la section départementale", "Libellé de la section départementale"),
        "Code de la section - collectivité à statut particulier",
        "Libellé de la section - collectivité à statut particulier",
        *("Code de la circonscription législative", "Libellé de la circonscription législative"),
        "Code de la circonscription métropolitaine",
        "Libellé de la circonscription métropolitaine",
        *("Code du canton", "Libellé du canton", "Libellé de l'EPCI", "Libellé de la commune"),
        *("Libellé de la région", "Libellé du département"),
        "Libellé de la collectivité à statut particulier",
    }
)
LYON = "69M"
TABLES = {
    "Libellé du secteur": "arrondissement",
    SIREN: "epci",
    "Code du canton": "departement",
    REGION: "region",
    "Code de la section - collectivité à statut particulier": "collectivity",
    "Code de la circonscription métropolitaine": "collectivity",
    "Code de la circonscription législative": "assembly",
    COMMUNE: "commune",
    DEPARTEMENT: "senate",
    FAMILY_NAME: "elsewhere",
}
HEADS = frozenset({"mayor", "president"})
EXECUTIVES = HEADS | {"deputy-mayor", "local-first-vice-president", "local-vice-president"}
PARLIAMENT = {"assembly": "deputy", "senate": "senator"}
_FIRST = re.compile(r"(1er|1ère|1re|premi(er|ère))\b")
_VICE = re.compile(r"\bvice[- ]président")
_WITHIN = re.compile(r"\b(commission|groupe)\b")  # a part of the council, not the council


def table_of(columns: Collection[str]) -> str:
    """Which table has these columns; empty when none has.

    >>> table_of(["Code du département", "Code du canton", "Nom de l'élu"])
    'departement'
    """
    return next((table for column, table in TABLES.items() if column in columns), "")


def role(table: str, row: Row) -> str:
    """The role (`ontology/schemes/role.ttl`) of a row of that table, by its office as written.

    The table of mayors has no column for the office.
    """
    if table in PARLIAMENT:
        return PARLIAMENT[table]
    office = row.get(OFFICE, "maire").lower()
    if table == "commune" and office == "maire":
        return "mayor"
    if _VICE.search(office):
        return "local-first-vice-president" if _FIRST.match(office) else "local-vice-president"
    if office.startswith("président") and not _WITHIN.search(office):
        return "president"
    if "adjoint" in office or "maire délégué" in office:  # see CGCT, L2113-13
        return "deputy-mayor"
    return "delegate-councillor" if "délégué" in office else "councillor"


def authority(table: str, row: Row) -> str:
    """The key by which `authorities.finder` finds the authority; spreadsheets eat leading zeros."""
    if table == "epci":
        return f"siren-{organizations.padded(row[SIREN])}"
    if table == "commune":
        departement, code = row[DEPARTEMENT].strip().zfill(2), row[COMMUNE].strip()
        if len(code) < 4:  # without its département
            code = departement + code.zfill(5 - len(departement))
        return f"insee-{code.zfill(5)}"
    if table == "departement":
        return f"insee-departement-{row[DEPARTEMENT].strip().zfill(2)}"
    if table == "region":
        return f"insee-region-{row[REGION].strip().zfill(2)}"
    if table == "collectivity":
        code = row[COLLECTIVITY].strip()
        return f"insee-{code}" if code == LYON else f"insee-departement-{code}"
    return table
