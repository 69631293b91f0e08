"""The registers, invented, with all the columns and the traps of the real ones, at any size.

    python -m bench.registers --units 29000000 --flagged 1200000 --folder var/bench/registers

    StockUniteLegale_utf8.parquet       a row for each legal unit, few of them with the flag
    StockEtablissement_utf8.parquet     their seats, and further establishments of those flagged
    ess-france.csv                      part of those flagged; some that are not
    esus.xlsx                           approvals
    rna_waldec.csv                      associations; some that Sirene does not know

DuckDB makes the rows: every value follows from the unit's number and the seed, so the same numbers
give the same bytes. The traps: masked values, natural persons with the flag, units without a name,
old nomenclatures, codes of communes that are no more, seats abroad, points out of place, wrong
check digits, quotes and commas in names; numbers without their zeros and other families on the
list; null dates on the RNA.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
from openpyxl import Workbook

from bench import words
from bench.generate import SEED
from kg import sql
from kg.sources.territories.importer import PACKAGE

PLACES = 1 << 16
CROWDS = {"75056", "69123", "13055"}  # their arrondissements stand for them
FORMATS = {
    "parquet": "(FORMAT parquet, COMPRESSION zstd)",
    "csv": "(FORMAT csv, HEADER, NULLSTR '')",
}
FAMILIES = {
    "association": "Associations", "cooperative": "Coopératives", "mutual": "Mutuelles",
    "foundation": "Fondations", "commercial-company": "Sociétés commerciales de l'ESS",
    "undetermined": "Sociétés commerciales de l'ESS",
}  # fmt: skip


def luhn(number: str, length: int) -> str:
    """SQL: the check digit of a whole number of so many digits."""
    digits = [f"(({number}) // {10**place} % 10)" for place in range(length)]
    doubled = [f"(2 * {d} - if({d} > 4, 9, 0))" if n % 2 == 0 else d for n, d in enumerate(digits)]
    return f"((10 - ({' + '.join(doubled)}) % 10) % 10)"


def dice(tag: str, sides: int) -> str:
    """SQL: a number from 0 to sides - 1 that follows from the unit's number, the tag and seed."""
    return f"(hash(i, '{tag}', getvariable('seed')) % {sides})::BIGINT"


def one_of(values: Iterable[str], tag: str) -> str:
    """SQL: one of some texts."""
    found = list(values)
    return f"{_list(found)}[1 + {dice(tag, len(found))}]"


def weighted(table: dict[str, float], tag: str) -> str:
    """SQL: one of some texts, as often as their weights say, to one in two thousand."""
    total = sum(table.values())
    found = [v for v, weight in table.items() for _ in range(max(1, round(2000 * weight / total)))]
    return one_of(found, tag)


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(sql.text(value) for value in values) + "]"


def day(year: str, tag: str) -> str:
    """SQL: a day of a year, as the registers write it."""
    return (
        f"({year}) || '-' || lpad((1 + {dice(tag + 'm', 12)})::VARCHAR, 2, '0') || '-' || "
        f"lpad((1 + {dice(tag + 'd', 28)})::VARCHAR, 2, '0')"
    )


