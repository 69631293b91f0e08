"""Establishments of the ESS: INSEE's stock file of Sirene, `StockEtablissement`.

CSV, a CSV in a zip, or Parquet, one row for each of 43 million establishments; DuckDB keeps those
of the legal units that the source `sirene` has. The seat gives its organisation commune,
département and région. Which establishments become things of their own is the option `only`:

    all        every one, open or closed        employers  those with employees
    seats      the seats                        communes   none: the seats' communes only

What is published of the place of an establishment:

    commune, département, région    of all
    coordinates                     of open establishments with employees, whose diffusion is full
    street, number, postal code     of none

The seat of an association without employees is often the home of a volunteer, that of a company
without employees often its founder's: a point on the map would tell where they live. Where people
are employed, the point is that of a workplace. Coordinates of others are not even read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import duckdb
from pyoxigraph import Literal, NamedNode

from kg import clean, iri, sql
from kg.sources import Inputs, Triple, codes, places, stock
from kg.sources.codes import ESTABLISHMENT
from kg.sources.establishments.projection import degrees, projection
from kg.sources.rows import LeftOut, Row, RowError, checked
from kg.sources.stock import Columns
from kg.vocab import ESS, GEO, ORG, RDF, RDFS, SCHEMA, SF, SKOS, XSD

HOW = (
    "run 'kg fetch establishments', or get StockEtablissement (Parquet or zip) from data.gouv.fr "
    "and give it with --with establishments=FILE"
)
SIGNS = (
    *("enseigne1Etablissement", "enseigne2Etablissement", "enseigne3Etablissement"),
    "denominationUsuelleEtablissement",
)
TOWN, TOWN_ABROAD = "libelleCommuneEtablissement", "libelleCommuneEtrangerEtablissement"
COMMUNE, COUNTRY = "codeCommuneEtablissement", "libellePaysEtrangerEtablissement"
EMPLOYER, SEAT = "caractereEmployeurEtablissement", "etablissementSiege"
X, Y = "coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement"
STATED = (
    *("siren", "nic", SEAT, *SIGNS, TOWN, TOWN_ABROAD, COUNTRY, COMMUNE, EMPLOYER),
    *("activitePrincipaleEtablissement", "nomenclatureActivitePrincipaleEtablissement"),
    *("trancheEffectifsEtablissement", "dateCreationEtablissement"),
    *("etatAdministratifEtablissement", "dateDebut"),
)
LATER = (X, Y, "activitePrincipaleNAF25Etablissement")  # 2024, 2025
SECOND_ADDRESS = {
    *("complementAdresse2", "numeroVoie2", "indiceRepetition2", "typeVoie2", "libelleVoie2"),
    *("codePostal2", "libelleCommune2", "libelleCommuneEtranger2", "distributionSpeciale2"),
    *("codeCommune2", "codeCedex2", "libelleCedex2", "codePaysEtranger2", "libellePaysEtranger2"),
}
IGNORED = frozenset(
    {
        *(f"{name}Etablissement" for name in SECOND_ADDRESS),
        "activitePrincipaleRegistreMetiersEtablissement",
        "anneeEffectifsEtablissement",
        "codeCedexEtablissement",
        "codePaysEtrangerEtablissement",
        "codePostalEtablissement",  # finer than some communes
        "complementAdresseEtablissement",  # streets: see above
        "dateDernierTraitementEtablissement",
        "dernierNumeroVoieEtablissement",
        "distributionSpecialeEtablissement",
        "identifiantAdresseEtablissement",
        "indiceRepetitionDernierNumeroVoieEtablissement",
        "indiceRepetitionEtablissement",
        "libelleCedexEtablissement",
        "libelleVoieEtablissement",
        "nombrePeriodesEtablissement",
        "numeroVoieEtablissement",
        "siret",  # siren and nic
        "typeVoieEtablissement",
    }
)
COLUMNS = Columns((*STATED, "statutDiffusionEtablissement"), LATER, IGNORED)
CODED = {
    "siren": stock.padded("file.siren", 9),
    "nic": stock.padded("file.nic", 5),
    COMMUNE: stock.padded(f"file.{COMMUNE}", 5),
}

# The kept legal units: their names are N-Triples literals in the converted source.
UNITS = f"""CREATE TEMP TABLE unit AS
SELECT trim(number.object, '"') AS siren, min(replace(replace(replace(
        regexp_extract(label.object, '^"(.*)"@fr$', 1), '\\\\', chr(1)), '\\"', '"'), chr(1), '\\')
    ) AS name
