"""Approvals as solidarity enterprise of social utility (ESUS), listed by the Treasury each year.

A spreadsheet whose header is found by what it says (`headers.py`): above it there may be titles,
beside it empty columns, below it notes. An approval is a part of the organisation that holds it

    <organization#esus-2023-01-05> a schema:Certification ; dcterms:type approval-type:esus ;
        schema:validFrom … ; schema:expires … ; schema:issuedBy "DDETS …" ; dcterms:spatial …

so that one and the same approval in two editions is one. Where the list gives its duration and not
its end, it ends on the same day as many years later (Labour Code, R3332-21-3: five years, or two).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode
from python_calamine import CalamineError, CalamineWorkbook

from kg import clean, iri
from kg.errors import InputError, MissingFile
from kg.sources import Inputs, Triple, organizations, places, toponyms
from kg.sources.esus import headers
from kg.sources.rows import LeftOut, Row, RowError, checked
from kg.vocab import DCTERMS, ESS, RDF, RDFS, SCHEMA

Cell: TypeAlias = (
    str | bool | float | datetime.time | datetime.date | datetime.datetime | datetime.timedelta
)
NEEDS = ("territories",)
AFTER = ("curated", "ess-france", "sirene")
OPTIONS = {"extent": ("france", "part")}
IGNORED = frozenset({"", "region", "contact", "activity"})
EXPECT = {"organization": (500, 6_000)}  # under the name that others give
EXPECT_WITH: dict[tuple[str, str], dict[str, tuple[int, int]]] = {("extent", "part"): {}}
SUFFIXES = (".xlsx", ".xls", ".xlsb", ".ods")
EMPTY = {"", "-", "/", "NC", "N/A", "#N/A"}
EPOCH = datetime.date(1899, 12, 30)  # day 0 of spreadsheets
ESUS = iri.named("approval-type", "esus")
BASIS = iri.named("family-basis", "esus-approval")

# Words of a legal form that tell the family, the first that is found; "SAS" alone does not.
FAMILIES = {
    r"\b(SCOP|SCIC|CAE|CUMA|COOPERATI(VE|F)S?)\b": iri.named("legal-family", "cooperative"),
    r"\bASSOCIATIONS?\b": iri.named("legal-family", "association"),
    r"\bFONDATIONS?\b": iri.named("legal-family", "foundation"),
    r"\bMUTUELLES?\b": iri.named("legal-family", "mutual"),
    r"\bCOMMERCIALES?\b": iri.named("legal-family", "commercial-company"),
}


def paths(given: Path | None) -> list[Path]:
    """The list, or all editions of it in a folder."""
    if given is None:
        raise MissingFile(
            "the list of ESUS approvals is not there",
            mend="give its file, or a folder of its editions: kg build --with esus=PATH",
        )
    if not given.is_dir():
        return [given]
    found = sorted(path for path in given.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise MissingFile(f"there is no spreadsheet ({', '.join(SUFFIXES)})", file=given)
    return found


def records(inputs: Inputs) -> Iterator[Row | LeftOut]:
    """The approvals, with what others call the organisation and the territories of its seat."""
    names = organizations.names({k: v for k, v in inputs.converted.items() if k in AFTER}, "siren")
    territories = inputs.converted["territories"]
    seat, departement = toponyms.seats(territories), toponyms.departements(territories)
    for row in (row for path in inputs.paths for row in _rows(path)):
        if not re.search("[0-9]", row["siren"]):
            yield LeftOut("no SIREN")  # a collective investment, or a note under the table
            continue
        row["siren"] = _siren(row["siren"])
        row[organizations.KNOWN_AS] = names.get(row["siren"], "")
        postal_code = organizations.padded(row.take("postal_code"), 5)
        place = seat(row.take("commune"), departement(row.take("departement")), postal_code)
        row.update(zip(places.COLUMNS, place, strict=True))
        yield row


def _siren(value: str) -> str:
    """The SIREN, which may have lost its zeros or be within a SIRET."""
    digits = organizations.padded(value)
    return digits[:9] if len(digits) == 14 else digits


def _rows(path: Path) -> Iterator[Row]:
    """The rows under a header, in every sheet; `InputError` when no sheet has one."""
    found = False
    rows = _read(path)
    for sheet in rows:
        fields: list[str] | None = None
        for line, cells in enumerate(sheet, 1):
            if named := headers.fields(cells):
                fields, found = named, True
            elif fields and any(cells):
                values = dict.fromkeys(headers.FIELDS, "") | dict(zip(fields, cells, strict=True))
                yield Row(values, path, line)
    if not found:
        likely = max((cells for sheet in rows for cells in sheet), key=_filled, default=[])
        raise InputError(
            f"no row names the columns {' and '.join(headers.NEEDED)}; the fullest row has: "
            f"{', '.join(filter(None, likely))}",
            file=path,
            mend="add the names of this edition to FIELDS in kg/sources/esus/headers.py",
        )


def _filled(cells: list[str]) -> int:
    return sum(map(bool, cells))


def _read(path: Path) -> list[list[list[str]]]:
    """The sheets of a spreadsheet: rows of cells, as text."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            sheets = [book.get_sheet_by_name(name).to_python(False) for name in book.sheet_names]
    except (CalamineError, OSError) as error:
        raise InputError(f"is not a readable spreadsheet: {error}", file=path) from None
    return [[[_text(cell) for cell in cells] for cells in sheet] for sheet in sheets]


