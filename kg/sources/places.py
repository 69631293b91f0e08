"""Places: from the commune code that a register gives to the territories of today.

    code in the register                 commune            département, région
    of a commune of today                itself             those that contain it
    of a municipal arrondissement        itself             those of its commune
    of a former commune                  what replaced it   those of that commune
    of a commune that was shared out     itself             what its successors have in common

Communes of the overseas collectivities lie in no département and no région. It is what the rule
`ontology/rules/03-seat-territory.rq` derives from a commune, known while the row is mapped.

An importer that needs `territories` reads them once in its `records`, as a table to join (`table`)
or as a mapping (`lookup`), and gives its rows the `COLUMNS`; `seat` makes their statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
from pyoxigraph import NamedNode

from kg import iri
from kg.sources import Triple
from kg.sources.rows import Row
from kg.vocab import DCTERMS, ESS, IGEO, RDF

COLUMNS = ("commune", "departement", "region")
CODE = "regexp_extract({}, '-([0-9A-Z]+)>$', 1)"
QUERY = f"""
WITH stated AS (FROM read_parquet($territories)),
class AS (SELECT subject, object AS class FROM stated WHERE predicate = '{RDF.type}'),
part AS (
    SELECT stated.subject, stated.object AS whole, class.class
    FROM stated JOIN class ON class.subject = stated.object
    WHERE predicate = '{DCTERMS.isPartOf}'),
current AS (
    SELECT class.subject, departement.whole AS departement, region.whole AS region
    FROM class
    LEFT JOIN part AS departement
        ON departement.subject = class.subject AND departement.class = '{IGEO.Departement}'
    LEFT JOIN part AS region
        ON region.subject = departement.whole AND region.class = '{IGEO.Region}'
    WHERE class.class = '{IGEO.Commune}'),
place AS (
    SELECT subject, subject AS commune, departement, region FROM current
    UNION ALL
    SELECT part.subject, part.subject, departement, region
    FROM part JOIN current ON current.subject = part.whole
    UNION ALL
    SELECT stated.subject, if(count(*) = 1, min(object), stated.subject),
        if(min(departement) = max(departement), min(departement), NULL),
        if(min(region) = max(region), min(region), NULL)
    FROM stated JOIN current ON current.subject = stated.object
    WHERE predicate = '{DCTERMS.isReplacedBy}'
    GROUP BY stated.subject)
SELECT {CODE.format("subject")} AS code, {CODE.format("commune")} AS commune,
    coalesce({CODE.format("departement")}, '') AS departement,
    coalesce({CODE.format("region")}, '') AS region
FROM place ORDER BY code"""


class Place(NamedTuple):
    """INSEE codes; empty where there is no such territory."""

    commune: str
    departement: str
    region: str


def table(connection: duckdb.DuckDBPyConnection, territories: Path) -> None:
    """Make the table `place(code, commune, departement, region)` of INSEE codes.

    `territories` is the Parquet file of that source's statements (`Inputs.converted`).
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE place AS {QUERY}", {"territories": str(territories)}
    )


def lookup(territories: Path) -> dict[str, Place]:
    """The place of every commune code, former ones included (about 39,000)."""
    with duckdb.connect() as connection:
        rows = connection.execute(QUERY, {"territories": str(territories)}).fetchall()
    return {code: Place(*names) for code, *names in rows}


def seat(me: NamedNode, row: Row) -> Iterator[Triple]:
    """Where an organisation has its seat; pops the `COLUMNS`, whose commune may be empty."""
    commune, departement, region = (row.take(column) for column in COLUMNS)
    if commune:
        yield me, ESS.commune, territory("insee", commune)
    if departement:
        yield me, ESS.departement, territory("insee-departement", departement)
    if region:
        yield me, ESS.region, territory("insee-region", region)


@cache
def territory(scheme: str, code: str) -> NamedNode:
    """The IRI of a territory; every commune has thousands of organisations."""
    return iri.mint("territory", scheme, code)
