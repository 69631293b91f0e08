"""Results of queries, read with rdflib and compared as the specification means them.

A result becomes a graph, so that one comparison, graph isomorphism, serves all: blank nodes may
bear any name, rows any order (unless the query orders them), and a number any of its spellings.
The engine's own parsers have no part in it: they would share the mistakes of its writers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from io import BytesIO

from rdflib import RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.query import Result
from rdflib.term import Node

RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
TABLES = {"srx": "xml", "srj": "json", "csv": "csv", "tsv": "tsv"}
GRAPHS = {"ttl": "turtle", "rdf": "xml", "nt": "nt"}
_HEAD, _COUNT, _INDEX = URIRef("urn:head"), URIRef("urn:count"), URIRef("urn:index")


@dataclass(frozen=True)
class Table:
    """Solutions (an unbound variable is absent from its row), or the answer to ASK."""

    names: frozenset[str] = frozenset()
    rows: tuple[dict[str, Node], ...] = ()
    boolean: bool | None = None


def read(body: bytes, ending: str, address: str = "") -> Table | Graph:
    """A result in the form that a file of this ending has; its relative IRIs are of `address`."""
    if ending in GRAPHS:
        graph = Graph().parse(data=body, format=GRAPHS[ending], publicID=address)
        return _table(graph) if (None, RDF.type, RS.ResultSet) in graph else graph
    result = Result.parse(BytesIO(body), format=TABLES[ending])
    if result.type == "ASK":
        return Table(boolean=bool(result.askAnswer))
    number = _number if ending == "csv" else lambda term: term
    rows = ({str(name): number(term) for name, term in row.items()} for row in result.bindings)
    return Table(frozenset(str(name) for name in result.vars or ()), tuple(rows))


def _number(cell: Node) -> Node:
    """A cell of CSV, which has lost its datatype; what looks like a number is compared as one."""
    try:
        return Literal(float(cell)) if isinstance(cell, Literal) else cell
    except ValueError:
        return cell


def _table(graph: Graph) -> Table:
    """A result written in the vocabulary of the suites' first edition; `rs:index` orders it."""
    for boolean in graph.objects(None, RS.boolean):
        return Table(boolean=boolean.toPython())
    rows = sorted(
        graph.objects(None, RS.solution),
        key=lambda row: int(graph.value(row, RS["index"]) or 0),
    )
    bindings = (graph.objects(row, RS.binding) for row in rows)
    return Table(
        frozenset(str(name) for name in graph.objects(None, RS.resultVariable)),
        tuple(
            {str(graph.value(each, RS.variable)): graph.value(each, RS.value) for each in row}
            for row in bindings
        ),
    )


def same(
    one: Table | Graph, other: Table | Graph, *, ordered: bool = False, lax: bool = False
) -> bool:
    """Whether two results say the same; `lax` overlooks how often a solution comes (REDUCED)."""
    return type(one) is type(other) and isomorphic(
        _graph(one, ordered, lax), _graph(other, ordered, lax)
    )


def _graph(result: Table | Graph, ordered: bool, lax: bool) -> Graph:
    graph = Graph()
    if isinstance(result, Graph):
        for s, p, o in result:
            graph.add((s, p, canonical(o)))
        return graph
    graph.add((_HEAD, RDF.value, Literal(result.boolean)))
    for name in result.names:
        graph.add((_HEAD, RS.variable, Literal(name)))
    rows = [frozenset((name, canonical(term)) for name, term in row.items()) for row in result.rows]
    if ordered:
        for index, row in enumerate(rows):
            _add(graph, row, _INDEX, index)
    else:
        for row, count in Counter(rows).items():
            _add(graph, row, _COUNT, 0 if lax else count)
    return graph


def _add(graph: Graph, row: frozenset[tuple[str, Node]], property: URIRef, number: int) -> None:
    node = BNode()
    graph.add((node, property, Literal(number)))
    for name, term in row:
        graph.add((node, URIRef(f"urn:variable:{name}"), term))


def canonical(term: Node) -> Node:
    """The term in one spelling per value (RDF 1.1 Concepts, section 3.3).

    rdflib has done so already for integers, floats, dates and booleans as it read them.
    """
    if not isinstance(term, Literal):
        return term
    if term.language:
        return Literal(str(term), lang=term.language.lower())
    if term.value is None:
        return term
    if term.datatype == XSD.string:
        return Literal(str(term))
    if term.datatype == XSD.decimal:
        return Literal(format(term.value.normalize(), "f"), datatype=XSD.decimal, normalize=False)
    return term
