"""The graph's description of itself, for machines: what is in here, from whom, and how to ask.

These triples are a source of their own, `description`, in the queried graph and in
`description.ttl`: the data set (DCAT, VoID) and its partitions, the SPARQL service, the sources and
the graphs of their statements, the prefixes, and the competency questions as examples (SIB
convention).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg import iri
from kg.convert import Converted
from kg.iri import BASE, named
from kg.linksets import linksets
from kg.partitions import partitions
from kg.queryfile import QueryFile, read_all
from kg.settings import ONTOLOGY
from kg.sources import Source, Triple
from kg.statements import source_sets
from kg.vocab import (
    DCAT,
    DCTERMS,
    FOAF,
    OWL,
    PROV,
    RDF,
    RDFS,
    SCHEMA,
    SD,
    SH,
    VOAF,
    VOID,
    XSD,
    prefixes,
)

DATASET = NamedNode(f"{BASE}dataset")
SERVICE = NamedNode(f"{BASE}sparql")
LICENCE = NamedNode("https://www.etalab.gouv.fr/licence-ouverte-open-licence")
ONTOLOGY_IRI = NamedNode(f"{BASE}ontology")
SERVICE_DATASET = iri.part(SERVICE, "dataset")
# Their names in http://www.w3.org/ns/formats/
_FORMATS = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "N-Triples", "JSON-LD", "RDF_XML", "TriG", "N-Quads"),
)
_EXECUTABLE = {
    "SELECT": (SH.SPARQLSelectExecutable, SH.select),
    "ASK": (SH.SPARQLAskExecutable, SH.ask),
    "CONSTRUCT": (SH.SPARQLConstructExecutable, SH.construct),
}
OWN_SOURCES = {
    "inferred": (
        "Déductions",
        "Inferences",
        "Ce que les règles du graphe déduisent des énoncés des autres sources.",
        "What the rules of the graph derive from the statements of the other sources.",
    ),
    "mentions": (
        "Mentions candidates",
        "Candidate mentions",
        "Noms de personnes et d’organisations connues qu’un programme a trouvés dans des titres, "
        "des descriptions et des textes ; personne n’a jugé de qui ils sont.",
        "Names of known people and organisations that a program found in titles, descriptions and "
        "texts; nobody has judged whose they are.",
    ),
    "statistics": (
        "Statistiques",
        "Statistics",
        "Ce que le graphe dénombre de lui-même : organisations, établissements et employeurs par "
        "territoire, famille, activité, taille et année.",
        "What the graph counts of itself: organisations, establishments and employers by "
        "territory, family, activity, size and year.",
    ),
    "description": (
        "Description du graphe",
        "Description of the graph",
        "Ce que le graphe dit de lui-même : sources, graphes, services, exemples.",
        "What the graph says of itself: sources, graphs, services, examples.",
    ),
}


@dataclass(frozen=True)
class Edition:
    """What of a release is known before it is described."""

    id: str
    date: str
    endpoint: str


def describe(
    connection: duckdb.DuckDBPyConnection, converted: Sequence[Converted], edition: Edition
) -> list[Triple]:
    """All triples of the description, itself counted among the statements that it counts."""
    folders = {each.source.name: each.makers() for each in converted}
    folders |= {name: [name] for name in OWN_SOURCES if name != "description"}
    stating = {name for names, _ in source_sets(connection) for name in names}
    folders = {name: own for name, own in folders.items() if stating.intersection(own)}
    triples = {
        *_dataset(edition),
        *partitions(connection, DATASET, folders),
        *linksets(connection, DATASET),
        *_ontology(edition),
        *_service(edition),
        *_sources([each.source for each in converted], edition),
        *_graphs(connection),
        *_prefixes(),
        *(t for question in read_all(ONTOLOGY / "questions") for t in _example(question)),
    }
    (stated,) = connection.execute("SELECT count(*) FROM statement").fetchone() or (0,)
    total = int(stated) + len(triples) + 1
    return [*triples, (DATASET, VOID.triples, _integer(total))]


def _text(value: str, lang: str) -> Literal:
    return Literal(value, language=lang)


def _integer(value: int) -> Literal:
    return Literal(str(value), datatype=XSD.integer)


def _dataset(edition: Edition) -> Iterator[Triple]:
    date = Literal(edition.date, datatype=XSD.date)
    yield from (
        (DATASET, RDF.type, DCAT.Dataset),
        (DATASET, RDF.type, VOID.Dataset),
        (DATASET, DCTERMS.identifier, Literal("ess-kg")),
        (DATASET, RDFS.label, _text("Graphe de connaissances de l’ESS", "fr")),
        (DATASET, RDFS.label, _text("Knowledge graph of the French ESS", "en")),
        (DATASET, DCTERMS.title, _text("Graphe de connaissances de l’ESS", "fr")),
        (DATASET, DCTERMS.title, _text("Knowledge graph of the French ESS", "en")),
        (
            DATASET,
            DCTERMS.description,
            _text(
                "Organisations, personnes et rôles datés, publications, podcasts, thèmes et "
                "territoires de l’économie sociale et solidaire française, chaque énoncé avec "
                "ses sources.",
                "fr",
            ),
        ),
        (
            DATASET,
            DCTERMS.description,
            _text(
                "Organisations, people and their dated roles, publications, podcasts, themes and "
                "territories of the French social and solidarity economy, every statement with "
                "its sources.",
                "en",
            ),
        ),
        (DATASET, DCTERMS.license, LICENCE),
        (DATASET, DCTERMS.issued, date),
        (DATASET, DCTERMS.modified, date),
        (DATASET, OWL.versionInfo, Literal(edition.id)),
        (DATASET, VOID.sparqlEndpoint, NamedNode(edition.endpoint)),
        (DATASET, VOID.dataDump, NamedNode(f"{BASE}dumps/{edition.id}/all.nq.gz")),
        (DATASET, VOID.dataDump, NamedNode(f"{BASE}dumps/{edition.id}/all.ttl.gz")),
        (DATASET, VOID.uriSpace, Literal(f"{BASE}id/")),
        (DATASET, FOAF.homepage, NamedNode(BASE)),
        (DATASET, VOID.vocabulary, ONTOLOGY_IRI),
    )


def _ontology(edition: Edition) -> Iterator[Triple]:
    """The stamp of the ontology: its version is the release's."""
    files = [ONTOLOGY / "ontology.ttl", *ONTOLOGY.glob("*/terms.ttl")]
    found = [quad for file in files for quad in parse(path=file, format=RdfFormat.TURTLE)]
    ours = {quad.subject for quad in found if quad.predicate == RDFS.isDefinedBy}
    classes = {quad.subject for quad in found if quad.object == OWL.Class} & ours
    yield ONTOLOGY_IRI, OWL.versionInfo, Literal(edition.id)
    yield ONTOLOGY_IRI, OWL.versionIRI, NamedNode(f"{ONTOLOGY_IRI.value}/{edition.id}")
    yield ONTOLOGY_IRI, DCTERMS.modified, Literal(edition.date, datatype=XSD.date)
    yield ONTOLOGY_IRI, VOAF.classNumber, _integer(len(classes))
    yield ONTOLOGY_IRI, VOAF.propertyNumber, _integer(len(ours - classes))


