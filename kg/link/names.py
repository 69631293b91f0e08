"""Names: the IRI that stays of each group, and the statements with it."""

from __future__ import annotations

import duckdb

from kg.iri import BASE
from kg.link.authorities import AUTHORITIES, UUID_KEY
from kg.vocab import ADMS, DCTERMS, ESS, RDF, RDFS, SKOS


def choose(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `link(old, new, used)`: of each group, every name but the best, and that.

    Authorities before the names of ours, in their order; behind these, keys that are UUIDs; behind
    all of them, former identifiers.
    `used`: some source describes a thing under the old name, or says that it was the thing's.
    """
    schemes = [each.start for each in AUTHORITIES if each.names]
    connection.execute(
        """CREATE OR REPLACE TABLE link AS
        WITH named AS (
            SELECT node, root, CASE
                WHEN node IN (SELECT node FROM former) THEN len($schemes) + 3
                WHEN regexp_matches(node, $uuid) THEN len($schemes) + 2
                ELSE coalesce(nullif(list_position($schemes, regexp_extract(node, $naming)), 0),
                              len($schemes) + 1) END AS rank
            FROM joined WHERE NOT regexp_matches(node, $meeting)
        ), best AS (
            SELECT root, arg_min(node, (rank, node)) AS new FROM named GROUP BY root
        ), given AS (
            SELECT node AS old, new FROM named JOIN best USING (root) WHERE node <> new
        ), subject AS (
            SELECT DISTINCT trim(subject, '<>') AS iri FROM stated
            WHERE subject IN (SELECT '<' || old || '>' FROM given)
            UNION SELECT node FROM former
        )
        SELECT old, new, iri IS NOT NULL AS used FROM given LEFT JOIN subject ON iri = old
        ORDER BY old""",
        {
            "schemes": schemes,
            "naming": "|".join(schemes),
            "uuid": UUID_KEY,
            "meeting": f"^{BASE}id/[^/]+/[^/:]+:",
        },
    )


def retire(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `retired`, the plain statements of former identifiers, and `restated`: what takes their
    place, the identifier as a part of the thing, with its status.
    """
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE retired AS
        SELECT DISTINCT '<' || iri || '>' AS subject, predicate, object, scheme,
               former.source AS ended_by
        FROM claim JOIN former USING (node)
        JOIN joined AS one ON one.node = iri
        JOIN joined AS other ON other.node = claim.node AND other.root = one.root"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE restated AS
        WITH part AS (
            SELECT subject, object, scheme, source, ended_by,
                   subject[:-2] || '#' || scheme || '-' ||
                   regexp_replace(trim(object, '"'), '[^A-Za-z0-9._-]+', '-', 'g') || '>' AS iri
            FROM stated JOIN retired USING (subject, predicate, object)
        )
        SELECT DISTINCT subject, '{ADMS.identifier}' AS predicate, iri AS object, source FROM part
        UNION SELECT iri, '{RDF.type}', '{ADMS.Identifier}', source FROM part
        UNION SELECT iri, '{RDFS.label}', object, source FROM part
        UNION SELECT iri, '{SKOS.notation}', object, source FROM part
        UNION SELECT iri, '{DCTERMS.type}', '"' || scheme || '"', source FROM part
        UNION SELECT iri, '{ESS.identifierStatus}', '"former"', ended_by FROM part"""
    )


def rewrite(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the view `linked`, and `moved(term, new)`: the terms whose IRI, or whose owner's, gives
    way. These are found once, so that of all statements the terms are but looked up.
    """
    told = "stated"
    if not _any(connection, "link"):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW linked AS FROM {told}")
        return
    if _any(connection, "retired"):
        told = """(SELECT subject, predicate, object, source FROM stated
            ANTI JOIN retired USING (subject, predicate, object) UNION ALL FROM restated)"""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE moved AS
        SELECT term, '<' || new || substr(term, length(old) + 2) AS new
        FROM (SELECT subject AS term FROM {told}
              UNION SELECT object FROM {told} WHERE starts_with(object, '<{BASE}id/'))
        JOIN link ON old = substr(split_part(split_part(term, '#', 1), '>', 1), 2)"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW linked AS
        SELECT coalesce(subjects.new, subject) AS subject, predicate,
               coalesce(objects.new, object) AS object, source
        FROM {told} AS told
        LEFT JOIN moved AS subjects ON subjects.term = subject
        LEFT JOIN moved AS objects ON objects.term = object"""
    )


def _any(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
