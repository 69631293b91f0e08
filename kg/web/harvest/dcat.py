"""The catalogue in DCAT-AP 3.0.1, as harvesters read it: put together as JSON-LD, sent in any form.

What udata (data.gouv.fr) and ckanext-dcat do with it decides where the profile leaves a choice:
a data set is whole on its page, what it refers to is described beside it, the period is a blank
node, and the SPARQL service stands on its own as well as behind a distribution (udata skips a
service that some distribution names).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

from flask import request
from pyoxigraph import RdfFormat, Triple, parse

from kg.release import Dump
from kg.vocab import prefixes
from kg.web import urls
from kg.web.harvest.datasets import ONTOLOGY, STATISTICS, WHOLE, Dataset
from kg.web.harvest.files import COMPRESSIONS, FORMS
from kg.web.site import LICENCE, site

Node: TypeAlias = dict[str, Any]

AUTHORITY = "http://publications.europa.eu/resource/authority/"
MEDIA = "http://www.iana.org/assignments/media-types/"
ADMS = "http://purl.org/adms/"
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
# By form: the file type of the Publications Office, and the media type of the content.
TYPES = {
    "nq": ("RDF_N_QUADS", "application/n-quads"),
    "ttl": ("RDF_TURTLE", "text/turtle"),
    "jsonld": ("JSON_LD", "application/ld+json"),
    "rdf": ("RDF_XML", "application/rdf+xml"),
    "csv": ("CSV", "text/csv"),
    "parquet": ("PARQUET", "application/vnd.apache.parquet"),
    "json": ("JSON", "application/json"),
    "sparql": ("SPARQLQ", "application/sparql-query"),
}
PACKED = {"gz": "application/gzip", "zst": "application/zstd"}
CATALOGUE = {"fr": "Catalogue du graphe de l’ESS", "en": "Catalogue of the ESS graph"}
KEYWORDS = {
    "fr": ["économie sociale et solidaire", "ESS", "associations", "coopératives", "mutuelles"],
    "en": ["social and solidarity economy", "social economy", "associations", "cooperatives"],
}
# Who publishes: the project itself, which is nobody's department.
PUBLISHER = {"fr": "Graphe de connaissances de l’ESS", "en": "ESS knowledge graph"}
# The services by their path: what they do, and the standard that they keep to.
SERVICES = {
    "sparql": (
        {"fr": "Service SPARQL du graphe de l’ESS", "en": "SPARQL service of the ESS graph"},
        {
            "fr": "Interroge tout le graphe en SPARQL 1.1 ; lecture seule, sans inscription.",
            "en": "Queries the whole graph with SPARQL 1.1; read-only, without registration.",
        },
        ("https://www.w3.org/TR/sparql11-protocol/", "SPARQL 1.1 Protocol"),
    ),
    "fragments": (
        {"fr": "Fragments du graphe de l’ESS", "en": "Fragments of the ESS graph"},
        {
            "fr": "Donne les énoncés d’un motif, par pages, aux clients qui les joignent.",
            "en": "Gives the statements of a pattern, page by page, to clients that join them.",
        },
        ("https://linkeddatafragments.org/specification/triple-pattern-fragments/", "TPF"),
    ),
    "oai": (
        {"fr": "Entrepôt OAI-PMH du graphe de l’ESS", "en": "OAI-PMH repository of the ESS graph"},
        {
            "fr": "Donne les notices des publications, des épisodes et des organisations.",
            "en": "Gives the records of publications, episodes and organisations.",
        },
        ("http://www.openarchives.org/OAI/openarchivesprotocol.html", "OAI-PMH 2.0"),
    ),
    "ldes": (
        {"fr": "Flux d’événements du graphe de l’ESS", "en": "Event stream of the ESS graph"},
        {
            "fr": "Donne chaque version de chaque chose, à qui veut suivre le graphe.",
            "en": "Gives every version of every thing, to those who follow the graph.",
        },
        ("https://w3id.org/ldes/specification", "Linked Data Event Streams"),
    ),
}
THEMES = {
    "SOCI": {"fr": "Population et société", "en": "Population and society"},
    "ECON": {"fr": "Économie et finances", "en": "Economy and finance"},
}
LANGUAGES = {
    "FRA": {"fr": "français", "en": "French"},
    "ENG": {"fr": "anglais", "en": "English"},
}
TEXTS = {"title": "dcterms:title", "description": "dcterms:description"}
TEXTS |= {"prefLabel": "skos:prefLabel", "keyword": "dcat:keyword", "label": "rdfs:label"}


def triples(nodes: Iterable[Node]) -> list[Triple]:
    """The statements of nodes that were put together here."""
    base = site.release.base
    context: Node = dict(prefixes(base))
    context |= {k: {"@id": iri, "@container": "@language"} for k, iri in TEXTS.items()}
    document = json.dumps({"@context": context, "@graph": list(nodes)}, ensure_ascii=False)
    found = parse(document, format=RdfFormat.JSON_LD, rename_blank_nodes=True)
    return [quad.triple for quad in found]


def catalogue(datasets: Iterable[Dataset]) -> Node:
    """The catalogue itself, of the data sets of one page of it."""
    base = site.release.base
    return {
        "@id": f"{base}catalog",
        "@type": "dcat:Catalog",
        "title": CATALOGUE,
        "description": {
            "fr": "Les jeux de données du graphe de connaissances de l’économie sociale et "
            "solidaire française, et les services qui les interrogent.",
            "en": "The data sets of the knowledge graph of the French social and solidarity "
            "economy, and the services that query them.",
        },
        "foaf:homepage": _document(here("")),
        "dcat:themeTaxonomy": {
            "@id": f"{AUTHORITY}data-theme",
            "@type": "skos:ConceptScheme",
            "title": {"fr": "Thèmes de données", "en": "Data themes"},
        },
        "dcat:dataset": [_ref(each.iri) for each in datasets],
        "dcat:service": [_service(f"{base}{path}", path) for path in SERVICES],
        **_common(),
    }


def dataset(each: Dataset) -> Node:
    """A data set with its distributions and all that it refers to."""
    base = site.release.base
    release = site.release.manifest
    distributions = [_file(each, dump) for dump in each.files]
    if each.key == WHOLE:
        distributions.append(_endpoint(each))
    if each.key == ONTOLOGY:
        distributions += [_ontology(each, form) for form in ("ttl", "jsonld", "rdf")]
    return {
        "@id": each.iri,
        "@type": "dcat:Dataset",
        "dcterms:identifier": f"ess-kg-{each.key}",
        "title": each.title,
        "description": each.description,
        "keyword": KEYWORDS,
        "dcat:theme": [_concept("data-theme", code, names) for code, names in THEMES.items()],
        "dcat:contactPoint": _contact(),
        "dcat:landingPage": _document(here(f"catalog/{each.key}")),
        "dcat:version": release["id"],
        "dcterms:accessRights": _access(),
        "dcterms:accrualPeriodicity": _concept(
            "frequency", "IRREG", {"fr": "irrégulière", "en": "irregular"}, "dcterms:Frequency"
        ),
        "dcterms:temporal": {
            "@type": "dcterms:PeriodOfTime",
            "dcat:startDate": _date(release["date"]),
            "dcat:endDate": _date(release["date"]),
        },
        "dcterms:conformsTo": _standard(f"{base}ontology", "Ontologie de l’ESS", "ESS ontology"),
        "dcterms:provenance": _provenance(),
        "prov:wasDerivedFrom": [_ref(iri) for iri in _sources(each)],
        **({} if each.key == WHOLE else {"dcterms:isPartOf": _ref(f"{base}dataset")}),
        "dcat:distribution": distributions,
        **_common(),
    }


def _common() -> Node:
    """What a catalogue and a data set have alike."""
    date = _date(site.release.manifest["date"])
    return {
        "dcterms:publisher": _publisher(),
        "dcterms:language": _languages(),
        "dcterms:license": {
            "@id": LICENCE,
            "@type": "dcterms:LicenseDocument",
            "dcterms:type": _adms("licencetype", "Attribution", "attribution"),
        },
        "dcterms:spatial": _concept(
            "country", "FRA", {"fr": "France", "en": "France"}, "dcterms:Location"
        ),
        "dcterms:issued": date,
        "dcterms:modified": date,
    }


def _file(owner: Dataset, dump: Dump) -> Node:
    form = f"{FORMS.get(dump.form, 'Data Package')}"
    packed = f", {COMPRESSIONS[dump.compression]}" if dump.compression else ""
    address = here(f"dumps/{site.release.id}/{dump.path.name}")
    code, media_type = TYPES[dump.form]
    node = _distribution(
        f"{owner.iri}#{dump.path.name}", f"{dump.part}, {form}{packed}", code, media_type
    )
    if dump.compression:
        node["dcat:compressFormat"] = _media(PACKED[dump.compression])
    return node | {
        "dcat:accessURL": _ref(address),
        "dcat:downloadURL": _ref(address),
        "dcat:byteSize": {"@value": str(dump.size), "@type": "xsd:nonNegativeInteger"},
        "spdx:checksum": {
            "@id": f"{owner.iri}#{dump.path.name}-sha256",
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": SHA256, "@type": "spdx:ChecksumAlgorithm"},
            "spdx:checksumValue": {"@value": dump.checksum, "@type": "xsd:hexBinary"},
        },
    }


def _ontology(owner: Dataset, form: str) -> Node:
    address = here(f"ontology/{site.release.id}.{form}")
    node = _distribution(f"{owner.iri}#ontology.{form}", f"ontology, {FORMS[form]}", *TYPES[form])
    return node | {"dcat:accessURL": _ref(address), "dcat:downloadURL": _ref(address)}


def _endpoint(owner: Dataset) -> Node:
    """The data set behind its SPARQL service: a distribution without a file."""
    node = _distribution(f"{owner.iri}#sparql", "SPARQL 1.1", *TYPES["sparql"])
    return node | {
        "dcat:accessURL": _ref(endpoint()),
        "dcat:accessService": _service(f"{site.release.base}catalog#sparql", "sparql"),
    }


def _distribution(iri: str, title: str, code: str, media_type: str) -> Node:
    date = _date(site.release.manifest["date"])
    return {
        "@id": iri,
        "@type": "dcat:Distribution",
        "title": {"fr": title, "en": title},
        "description": {
            "fr": f"{title}, version {site.release.id}.",
            "en": f"{title}, release {site.release.id}.",
        },
        "dcterms:format": _concept("file-type", code, {"en": code}, "dcterms:MediaTypeOrExtent"),
        "dcat:mediaType": _media(media_type),
        "dcterms:license": {
            **_concept(
                "licence",
                "ETALAB_2_0",
                {"fr": "Licence Ouverte 2.0", "en": "Etalab 2.0"},
                "dcterms:LicenseDocument",
            ),
            "dcterms:type": _adms("licencetype", "Attribution", "attribution"),
        },
        "dcterms:language": _languages(),
        "dcterms:rights": _access(),
        "dcterms:issued": date,
        "dcterms:modified": date,
        "dcatap:availability": _concept(
            "planned-availability", "STABLE", {"fr": "stable", "en": "stable"}
        ),
    }


def here(path: str) -> str:
    """Where something stands on this server: what a harvester fetches must not depend on whether
    the lasting IRIs lead here already.
    """
    return f"{request.url_root}{path}"


def endpoint() -> str:
    """The address of the SPARQL endpoint, the same as in the graph."""
    return site.settings.public_url or f"{site.release.base}sparql"


def _service(iri: str, path: str) -> Node:
    """A service; the one behind a distribution has another IRI than the one on its own."""
    base = site.release.base
    titles, descriptions, (standard, name) = SERVICES[path]
    address = endpoint() if path == "sparql" else here(path)
    return {
        "@id": iri,
        "@type": "dcat:DataService",
        "dcterms:identifier": iri,
        "title": titles,
        "description": descriptions,
        "dcat:endpointURL": _ref(address),
        "dcat:endpointDescription": _ref(here(".well-known/void")),
        "dcat:servesDataset": _ref(f"{base}dataset"),
        "dcat:contactPoint": _contact(),
        "dcat:theme": [_concept("data-theme", code, names) for code, names in THEMES.items()],
        "dcat:landingPage": _document(here("about")),
        "keyword": KEYWORDS,
        "dcterms:accessRights": _access(),
        "dcterms:license": _ref(LICENCE),
        "dcterms:publisher": _publisher(),
        "dcterms:conformsTo": _standard(standard, name, name),
    }


def _publisher() -> Node:
    base = site.release.base
    return {
        "@id": f"{base}id/organization/ess-kg",
        "@type": "foaf:Agent",
        "foaf:name": [_text(name, language) for language, name in PUBLISHER.items()],
        "foaf:homepage": _document(base),
        "dcterms:type": _adms("publishertype", "NonProfitOrganisation", "non-profit organisation"),
    }


def _contact() -> Node:
    """Who answers: the configured contact, else the page that says what is known."""
    base = site.release.base
    address = urls.contact(site.settings.contact) or f"{base}about"
    way = "vcard:hasEmail" if address.startswith("mailto:") else "vcard:hasURL"
    return {
        "@id": f"{base}catalog#contact",
        "@type": ["vcard:Kind", "vcard:Organization"],
        "vcard:fn": PUBLISHER["fr"],
        way: _ref(address),
    }


def _access() -> Node:
    names = {"fr": "public", "en": "public"}
    return _concept("access-right", "PUBLIC", names, "dcterms:RightsStatement")


def _provenance() -> Node:
    return {
        "@id": f"{site.release.base}catalog#provenance",
        "@type": "dcterms:ProvenanceStatement",
        "label": {
            "fr": "Relevé à la main dans des pages publiques, et converti de répertoires publics ; "
            "chaque énoncé porte ses sources.",
            "en": "Read by hand from public pages, and converted from public registers; every "
            "statement bears its sources.",
        },
    }


def _sources(each: Dataset) -> list[str]:
    """The sources of a data set: a source's part has that one, any other those of the release."""
    space = f"{site.release.base}id/source/"
    if each.key.startswith("source-"):
        return [space + each.key.removeprefix("source-")]
    if each.key in {ONTOLOGY, STATISTICS}:
        return [space + each.key]
    return [space + str(source["key"]) for source in site.release.manifest["sources"]]


