"""Toponyms: from the name of a commune, as a register writes it, to its INSEE code.

Registers write `ST ETIENNE`, `GRAND-FOUGERAY` or `LYON CEDEX 03`. Names are compared without case,
accents, punctuation and what the post office adds; with `St` spelt out; then without the article in
front. The communes of today come before former ones and former names. Of several communes of that
name in the département the postal code may tell which; else there is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

import duckdb

from kg.sources import places
from kg.sources.places import Place
from kg.vocab import ESS, IGEO, RDFS, SCHEMA

Finder: TypeAlias = Callable[[str, str, str], str]
NOWHERE = Place("", "", "")
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})
_CEDEX = re.compile(r" CEDEX\b.*")
_SAINT = re.compile(r"\bST(E?)\b")
_ARTICLE = re.compile(r"^(L|LE|LA|LES) ")
_ARRONDISSEMENT = re.compile(r"^(PARIS|LYON|MARSEILLE) 0*(\d+) ?(ER|E|EME)?( ARRONDISSEMENT)?$")
TERMS = {
    "label": RDFS.label,
    "former_name": ESS.formerName,
    "former": ESS.FormerCommune,
    "departement": IGEO.Departement,
    "postal_code": SCHEMA.postalCode,
}
CODE = "regexp_extract(subject, '/insee-([0-9AB]{5})>$', 1)"
NAMES = f"""
WITH ended AS (SELECT subject FROM stated WHERE object = $former)
SELECT regexp_extract(object, '^"(.*)"@fr$', 1), {CODE} AS code,
    predicate = $former_name OR subject IN (FROM ended)
FROM stated WHERE predicate IN ($label, $former_name) AND code != ''"""
POSTAL_CODES = f"""
SELECT {CODE} AS code, trim(object, '"') FROM stated
WHERE predicate = $postal_code AND code != ''"""
DEPARTEMENTS = """
WITH whole AS (SELECT subject FROM stated WHERE object = $departement)
SELECT regexp_extract(subject, '-([0-9AB]+)>$', 1), regexp_extract(object, '^"(.*)"@fr$', 1)
FROM stated WHERE predicate = $label AND subject IN (FROM whole)"""


def folded(name: str) -> str:
    """A name as it is compared.

    >>> folded("St-Étienne Cedex 1"), folded("L'Haÿ-les-Roses"), folded("Lyon 3e Arrondissement")
    ('SAINT ETIENNE', 'L HAY LES ROSES', 'LYON 3')
    """
    plain = unicodedata.normalize("NFKD", name.translate(_LIGATURES)).upper()
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    words = _CEDEX.sub("", " ".join(kept.split()))
    return _ARRONDISSEMENT.sub(r"\1 \2", _SAINT.sub(r"SAINT\1", words))


def departement_of(code: str) -> str:
    """The département, or the overseas collectivity, that a commune's INSEE code begins with.

    >>> departement_of("2A004"), departement_of("97411")
    ('2A', '974')
    """
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def finder(territories: Path) -> Finder:
    """`find(name, departement, postal_code)`: the INSEE code of a commune or arrondissement.

    It is empty when none or several fit. `departement` is a code; one of the two may be empty, and
    without the département the postal code must be the commune's. `territories` is the Parquet file
    of that source's statements.
    """
    with duckdb.connect() as connection:
        connection.read_parquet(str(territories)).create_view("stated")
        names = connection.execute(NAMES, _bound("label", "former_name", "former")).fetchall()
        postal = set(connection.execute(POSTAL_CODES, _bound("postal_code")).fetchall())
    tables: list[dict[tuple[str, str], set[str]]] = [defaultdict(set) for _ in range(4)]
    for name, code, former in names:
        for place, spelling in enumerate(_spellings(name)):
            tables[2 * former + place][departement_of(code), spelling].add(code)

    @cache
    def find(name: str, departement: str, postal_code: str = "") -> str:
        for each in (departement,) if departement else _departements(postal_code):
            for table, spelling in zip(tables, 2 * _spellings(name), strict=True):
                codes = table.get((each, spelling), set())
                if len(codes) > 1 or not departement:
                    codes = {code for code in codes if (code, postal_code) in postal}
                if len(codes) == 1:
                    return min(codes)
        return ""

    return find


def seats(territories: Path) -> Callable[[str, str, str], Place]:
    """`seat(commune, departement, postal_code)`: as many of a seat's territories as these tell.

    A commune that is not found leaves the département, whose code it is, and its région.
    """
    find, known = finder(territories), places.lookup(territories)
    regions = {place.departement: place.region for place in known.values()}

    def seat(commune: str, departement: str, postal_code: str) -> Place:
        if place := known.get(find(commune, departement, postal_code)):
            return place
        return Place("", departement, regions[departement]) if departement in regions else NOWHERE

    return seat


def departements(territories: Path) -> Callable[[str], str]:
    """A function that tells the code of a département: `69`, `1`, `RHONE`, `Rhône (69)`.

    Empty when there is none such.
    """
    with duckdb.connect() as connection:
        connection.read_parquet(str(territories)).create_view("stated")
        rows = connection.execute(DEPARTEMENTS, _bound("label", "departement")).fetchall()
    known = {folded(name): code for code, name in rows}
    known |= {spelling: code for code, _ in rows for spelling in (code, code.lstrip("0"))}

    @cache
    def find(written: str) -> str:
        words = folded(written).split()
        parts = (words, words[:1], words[-1:])
        return next((known[each] for each in map(" ".join, parts) if each in known), "")

    return find


def _departements(postal_code: str) -> tuple[str, ...]:
    """The départements, or overseas collectivities, that a postal code may begin with."""
    if postal_code.startswith("20"):
        return ("2A", "2B")
    return (departement_of(postal_code),) if postal_code else ()


def _spellings(name: str) -> tuple[str, str]:
    """A name as it is compared, with and without the article in front."""
    whole = folded(name)
    return whole, _ARTICLE.sub("", whole)


def _bound(*names: str) -> dict[str, str]:
    """The terms that a query names."""
    return {name: str(TERMS[name]) for name in names}