FROM read_parquet($sirene) AS number JOIN read_parquet($sirene) AS label USING (subject)
WHERE number.predicate = '{ESS.siren}' AND label.predicate = '{RDFS.label}'
GROUP BY ALL"""
NAME, DESCRIBED, POINT = "name of the unit", "described", ("longitude", "latitude")
IS_SEAT, IS_EMPLOYER = f"coalesce({SEAT}, '') = 'true'", f"coalesce({EMPLOYER}, '') = 'O'"
ONLY = {"all": "true", "seats": IS_SEAT, "employers": IS_EMPLOYER, "communes": "false"}
PUBLISHED_POINT = (
    f"{IS_EMPLOYER} AND etatAdministratifEtablissement = 'A' AND statutDiffusionEtablissement = 'O'"
)

NEEDS = ("sirene", "territories")
OPTIONS = {"only": tuple(ONLY), "extent": ("france", "part")}
EXPECT = {"establishment": (1_100_000, 6_000_000)}
EXPECT_WITH: dict[tuple[str, str], dict[str, tuple[int, int]]] = {
    ("only", "seats"): {"establishment": (1_000_000, 1_600_000)},
    ("only", "employers"): {"establishment": (150_000, 350_000)},
    ("only", "communes"): {},
    ("extent", "part"): {},
}
COMPLETE = True
TRUE = Literal("true", datatype=XSD.boolean)


def paths(given: Path | None) -> list[Path]:
    """The stock file that was given, or is in the folder given."""
    return stock.paths(given, "StockEtablissement", HOW)


def records(inputs: Inputs) -> Iterator[Row | LeftOut]:
    """The seats of the kept legal units, and those of their establishments that `only` chooses.

    A row has, besides its columns, the name of its unit, whether it is to be `described` as a thing
    of its own, where it is (`places.COLUMNS`) and, in degrees, the point that may be published.
    """
    only = inputs.options.get("only", "all")
    reasons = {
        "of a legal unit that is not kept": "unit.siren IS NULL",
        "not open to publication": "coalesce(statutDiffusionEtablissement, '') NOT IN ('O', 'P')",
        f"not kept with only = {only}": f"NOT ({ONLY[only]} OR {IS_SEAT})",
    }
    (path,) = inputs.paths
    with duckdb.connect() as connection, stock.opened(path, COLUMNS) as (table, unknown):
        connection.execute(UNITS, {"sirene": str(inputs.converted["sirene"])})
        places.table(connection, inputs.converted["territories"])
        joined = (
            f"{table} AS file LEFT JOIN unit ON unit.siren = {CODED['siren']} "
            f"LEFT JOIN place ON place.code = {CODED[COMMUNE]}"
        )
        values = _values((*STATED, *LATER, *unknown), ONLY[only])
        yield from _located(stock.sift(connection, path, joined, reasons, values))


def _values(names: tuple[str, ...], described: str) -> Mapping[str, str]:
    """A row's columns, in SQL."""
    point = f"{PUBLISHED_POINT} AND {described}"
    return {
        **{name: CODED.get(name, f"file.{sql.name(name)}") for name in names},
        **{name: f"if({point}, {name}, '')" for name in (X, Y)},
        **{column: f"place.{column}" for column in places.COLUMNS},
        NAME: "unit.name",
        DESCRIBED: described,
    }


def _located(rows: Iterator[Row | LeftOut]) -> Iterator[Row | LeftOut]:
    """The rows with their points in degrees, worked out for many at once.

    The plane coordinates that could not be turned into degrees stay in their row.
    """
    while batch := list(islice(rows, stock.BATCH)):
        projected: dict[int, list[Row]] = {}
        for row in batch:
            if not isinstance(row, Row):
                continue
            row.update(dict.fromkeys(POINT, ""))
            epsg = projection(row[COMMUNE])
            if epsg and _number(row[X]) and _number(row[Y]):
                projected.setdefault(epsg, []).append(row)
        for epsg, found in projected.items():
            x, y = ([float(row[column]) for row in found] for column in (X, Y))
            for row, point in zip(found, degrees(epsg, x, y), strict=True):
                if point:
                    row.update(zip(POINT, point, strict=True))
                    row.update({X: "", Y: ""})
        yield from batch


