"""How often something points to a thing, of the things that much points to.

    links.tsv    an IRI, and of each list of what points to it the property, the kind, the number

Pages count long lists from here, and read no more of them than they show. What pages leave out is
not counted: a thing's own parts, the descriptions of graphs, observations. The lines are in the
order of the IRIs, as those of the ledger are, and found in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kg import ledger, sql
from kg.iri import BASE

if TYPE_CHECKING:
    import duckdb

FILE = "links.tsv"
# What fewer links lead to is not in the file: these are soon read.
MANY = 200
_NO_THING = "-"


@dataclass(frozen=True)
class Linked:
    """So many things of a kind ("": no things) point to one with a property."""

    property: str
    kind: str
    number: int


def read(path: Path, iri: str) -> list[Linked]:
    """What points to a thing; nothing if that is not much, or if the release has no such file."""
    words = (ledger.look_up(path, iri) or "").split()
    return [
        Linked(property_, kind.removeprefix(_NO_THING), int(number))
        for property_, kind, number in zip(words[::3], words[1::3], words[2::3], strict=True)
    ]


def write(connection: duckdb.DuckDBPyConnection, folder: Path, base: str) -> None:
    """Write the file of a release into its folder, from the table `statement`."""
    ledger.copy(
        connection,
        f"""WITH list AS (
            SELECT object, predicate, count(*) AS number,
                CASE WHEN starts_with(subject, '<{BASE}id/')
                THEN split_part(substr(subject, {len(BASE) + 5}), '/', 1)
                ELSE '{_NO_THING}' END AS kind
            FROM statement
            WHERE starts_with(object, '<{BASE}id/') AND NOT contains(object, '#')
              AND NOT starts_with(subject, rtrim(object, '>') || '#')
              AND NOT starts_with(subject, '<{BASE}graph/')
              AND NOT starts_with(subject, '<{BASE}id/observation/')
            GROUP BY ALL
        )
        SELECT replace(trim(object, '<>'), '{BASE}', {sql.text(base)}) AS iri,
            string_agg(replace(trim(predicate, '<>'), '{BASE}', {sql.text(base)}) || ' ' || kind
                || ' ' || number, ' ' ORDER BY predicate, kind)
        FROM list GROUP BY object HAVING sum(number) > {MANY} ORDER BY iri""",
        folder / FILE,
    )