@dataclass(frozen=True)
class Size:
    """How many legal units, and how many of them have the flag."""

    units: int
    flagged: int

    @property
    def numbers(self) -> str:
        """SQL: unit numbers `i`, and whether they are flagged."""
        gap = max(1, self.units // self.flagged)
        return f"SELECT i, i % {gap} = 0 AND i // {gap} < {self.flagged} AS flagged"


def _places(connection: duckdb.DuckDBPyConnection) -> None:
    """The table `place`: communes as often as people live there, by number."""
    communes = json.loads((PACKAGE / "communes.json").read_text(encoding="utf-8"))
    names = {
        level: {
            row["code"]: row["nom"] for row in json.loads((PACKAGE / f"{level}.json").read_text())
        }
        for level in ("departements", "regions")
    }
    kept = [
        row
        for row in communes
        if row["type"] in {"commune-actuelle", "arrondissement-municipal"}
        and row["code"] not in CROWDS
        and row.get("population")
        and row.get("departement") in names["departements"]
        and row.get("region") in names["regions"]
    ]
    kept.sort(key=lambda row: row["code"])
    total = sum(row["population"] for row in kept)
    rows: list[tuple[str, ...]] = []
    people = 0
    for row in kept:
        people += row["population"]
        share = PLACES * people // total - len(rows)
        old = (row.get("anciensCodes") or [row["code"]])[0]
        departement, region = row["departement"], row["region"]
        cells = (row["code"], old, row["nom"].upper(), row["codesPostaux"][0], departement)
        cells += (names["departements"][departement], names["regions"][region])
        rows += [cells] * share
    columns = [list(column) for column in zip(*rows, strict=True)]
    connection.execute(
        "CREATE TABLE place AS SELECT unnest(range(len($1)))::BIGINT AS n, unnest($1) AS code, "
        "unnest($2) AS old, unnest($3) AS town, unnest($4) AS postal, unnest($5) AS departement, "
        "unnest($6) AS departement_name, unnest($7) AS region_name",
        columns,
    )


def _units(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """The view `unit`: what the rows of several registers have in common."""
    step = max(1, 99_000_000 // size.units)
    forms = {f"{form.code} {form.family}": form.weight for form in words.FORMS}
    employers = {code: n for code, n in words.SIZE_CLASSES.items() if code != "NN"}
    heads = [head.upper() for form in words.FORMS for head in form.heads]
    connection.execute(
        f"""CREATE VIEW unit AS
        WITH number AS ({size.numbers} FROM range({size.units}) AS range(i)),
        drawn AS (SELECT *,
            500_000 + i * {step} + {dice("siren", step)} AS body,
            CASE WHEN flagged THEN {dice("person", 4000)} = 0 ELSE {dice("person", 10)} < 6 END AS person,
            {weighted(forms, "form")} AS form_family,
            {dice("employer", 100)} < if(flagged, 13, 8) AS employer,
            {dice("abroad", 2000)} = 0 AS abroad,
            {dice("ceased", 100)} < if(flagged, 16, 55) AS ceased,
            {dice("partial", 1000)} < if(flagged, 8, 150) AS partial,
            greatest(1901, 2025 - (-16 * ln((1 + {dice("year", 100000)}) / 100001.0))::BIGINT) AS founded
            FROM number)
        SELECT drawn.*, place.* EXCLUDE n,
            lpad(body::VARCHAR, 8, '0') ||
                if({dice("wrong", 50000)} = 0, '0', {luhn("body", 8)}::VARCHAR) AS siren,
            CASE WHEN person THEN '1000' WHEN flagged THEN left(form_family, 4)
                ELSE {one_of(("5710", "5499", "5710", "6540", "5710", "9220", "5599", "7210"), "other")}
                END AS form,
            split_part(form_family, ' ', 2) AS family,
            1 + {dice("nic", 5)} // 4 AS nth,
            if(employer, {weighted(employers, "staff")}, if({dice("staff", 9)} = 0, NULL, 'NN')) AS staff,
            {one_of(heads, "head")} || ' ' || upper({one_of(words.PURPOSES, "purpose")})
                || if({dice("town", 10)} < 6, ' ' || town, '')
                || if({dice("quoted", 2000)} = 0, ' "LA RUCHE", ' || i, '') AS name,
            coalesce(try_cast(departement[2] AS INTEGER), 0) + 10 * (i // 10_000_000) AS tens,
            CASE WHEN form LIKE '92%' AND {dice("rna", 100)} < 65
                THEN 'W' || left(departement, 1) || chr((48 + tens + if(tens > 9, 7, 0))::INTEGER)
                    || lpad((i % 10_000_000)::VARCHAR, 7, '0')
                END AS rna,
            least(2026, founded + 1 + {dice("end", 25)}) AS ended,
            {day("founded", "founded")} AS created
        FROM drawn JOIN place ON place.n = {dice("place", PLACES)}"""  # noqa: E501
    )


ND = "if(partial, '[ND]', {})"
NIC = f"lpad(nth::VARCHAR, 4, '0') || {luhn('(siren::BIGINT * 10000 + nth)', 13)}::VARCHAR"
OLD = f"(ceased AND ended < 2008 AND {dice('old', 2)} = 0)"
NAF = f"""CASE WHEN {OLD} THEN '57.10' WHEN {dice("uncoded", 100)} = 0 THEN '00.00Z'
    ELSE {weighted(words.ACTIVITIES, "naf")} END"""
NAF_2025 = weighted({f"{code[:5]}H": weight for code, weight in words.ACTIVITIES.items()}, "naf")
# Where plane coordinates lie in each territory, west and south; 100 km wide.
CORNERS = """CASE departement WHEN '971' THEN [640000, 1770000] WHEN '972' THEN [690000, 1600000]
    WHEN '973' THEN [300000, 500000] WHEN '974' THEN [320000, 7630000]
    WHEN '976' THEN [510000, 8560000] ELSE [400000, 6500000] END"""


def _unit_columns() -> dict[str, str]:
    """The columns of StockUniteLegale, in SQL over the view `unit`."""
    given = [name.upper() for name in words.GIVEN_NAMES]
    family = [name.upper() for name in words.FAMILY_NAMES]
    return {
        "siren": "siren",
        "statutDiffusionUniteLegale": f"if(partial, if({dice('n', 200)} = 0, 'N', 'P'), 'O')",
        "unitePurgeeUniteLegale": f"if(ceased AND {dice('purged', 50)} = 0, 'true', NULL)",
        "dateCreationUniteLegale": f"CASE {dice('created', 40)} WHEN 0 THEN NULL "
        "WHEN 1 THEN '1900-01-01' ELSE created END",
        "sigleUniteLegale": f"CASE WHEN person THEN NULL WHEN {dice('acronym', 10)} = 0 "
        f"THEN if({dice('same', 9)} = 0, name, left(name, 1) || left(town, 2) || i % 100) END",
        "sexeUniteLegale": "if(person, if(partial, '[ND]', if(i % 2 = 0, 'M', 'F')), NULL)",
        "prenom1UniteLegale": f"if(person, {ND.format(one_of(given, 'given'))}, NULL)",
        "prenom2UniteLegale": "NULL::VARCHAR",
        "prenom3UniteLegale": "NULL::VARCHAR",
        "prenom4UniteLegale": "NULL::VARCHAR",
        "prenomUsuelUniteLegale": f"if(person, {ND.format(one_of(given, 'given'))}, NULL)",
        "pseudonymeUniteLegale": "NULL::VARCHAR",
        "identifiantAssociationUniteLegale": "rna",
        "trancheEffectifsUniteLegale": "staff",
        "anneeEffectifsUniteLegale": "if(employer, '2023', NULL)",
        "dateDernierTraitementUniteLegale": f"{day('2025', 'treated')} || 'T08:15:30'",
        "nombrePeriodesUniteLegale": f"(1 + {dice('periods', 9)})::VARCHAR",
        "categorieEntreprise": f"if({dice('category', 10)} < 6, 'PME', NULL)",
        "anneeCategorieEntreprise": f"if({dice('category', 10)} < 6, '2023', NULL)",
        "dateDebut": f"if(ceased, {day('ended', 'ended')}, created)",
        "etatAdministratifUniteLegale": "if(ceased, 'C', 'A')",
        "nomUniteLegale": f"if(person, {ND.format(one_of(family, 'family'))}, NULL)",
        "nomUsageUniteLegale": "NULL::VARCHAR",
        "denominationUniteLegale": f"CASE WHEN person OR {dice('nameless', 5000)} = 0 THEN NULL "
        f"WHEN partial AND {dice('masked', 4)} = 0 THEN '[ND]' ELSE name END",
        "denominationUsuelle1UniteLegale": f"if(NOT person AND {dice('usual', 25)} = 0, "
        f"{one_of(words.HEADS, 'usual')} || ' ' || town, NULL)",
        "denominationUsuelle2UniteLegale": "NULL::VARCHAR",
        "denominationUsuelle3UniteLegale": "NULL::VARCHAR",
        "categorieJuridiqueUniteLegale": "form",
        "activitePrincipaleUniteLegale": NAF,
        "nomenclatureActivitePrincipaleUniteLegale": f"if({OLD}, 'NAP', 'NAFRev2')",
        "nicSiegeUniteLegale": NIC,
        "economieSocialeSolidaireUniteLegale": f"CASE WHEN flagged THEN 'O' "
        f"WHEN {dice('no', 10)} < 4 THEN 'N' END",
        "societeMissionUniteLegale": f"CASE {dice('mission', 3000)} WHEN 0 THEN 'O' "
        "WHEN 1 THEN 'N' END",
        "caractereEmployeurUniteLegale": "NULL::VARCHAR",
        "activitePrincipaleNAF25UniteLegale": f"if(ceased, NULL, {NAF_2025})",
    }


def _establishment_columns() -> dict[str, str]:
    """The columns of StockEtablissement, in SQL over the view `unit` with `seat` and `nth`."""
    empty = "NULL::VARCHAR"
    # One point in ten thousand is in another hemisphere than its commune.
    point = f"if(abroad OR NOT flagged, NULL, ({CORNERS}[{{}}] + {dice('point{}', 60000)} + " + (
        f"if({dice('astray', 10000)} = 0, 90000000, 0))::VARCHAR)"
    )
    street = f"{one_of(('RUE', 'AVENUE', 'PLACE', 'CHEMIN'), 'street')}"
    here = {
        "complementAdresse": empty,
        "numeroVoie": ND.format(f"(1 + {dice('door', 200)})::VARCHAR"),
        "indiceRepetition": empty,
        "dernierNumeroVoie": empty,
        "indiceRepetitionDernierNumeroVoie": empty,
        "typeVoie": ND.format(street),
        "libelleVoie": ND.format("'DE LA REPUBLIQUE'"),
        "codePostal": f"if(abroad, NULL, {ND.format('postal')})",
        "libelleCommune": "if(abroad, NULL, town)",
        "libelleCommuneEtranger": "if(abroad, 'BRUXELLES', NULL)",
        "distributionSpeciale": empty,
        # Of the communes that have merged, some rows have the old code.
        "codeCommune": f"CASE WHEN abroad THEN NULL WHEN {dice('merged', 50)} = 0 THEN old "
        "ELSE code END",
        "codeCedex": empty,
        "libelleCedex": empty,
        "codePaysEtranger": "if(abroad, '99131', NULL)",
        "libellePaysEtranger": "if(abroad, 'BELGIQUE', NULL)",
        "identifiantAdresse": empty,
        "coordonneeLambertAbscisse": ND.format(point.format(1, "x")),
        "coordonneeLambertOrdonnee": ND.format(point.format(2, "y")),
    }
    second = [name for name in here if not name.startswith(("dernier", "indiceRepetitionD"))][:-3]
    return {
        "siren": "siren",
        "nic": NIC,
        "siret": f"siren || {NIC}",
        "statutDiffusionEtablissement": "if(partial, 'P', 'O')",
        "dateCreationEtablissement": "created",
        "trancheEffectifsEtablissement": "staff",
        "anneeEffectifsEtablissement": "if(employer, '2023', NULL)",
        "activitePrincipaleRegistreMetiersEtablissement": empty,
        "dateDernierTraitementEtablissement": f"{day('2025', 'treated')} || 'T08:15:30'",
        "etablissementSiege": "if(seat, 'true', 'false')",
        "nombrePeriodesEtablissement": "'1'",
        **{f"{name}Etablissement": value for name, value in here.items()},
        **{f"{name}2Etablissement": empty for name in second},
        "dateDebut": f"if(ceased, {day('ended', 'ended')}, created)",
        "etatAdministratifEtablissement": "if(ceased, 'F', 'A')",
        "enseigne1Etablissement": f"if({dice('sign', 12)} = 0, "
        f"{one_of(words.HEADS, 'sign')} || ' ' || town, NULL)",
        "enseigne2Etablissement": empty,
        "enseigne3Etablissement": empty,
        "denominationUsuelleEtablissement": empty,
        "activitePrincipaleEtablissement": NAF,
        "nomenclatureActivitePrincipaleEtablissement": f"if({OLD}, 'NAP', 'NAFRev2')",
        "caractereEmployeurEtablissement": "if(employer AND NOT ceased, 'O', 'N')",
        "activitePrincipaleNAF25Etablissement": f"if(ceased, NULL, {NAF_2025})",
    }


def _list_columns() -> dict[str, str]:
    """The columns of the ESS France list."""
    names = f"MAP({_list(FAMILIES)}, {_list(FAMILIES.values())})"
    other = one_of(sorted(set(FAMILIES.values())), "other-family")
    return {
        "SIREN": "siren::BIGINT::VARCHAR",
        "Nom ou raison sociale de l'entreprise": f"if({dice('spelt', 8)} = 0, name || ' (ASSOC)', "
        "name)",
        "Famille juridique de l'entreprise": f"if({dice('wrong-family', 25)} = 0, {other}, "
        f"{names}[family])",
        "Code postal": "ltrim(postal, '0')",
        "Libellé de la commune de l'établissement": "town",
        "Code du département de l'établissement": "ltrim(departement, '0')",
        "Département de l'établissement": "departement_name",
        "Région de l'établissement": "region_name",
    }


def _rna_columns() -> dict[str, str]:
    """The columns of the RNA, as its `waldec` files have them; private values are invented too."""
    null_day = f"if({dice('undated', 6)} = 0, '0001-01-01', {{}})"
    return {
        "id": "rna",
        "id_ex": "''",
        "siret": f"if({dice('siret', 4)} = 0, siren || {NIC}, '')",
        "rup_mi": "''",
        "gestion": "departement || '1P'",
        "date_creat": null_day.format(
            f"if({dice('other-day', 20)} = 0, founded || '-01-01', created)"
        ),
        "date_decla": day("2019", "declared"),
        "date_publi": null_day.format("created"),
        "date_disso": f"if(ceased AND {dice('dissolved', 2)} = 0, {day('ended', 'ended')}, "
        "'0001-01-01')",
        "nature": "'D'",
        "groupement": "'S'",
        "titre": f"if({dice('title', 3)} = 0, name || ' ET ENVIRONS', name)",
        "titre_court": "left(name, 30)",
        "objet": "'favoriser les rencontres; organiser des ateliers'",
        "objet_social1": "'006030'",
        "objet_social2": "'000000'",
        "adrs_complement": "'_'",
        "adrs_numvoie": f"(1 + {dice('door', 200)})::VARCHAR",
        "adrs_repetition": "''",
        "adrs_typevoie": "'RUE'",
        "adrs_libvoie": "'de la République'",
        "adrs_distrib": "'_'",
        "adrs_codeinsee": "code",
        "adrs_codepostal": "postal",
        "adrs_libcommune": "town",
        "adrg_declarant": "'Le président'",
        "adrg_complemid": "''",
        "adrg_complemgeo": "''",
        "adrg_libvoie": "''",
        "adrg_distrib": "''",
        "adrg_codepostal": "postal",
        "adrg_achemine": "town",
        "adrg_pays": "'FRANCE'",
        "dir_civilite": "'PM'",
        "telephone": f"'06' || lpad({dice('phone', 100_000_000)}::VARCHAR, 8, '0')",
        "siteweb": f"if({dice('site', 20)} = 0, 'www.asso-' || i || '.example', '')",
        "email": "'contact-' || i || '@asso.example'",
        "publiweb": "'1'",
        "observation": "''",
        "position": f"if(ceased, 'D', if({dice('position', 400)} = 0, 'S', 'A'))",
        "maj_time": f"{day('2024', 'updated')} || ' 10:00:00'",
    }


def _write(
    connection: duckdb.DuckDBPyConnection, columns: dict[str, str], rows: str, path: Path, form: str
) -> Path:
    """Write a file of a register: its columns, over rows that are SQL from FROM on."""
    shown = ", ".join(f'{value} AS "{name}"' for name, value in columns.items())
    connection.execute(f"COPY (SELECT {shown} {rows}) TO {sql.text(path)} {form}")
    return path


def _write_approvals(connection: duckdb.DuckDBPyConnection, rows: str, path: Path) -> Path:
    """Write the list of approvals, with a title above its header, as the Treasury does."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Liste")
    sheet.append(["Entreprises agréées ESUS"])
    sheet.append(["Nom", "N° SIREN", "Code postal", "Ville", "Date d'agrément", "Durée"])
    spaced = "left(siren, 3) || ' ' || siren[4:6] || ' ' || right(siren, 3)"
    found = connection.execute(
        f"SELECT name, {spaced}, postal, town, {day('2019 + i % 5', 'approved')}, "
        f"if(i % 7 = 0, '2 ans', '5 ans') {rows}"
    )
    for row in found.fetchall():
        sheet.append(row)
    book.save(path)
    return path


def generate(
    folder: Path,
    units: int,
    flagged: int,
    form: str = "parquet",
    *,
    others: int | None = None,
    seed: int = SEED,
) -> dict[str, Path]:
    """Write all registers into a folder; their paths by the names of the sources that read them.

    `others`: of so many of the units without the flag there are establishments and associations
    too; of all if not given.
    """
    known = f"(flagged OR i % {max(1, (units - flagged) // others)} = 1)" if others else "true"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"SET enable_progress_bar = false; SET VARIABLE seed = {seed}")
        # The units stream past the places, in their order, however many they are.
        connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        _places(connection)
        _units(connection, Size(units, flagged))
        more = f"if(employer, {dice('further', 8)} - 4, {dice('more', 12)} - 10)"
        sites = f"""FROM (
            SELECT *, true AS seat FROM unit WHERE {known} UNION ALL
            SELECT * EXCLUDE n REPLACE (nth + n AS nth), false AS seat
            FROM (FROM unit WHERE flagged), range(1, 4) AS further(n) WHERE n <= {more})"""
        listed = f"FROM unit WHERE (flagged AND {dice('listed', 100)} < 16) OR " + (
            f"(NOT flagged AND NOT person AND {dice('unflagged', 20000)} = 0)"
        )
        rna = f"FROM unit WHERE rna IS NOT NULL AND {known}"
        return {
            "sirene": _write(
                *(connection, _unit_columns(), "FROM unit"),
                *(folder / f"StockUniteLegale_utf8.{form}", FORMATS[form]),
            ),
            "establishments": _write(
                *(connection, _establishment_columns(), sites),
                *(folder / f"StockEtablissement_utf8.{form}", FORMATS[form]),
            ),
            "ess-france": _write(
                *(connection, _list_columns(), listed, folder / "ess-france.csv", FORMATS["csv"]),
            ),
            "rna": _write(
                *(connection, _rna_columns(), rna, folder / "rna_waldec.csv"),
                "(FORMAT csv, HEADER, DELIMITER ';', FORCE_QUOTE *)",
            ),
            "esus": _write_approvals(
                *(connection, f"FROM unit WHERE flagged AND {dice('esus', 600)} = 0"),
                folder / "esus.xlsx",
            ),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=100_000, help="legal units")
    parser.add_argument("--flagged", type=int, help="those of the ESS; one in 24 if not given")
    parser.add_argument("--others", type=int, help="other units with establishments; all")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--format", choices=FORMATS, default="parquet")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    flagged = given.flagged or max(1, given.units // 24)
    made = generate(
        given.folder, given.units, flagged, given.format, others=given.others, seed=given.seed
    )
    for name, path in made.items():
        print(f"{name}={path}")


if __name__ == "__main__":
    main()
