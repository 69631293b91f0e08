"""Rules: what `ontology/rules/*.rq` derive from the statements, materialised once.

The rules run in the order of their names over the union of all graphs of a store, again and again
until nothing new comes. What they add is one more source, `inferred`.

The store need not hold the registers: a source that is `complete` states itself what rules would
derive of its rows. So it holds what the other sources state, and what anybody states of the things
that these speak of; and of what only complete sources describe one thing for each property and
class, as a sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
from pyoxigraph import BlankNode, NamedNode, Quad, QueryTriples, RdfFormat, Store, Triple

from kg import iri, statements
from kg.convert import Converted
from kg.errors import InputError
from kg.queryfile import QueryFile, read_all
from kg.settings import ONTOLOGY
from kg.vocab import RDF

ROUNDS = 10
LOOKED_AT = f"""CREATE OR REPLACE TEMP TABLE looked_at AS
WITH told AS (SELECT *, list_has_all($complete, sources) AS register FROM statement)
SELECT owner(subject) FROM told WHERE NOT register
UNION SELECT owner(object) FROM told WHERE NOT register AND starts_with(object, '<{iri.BASE}id/')
UNION SELECT min(owner(subject)) FROM told WHERE register GROUP BY predicate
UNION SELECT min(owner(subject)) FROM told WHERE register AND predicate = '{RDF.type}'
      GROUP BY object"""


def store(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Converted], scratch: Path
) -> Store:
    """The statements that rules and checks in SPARQL look at."""
    files = [str(each.statements) for each in sources if each.source.complete]
    condition = "true"
    if files:
        (complete,) = connection.execute(
            "SELECT list(DISTINCT source) FROM read_parquet($files)", {"files": files}
        ).fetchone() or ([],)
        connection.execute(LOOKED_AT, {"complete": complete})
        condition = "owner(subject) IN (FROM looked_at)"
    chosen = f"FROM statement WHERE {condition} ORDER BY subject, predicate, object"
    statements.write_quads(connection, chosen, scratch)
    loaded = Store()
    loaded.bulk_load(path=scratch, format=RdfFormat.N_QUADS)
    scratch.unlink()
    return loaded


def infer(store: Store, folder: Path = ONTOLOGY / "rules") -> list[Triple]:
    """Add to the store what the rules derive, and return it; `InputError` names a bad rule."""
    graph = iri.graph(["inferred"])
    rules = read_all(folder)
    derived: list[Triple] = []
    for _ in range(ROUNDS):
        new = 0
        for rule in rules:
            for triple in _apply(rule, store):
                quad = Quad(triple.subject, triple.predicate, triple.object, graph)
                if not _stands(quad, store):
                    store.add(quad)
                    derived.append(triple)
                    new += 1
        if not new:
            return derived
    raise InputError(
        f"the rules still derive statements after {ROUNDS} rounds",
        file=folder,
        mend="end the cycle",
    )


def _stands(quad: Quad, store: Store) -> bool:
    """Whether any source states it already."""
    found = store.quads_for_pattern(quad.subject, quad.predicate, quad.object)
    return next(found, None) is not None


def _apply(rule: QueryFile, store: Store) -> list[Triple]:
    try:
        results = store.query(rule.text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise InputError(str(error), file=rule.path) from None
    if not isinstance(results, QueryTriples):
        raise InputError("is no CONSTRUCT query", file=rule.path, mend="rules construct triples")
    triples = list(results)
    if any(isinstance(node, BlankNode) for t in triples for node in (t.subject, t.object)):
        raise InputError("makes blank nodes", file=rule.path, mend="give the node an IRI")
    return [t for t in triples if isinstance(t.subject, NamedNode)]
