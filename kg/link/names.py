"""Names: the IRI that stays of each group, and the statements with it."""

from __future__ import annotations

import duckdb

from kg.iri import BASE
from kg.link.authorities import AUTHORITIES
from kg.vocab import ADMS, DCTERMS, ESS, RDF, RDFS, SKOS


def choose(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `link(old, new, used)`: of each group, every name but the best, and that.

    Authorities before the names of ours, in their order; a former identifier after all of them.
    `used`: some source describes a thing under the old name.
    """
    schemes = [each.start for each in AUTHORITIES if each.names]
    connection.execute(
        """CREATE OR REPLACE TABLE link AS
        WITH named AS (
            SELECT node, root, CASE WHEN node IN (SELECT node FROM former) THEN len($schemes) + 2
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
        )
        SELECT old, new, iri IS NOT NULL AS used FROM given LEFT JOIN subject ON iri = old
        ORDER BY old""",
        {
            "schemes": schemes,
            "naming": "|".join(schemes),
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
    """Make the view `linked`."""
    told = "stated"
    if not _any(connection, "link"):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW linked AS FROM {told}")
        return
    if _any(connection, "retired"):
        told = """(SELECT subject, predicate, object, source FROM stated
            ANTI JOIN retired USING (subject, predicate, object) UNION ALL FROM restated)"""
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW linked AS
        SELECT {_linked("subject", "subjects")} AS subject, predicate,
               {_linked("object", "objects")} AS object, source
        FROM {told} AS told
        LEFT JOIN link AS subjects ON subjects.old = {_owner("subject")}
        LEFT JOIN link AS objects ON objects.old = {_owner("object")}"""
    )


def _any(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


def _owner(column: str) -> str:
    """SQL: the IRI of a term without brackets and fragment (whatever, for a literal)."""
    return f"split_part(trim({column}, '<>'), '#', 1)"


def _linked(column: str, link: str) -> str:
    """SQL: a term with a superseded IRI replaced, its fragment kept."""
    return (
        f"CASE WHEN {link}.new IS NULL THEN {column} "
        f"ELSE '<' || {link}.new || substr({column}, length({link}.old) + 2) END"
    )
