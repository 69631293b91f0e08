"""What territories and concepts are part of, in SQL.

    wider(thing, wider)        every territory and every concept in a hierarchy, with itself and all
                               that contains it; a former commune is in the one that replaced it
    level(territory, level)    `region`, `departement`, `commune`…: a key of territory-level

Things are `<kind>/<key>`, the part of an IRI that tells them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.iri import BASE
from kg.vocab import DCTERMS, ESS, SKOS

if TYPE_CHECKING:
    import duckdb


_WIDER = f"""
WITH RECURSIVE step AS (
    SELECT path(subject) AS thing, path(object) AS wider FROM statement
    WHERE predicate = '{SKOS.broader}'
       OR (predicate IN ('{DCTERMS.isPartOf}', '{DCTERMS.isReplacedBy}')
           AND starts_with(subject, '<{BASE}id/territory/'))
), up AS (
    SELECT thing, wider FROM step
    UNION SELECT up.thing, step.wider FROM up JOIN step ON step.thing = up.wider
)
SELECT thing, wider FROM up UNION SELECT unnest([thing, wider]) AS same, same FROM step
"""
_LEVEL = f"""
SELECT path(subject) AS territory, split_part(path(object), '/', 2) AS level
FROM statement WHERE predicate = '{ESS.territoryLevel}'
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the two tables from `statement`; they end with the connection."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE wider AS {_WIDER}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE level AS {_LEVEL}")
