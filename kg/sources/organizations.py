"""Organisations: what the registers that list them by SIREN or RNA number share.

Several registers speak of one organisation. The first that describes it names it; those that come
after (`AFTER` of their importers) confirm the name, or state their own as another name:

    what the others call it    what the register states
    nothing: it is new         its classes, its name as label, its identifiers in full
    the same                   its name as label
    something else             its name as `skos:altLabel`

`names` reads what the others say, once; `records` gives it to each row as the column `KNOWN_AS`;
`described` makes the statements. The plain number is stated by every register.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
from pyoxigraph import Literal, NamedNode

from kg.clean import text
from kg.iri import BASE
from kg.sources import Triple, identifiers
from kg.sources.identifiers import PLAIN
from kg.sources.rows import Row, RowError
from kg.sources.stock import MASKED
from kg.vocab import FOAF, LEGAL, ORG, RDF, RDFS, SCHEMA, SKOS

KNOWN_AS = "known as"  # the label that others give, an N-Triples term; empty if they give none
CLASSES = (
    *(ORG.FormalOrganization, SCHEMA.Organization, LEGAL.LegalEntity),
    *(ORG.Organization, FOAF.Agent),  # superclasses, as ontology/rules would add them
)
QUERY = """
SELECT trim(number.object, '"'), min(name.object)
FROM read_parquet($files) AS number JOIN read_parquet($files) AS name USING (subject)
WHERE number.predicate = $number AND name.predicate = $label
  AND starts_with(subject, $organizations) AND ends_with(name.object, '@fr')
GROUP BY ALL"""


def padded(value: str, length: int = 9) -> str:
    """A number with the leading zeros that a spreadsheet has eaten; anything else as it stands.

    >>> padded("5 580 113\u00a0"), padded("302044219.0"), padded("1000", 5), padded("[ND]", 5)
    ('005580113', '302044219', '01000', '[ND]')
    """
    digits = "".join(value.split()).removesuffix(".0")
    return digits.zfill(length) if re.fullmatch(rf"[0-9]{{{length - 3},}}", digits) else digits


def names(converted: Mapping[str, Path], scheme: str) -> dict[str, str]:
    """What sources converted before call an organisation, by its number in that scheme.

    The names are N-Triples terms; of several the first in alphabetical order.
    """
    if not converted:
        return {}
    values = {
        "files": [str(path) for path in converted.values()],
        "number": str(PLAIN[scheme]),
        "label": str(RDFS.label),
        "organizations": f"<{BASE}id/organization/",
    }
    with duckdb.connect() as connection:
        return dict(connection.execute(QUERY, values).fetchall())


def described(me: NamedNode, numbers: Mapping[str, str], row: Row, column: str) -> Iterator[Triple]:
    """An organisation by its numbers (scheme to value) and by the name in that column.

    Pops the column, and what others call it. Raises `RowError` when it has no name, or a masked
    one, and nobody else names it.
    """
    given, known_as = row.take(column), row.take(KNOWN_AS)
    name = "" if MASKED in given else text(given)
    if not (name or known_as):
        raise RowError(column, given, "is no name, and no other source names the organisation")
    if not known_as:
        yield from ((me, RDF.type, each) for each in CLASSES)
    for scheme, value in numbers.items():
        if known_as:
            yield me, PLAIN[scheme], Literal(value)
        else:
            yield from identifiers.current(me, scheme, value)
    label = Literal(name, language="fr")
    if known_as in {"", str(label)}:
        yield me, RDFS.label, label
        yield me, SKOS.prefLabel, label
    elif name:
        yield me, SKOS.altLabel, label
