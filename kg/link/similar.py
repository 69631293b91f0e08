"""Similar things: pairs that a person may look at, never joined by themselves.

    words of names  ->  blocks  ->  pairs  ->  score  ->  the best

Two things are compared if they share a rare word of their names within a commune, all the words
within a département, or all of them where the place of one is not known; or if they share an
identifier that was not followed (`kg.link` tells why). Things that each have a SIREN, or whatever
a thing of the kind has one of, are two things by that, and are compared only for the latter reason.

Blocking is set work in DuckDB, over a release's statements; only names within a block are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rapidfuzz import fuzz

from kg import sql
from kg.iri import BASE
from kg.link import claims
from kg.link.authorities import AUTHORITIES
from kg.vocab import DCTERMS, ESS, FOAF, ORG, RDFS, SKOS

KINDS = ("organization", "person", "publication")
NAMES = (RDFS.label, SKOS.prefLabel, SKOS.altLabel, ESS.formerName, FOAF.name, DCTERMS.title)
# Words that tell nobody apart.
COMMON = (
    *("a", "and", "association", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le"),
    *("les", "of", "par", "pour", "sur", "the", "un", "une"),
)
# How many things may share a word in a commune, or all the words elsewhere, to be compared.
RARE, FEW = 50, 20
# What a score counts for by what else the two have in common.
SAME_COMMUNE, NO_PLACE, SAME_DEPARTEMENT, PLACE_UNKNOWN = range(4)
WEIGHTS = {SAME_COMMUNE: 1.0, NO_PLACE: 1.0, SAME_DEPARTEMENT: 0.95, PLACE_UNKNOWN: 0.9}
EVIDENCE = {
    SAME_COMMUNE: "name {score}, same commune",
    NO_PLACE: "name {score}",
    SAME_DEPARTEMENT: "name {score}, same département",
    PLACE_UNKNOWN: "name {score}, place unknown",
}
BATCH = 10_000


@dataclass(frozen=True)
class Candidate:
    """Two things that may be one: IRIs, names, communes, a score of at most 100 and its reason."""

    first: str
    second: str
    names: str
    commune: str
    score: int
    evidence: str


def candidates(
    connection: duckdb.DuckDBPyConnection, least: int, settled: Iterable[tuple[str, str]]
) -> list[Candidate]:
    """The pairs with a score of `least` and more, the best first, without those that are settled.

    `connection` has the table or view `stated` (subject, predicate, object as N-Triples terms).
    """
    _things(connection)
    _identified(connection)
    _pairs(connection)
    _settle(connection, settled)
    found = [*_scored(connection, least), *_sharing(connection)]
    columns = [list(column) for column in zip(*found, strict=True)] or [[], [], [], []]
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE found AS
        SELECT unnest(CAST($a AS BIGINT[])) AS a, unnest(CAST($b AS BIGINT[])) AS b,
               unnest(CAST($score AS INT[])) AS score, unnest(CAST($why AS TEXT[])) AS why""",
        dict(zip(("a", "b", "score", "why"), columns, strict=True)),
    )
    rows = connection.execute(
        """SELECT first.iri, second.iri, concat_ws(' / ', first.label, second.label),
               concat_ws(' / ', first.place, nullif(second.place, first.place)),
               max(score), arg_max(why, (score, why))
        FROM found JOIN thing AS first ON first.id = a JOIN thing AS second ON second.id = b
        GROUP BY ALL ORDER BY max(score) DESC, first.iri, second.iri"""
    ).fetchall()
    return [Candidate(*row) for row in rows]


