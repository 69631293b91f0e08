"""Linking: which IRIs mean the same thing, and which of them stays.

Two IRIs of one kind that hold the same authority identifier are one thing, and a thing with such
an identifier is named by it (`siren-…` before `rna-…`). What a feed or a saved page made known is
what was curated under the same address, if that is the address of these two alone. Keys that are
UUIDs (`kg.iri.hashed`) give way to every other. `data/links.csv` overrides: *same* joins
what no identifier does, *not-same* keeps apart what one would join. The IRIs that give way are
redirected. The outcome does not depend on the order of anything.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg.iri import BASE, SCHEMES, hashed, mint, named
from kg.vocab import ESS, SCHEMA

# Kind to its authority schemes, the one that names the thing first.
AUTHORITIES = {
    "organization": {"siren": ESS.siren, "rna": ESS.rna},
    "person": {"orcid": ESS.orcid, "idhal": ESS.idHal},
    "podcast": {"guid": ESS.podcastGuid},
    "publication": {"hal": ESS.halId, "doi": ESS.doi},
}
# Kind to the properties that hold its address: its feed, its page.
ADDRESSES = {
    "episode": [SCHEMA.url],
    "podcast": [SCHEMA.webFeed, SCHEMA.url],
    "publication": [SCHEMA.url],
}
UUID_KEY = r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


@dataclass(frozen=True)
class Decision:
    """What a person decided about two IRIs of one kind."""

    same: bool
    first: str
    second: str


def decisions(path: Path) -> list[Decision]:
    """The curated decisions of `links.csv`; none if there is no such file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Decision(
                row["relation"] == "same",
                named(row["kind"], row["key"]).value,
                named(row["kind"], row["other"]).value,
            )
            for row in csv.DictReader(file)
        ]


def links(connection: duckdb.DuckDBPyConnection, made: list[Decision]) -> dict[str, str]:
    """Superseded IRI to the IRI that stays, from the table `stated` and the decisions made.

    `stated` has the columns subject, predicate and object, as N-Triples terms.
    """
    pairs = sorted({*_shared_identifiers(connection), *_same_addresses(connection)})
    apart = {frozenset((d.first, d.second)) for d in made if not d.same}
    groups = _groups([*((d.first, d.second) for d in made if d.same), *pairs], apart)
    return {
        iri: best
        for group in groups
        for best in [min(group, key=_rank)]
        for iri in sorted(group)
        if iri != best
    }


def _shared_identifiers(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Pairs of an IRI and the authority's IRI for one of its identifiers."""
    for kind, schemes in AUTHORITIES.items():
        for scheme, predicate in schemes.items():
            rows = connection.execute(
                """SELECT trim(subject, '<>') AS iri, trim(object, '"') AS value FROM stated
                WHERE predicate = $predicate AND starts_with(subject, $start)
                  AND NOT contains(subject, '#') AND NOT ends_with(iri, '-' || value)""",
                {"predicate": str(predicate), "start": f"<{BASE}id/{kind}/"},
            ).fetchall()
            for iri, value in rows:
                one = hashed if scheme == "doi" else mint
                yield str(iri), one(kind, scheme, str(value)).value


def _same_addresses(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Pairs of an IRI whose key is a UUID and the only other one that holds the same address.

    Addresses are compared like `kg.clean.address` writes them.
    """
    for kind, predicates in ADDRESSES.items():
        rows = connection.execute(
            """WITH held AS (
                SELECT DISTINCT trim(subject, '<>') AS iri, predicate,
                       regexp_extract(object, '^<https?://(?:www[.])?(.*?)/?(?:#.*)?>$', 1) AS address,
                       regexp_matches(iri, $uuid) AS made
                FROM stated
                WHERE list_contains($predicates, predicate) AND starts_with(subject, $start)
                  AND NOT contains(subject, '#')
            )
            SELECT min(iri) FILTER (made), min(iri) FILTER (NOT made) FROM held
            GROUP BY predicate, address
            HAVING count(*) FILTER (made) = 1 AND count(*) FILTER (NOT made) = 1""",
            {
                "uuid": UUID_KEY,
                "predicates": [str(each) for each in predicates],
                "start": f"<{BASE}id/{kind}/",
            },
        ).fetchall()
        yield from ((str(made), str(other)) for made, other in rows)


def _groups(pairs: Iterable[tuple[str, str]], apart: set[frozenset[str]]) -> list[frozenset[str]]:
    """The groups that the pairs make, never joining two IRIs that are to be kept apart."""
    group: dict[str, frozenset[str]] = {}
    for first, second in pairs:
        joined = group.get(first, frozenset([first])) | group.get(second, frozenset([second]))
        if any(pair <= joined for pair in apart):
            continue
        for iri in joined:
            group[iri] = joined
    return sorted(set(group.values()), key=min)


def _rank(iri: str) -> tuple[int, str]:
    """Authorities before curated names, in the order of `AUTHORITIES`; UUIDs last."""
    kind, _, key = iri.removeprefix(f"{BASE}id/").partition("/")
    if re.search(UUID_KEY, key):
        return len(SCHEMES), iri
    order = [f"{scheme}-" for scheme in AUTHORITIES.get(kind, {})]
    place = next((n for n, start in enumerate(order) if key.startswith(start)), len(order))
    return place, iri