def _service(edition: Edition) -> Iterator[Triple]:
    """The SPARQL service (SPARQL 1.1 Service Description, section 3); its graphs: `_graphs`."""
    yield SERVICE, RDF.type, SD.Service
    yield SERVICE, RDFS.label, _text("Service SPARQL du graphe de l’ESS", "fr")
    yield SERVICE, RDFS.label, _text("SPARQL service of the ESS graph", "en")
    yield SERVICE, SD.endpoint, NamedNode(edition.endpoint)
    yield SERVICE, SD.supportedLanguage, SD.SPARQL11Query
    yield SERVICE, SD.feature, SD.UnionDefaultGraph
    yield SERVICE, SD.defaultEntailmentRegime, NamedNode("http://www.w3.org/ns/entailment/Simple")
    yield SERVICE, SD.defaultDataset, SERVICE_DATASET
    yield SERVICE_DATASET, RDF.type, SD.Dataset
    yield SERVICE_DATASET, SD.defaultGraph, DATASET
    for name in _FORMATS:
        yield SERVICE, SD.resultFormat, NamedNode(f"http://www.w3.org/ns/formats/{name}")


def _sources(sources: Sequence[Source], edition: Edition) -> Iterator[Triple]:
    """The published description of every source folder, and of what the project itself adds."""
    for source in sources:
        for quad in parse(path=source.description, format=RdfFormat.TURTLE):
            assert isinstance(quad.subject, NamedNode), f"{source.description}: a blank node"
            assert isinstance(quad.object, NamedNode | Literal), f"{source.description}: as above"
            yield quad.subject, quad.predicate, quad.object
        yield DATASET, DCTERMS.source, named("source", source.name)
    for name, (title_fr, title_en, about_fr, about_en) in OWN_SOURCES.items():
        node = named("source", name)
        yield node, RDF.type, PROV.Entity
        yield node, RDF.type, DCAT.Dataset
        for predicate in (RDFS.label, DCTERMS.title):
            yield node, predicate, _text(title_fr, "fr")
            yield node, predicate, _text(title_en, "en")
        yield node, DCTERMS.description, _text(about_fr, "fr")
        yield node, DCTERMS.description, _text(about_en, "en")
        yield node, DCTERMS.issued, Literal(edition.date, datatype=XSD.date)
        yield node, DCTERMS.license, LICENCE


