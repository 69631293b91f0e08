"""The metadata quality of a catalogue, by the method of data.europa.eu: 405 points.

https://data.europa.eu/mqa/methodology: five dimensions; a metric counts the share of the data sets,
or of the distributions, that meet it. From 351 points on a catalogue is excellent.
"""

from __future__ import annotations

from collections.abc import Callable

from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef
from rdflib.term import Node

AUTHORITY = "http://publications.europa.eu/resource/authority/"
MEDIA = "http://www.iana.org/assignments/media-types/"
FILE_TYPE = f"{AUTHORITY}file-type/"
# Of the tables that the method refers to, the file types that occur here. Parquet is in neither.
OPEN = {"CSV", "JSON", "JSON_LD", "RDF_N_QUADS", "RDF_TURTLE", "RDF_XML", "SPARQLQ"}
READABLE = {"CSV", "JSON", "JSON_LD", "RDF_N_QUADS", "RDF_TURTLE", "RDF_XML", "SPARQLQ"}

Test = Callable[[Node], bool]


def score(graph: Graph, reachable: Callable[[str], bool], conforms: bool) -> dict[str, float]:
    """The points of every metric; `reachable` says whether an address answers, `conforms` whether
    the catalogue meets the shapes of DCAT-AP.
    """
    datasets = list(graph.subjects(RDF.type, DCAT.Dataset))
    files = [each for d in datasets for each in graph.objects(d, DCAT.distribution)]

    def has(property_: URIRef) -> Test:
        return lambda node: (node, property_, None) in graph

    def within(property_: URIRef, table: str) -> Test:
        return lambda node: any(str(v).startswith(table) for v in graph.objects(node, property_))

    def answers(property_: URIRef) -> Test:
        return lambda node: any(reachable(str(v)) for v in graph.objects(node, property_))

    def type_in(known: set[str]) -> Test:
        return lambda node: any(
            str(v).removeprefix(FILE_TYPE) in known for v in graph.objects(node, DCTERMS["format"])
        )

    def vocabulary(node: Node) -> bool:
        known = within(DCTERMS["format"], FILE_TYPE)(node)
        return known and within(DCAT.mediaType, MEDIA)(node)

    metrics: list[tuple[str, list[Node], Test, int]] = [
        ("keywords", datasets, has(DCAT.keyword), 30),
        ("categories", datasets, has(DCAT.theme), 30),
        ("spatial", datasets, has(DCTERMS.spatial), 20),
        ("temporal", datasets, has(DCTERMS.temporal), 20),
        ("access address answers", files, answers(DCAT.accessURL), 50),
        ("download address", files, has(DCAT.downloadURL), 20),
        ("download address answers", files, answers(DCAT.downloadURL), 30),
        ("format", files, has(DCTERMS["format"]), 20),
        ("media type", files, has(DCAT.mediaType), 10),
        ("format and media type from vocabularies", files, vocabulary, 10),
        ("non-proprietary", files, type_in(OPEN), 20),
        ("machine-readable", files, type_in(READABLE), 20),
        ("conformance", datasets, lambda _node: conforms, 30),
        ("licence", files, has(DCTERMS.license), 20),
        ("known licence", files, within(DCTERMS.license, f"{AUTHORITY}licence/"), 10),
        ("access rights", datasets, has(DCTERMS.accessRights), 10),
        (
            "known access rights",
            datasets,
            within(DCTERMS.accessRights, f"{AUTHORITY}access-right/"),
            5,
        ),
        ("contact", datasets, has(DCAT.contactPoint), 20),
        ("publisher", datasets, has(DCTERMS.publisher), 10),
        ("rights", files, has(DCTERMS.rights), 5),
        ("size", files, has(DCAT.byteSize), 5),
        ("issued", files, has(DCTERMS.issued), 5),
        ("modified", files, has(DCTERMS.modified), 5),
    ]
    assert sum(points for *_, points in metrics) == 405
    return {
        name: points * sum(map(test, nodes)) / len(nodes) for name, nodes, test, points in metrics
    }
