"""The territories of France: communes, their groupings, départements, régions, overseas.

The npm package @etalab/decoupage-administratif holds INSEE's official geographic code (COG), the
DGCL's list of intercommunal bodies, postal codes and populations, as JSON arrays:

    communes.json       communes, delegated and associated communes, municipal arrondissements
    departements.json   départements, and overseas collectivities (zone "com")
    regions.json        régions, and overseas collectivities again
    epci.json ept.json  intercommunal bodies with their members

Beside them, when it is given, INSEE's file of commune movements since 1943 dates the end of
former communes and names them. `former.py` finds the commune that each old code leads to.

A row's `table` is the file and the type (or zone) of the object, as in `LEVELS`; its line is its
place in the array.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.clean import day, siren, text
from kg.errors import InputError, MissingFile
from kg.sources import Inputs, Triple
from kg.sources.rows import Row, RowError, checked, read_csv
from kg.sources.territories import former
from kg.vocab import DCTERMS, ESS, IGEO, RDF, RDFS, SCHEMA, SKOS, XSD

PACKAGE = Path(__file__).parent / "node_modules/@etalab/decoupage-administratif/data"
FILES = ("regions.json", "departements.json", "communes.json", "epci.json", "ept.json")
MOVEMENTS = "mouvements-communes.csv"
LYON = "69M"

IGNORED = frozenset(
    {
        "anciensCodes",  # of a commune: former.py has read them
        "arrondissement",  # the State's districts: no source places an organisation in one
        "chefLieu",  # of a département or région: its seat
        "departement",  # of a municipal arrondissement: it follows from the commune
        "modeFinancement",  # how an EPCI raises taxes
        "populationTotale",  # counts some people twice: the municipal population is kept
        "rangChefLieu",
        "region",  # of a commune: it follows from the département
        "type",
        "typeLiaison",  # the article before the name
        "zone",
    }
)
EXPECT = {"territory": (40_000, 42_000)}


@dataclass(frozen=True)
class Level:
    """How a table's territories are described: level, class, scheme of their keys, parent."""

    name: str
    kind: NamedNode
    scheme: str
    parent: str = ""  # the column with the parent's code
    parent_scheme: str = ""


REGION = Level("region", IGEO.Region, "insee-region", "country", "iso")
DEPARTEMENT = Level("departement", IGEO.Departement, "insee-departement", "region", "insee-region")
EPCI = Level("epci", IGEO.Intercommunalite, "siren")
IN_DEPARTEMENT = ("insee", "departement", "insee-departement")
LEVELS = {
    "country": Level("country", IGEO.Pays, "iso"),
    "regions/metro": REGION,
    "regions/drom": REGION,
    "departements/metro": DEPARTEMENT,
    "departements/drom": DEPARTEMENT,
    "departements/com": Level(
        "overseas-collectivity", IGEO.CollectiviteDOutreMer, "insee-departement", "country", "iso"
    ),
    "communes/commune-actuelle": Level("commune", IGEO.Commune, *IN_DEPARTEMENT),
    "communes/arrondissement-municipal": Level(
        "municipal-arrondissement", IGEO.ArrondissementMunicipal, "insee", "commune", "insee"
    ),
    "former-commune": Level("former-commune", ESS.FormerCommune, *IN_DEPARTEMENT),
    "epci/CA": EPCI,
    "epci/CC": EPCI,
    "epci/CU": EPCI,
    "epci/METRO": EPCI,
    "epci/MET69": Level("special-status-authority", ESS.SpecialStatusAuthority, "insee"),
    "ept/EPT": Level("ept", IGEO.Intercommunalite, "siren"),
}


def paths(given: Path | None) -> list[Path]:
    """The package's files, or those of the given folder; a given CSV of movements comes on top."""
    folder = given if given and given.is_dir() else PACKAGE
    movements = given if given and given != folder else folder / MOVEMENTS
    found = [folder / name for name in FILES]
    if movements == given or movements.is_file():
        found.append(movements)
    for path in found:
        if not path.is_file():
            ours = path.parent == PACKAGE
            mend = "run 'make build', which gets the npm package" if ours else None
            raise MissingFile("there is no such file", file=path, mend=mend)
    return found