def _graphs(connection: duckdb.DuckDBPyConnection) -> Iterator[Triple]:
    """Every graph: the sources whose statements it holds, and how many these are."""
    sets = source_sets(connection)
    if not any(names == ["description"] for names, _ in sets):
        sets.append((["description"], 0))
    for names, count in sets:
        graph = iri.graph(names)
        yield graph, RDF.type, SD.NamedGraph
        yield SERVICE_DATASET, SD.namedGraph, graph
        yield graph, SD.name, graph
        for name in names:
            yield graph, PROV.wasDerivedFrom, named("source", name)
        if count:
            yield graph, VOID.triples, _integer(count)


def _prefixes() -> Iterator[Triple]:
    for prefix, namespace in prefixes().items():
        node = iri.part(SERVICE, f"prefix-{prefix}")
        yield ONTOLOGY_IRI, SH.declare, node
        yield node, RDF.type, SH.PrefixDeclaration
        yield node, SH.prefix, Literal(prefix)
        yield node, SH.namespace, Literal(namespace, datatype=XSD.anyURI)


def _example(question: QueryFile) -> Iterator[Triple]:
    """A competency question as an executable example."""
    node = NamedNode(f"{BASE}questions/{question.name}")
    form = next(word for word in _EXECUTABLE if f"\n{word}" in f"\n{question.text}")
    kind, holds = _EXECUTABLE[form]
    yield node, RDF.type, SH.SPARQLExecutable
    yield node, RDF.type, kind
    for lang in ("fr", "en"):
        yield node, RDFS.label, _text(question.get("title", lang), lang)
        yield node, RDFS.comment, _text(question.get("text", lang), lang)
    yield node, SH.prefixes, ONTOLOGY_IRI
    yield node, holds, Literal(question.text)
    yield node, SCHEMA.target, SERVICE
    for keyword in filter(None, question.header.get("keywords", "").split(",")):
        yield node, SCHEMA.keywords, Literal(keyword.strip())


def write(triples: Sequence[Triple], path: Path, base: str) -> None:
    """Write the description as Turtle, sorted, for `base`."""
    ordered = sorted(triples, key=lambda triple: tuple(map(str, triple)))
    body = pyoxigraph.serialize(
        (pyoxigraph.Triple(*triple) for triple in ordered),
        format=RdfFormat.TURTLE,
        prefixes=prefixes(),
    )
    path.write_text(iri.rebase((body or b"").decode(), base), encoding="utf-8")
