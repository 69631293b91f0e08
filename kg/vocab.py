"""Closed vocabularies: a term that is not listed here is a typing error, and raises.

Namespaces come from `ontology/prefixes.ttl`. The terms of our own ontology are not listed by
hand: they are what `ontology/*/terms.ttl` and `ontology/ontology.ttl` define.

>>> ORG.Membership
<NamedNode value=http://www.w3.org/ns/org#Membership>
>>> ORG.Membreship
Traceback (most recent call last):
AttributeError: org:Membreship is not among the terms of kg/vocab.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, parse

from kg.iri import BASE, rebase
from kg.settings import ONTOLOGY

SH_PREFIX = NamedNode("http://www.w3.org/ns/shacl#prefix")
SH_NAMESPACE = NamedNode("http://www.w3.org/ns/shacl#namespace")


@cache
def prefixes(base: str = BASE) -> dict[str, str]:
    """The prefix table, prefix to namespace, in alphabetical order, of a release for `base`."""
    quads = list(parse(path=ONTOLOGY / "prefixes.ttl", format=RdfFormat.TURTLE))
    names = {q.subject: q.object.value for q in quads if q.predicate == SH_PREFIX}
    spaces = {q.subject: q.object.value for q in quads if q.predicate == SH_NAMESPACE}
    return dict(sorted((names[node], rebase(spaces[node], base)) for node in names))


class Vocabulary:
    """The terms of one namespace that the code may use, as attributes or by `vocabulary[name]`."""

    def __init__(self, prefix: str, names: str) -> None:
        self._prefix = prefix
        self._terms = {name: NamedNode(prefixes()[prefix] + name) for name in names.split()}
        vars(self).update(self._terms)

    def __getattr__(self, name: str) -> NamedNode:
        raise AttributeError(f"{self._prefix}:{name} is not among the terms of kg/vocab.py")

    def __getitem__(self, name: str) -> NamedNode:
        return self._terms[name] if name in self._terms else self.__getattr__(name)

    def __iter__(self) -> Iterator[NamedNode]:
        return iter(self._terms.values())


def _own_terms() -> str:
    """Local names of the terms that the ontology defines (`rdfs:isDefinedBy`)."""
    defined = re.compile(re.escape(prefixes()["ess"]) + r"(\w+)$")
    files: list[Path] = [*ONTOLOGY.glob("*/terms.ttl"), ONTOLOGY / "ontology.ttl"]
    names = set()
    for file in files:
        for quad in parse(path=file, format=RdfFormat.TURTLE):
            if isinstance(quad.subject, NamedNode) and (m := defined.match(quad.subject.value)):
                names.add(m[1])
    return " ".join(sorted(names))


ADMS = Vocabulary("adms", "Identifier identifier")
AS = Vocabulary("as", "Create Delete Update")
DC = Vocabulary("dc", "creator")
DCAT = Vocabulary(
    "dcat",
    "Catalog DataService Dataset Distribution accessURL byteSize contactPoint dataset distribution "
    "downloadURL endpointURL keyword landingPage mediaType servesDataset service theme",
)
DC = Vocabulary("dc", "creator publisher source")
DCTERMS = Vocabulary(
    "dcterms",
    "Location conformsTo contributor coverage created creator date description format hasPart "
    "identifier isPartOf isReplacedBy isVersionOf issued language license modified publisher "
    "replaces source spatial subject temporal title type valid bibliographicCitation references",
)
ESS = Vocabulary("ess", _own_terms())
FABIO = Vocabulary("fabio", "Expression Policy ReferenceWork Report Work")
FOAF = Vocabulary("foaf", "Agent Person familyName givenName homepage name page primaryTopic")
GEO = Vocabulary("geo", "Feature Geometry asWKT hasGeometry wktLiteral")
HYDRA = Vocabulary(
    "hydra",
    "Collection ExplicitRepresentation PartialCollectionView first itemsPerPage mapping next "
    "property search template totalItems variable variableRepresentation view",
)
IGEO = Vocabulary(
    "igeo",
    "ArrondissementMunicipal CollectiviteDOutreMer Commune CommuneAssociee CommuneDeleguee "
    "Departement Intercommunalite Pays Region codeINSEE",
)
LDES = Vocabulary(
    "ldes",
    "EventSource EventStream LatestVersionSubset amount immutable pollingInterval retentionPolicy "
    "timestampPath versionAmount versionCreateObject versionDeleteObject versionOfPath "
    "versionUpdateObject",
)
LEGAL = Vocabulary("legal", "LegalEntity legalName")
OA = Vocabulary(
    "oa",
    "Annotation SpecificResource TextPositionSelector TextQuoteSelector end exact hasBody "
    "hasSelector hasSource hasTarget identifying motivatedBy prefix start suffix",
)
ORG = Vocabulary(
    "org",
    "ChangeEvent FormalOrganization Membership Organization OrganizationalCollaboration "
    "OrganizationalUnit Role Site changedBy classification hasRegisteredSite hasUnit member "
    "memberDuring memberOf organization originalOrganization purpose resultingOrganization role "
    "siteOf unitOf",
)
OWL = Vocabulary(
    "owl",
    "Class DatatypeProperty ObjectProperty Ontology equivalentClass equivalentProperty sameAs "
    "versionIRI versionInfo",
)
PROV = Vocabulary("prov", "Entity generatedAtTime wasDerivedFrom wasGeneratedBy")
QB = Vocabulary(
    "qb",
    "ComponentSpecification DataSet DataStructureDefinition Observation attribute component "
    "componentAttachment dataSet dimension measure order structure",
)
RDF = Vocabulary("rdf", "Property langString object predicate subject type value")
RDFS = Vocabulary(
    "rdfs", "Class comment domain isDefinedBy label range seeAlso subClassOf subPropertyOf"
)
SCHEMA = Vocabulary(
    "schema",
    "AdministrativeArea Article AudioObject Book Certification Chapter Clip Country CreativeWork "
    "Event Legislation MediaObject MonetaryGrant NewsArticle Organization OrganizationRole Person "
    "Place PodcastEpisode PodcastSeason PodcastSeries PublicationIssue Report Role "
    "ScholarlyArticle Thesis VideoObject WebPage alternateName amount areaServed articleBody "
    "associatedMedia author award contentSize contentUrl contributor currency dateModified "
    "datePublished description dissolutionDate duration editor encodingFormat endDate "
    "episodeNumber exampleOfWork expires foundingDate funder funding hasCertification hasPart "
    "identifier inLanguage isBasedOn isPartOf issuedBy keywords latitude location longitude name "
    "numberOfEpisodes organizer partOfSeason partOfSeries postalCode producer provider publisher "
    "roleName sameAs seasonNumber sponsor startDate startOffset superEvent target "
    "translationOfWork url validFrom webFeed workExample workTranslation",
)
SD = Vocabulary(
    "sd",
    "BasicFederatedQuery Dataset NamedGraph SPARQL11Query Service UnionDefaultGraph defaultDataset "
    "defaultEntailmentRegime defaultGraph endpoint feature name namedGraph resultFormat "
    "supportedLanguage",
)
SF = Vocabulary("sf", "Point")
SDMX_DIMENSION = Vocabulary("sdmx-dimension", "refArea")
SH = Vocabulary(
    "sh",
    "IRI NodeShape PrefixDeclaration SPARQLAskExecutable SPARQLConstructExecutable "
    "SPARQLExecutable SPARQLSelectExecutable ValidationReport Violation Warning Info ask conforms "
    "construct datatype declare focusNode maxCount minCount namespace nodeKind path prefix "
    "prefixes property result resultMessage resultPath resultSeverity select sourceShape value",
)
SKOS = Vocabulary(
    "skos",
    "Concept ConceptScheme altLabel broadMatch broader closeMatch definition editorialNote "
    "exactMatch example hasTopConcept hiddenLabel inScheme narrowMatch narrower notation note "
    "prefLabel scopeNote topConceptOf",
)
TIME = Vocabulary(
    "time", "Instant Interval hasBeginning hasEnd inXSDDate inXSDgYear inXSDgYearMonth"
)
TREE = Vocabulary(
    "tree",
    "GreaterThanOrEqualToRelation LessThanOrEqualToRelation Node member node path relation shape "
    "value view",
)
VOAF = Vocabulary("voaf", "Vocabulary classNumber propertyNumber")
VOID = Vocabulary(
    "void",
    "Dataset Linkset class classPartition classes dataDump distinctObjects distinctSubjects "
    "entities linkPredicate objectsTarget properties property propertyPartition sparqlEndpoint "
    "subjectsTarget subset target triples uriSpace vocabulary",
)
VOID_EXT = Vocabulary("void-ext", "datatype datatypePartition")
XSD = Vocabulary(
    "xsd", "anyURI boolean date dateTime decimal duration gYear gYearMonth integer string"
)