def _number(value: str) -> bool:
    return value.replace(".", "", 1).removeprefix("-").isdecimal()


def triples(row: Row) -> Iterator[Triple]:
    """What a row says of an establishment, and of its organisation's seat.

    Raises `RowError` for a number, a code, a date or a point that is none.
    """
    siren = checked("siren", row.take("siren"), clean.siren)
    siret = checked("nic", siren + row.take("nic"), clean.siret)
    organization = iri.named("organization", f"siren-{siren}")
    me = iri.named("establishment", f"siret-{siret}")
    described, seat = (row.take(column) == "true" for column in (DESCRIBED, SEAT))
    abroad = _abroad(row)
    place = [(predicate, value) for _, predicate, value in places.seat(me, row)]
    if described:
        yield me, ORG.siteOf, organization
        yield me, ESS.siret, Literal(siret)
        yield from ((me, predicate, value) for predicate, value in place)
        yield from _described(me, row)
    else:
        for column in {*STATED, *LATER, *POINT, NAME} & row.keys():
            del row[column]
    if seat:
        yield from ((organization, predicate, value) for predicate, value in place)
        if abroad:
            yield organization, ESS.seat, Literal(abroad, language="fr")
        if described:
            yield organization, ORG.hasRegisteredSite, me


def _abroad(row: Row) -> str:
    """A place in another country, as the register writes it; empty for one in a commune."""
    code, country = row.take(COMMUNE), clean.text(row.take(COUNTRY))
    if code and not row["commune"]:
        raise RowError(COMMUNE, code, "is no commune of today or of the past")
    town = clean.text(row[TOWN_ABROAD])
    if code:
        return ""
    return f"{town} ({country})" if town and country else town or country


def _described(me: NamedNode, row: Row) -> Iterator[Triple]:
    """The establishment as a thing of its own."""
    yield me, RDF.type, ORG.Site
    yield me, RDF.type, SCHEMA.Place
    yield from _names(me, row)
    yield from codes.life(me, row, ESTABLISHMENT)
    yield from codes.activity(me, row, ESTABLISHMENT)
    if row.take(EMPLOYER) == "O":
        yield me, ESS.employer, TRUE
    yield from codes.size(me, row, ESTABLISHMENT)
    yield from _point(me, row)


def _names(me: NamedNode, row: Row) -> Iterator[Triple]:
    """A label from the unit's name and the commune's; the signs over the door as other names."""
    name, town, abroad = (clean.text(row.take(column)) for column in (NAME, TOWN, TOWN_ABROAD))
    label = ", ".join(filter(None, (name, town or abroad)))
    yield me, RDFS.label, Literal(label, language="fr")
    for sign in dict.fromkeys(clean.text(row.take(column)) for column in SIGNS):
        if sign not in ("", name):
            yield me, SKOS.altLabel, Literal(sign, language="fr")


def _point(me: NamedNode, row: Row) -> Iterator[Triple]:
    """Where it is, as GeoSPARQL has it and as plain numbers."""
    for column in (X, Y):
        if value := row.take(column):
            raise RowError(column, value, "is not a coordinate in the territory of the commune")
    longitude, latitude = (row.take(column) for column in POINT)
    if not longitude:
        return
    geometry = iri.part(me, "geometry")
    yield me, RDF.type, GEO.Feature
    yield me, SCHEMA.longitude, Literal(longitude, datatype=XSD.decimal)
    yield me, SCHEMA.latitude, Literal(latitude, datatype=XSD.decimal)
    yield me, GEO.hasGeometry, geometry
    yield geometry, RDF.type, GEO.Geometry
    yield geometry, RDF.type, SF.Point
    yield geometry, GEO.asWKT, Literal(f"POINT({longitude} {latitude})", datatype=GEO.wktLiteral)
