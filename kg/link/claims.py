"""Claims: the statements by which a thing is what an identifier identifies; decisions too."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import duckdb

from kg.iri import BASE
from kg.link.authorities import ADDRESS, ADDRESSES, AUTHORITIES, UUID_KEY, Authority
from kg.link.decisions import Decision
from kg.vocab import DCTERMS, ESS, ORG, SKOS

TABLES = ("identifying", "claim", "ended", "former", "apart")
DECIDED = 0  # the tier of decisions; that of an authority is its place among those of its kind


def _tiers() -> Iterator[tuple[int, Authority]]:
    """The authorities, each with its place among those of its kind, from 1."""
    for _, group in itertools.groupby(AUTHORITIES, key=lambda each: each.kind):
        yield from enumerate(group, 1)


def gather(connection: duckdb.DuckDBPyConnection) -> int:
    """Make the tables `claim` and `former`; how many tiers there are.

    claim(iri, node, tier, scheme, predicate, object): by this statement `iri` is `node`, that is
    what an identifier of the scheme identifies. former(node, source): what bears an identifier
    that is no longer valid, and that no other thing has; who says so.
    """
    select(connection)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE claim (iri VARCHAR, node VARCHAR, tier INTEGER, "
        "scheme VARCHAR, predicate VARCHAR, object VARCHAR)"
    )
    for tier, authority in _tiers():
        # What its own identifier says of a thing goes without saying.
        connection.execute(f"INSERT INTO claim {said(authority, tier)} WHERE iri <> node")
    _former(connection)
    for tier, authority in _tiers():
        connection.execute(
            f"INSERT INTO claim {said(authority, tier)} "
            "WHERE iri = node AND node IN (SELECT node FROM former)"
        )
    last = 1 + max(tier for tier, _ in _tiers())
    _addressed(connection, last)
    return last


def select(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `identifying` of the statements of `stated` that claims are made of."""
    predicates = {each.predicate for each in AUTHORITIES}
    predicates |= {ESS.territoryLevel, ORG.unitOf, *itertools.chain(*ADDRESSES.values())}
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE identifying AS
        SELECT subject, predicate, object FROM stated
        WHERE predicate IN ({_listed(sorted(map(str, predicates)))})
          AND starts_with(subject, '<{BASE}id/') AND NOT contains(subject, '#')"""
    )


def said(authority: Authority, tier: int = DECIDED) -> str:
    """SQL: the rows of `claim` that the identifiers of one authority in `identifying` make."""
    return f"""SELECT iri, node, tier, scheme, predicate, object FROM (
        SELECT trim(subject, '<>') AS iri, '{authority.start}' || {_value(authority)} AS node,
               {tier} AS tier, '{authority.scheme}' AS scheme, predicate, object
        FROM identifying
        WHERE predicate = '{authority.predicate}'
          AND starts_with(subject, '<{BASE}id/{authority.kind}/')
          AND regexp_full_match(object, '{authority.said}') AND {_at_level(authority)})"""


def _listed(terms: Iterable[str]) -> str:
    """SQL: terms of ours as a list."""
    return ", ".join(f"'{term}'" for term in terms)


def _value(authority: Authority) -> str:
    """SQL: the value of an identifier. A DOI is the same in capitals (DOI Handbook, 2.4)."""
    value = f"regexp_extract(object, '{authority.said}', 1)"
    return f"lower({value})" if authority.scheme == "doi" else value


def _at_level(authority: Authority) -> str:
    """SQL: whether the subject is a territory of one of the levels that the authority names."""
    if not authority.levels:
        return "true"
    return (
        "subject IN (SELECT subject FROM identifying WHERE "
        f"predicate = '{ESS.territoryLevel}' AND object IN ({_listed(authority.levels)}))"
    )


def _former(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the claims that parts of the kind `adms:Identifier` make with the status "former"."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE ended AS
        SELECT DISTINCT trim(split_part(subject, '#', 1), '<>') AS iri, type.object AS type,
               value.object AS object, status.source AS source
        FROM stated AS status JOIN stated AS value USING (subject)
        JOIN stated AS type USING (subject)
        WHERE status.predicate = '{ESS.identifierStatus}' AND status.object = '"former"'
          AND value.predicate = '{SKOS.notation}' AND type.predicate = '{DCTERMS.type}'"""
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE former (node VARCHAR, source VARCHAR)")
    for tier, authority in _tiers():
        if authority.within:
            continue
        ended = f"""SELECT DISTINCT iri, $start || {_value(authority)} AS node, object, source
            FROM ended WHERE type = $type AND starts_with(iri, $kind)
              AND regexp_full_match(object, '{authority.said}')"""
        parameters = {
            "start": authority.start,
            "type": f'"{authority.scheme}"',
            "kind": f"{BASE}id/{authority.kind}/",
        }
        connection.execute(
            f"""INSERT INTO former SELECT DISTINCT node, source FROM ({ended})
            WHERE node NOT IN (SELECT node FROM claim)""",
            parameters,
        )
        connection.execute(
            f"""INSERT INTO claim
            SELECT DISTINCT iri, node, $tier, $scheme, '{authority.predicate}', object
            FROM ({ended})""",
            {**parameters, "tier": tier, "scheme": authority.scheme},
        )


def _addressed(connection: duckdb.DuckDBPyConnection, tier: int) -> None:
    """Add the claims of things whose key is a UUID to be the only other one at their address."""
    for kind, predicates in ADDRESSES.items():
        connection.execute(
            f"""INSERT INTO claim
            WITH held AS (
                SELECT DISTINCT trim(subject, '<>') AS iri, predicate,
                       regexp_extract(object, '{ADDRESS}', 1) AS address,
                       regexp_matches(iri, '{UUID_KEY}') AS made
                FROM identifying
                WHERE predicate IN ({_listed(map(str, predicates))})
                  AND regexp_full_match(object, '{ADDRESS}')
                  AND starts_with(subject, '<{BASE}id/{kind}/')
            )
            SELECT min(iri) FILTER (made), min(iri) FILTER (NOT made), {tier}, 'address',
                   predicate, address
            FROM held GROUP BY predicate, address
            HAVING count(*) FILTER (made) = 1 AND count(*) FILTER (NOT made) = 1"""
        )


def decide(connection: duckdb.DuckDBPyConnection, made: list[Decision]) -> None:
    """Add the decisions to `claim`, and to `apart` what is never to be joined.

    An organisation and a unit of it are two things, though a unit may bear the other's number.
    """
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE apart AS
        SELECT trim(subject, '<>') AS first, trim(object, '<>') AS second FROM identifying
        WHERE predicate = '{ORG.unitOf}'"""
    )
    for each in made:
        first, second = sorted((each.first, each.second))
        if each.same:
            connection.execute(
                "INSERT INTO claim VALUES (?, ?, ?, 'same', '', ?)",
                [first, second, DECIDED, key(second)],
            )
        else:
            connection.execute("INSERT INTO apart VALUES (?, ?)", [first, second])


def key(iri: str) -> str:
    """The key in the IRI of a thing."""
    return iri.rpartition("/")[2]