def _text(cell: Cell) -> str:
    """A cell as text: a date in ISO order, a whole number without decimals."""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return clean.text(str(cell))


def triples(row: Row) -> Iterator[Triple]:
    """What the list says of one approval; `RowError` for a SIREN, date or duration that is none."""
    siren = checked("siren", row.take("siren"), clean.siren)
    me = iri.named("organization", f"siren-{siren}")
    yield from organizations.described(me, {"siren": siren}, row, "name")
    departement = row["departement"]
    yield from places.seat(me, row)
    if family := _family(row.take("form")):
        yield me, ESS.legalFamily, family
        yield me, ESS.legalFamilyBasis, BASIS
    yield from _approval(me, row, departement)


def _family(form: str) -> NamedNode | None:
    words = toponyms.folded(form)
    return next((family for said, family in FAMILIES.items() if re.search(said, words)), None)


def _approval(me: NamedNode, row: Row, departement: str) -> Iterator[Triple]:
    start, end = _date(row, "start"), _date(row, "end")
    years = row.take("duration")
    if start and years and not end:
        end = _later(start, checked("duration", years, _years))
    if start and end and end.value < start.value[: len(end.value)]:
        raise RowError("end", end.value, f"comes before the start, {start.value}")
    known = start or end
    part = iri.part(me, f"esus-{known.value}" if known else "esus")
    since = f", {known.value}" if known else ""
    yield me, SCHEMA.hasCertification, part
    yield part, RDF.type, SCHEMA.Certification
    yield part, RDFS.label, Literal(f"agrément Esus{since}", language="fr")
    yield part, RDFS.label, Literal(f"ESUS approval{since}", language="en")
    yield part, DCTERMS.type, ESUS
    if start:
        yield part, SCHEMA.validFrom, start
    if end:
        yield part, SCHEMA.expires, end
    if authority := clean.text(row.take("authority")):
        yield part, SCHEMA.issuedBy, Literal(authority)
    if departement:
        yield part, DCTERMS.spatial, places.territory("insee-departement", departement)


def _date(row: Row, column: str) -> Literal | None:
    value = row.take(column)
    return None if value in EMPTY else checked(column, value, _day)


def _day(value: str) -> Literal:
    """A date, also as the number of days that a spreadsheet keeps it as."""
    if re.fullmatch(r"[0-9]{5}", value):
        return clean.day((EPOCH + datetime.timedelta(days=int(value))).isoformat())
    return clean.french_day(value)


def _years(value: str) -> int:
    if not (number := re.search(r"[0-9]+", value)) or not 0 < int(number[0]) <= 10:
        raise ValueError("is not a number of years")
    return int(number[0])


def _later(start: Literal, years: int) -> Literal:
    """The same day so many years later (the 28th for a 29th of February that there is not)."""
    value = f"{int(start.value[:4]) + years}{start.value[4:]}"
    try:
        return clean.day(value)
    except ValueError:
        return clean.day(value.replace("-02-29", "-02-28"))