def records(inputs: Inputs) -> Iterator[Row]:
    """The rows of all files, former communes as `former.communes` makes them out."""
    paths = inputs.paths
    rows = [row for path in paths if path.suffix == ".json" for row in _read(path)]
    movements = [row for path in paths if path.suffix != ".json" for row in read_csv(path)]
    communes = [row for row in rows if row["table"].startswith("communes/")]
    old = list(former.communes(communes, movements))  # before anything of `rows` is popped
    yield Row({"table": "country", "code": "FR", "nom": "France"}, paths[0], 1)
    # Overseas collectivities stand twice: among the départements, where they are read, and here.
    skipped = {*former.PARTS, "regions/com"}
    yield from (row for row in rows if row["table"] not in skipped)
    yield from old


def _read(path: Path) -> Iterator[Row]:
    """The objects of a JSON array, their values as text."""
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"is not a JSON file: {error}", file=path) from None
    for number, item in enumerate(items, 1):
        row = Row({name: _flat(value) for name, value in item.items()}, path, number)
        row["table"] = f"{path.stem}/{row['type' if 'type' in row else 'zone']}"
        if row["table"] in {"regions/metro", "regions/drom", "departements/com"}:
            row["country"] = "FR"
        if row["table"] == "epci/MET69":  # no EPCI, though the list has it: its code is INSEE's
            row["siren"], row["code"] = row["code"], LYON
        yield row


def _flat(value: object) -> str:
    """A list as its codes with spaces between; anything else as text."""
    if isinstance(value, list):
        return " ".join(each["code"] if isinstance(each, dict) else each for each in value)
    return str(value)


def triples(row: Row) -> Iterator[Triple]:
    """What one row says of a territory; `RowError` for a table, code or number that is not one."""
    table = row.take("table")
    if table == "former-name":
        yield _mint(row, "code", "insee"), ESS.formerName, _name(row)
        return
    if table not in LEVELS:
        raise RowError("table", table, f"is none of those known: {', '.join(LEVELS)}")
    level = LEVELS[table]
    code = row["code"]
    subject = _mint(row, "code", level.scheme)
    yield from _described(row, subject, level)
    if level.scheme.startswith("insee"):
        yield subject, ESS.inseeCode, Literal(code)
    if number := code if level.scheme == "siren" else row.pop("siren", ""):
        yield subject, ESS.siren, Literal(checked("siren", number, siren))
    if level.parent:
        yield subject, DCTERMS.isPartOf, _mint(row, level.parent, level.parent_scheme)
    yield from _counted(row, subject)
    yield from _related(row, subject)


def _described(row: Row, subject: NamedNode, level: Level) -> Iterator[Triple]:
    """What every territory has: classes, name, level."""
    yield subject, RDF.type, DCTERMS.Location
    yield subject, RDF.type, SCHEMA.AdministrativeArea
    yield subject, RDF.type, level.kind
    name = _name(row)
    yield subject, RDFS.label, name
    yield subject, SKOS.prefLabel, name
    yield subject, ESS.territoryLevel, iri.named("territory-level", level.name)


def _counted(row: Row, subject: NamedNode) -> Iterator[Triple]:
    """Population and postal codes, which not all have."""
    if count := row.pop("population", "") or row.pop("populationMunicipale", ""):
        yield subject, ESS.population, checked("population", count, _integer)
    for postal_code in row.pop("codesPostaux", "").split():
        yield subject, SCHEMA.postalCode, Literal(postal_code)


def _related(row: Row, subject: NamedNode) -> Iterator[Triple]:
    """The members of an intercommunal body; what became of a former commune."""
    for code in row.pop("membres", "").split():
        yield _mint(row, "membres", "insee", code), DCTERMS.isPartOf, subject
    for code in row.pop("replaced_by", "").split():
        yield subject, DCTERMS.isReplacedBy, _mint(row, "replaced_by", "insee", code)
    if ended := row.pop("ended", ""):
        yield subject, SCHEMA.dissolutionDate, checked("ended", ended, day)


def _mint(row: Row, column: str, scheme: str, code: str | None = None) -> NamedNode:
    """The territory whose code a column holds (or is given, one of several in the column)."""
    value = row.take(column) if code is None else code
    return checked(column, value, lambda value: iri.mint("territory", scheme, value))


def _name(row: Row) -> Literal:
    value = row.take("nom")
    if not (name := text(value)):
        raise RowError("nom", value, "is empty: a territory needs a name")
    return Literal(name, language="fr")


def _integer(value: str) -> Literal:
    if not (value.isascii() and value.isdigit()):
        raise ValueError("is not a number of inhabitants")
    return Literal(value, datatype=XSD.integer)
