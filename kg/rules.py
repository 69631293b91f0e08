"""Rules: what `ontology/rules/*.rq` derive from the statements, materialised once.

The rules run in the order of their names over the union of all graphs, again and again until
nothing new comes. What they add is one more source, `inferred`.
"""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad, QueryTriples, Store, Triple

from kg import iri
from kg.errors import InputError
from kg.queryfile import QueryFile, read_all
from kg.settings import ONTOLOGY

ROUNDS = 10


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