def _ref(iri: str) -> Node:
    return {"@id": iri}


def _text(value: str, lang: str) -> Node:
    return {"@value": value, "@language": lang}


def _date(value: str) -> Node:
    return {"@value": value, "@type": "xsd:date"}


def _document(iri: str) -> Node:
    return {"@id": iri, "@type": "foaf:Document"}


def _standard(iri: str, fr: str, en: str) -> Node:
    return {"@id": iri, "@type": "dcterms:Standard", "title": {"fr": fr, "en": en}}


def _media(media_type: str) -> Node:
    return {"@id": MEDIA + media_type, "@type": "dcterms:MediaType"}


def _languages() -> list[Node]:
    return [
        _concept("language", code, names, "dcterms:LinguisticSystem")
        for code, names in LANGUAGES.items()
    ]


def _concept(table: str, code: str, names: dict[str, str], *types: str) -> Node:
    """A concept of a table of the Publications Office, described where it is used."""
    return {
        "@id": f"{AUTHORITY}{table}/{code}",
        "@type": ["skos:Concept", *types],
        "skos:inScheme": _ref(AUTHORITY + table),
        "prefLabel": names,
    }


def _adms(table: str, code: str, name: str) -> Node:
    return {
        "@id": f"{ADMS}{table}/{code}",
        "@type": "skos:Concept",
        "skos:inScheme": {
            "@id": f"{ADMS}{table}/1.0",
            "@type": "skos:ConceptScheme",
            "title": {"en": table},
        },
        "prefLabel": {"en": name},
    }
