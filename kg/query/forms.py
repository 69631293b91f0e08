"""The forms a result can take: media types, file endings, and the library's names for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, RdfFormat, Triple

from kg.iri import BASE
from kg.vocab import RDF, XSD, prefixes

# Short name (`format=…`, file ending) to media type. The first of each list is the default.
RESULTS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
GRAPHS = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "trig": "application/trig",
    "nq": "application/n-quads",
}
# Every IRI stands written out in these.
UNPREFIXED = {GRAPHS["nt"], GRAPHS["nq"]}

RESULT_FORMATS = {
    RESULTS["json"]: QueryResultsFormat.JSON,
    RESULTS["xml"]: QueryResultsFormat.XML,
    RESULTS["csv"]: QueryResultsFormat.CSV,
    RESULTS["tsv"]: QueryResultsFormat.TSV,
}
GRAPH_FORMATS = {
    GRAPHS["ttl"]: RdfFormat.TURTLE,
    GRAPHS["nt"]: RdfFormat.N_TRIPLES,
    GRAPHS["jsonld"]: RdfFormat.JSON_LD,
    GRAPHS["rdf"]: RdfFormat.RDF_XML,
    GRAPHS["trig"]: RdfFormat.TRIG,
    GRAPHS["nq"]: RdfFormat.N_QUADS,
}

# Turtle writes `a`, "text", "text"@fr, 1 and true.
_UNWRITTEN = {RDF.type, RDF.langString, XSD.string, XSD.integer, XSD.decimal, XSD.boolean}
_NAMESPACE = re.compile(r".*[#/]")


def needed(triples: Iterable[Triple], base: str = BASE) -> dict[str, str]:
    """The prefixes that a document of these triples needs."""
    names: set[NamedNode] = set()
    for subject, predicate, value in triples:
        names |= {each for each in (subject, predicate, value) if isinstance(each, NamedNode)}
        if isinstance(value, Literal):
            names.add(value.datatype)
    used = {found[0] for name in names - _UNWRITTEN if (found := _NAMESPACE.match(name.value))}
    return {prefix: space for prefix, space in prefixes(base).items() if space in used}
