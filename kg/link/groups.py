"""Groups: what the claims join, tier by tier, except where they conflict."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import duckdb

from kg.link.authorities import AUTHORITIES
from kg.link.claims import DECIDED, key

TABLES = ("joined", "edge", "grouped", "lesser", "conflict")


@dataclass(frozen=True)
class Conflict:
    """Things that claims would join and that are not to be: because of a decision, or because each
    has an identifier of which a thing has one. `chain`: the claims between them.
    """

    things: list[str]
    decided: bool
    chain: list[str]


def join(connection: duckdb.DuckDBPyConnection, tier: int) -> list[Conflict]:
    """Follow the claims of one tier, except where they conflict; the conflicts."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE edge AS
        SELECT DISTINCT least(coalesce(one.root, iri), coalesce(other.root, claim.node)) AS a,
               greatest(coalesce(one.root, iri), coalesce(other.root, claim.node)) AS b,
               iri, scheme, object
        FROM claim LEFT JOIN joined AS one ON one.node = iri
        LEFT JOIN joined AS other ON other.node = claim.node
        WHERE tier = ? AND a <> b""",
        [tier],
    )
    _group(connection)
    conflicts = _part(connection, tier)
    if conflicts:
        _group(connection)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE joined AS
        SELECT known.node, coalesce(grouped.root, known.root) AS root
        FROM (FROM joined UNION ALL
              SELECT node, node FROM grouped WHERE node NOT IN (SELECT node FROM joined)) AS known
        LEFT JOIN grouped ON grouped.node = known.root"""
    )
    return conflicts


def _part(connection: duckdb.DuckDBPyConnection, tier: int) -> list[Conflict]:
    """Take the claims out of `edge` that would join what is not to be joined."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE conflict AS
        WITH member AS (
            SELECT grouped.root, grouped.node AS part, coalesce(joined.node, grouped.node) AS node
            FROM grouped LEFT JOIN joined ON joined.root = grouped.node
        ), one_only AS (
            SELECT root, part, regexp_extract(node, $single) AS scheme FROM member
            WHERE scheme <> '' AND {tier} <> {DECIDED} AND node NOT IN (SELECT node FROM former)
        ), several AS (
            SELECT root, scheme FROM one_only GROUP BY ALL HAVING min(part) <> max(part)
        )
        SELECT DISTINCT root, part, false AS decided FROM one_only JOIN several USING (root, scheme)
        UNION
        SELECT one.root, unnest([one.part, other.part]), true
        FROM apart JOIN member AS one ON one.node = first
        JOIN member AS other ON other.node = second AND other.root = one.root
        WHERE one.part <> other.part""",
        {"single": "|".join(each.start for each in AUTHORITIES if each.single)},
    )
    ends = {part for (part,) in connection.execute("SELECT part FROM conflict").fetchall()}
    if not ends:
        return []
    claims = connection.execute(
        "SELECT root, a, b, iri, scheme, object FROM edge JOIN grouped ON node = a "
        "WHERE root IN (SELECT root FROM conflict) ORDER BY ALL"
    ).fetchall()
    cut = _between({(a, b) for _, a, b, *_ in claims}, ends)
    connection.execute(
        "DELETE FROM edge WHERE (a, b) IN (SELECT (unnest($a), unnest($b)))",
        {"a": [a for a, _ in cut], "b": [b for _, b in cut]},
    )
    chains: dict[str, list[str]] = defaultdict(list)
    for root, a, b, *claim in claims:
        if (a, b) in cut:
            chains[root].append(" ".join([key(claim[0]), *claim[1:]]))
    conflicts = connection.execute(
        "SELECT list(DISTINCT part), bool_and(decided), root FROM conflict GROUP BY root"
    ).fetchall()
    return [Conflict(parts, decided, chains[root]) for parts, decided, root in conflicts]


def _between(edges: set[tuple[str, str]], ends: set[str]) -> set[tuple[str, str]]:
    """The edges that lie between two of the ends: what is left when dead branches are cut off.

    >>> sorted(_between({("a", "q"), ("b", "q"), ("c", "q")}, {"a", "b"}))
    [('a', 'q'), ('b', 'q')]
    """
    while True:
        degree = Counter(node for edge in edges for node in edge)
        dead = {node for node, number in degree.items() if number == 1} - ends
        if not dead:
            return edges
        edges = {edge for edge in edges if dead.isdisjoint(edge)}


def _group(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `grouped(node, root)`: the connected components of `edge`, named by the least node.

    In each round, every group that borders on one with a lesser name takes the least of these
    names; a component of n nodes needs about log n rounds.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE grouped AS SELECT node, node AS root "
        "FROM (SELECT a AS node FROM edge UNION SELECT b FROM edge)"
    )
    while True:
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE lesser AS
            SELECT greatest(one.root, other.root) AS root, min(least(one.root, other.root)) AS new
            FROM edge JOIN grouped AS one ON one.node = a JOIN grouped AS other ON other.node = b
            WHERE one.root <> other.root GROUP BY ALL"""
        )
        if not _count(connection, "lesser"):
            return
        while _count(connection, "lesser WHERE new IN (SELECT root FROM lesser)"):
            connection.execute(
                """CREATE OR REPLACE TEMP TABLE lesser AS
                SELECT lesser.root, coalesce(next.new, lesser.new) AS new
                FROM lesser LEFT JOIN lesser AS next ON next.root = lesser.new"""
            )
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE grouped AS
            SELECT node, coalesce(new, root) AS root FROM grouped LEFT JOIN lesser USING (root)"""
        )


def _count(connection: duckdb.DuckDBPyConnection, what: str) -> int:
    (number,) = connection.execute(f"SELECT count(*) FROM {what}").fetchone() or (0,)
    return int(number)
