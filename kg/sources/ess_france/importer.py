"""The list of enterprises of the ESS that ESS France keeps (law of 31 July 2014, article 6).

One comma-separated table, a row for each enterprise: SIREN, name, legal family, and the commune of
its seat by name, département and postal code. Spreadsheets have eaten the leading zeros of numbers.
A commune whose name does not tell which one it is leaves the département and région.

Who stands on the list has the basis `ess-france-list`. The statement of its SIREN is in a graph of
the sources that make it, so the list and the flag of the Sirene register can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kg import clean, iri
from kg.errors import MissingFile
from kg.sources import Inputs, Triple, organizations, places, toponyms
from kg.sources.rows import Broken, LeftOut, Row, RowError, checked, read_registers
from kg.sources.stock import MASKED
from kg.vocab import ESS, SCHEMA

SIREN = "SIREN"
NAME = "Nom ou raison sociale de l'entreprise"
FAMILY = "Famille juridique de l'entreprise"
POSTAL_CODE = "Code postal"
COMMUNE = "Libellé de la commune de l'établissement"
DEPARTEMENT = "Code du département de l'établissement"

NEEDS = ("territories",)
AFTER = ("curated", "sirene")
OPTIONS = {
    "enterprises": ("all", "known"),  # known: described by another source of the build
    "extent": ("france", "part"),
}
COMPLETE = True
IGNORED = frozenset({"Département de l'établissement", "Région de l'établissement"})
EXPECT = {"organization": (500_000, 1_600_000)}  # under the name that others give
EXPECT_WITH: dict[tuple[str, str], dict[str, tuple[int, int]]] = {
    ("enterprises", "known"): {},
    ("extent", "part"): {},
}

# The families as the list names them, in lower case.
FAMILIES = {
    "associations": iri.named("legal-family", "association"),
    "coopératives": iri.named("legal-family", "cooperative"),
    "fondations": iri.named("legal-family", "foundation"),
    "mutuelles": iri.named("legal-family", "mutual"),
    "sociétés commerciales": iri.named("legal-family", "commercial-company"),
    "sociétés commerciales de l'ess": iri.named("legal-family", "commercial-company"),
}
BASIS = iri.named("family-basis", "ess-france-list")


def paths(given: Path | None) -> list[Path]:
    """The list, as a CSV file or as a zip archive that holds it."""
    if given is None:
        raise MissingFile(
            "the list of ESS France is not there",
            mend="give its file: kg build --with ess-france=FILE",
        )
    return [given]


def records(inputs: Inputs) -> Iterator[Row | LeftOut]:
    """The rows, with what others call the organisation and the territories of its seat."""
    every = inputs.options.get("enterprises") != "known"
    names = organizations.names({k: v for k, v in inputs.converted.items() if k in AFTER}, "siren")
    seat = toponyms.seats(inputs.converted["territories"])
    for row in read_registers(inputs.paths):
        if isinstance(row, Broken):
            yield row
            continue
        row[SIREN] = organizations.padded(row[SIREN])
        row[organizations.KNOWN_AS] = names.get(row[SIREN], "")
        if not (every or row[organizations.KNOWN_AS]):
            yield LeftOut("not known to another source")
            continue
        row[POSTAL_CODE] = organizations.padded(row[POSTAL_CODE], 5)
        departement, commune = (clean.text(row.take(name)) for name in (DEPARTEMENT, COMMUNE))
        place = seat(commune, departement.zfill(2), row[POSTAL_CODE])
        row.update(zip(places.COLUMNS, place, strict=True))
        yield row


def triples(row: Row) -> Iterator[Triple]:
    """What the list says of an enterprise; `RowError` for a SIREN or family that is none."""
    siren = checked(SIREN, row.take(SIREN), clean.siren)
    me = iri.named("organization", f"siren-{siren}")
    yield from organizations.described(me, {"siren": siren}, row, NAME)
    yield me, ESS.legalFamily, _family(row)
    yield me, ESS.legalFamilyBasis, BASIS
    if (postal_code := row.take(POSTAL_CODE)) not in {"", MASKED}:
        value = checked(POSTAL_CODE, postal_code, clean.postal_code)
        yield me, SCHEMA.postalCode, Literal(value)
    yield from places.seat(me, row)


def _family(row: Row) -> NamedNode:
    value = row.take(FAMILY)
    try:
        return FAMILIES[clean.text(value).lower().replace("’", "'")]
    except KeyError:
        mend = "add it to FAMILIES in kg/sources/ess_france/importer.py"
        raise RowError(FAMILY, value, "is none of the families known", mend) from None