def _things(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `thing(id, iri, kind, label, commune, departement, place)` and `named(id, words)`."""
    labels = f"('{RDFS.label}', '{SKOS.prefLabel}')"
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE thing AS
        WITH told AS (
            SELECT subject, split_part(subject, '/', {BASE.count("/") + 2}) AS kind,
                   min(object) FILTER (predicate IN {labels}) AS label,
                   min(object) FILTER (predicate = '{ESS.commune}') AS commune,
                   min(object) FILTER (predicate = '{ESS.departement}') AS departement
            FROM stated
            WHERE (predicate IN {labels}
                   OR predicate IN ('{ESS.commune}', '{ESS.departement}'))
              AND starts_with(subject, '<{BASE}id/') AND NOT contains(subject, '#')
              AND split_part(subject, '/', {BASE.count("/") + 2}) IN ({kinds})
            GROUP BY subject
        ), commune AS (
            SELECT subject, min(object) AS label FROM stated
            WHERE predicate = '{SKOS.prefLabel}' AND subject IN (SELECT commune FROM told)
            GROUP BY subject
        )
        SELECT row_number() OVER (ORDER BY told.subject) AS id, trim(told.subject, '<>') AS iri,
               kind, {_text("told.label")} AS label, told.commune, departement,
               {_text("commune.label")} AS place
        FROM told LEFT JOIN commune ON commune.subject = told.commune
        WHERE told.label IS NOT NULL"""
    )
    names = ", ".join(f"'{name}'" for name in NAMES)
    common = ", ".join(f"'{word}'" for word in COMMON)
    plain = "lower(strip_accents(replace(replace(object, 'œ', 'oe'), 'Œ', 'OE')))"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE named AS
        SELECT DISTINCT id, list_sort(list_distinct(list_filter(
            regexp_extract_all(regexp_extract({plain}, '^"(.*)"', 1), '[a-z0-9]+'),
            lambda word: word NOT IN ({common})))) AS words
        FROM stated JOIN thing ON subject = '<' || iri || '>'
        WHERE predicate IN ({names})"""
    )
    connection.execute("DELETE FROM named WHERE len(words) = 0")


def _text(column: str) -> str:
    """SQL: what a literal says."""
    return f"""replace(regexp_extract({column}, '^"(.*)"', 1), '\\"', '"')"""


def _identified(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `bears(id, scheme, node, single)`; mark in `thing` what nothing tells apart yet."""
    claims.select(connection)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE bears (id BIGINT, scheme TEXT, node TEXT, single BOOLEAN)"
    )
    first: dict[str, str] = {}
    for each in AUTHORITIES:
        if each.kind in KINDS:
            connection.execute(
                f"INSERT INTO bears SELECT DISTINCT id, scheme, node, {each.single} "
                f"FROM ({claims.said(each)}) JOIN thing USING (iri)"
            )
            if each.single:
                first.setdefault(each.kind, each.scheme)
    connection.execute("ALTER TABLE thing ADD COLUMN loose BOOLEAN DEFAULT true")
    for kind, scheme in first.items():
        connection.execute(
            "UPDATE thing SET loose = false WHERE kind = $kind "
            "AND id IN (SELECT id FROM bears WHERE scheme = $scheme)",
            {"kind": kind, "scheme": scheme},
        )


