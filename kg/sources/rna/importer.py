"""Associations: the national register of associations (RNA) of the Ministry of the Interior.

Two layouts, a table for each département or a zip of them all, `;` between cells, UTF-8 or Latin-1:

    waldec   the register of today: `id` is the association's W number
    import   files of before 2009: `id` is an old number; when the association was taken over into
             waldec (position R), `observation` has its W number, or `rup_mi`

An association that waldec describes is not described by its old file again. What the register has
of private persons is left out: no street, telephone, e-mail or declarant; a website only where the
association agreed to its publication; no text that holds an e-mail address or a telephone number.

The register holds two million associations, and keeps those that have ended in silence: by default
only those are taken that another source of the build knows, by their W number or SIREN.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import shorten

from pyoxigraph import Literal, NamedNode

from kg import clean, iri
from kg.errors import InputError, MissingFile
from kg.sources import Inputs, Triple, organizations, places
from kg.sources.concepts import concepts
from kg.sources.places import Place
from kg.sources.rows import Broken, LeftOut, Row, RowError, Table, checked, read_register, tables
from kg.vocab import DCTERMS, ESS, FOAF, ORG, SCHEMA, SKOS

NEEDS = ("territories",)
AFTER = ("curated", "ess-france", "esus", "sirene")
OPTIONS = {
    "associations": ("known", "all"),
    "purposes": ("stated", "left-out"),
    "extent": ("france", "part"),
}
COMPLETE = True
EXPECT: dict[str, tuple[int, int]] = {}  # as many as the others know
EXPECT_WITH: dict[tuple[str, str], dict[str, tuple[int, int]]] = {
    ("associations", "all"): {"organization": (1_000_000, 3_000_000)},
    ("extent", "part"): {},
}
IGNORED = frozenset(
    {
        *("adr1", "adr2", "adr3", "libcom"),  # the seat, often a volunteer's home
        *("adrs_codepostal", "adrs_complement", "adrs_distrib", "adrs_libcommune", "adrs_libvoie"),
        *("adrs_numvoie", "adrs_repetition", "adrs_typevoie"),
        *("adrg_achemine", "adrg_codepostal", "adrg_complemgeo", "adrg_complemid"),  # the manager's
        *("adrg_declarant", "adrg_distrib", "adrg_libvoie", "adrg_pays", "dir_civilite"),
        *("email", "telephone"),
        *("gestion", "id", "id_ex", "observation", "rup_mi"),  # of who keeps the file
        *("date_decla", "groupement", "layout", "nature"),
    }
)
NUMBERS = {"waldec": ("id",), "import": ("observation", "rup_mi")}  # where the W number is
LAYOUTS = {"waldec": "titre_court", "import": "adr1"}  # a column that only this layout has
NUMBER = re.compile(r"W\w{9}\b")
NULL_DAY = "0001-01-01"
STATUSES = {"A": "active", "D": "ceased", "R": ""}  # R: the file was taken over, see above
DELETED = "S"
NO_PURPOSE = {"", "000000"}
LONGEST = 500  # characters of the purpose in the association's words
PRIVATE = re.compile(r"\S@\S|(?<!\d)(?:0|\+33 ?)[1-9](?:[ .-]?\d\d){4}(?!\d)")
SITE = re.compile(r"(https?://)?[\w-]+(\.[\w-]+)+(/[^\s@]*)?", re.IGNORECASE)


def paths(given: Path | None) -> list[Path]:
    """The file, or all tables and archives in a folder."""
    if given is None:
        raise MissingFile(
            "the register of associations is not there",
            mend="give its file, or a folder of its files: kg build --with rna=PATH",
        )
    if not given.is_dir():
        return [given]
    found = sorted(path for path in given.iterdir() if path.suffix in {".csv", ".zip"})
    if not found:
        raise MissingFile("there is no table (.csv, .zip)", file=given)
    return found


def records(inputs: Inputs) -> Iterator[Row | LeftOut]:
    """The associations wanted, with what others call each and the territories of its seat."""
    choose = _choice(inputs)
    seats = places.lookup(inputs.converted["territories"])
    for row in _rows(inputs.paths):
        if isinstance(row, Broken):
            yield row
        elif reason := choose(row):
            yield LeftOut(reason)
        else:
            place = seats.get(row.take("adrs_codeinsee"), Place("", "", ""))
            row.update(zip(places.COLUMNS, place, strict=True))
            if inputs.options.get("purposes") == "left-out":
                row["objet"] = ""
            yield row


def _rows(paths: list[Path]) -> Iterator[Row]:
    """The rows of all tables, those of waldec first, with the W number in the column `rna`."""
    every = [(_layout(table), table) for path in paths for table in tables(path)]
    for layout in LAYOUTS:
        wanted = (table for found, table in every if found == layout)
        for row in (row for table in wanted for row in read_register(table)):
            if not isinstance(row, Broken):
                row["layout"], row["rna"] = layout, _number(row, layout)
            yield row


def _number(row: Row, layout: str) -> str:
    """The W number, or what stands in its place in waldec; empty in an old file without one."""
    values = [clean.text(row.take(column)) for column in NUMBERS[layout]]
    return next((value for value in values if layout == "waldec" or NUMBER.match(value)), "")


def _layout(table: Table) -> str:
    """The layout that a table has by its header."""
    with table.open("rb") as file:
        header = file.readline().decode("ascii", errors="replace")
    for layout, column in LAYOUTS.items():
        if column in header:
            return layout
    raise InputError(
        f"is no table of associations: its header is {header.strip()[:200]!r}",
        file=Path(str(table)),
        mend=f"give tables that have a column {' or '.join(LAYOUTS.values())}",
    )


def _choice(inputs: Inputs) -> Callable[[Row], str]:
    """A function that tells why a row is not wanted, and gives a wanted one its `KNOWN_AS`."""
    others = {name: path for name, path in inputs.converted.items() if name in AFTER}
    by_rna, by_siren = (organizations.names(others, scheme) for scheme in ("rna", "siren"))
    every = inputs.options.get("associations") == "all"
    if not (every or by_rna or by_siren):
        raise InputError(
            "no other source of this build names an organisation, and only associations known to "
            "one are wanted",
            mend="add the source sirene, or set associations = 'all' for rna in the profile",
        )
    described: set[str] = set()  # W numbers of waldec

    def reason_against(row: Row) -> str:
        rna, siren = row["rna"], row["siret"].strip()[:9]
        if not (rna or siren):
            return "without W number and SIRET"
        if row["position"] == DELETED:
            return "deleted from the register"
        if rna in described and row["layout"] != "waldec":
            return "an old file of an association that has a newer one"
        known_as = by_rna.get(rna) or by_siren.get(siren, "")
        if not (known_as or every):
            return "not known to another source"
        if row["layout"] == "waldec":
            described.add(rna)
        row[organizations.KNOWN_AS] = known_as
        return ""

    return reason_against


def triples(row: Row) -> Iterator[Triple]:
    """What the register says of an association; `RowError` for what is no number, date or code."""
    numbers, title = {}, clean.text(row["titre"])
    if rna := row.take("rna"):
        numbers["rna"] = checked("rna", rna, clean.rna)
    if siret := row.take("siret").strip():
        numbers["siren"] = checked("siret", siret, clean.siret)[:9]
    if not numbers:
        raise RowError("rna", rna, "is empty, and so is the SIRET")
    me = iri.named("organization", "-".join(next(iter(numbers.items()))))
    yield from organizations.described(me, numbers, row, "titre")
    yield me, ESS.legalFamily, concepts("legal-family")["association"]
    yield me, ESS.legalFamilyBasis, concepts("family-basis")["law"]
    yield from places.seat(me, row)
    yield from _life(me, row)
    yield from _words(me, row, title)
    changed = row.take("maj_time")
    if rna:
        yield from _day(iri.part(me, f"rna-{rna}"), "maj_time", changed, DCTERMS.modified)


def _life(me: NamedNode, row: Row) -> Iterator[Triple]:
    """Creation, its publication, dissolution; whether the association exists."""
    code = row.take("position")
    if code not in STATUSES:
        raise RowError("position", code, f"is none of {', '.join((*STATUSES, DELETED))}")
    if status := STATUSES[code]:
        yield me, ESS.administrativeStatus, concepts("administrative-status")[status]
    yield from _day(me, "date_creat", row.take("date_creat"), SCHEMA.foundingDate)
    yield from _day(me, "date_publi", row.take("date_publi"), ESS.gazetteDate)
    yield from _day(me, "date_disso", row.pop("date_disso", ""), SCHEMA.dissolutionDate)


def _day(me: NamedNode, column: str, value: str, predicate: NamedNode) -> Iterator[Triple]:
    if value and not value.startswith(NULL_DAY):
        yield me, predicate, checked(column, value, clean.french_day)


def _words(me: NamedNode, row: Row, title: str) -> Iterator[Triple]:
    """The purpose by its codes and in the association's words; its short name; its website."""
    for column in ("objet_social1", "objet_social2"):
        if (code := row.take(column)) not in NO_PURPOSE:
            yield me, ORG.purpose, _purpose(column, code)
    purpose = clean.text(row.take("objet"))
    if purpose and not PRIVATE.search(purpose):
        if len(purpose) > LONGEST:
            purpose = shorten(purpose, LONGEST, placeholder=" …")
        yield me, DCTERMS.description, Literal(purpose, language="fr")
    short = clean.text(row.pop("titre_court", ""))
    if short not in {"", title} and not short.endswith(("...", "…")):  # cut off
        yield me, SKOS.altLabel, Literal(short, language="fr")
    site = clean.text(row.take("siteweb"))
    if row.pop("publiweb", "") == "1" and SITE.fullmatch(site):
        yield me, FOAF.homepage, clean.web(site if "://" in site else f"http://{site}")


def _purpose(column: str, code: str) -> NamedNode:
    """The purpose with that code; for one that is not listed, its domain."""
    known = concepts("association-purpose")
    try:
        return known.get(code) or known[f"{code[:3]}000"]
    except KeyError:
        mend = "add it to ontology/schemes/association-purpose.ttl"
        raise RowError(column, code, "is no purpose of associations", mend) from None
