"""Elected officials: the national directory (RNE) of the Ministry of the Interior.

A table for each mandate (`mandates.py`), semicolons or tabs between cells, UTF-8. By default the
heads of local authorities are taken: mayors and presidents. A mandate is a role of the person in
the authority (`authorities.py`):

    person/rne-<authority>-<name>            person/rne-insee-59512-camille-exemple
    person/rne-<authority>-<name>#<role>     …#mayor

The directory gives people no number. A person is therefore known within one authority, by name:
who is elected again, or moves from deputy to mayor, stays the same; who also presides over another
authority is another IRI, until a decision in `data/links.csv` says that they are the same. Where
two people of one council bear one name, neither is taken. Dates of birth serve to see that and for
nothing else; they are not stated, nor are sex, occupation and nationality.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kg import clean, iri
from kg.errors import InputError, MissingFile
from kg.sources import Inputs, Triple
from kg.sources.concepts import concepts
from kg.sources.rne import authorities, mandates
from kg.sources.rne.mandates import FAMILY_NAME, OFFICE
from kg.sources.rows import Broken, LeftOut, Row, RowError, Table, checked, read_register, tables
from kg.vocab import ESS, FOAF, ORG, RDF, RDFS, SCHEMA

GIVEN_NAME, BORN = "Prénom de l'élu", "Date de naissance"
MANDATE_SINCE, OFFICE_SINCE = "Date de début du mandat", "Date de début de la fonction"

NEEDS = ("territories",)
AFTER = ("curated",)
OPTIONS = {"offices": ("heads", "executives", "all"), "extent": ("france", "part")}
EXPECT = {"person": (30_000, 40_000)}
EXPECT_WITH: dict[tuple[str, str], dict[str, tuple[int, int]]] = {
    ("offices", "executives"): {"person": (100_000, 250_000)},
    ("offices", "all"): {"person": (450_000, 650_000)},
    ("extent", "part"): {},
}
IGNORED = frozenset(
    {
        *(BORN, "Lieu de naissance", "Code sexe", "Code nationalité"),
        *("Code de la nuance politique", "Libellé de la nuance politique"),
        "Code de la catégorie socio-professionnelle",
        "Libellé de la catégorie socio-professionnelle",
        *mandates.PLACES,
        "homonyms",
    }
)
WANTED = {
    "heads": ("neither mayor nor president", mandates.HEADS.__contains__),
    "executives": ("not of an executive", mandates.EXECUTIVES.__contains__),
    "all": ("", lambda role: True),
}


def paths(given: Path | None) -> list[Path]:
    """The table, or all tables and archives in a folder."""
    if given is None:
        raise MissingFile(
            "the directory of elected officials is not there",
            mend="give one of its tables, or a folder of them: kg build --with rne=PATH",
        )
    if not given.is_dir():
        return [given]
    found = sorted(path for path in given.iterdir() if path.suffix in {".csv", ".txt", ".zip"})
    if not found:
        raise MissingFile("there is no table (.csv, .txt, .zip)", file=given)
    return found


def records(inputs: Inputs) -> Iterator[Row | LeftOut]:
    """The mandates wanted, with their role and authority."""
    find = authorities.finder({k: v for k, v in inputs.converted.items() if k in (*NEEDS, *AFTER)})
    reason, wanted = WANTED[inputs.options.get("offices", "heads")]
    for row in (row for path in inputs.paths for row in _rows(path)):
        if isinstance(row, Broken):
            yield row
        elif not wanted(row["role"]):
            yield LeftOut(reason)
        elif not (authority := find(row["authority"])):
            yield LeftOut("not of a territory of today")
        else:
            row.update(zip(authorities.COLUMNS, authority, strict=True))
            yield row


def _rows(path: Path) -> Iterator[Row]:
    """The rows of a file, with the role, the key of the authority, and whether the name is one's
    own in it.
    """
    for table in tables(path):
        kind, homonyms = _survey(table)
        for row in read_register(table):
            if not isinstance(row, Broken):
                row["role"] = mandates.role(kind, row)
                row["authority"] = mandates.authority(kind, row)
                row["homonyms"] = "yes" if (row["authority"], _name(row)) in homonyms else ""
                row["attested"] = _fetched(path)
            yield row


def _survey(table: Table) -> tuple[str, set[tuple[str, str]]]:
    """Which table it is; the names, each with an authority, that two people of it bear.

    Raises `InputError` when the columns are those of no table known.
    """
    kind, born = "", defaultdict[tuple[str, str], set[str]](set)
    for row in read_register(table):
        if isinstance(row, Broken):
            continue
        if not (kind := kind or mandates.table_of(row)):
            raise InputError(
                f"is no table of mandates; its columns are: {', '.join(row)}",
                file=Path(str(table)),
                mend='give tables of the directory, which have a column "Nom de l\'élu"',
            )
        born[mandates.authority(kind, row), _name(row)].add(row[BORN])
    return kind, {key for key, days in born.items() if len(days) > 1}


def _name(row: Row) -> str:
    """The name of a person within the key: the first given name, then the family name."""
    return clean.slug(f"{row[GIVEN_NAME].split(',')[0]} {row[FAMILY_NAME]}")


def _fetched(path: Path) -> str:
    """The day on which a file was fetched, if its folder is named by it."""
    try:
        return date.fromisoformat(path.resolve().parent.name).isoformat()
    except ValueError:
        return ""


def triples(row: Row) -> Iterator[Triple]:
    """A person, the role, and the authority where nobody else describes it."""
    if row.take("homonyms"):
        raise RowError(FAMILY_NAME, row[FAMILY_NAME], "is the name of two people of one council")
    name, role = _name(row), row.take("role")
    if not name:
        raise RowError(FAMILY_NAME, row[FAMILY_NAME], "has no letter")
    me = iri.named("person", f"rne-{row.take('authority')}-{name}")
    part, organization = iri.part(me, role), NamedNode(row["organization"])
    yield from authorities.described(row)
    yield from _person(me, row)
    yield part, RDF.type, ORG.Membership
    yield part, ORG.member, me
    yield part, ORG.organization, organization
    yield part, ORG.role, concepts("role")[role]
    if title := clean.text(row.pop(OFFICE, "")):
        yield part, ESS.roleTitle, Literal(title, language="fr")
    mandate, office = row.take(MANDATE_SINCE).strip(), row.pop(OFFICE_SINCE, "").strip()
    if since := office or mandate:
        column = OFFICE_SINCE if office else MANDATE_SINCE
        yield part, SCHEMA.startDate, checked(column, since, clean.french_day)
    if attested := row.take("attested"):
        yield part, ESS.attestedOn, clean.day(attested)


def _person(me: NamedNode, row: Row) -> Iterator[Triple]:
    """Names as the directory writes them; of several given names the first."""
    given = clean.text(row.take(GIVEN_NAME).split(",")[0])
    family = clean.text(row.take(FAMILY_NAME))
    yield me, RDF.type, FOAF.Person
    yield me, RDF.type, SCHEMA.Person
    for predicate, name in (
        (FOAF.givenName, given),
        (FOAF.familyName, family),
        (FOAF.name, f"{given} {family}".strip()),
        (RDFS.label, f"{given} {family}".strip()),
    ):
        if name:
            yield me, predicate, Literal(name)
