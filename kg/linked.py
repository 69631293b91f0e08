"""What points to a thing, of the things that much points to: how often, and what comes first.

    links.tsv       an IRI, and of each list of what points to it the property, the kind, the number
    beginnings.tsv  an IRI, and the first of each list with what a list shows of them: N-Triples

Pages count long lists from here, and read no more of them than they show. What pages leave out is
not counted: a thing's own parts, the descriptions of graphs, observations. The first are those of
the order of French names, behind which comes what is no more. Lists by a property by which parts
(roles) point have no beginnings here, since parts are shown with what they are parts of; nor have
short cuts, of which a page leaves out what such lists tell in full, and episodes, which are in the
order of time. The lines are in the order of the IRIs, as those of the ledger are, and found in the
same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import RdfFormat, Triple, parse

from kg import ledger, sql
from kg.iri import BASE
from kg.vocab import DCTERMS, ESS, RDFS, SCHEMA

if TYPE_CHECKING:
    import duckdb

FILE, BEGINNINGS = "links.tsv", "beginnings.tsv"
# What fewer links lead to is not in the files: these are soon read. Observations count here, since
# it takes as long to pass over them.
MANY = 100
# How many of a list come first, and what a list shows of them.
FIRST = 24
SHOWN = (
    *(RDFS.label, SCHEMA.startDate, SCHEMA.endDate, ESS.attestedOn, ESS.roleTitle),
    *(ESS.statedCapacity, DCTERMS.issued, DCTERMS.isReplacedBy, SCHEMA.datePublished),
    *(SCHEMA.duration, SCHEMA.episodeNumber, SCHEMA.latitude, SCHEMA.longitude),
)
# What rules add as a short cut, and the property that says the same in full; by their local names.
SHORT_CUTS = {"memberOf": "organization", "holdsOffice": "organization", "contributor": "guest"}
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


def begun(path: Path, iri: str) -> list[Triple] | None:
    """The first links of each list of a thing, and what is shown of what points to it; None if the
    release does not tell.
    """
    text = ledger.look_up(path, iri)
    if text is None:
        return None
    return [quad.triple for quad in parse(text, format=RdfFormat.N_TRIPLES)]


def write(connection: duckdb.DuckDBPyConnection, folder: Path, base: str) -> None:
    """Write the files of a release into its folder, from the table `statement` and the order of
    names, `ordered` of the index (`kg.search.entries`).
    """
    for name, query in _tables().items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    shown = f"replace(trim({{}}, '<>'), '{BASE}', {sql.text(base)})"
    ledger.copy(
        connection,
        f"""SELECT {shown.format("object")} AS iri,
            string_agg({shown.format("predicate")} || ' ' || kind || ' ' || number, ' '
                ORDER BY predicate, kind) FILTER (NOT observed)
        FROM list SEMI JOIN hub USING (object) GROUP BY object ORDER BY iri""",
        folder / FILE,
    )
    ledger.copy(
        connection,
        f"""SELECT {shown.format("object")} AS iri, replace(coalesce(string_agg(
            subject || ' ' || predicate || ' ' || object || ' .' || coalesce(told, ''), chr(13)
            ORDER BY predicate, subject), ''), '{BASE}', {sql.text(base)})
        FROM hub LEFT JOIN first USING (object) LEFT JOIN told USING (subject)
        GROUP BY object ORDER BY iri""",
        folder / BEGINNINGS,
    )


_DESCRIPTION = f"starts_with(subject, '<{BASE}graph/')"
_LISTED = f"""starts_with(object, '<{BASE}id/') AND NOT contains(object, '#')
    AND NOT starts_with(subject, rtrim(object, '>') || '#')
    AND NOT {_DESCRIPTION}"""
_OBSERVED = f"starts_with(subject, '<{BASE}id/observation/')"
_KIND = f"""CASE WHEN starts_with(subject, '<{BASE}id/')
    THEN split_part(substr(subject, {len(BASE) + 5}), '/', 1) ELSE '{_NO_THING}' END"""
_WITHOUT = "|".join(["partOfSeries", *SHORT_CUTS])
# A thing as the index numbers it.
_ENTITY = f"hash(subject[{len(BASE) + 5}:-2])"


def _tables() -> dict[str, str]:
    """The lists; what much points to; the first of the lists of that; what is shown of those."""
    return {
        "list": f"""SELECT object, predicate, {_KIND} AS kind, {_OBSERVED} AS observed,
                count(*) AS number, bool_or(contains(subject, '#')) AS of_parts
            FROM statement WHERE {_LISTED} GROUP BY ALL""",
        "hub": f"SELECT object FROM list GROUP BY object HAVING sum(number) > {MANY}",
        "first": f"""WITH
            begun AS (
                SELECT object, predicate FROM list SEMI JOIN hub USING (object)
                WHERE NOT observed AND NOT regexp_matches(predicate, '[/#]({_WITHOUT})>$')
                GROUP BY object, predicate HAVING NOT bool_or(of_parts)
            ),
            former AS (
                SELECT DISTINCT {_ENTITY} AS entity, 1::BIGINT << 40 AS behind FROM statement
                WHERE predicate = '{DCTERMS.isReplacedBy}'
            ),
            place AS (
                SELECT entity, name_fr + coalesce(behind, 0) AS place
                FROM ordered LEFT JOIN former USING (entity)
            ),
            link AS (
                SELECT object, predicate, {_KIND} AS kind, subject,
                    coalesce(place, (1::BIGINT << 41) + (hash(subject) >> 24)::BIGINT) AS place
                FROM statement SEMI JOIN begun USING (object, predicate)
                LEFT JOIN place ON entity = {_ENTITY}
                WHERE NOT contains(subject, '#') AND NOT {_OBSERVED} AND NOT {_DESCRIPTION}
            )
            SELECT object, predicate, unnest(arg_min(subject, place, {FIRST})) AS subject
            FROM link GROUP BY object, predicate, kind""",
        "told": f"""SELECT subject, chr(13) || string_agg(
                subject || ' ' || predicate || ' ' || object || ' .', chr(13)
                ORDER BY predicate, object) AS told
            FROM statement SEMI JOIN first USING (subject)
            WHERE predicate IN ({", ".join(sql.text(each) for each in SHOWN)}) GROUP BY subject""",
    }
