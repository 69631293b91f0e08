"""Linking: which IRIs mean the same thing, and which of them stays.

    decisions.py, authorities.py  ->  claims.py   "this IRI is what that identifier identifies"
                                  ->  groups.py   what they join, tier by tier; what conflicts
                                  ->  names.py    which IRI stays; the statements rewritten

Two IRIs of one kind that hold the same authority identifier are one thing, and a thing with such
an identifier is named by it. What a feed or a saved page made known is what has the same address,
if that is the address of these two alone. A *former* identifier leads to the thing too, but does
not name it. `data/links.csv` overrides: *same* joins what no identifier does, *not-same* keeps
apart what one would join. The IRIs that give way are in the table `link`; `kg.ledger` makes
redirects of them.

Nothing is chosen where claims conflict, that is where they would join what a decision keeps apart,
or two things that each have an identifier of which a thing has one: of such a group no claim that
lies between the two is followed, and the report tells the chain. So the outcome does not depend on
the order of anything. It is set work, done by DuckDB; only conflicts are looked at one by one.
"""

from __future__ import annotations

import duckdb

from kg.iri import BASE
from kg.link import claims, groups, names
from kg.link.claims import key
from kg.link.decisions import Decision
from kg.link.groups import Conflict
from kg.report import Finding


def link(connection: duckdb.DuckDBPyConnection, made: list[Decision]) -> list[Finding]:
    """Link the statements of the table `stated`; what could not be joined, as findings.

    `stated` has the columns subject, predicate, object (N-Triples terms) and source. Makes the
    table `link(old, new, used)` of IRIs, and the view `linked`: the same statements with the IRIs
    that stay, and with former identifiers as such.
    """
    tiers = claims.gather(connection)
    claims.decide(connection, made)
    connection.execute("CREATE OR REPLACE TEMP TABLE joined (node VARCHAR, root VARCHAR)")
    conflicts = [each for tier in range(tiers + 1) for each in groups.join(connection, tier)]
    names.choose(connection)
    names.retire(connection)
    names.rewrite(connection)
    for table in (*claims.TABLES, *groups.TABLES):
        connection.execute(f"DROP TABLE IF EXISTS {table}")  # room for what comes next
    return _findings(connection, conflicts)


def _findings(connection: duckdb.DuckDBPyConnection, conflicts: list[Conflict]) -> list[Finding]:
    """The conflicts for the report, with the names that the things have at last."""
    rows = connection.execute(
        "SELECT old, new FROM link WHERE list_contains($things, old)",
        {"things": [thing for each in conflicts for thing in each.things]},
    ).fetchall()
    names = dict(rows)
    return sorted(
        _finding(sorted(names.get(thing, thing) for thing in each.things), each)
        for each in conflicts
    )


def _finding(things: list[str], conflict: Conflict) -> Finding:
    kind = things[0].removeprefix(f"{BASE}id/").partition("/")[0]
    detail = f"{kind}: {', '.join(map(key, things))}; chain: {', '.join(conflict.chain)}"
    if conflict.decided:
        french = "Des identifiants réuniraient ce qui est tenu pour distinct."
        english = "Identifiers would join what is held to be two things."
        return Finding("info", "identity-kept-apart", things[0], french, english, detail)
    french = (
        "Des identifiants réuniraient des choses qui ont chacune le leur ; elles restent séparées."
    )
    english = "Identifiers would join things that have one each; they stay apart."
    return Finding("warning", "identity-conflict", things[0], french, english, detail)