def _pairs(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `pair(a, b, basis)` of all that is in one block, one of the two being loose."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE word AS
        SELECT DISTINCT id, kind, loose, coalesce(commune, '') AS place, unnest(words) AS word
        FROM named JOIN thing USING (id)"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE block AS
        SELECT kind, place, word FROM word GROUP BY ALL
        HAVING count(*) BETWEEN 2 AND {RARE} AND bool_or(loose)"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE pair AS
        WITH rare AS (FROM word JOIN block USING (kind, place, word)),
        whole AS (FROM named JOIN thing USING (id)),
        met AS (
            SELECT one.id AS a, other.id AS b,
                   CASE WHEN place <> '' THEN {SAME_COMMUNE}
                   WHEN kind = 'organization' THEN {PLACE_UNKNOWN} ELSE {NO_PLACE} END AS basis
            FROM rare AS one JOIN rare AS other USING (kind, place, word)
            WHERE one.id < other.id AND (one.loose OR other.loose)
            UNION ALL
            {_same_words("departement", SAME_DEPARTEMENT)}
            UNION ALL
            {_same_words("kind", PLACE_UNKNOWN)} AND one.kind = 'organization'
              AND (one.commune IS NULL OR other.commune IS NULL)
        )
        SELECT a, b, min(basis) AS basis FROM met GROUP BY a, b"""
    )
    connection.execute("DROP TABLE word")


def _same_words(place: str, basis: int) -> str:
    """SQL: the pairs of things of a kind and a place that have all words of a name in common."""
    return f"""SELECT one.id, other.id, {basis}
        FROM whole AS one
        JOIN (SELECT kind, {place} AS place, words FROM whole GROUP BY ALL
              HAVING count(DISTINCT id) BETWEEN 2 AND {FEW} AND bool_or(loose)) AS few
          ON few.kind = one.kind AND few.place = one.{place} AND few.words = one.words
        JOIN whole AS other
          ON other.kind = one.kind AND other.{place} = one.{place} AND other.words = one.words
        WHERE one.id < other.id AND (one.loose OR other.loose)"""


def _settle(connection: duckdb.DuckDBPyConnection, settled: Iterable[tuple[str, str]]) -> None:
    """Take out of `pair` what differs in an identifier of which a thing has one, and make `apart`
    of what is known not to be one, or is decided.
    """
    connection.execute(
        """DELETE FROM pair USING (
            SELECT a, b FROM pair JOIN bears AS one ON one.id = a
            JOIN bears AS other ON other.id = b AND other.scheme = one.scheme
            WHERE one.single GROUP BY a, b, one.scheme HAVING bool_and(one.node <> other.node)
        ) AS differing WHERE pair.a = differing.a AND pair.b = differing.b"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE apart AS
        SELECT least(one.id, other.id) AS a, greatest(one.id, other.id) AS b
        FROM stated JOIN thing AS one ON subject = '<' || one.iri || '>'
        JOIN thing AS other ON object = '<' || other.iri || '>'
        WHERE predicate IN ('{ORG.unitOf}', '{DCTERMS.isReplacedBy}')"""
    )
    pairs = list(settled)
    connection.execute(
        """INSERT INTO apart
        SELECT least(one.id, other.id), greatest(one.id, other.id)
        FROM (SELECT unnest($first) AS first, unnest($second) AS second)
        JOIN thing AS one ON one.iri = first JOIN thing AS other ON other.iri = second""",
        {"first": [one for one, _ in pairs], "second": [other for _, other in pairs]},
    )
    connection.execute("DELETE FROM pair WHERE (a, b) IN (SELECT (a, b) FROM apart)")


def _scored(
    connection: duckdb.DuckDBPyConnection, least: int
) -> Iterator[tuple[int, int, int, str]]:
    """The pairs whose names are alike: ids, score, evidence."""
    cursor = connection.execute(
        """SELECT a, b, basis, one.names, other.names FROM pair
        JOIN (SELECT id, list(array_to_string(words, ' ')) AS names FROM named GROUP BY id) AS one
          ON one.id = a
        JOIN (SELECT id, list(array_to_string(words, ' ')) AS names FROM named GROUP BY id) AS other
          ON other.id = b"""
    )
    while rows := cursor.fetchmany(BATCH):
        for a, b, basis, ours, theirs in rows:
            alike = max(fuzz.ratio(one, other) for one in ours for other in theirs)
            score = round(alike * WEIGHTS[basis])
            if score >= least:
                yield a, b, score, EVIDENCE[basis].format(score=round(alike))


def _sharing(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, int, str]]:
    """The pairs that share an identifier which was not followed."""
    rows = connection.execute(
        f"""SELECT one.id, other.id, min(one.node)
        FROM bears AS one JOIN bears AS other USING (node)
        JOIN (SELECT node FROM bears GROUP BY node HAVING count(DISTINCT id) BETWEEN 2 AND {FEW})
          USING (node)
        WHERE one.id < other.id AND (one.id, other.id) NOT IN (SELECT (a, b) FROM apart)
        GROUP BY ALL"""
    ).fetchall()
    for a, b, node in rows:
        yield a, b, 100, f"both have {claims.key(node)}"


def opened(parquet: Path, base: str, spill: Path, memory: int) -> duckdb.DuckDBPyConnection:
    """A database over a release's statements, for the canonical base; it uses `memory` MiB."""
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={"temp_directory": str(spill), "memory_limit": f"{memory}MiB"}
    )
    columns = ("subject", "predicate", "object")
    shown = ", ".join(f"replace({name}, {sql.text(base)}, '{BASE}') AS {name}" for name in columns)
    connection.execute(
        f"CREATE VIEW stated AS SELECT {', '.join(columns) if base == BASE else shown} "
        f"FROM read_parquet({sql.text(parquet)})"
    )
    return connection
