"""VoID linksets: how many links lead from the graph to each other data set, and with what.

    dataset#links.<property>.<host>   the links with a property to the IRIs of a host
    dataset#target.<host>             the data set that they lead to

A data set is known here by the host of its IRIs: who links to it need not be entered anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.iri import BASE
from kg.sources import Triple
from kg.vocab import DCTERMS, FOAF, OWL, RDF, RDFS, SCHEMA, SKOS, VOID, XSD

if TYPE_CHECKING:
    import duckdb

# What says that both ends are one thing, or comparable.
LINKS = {
    "sameAs": OWL.sameAs,
    "schema-sameAs": SCHEMA.sameAs,
    **{
        f"{degree}Match": SKOS[f"{degree}Match"] for degree in ("exact", "close", "broad", "narrow")
    },
    "equivalentClass": OWL.equivalentClass,
    "equivalentProperty": OWL.equivalentProperty,
}
_LINKS = f"""
SELECT predicate, regexp_extract(object, '^<(https?://[^/]+/)', 1) AS space, count(*)
FROM statement
WHERE list_contains($predicates, predicate) AND NOT starts_with(object, '<{BASE}') AND space <> ''
GROUP BY ALL ORDER BY ALL
"""


def linksets(connection: duckdb.DuckDBPyConnection, dataset: NamedNode) -> Iterator[Triple]:
    """The linksets of the table `statement` (VoID, section 5)."""
    names = {str(predicate): (name, predicate) for name, predicate in LINKS.items()}
    found = connection.execute(_LINKS, {"predicates": list(names)}).fetchall()
    for term, space, number in found:
        name, predicate = names[term]
        host = urlsplit(space).netloc
        if not iri.KEY.fullmatch(host):
            continue  # a port, or letters outside ASCII: no name for a part
        node = iri.part(dataset, f"links.{name}.{host}")
        target = iri.part(dataset, f"target.{host}")
        label = f"{predicate.value.replace('#', '/').rpartition('/')[2]} → {host}"
        yield dataset, VOID.subset, node
        yield node, RDF.type, VOID.Linkset
        yield node, RDFS.label, Literal(label)
        yield node, VOID.linkPredicate, predicate
        yield node, VOID.subjectsTarget, dataset
        yield node, VOID.objectsTarget, target
        yield node, VOID.triples, Literal(str(number), datatype=XSD.integer)
        yield target, RDF.type, VOID.Dataset
        yield target, DCTERMS.title, Literal(host)
        yield target, RDFS.label, Literal(host)
        yield target, FOAF.homepage, NamedNode(space)
        yield target, VOID.uriSpace, Literal(space)
