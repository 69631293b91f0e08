"""What registries of data sets and vocabularies ask for, ready for them: `/about/registries`.

lod-cloud.json    the LOD Cloud's record of a data set (https://lod-cloud.net/)
lov.json          what Linked Open Vocabularies reads in the ontology's header
re3data.json      the elements of re3data's metadata schema 4.0
mixnmatch.tsv     a catalogue for Mix'n'match, which a release holds (`kg.tables`)

A record says what is known here. What is not, such as the country of who publishes, is left to who
hands it in; a test names what that is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, send_file
from werkzeug.exceptions import NotFound

from kg.vocab import prefixes
from kg.web import terms, urls
from kg.web.harvest import dcat
from kg.web.harvest.datasets import WHOLE, all_
from kg.web.site import LICENCE, site

# Data sets of the LOD Cloud, by the hosts of their IRIs.
CLOUD = {"www.wikidata.org": "wikidata", "data.bnf.fr": "data-bnf-fr"}
# By the names that re3data has for them.
STANDARDS = {
    "DCAT - Data Catalog Vocabulary": "https://www.w3.org/TR/vocab-dcat-3/",
    "Dublin Core": "https://www.dublincore.org/specifications/dublin-core/dcmi-terms/",
    "RDF Data Cube Vocabulary": "https://www.w3.org/TR/vocab-data-cube/",
}

registries = Blueprint("registries", __name__)


@registries.get("/about/registries")
def index() -> str:
    """What each registry gets, and where it is handed in."""
    return render_template("registries.html", matching=_matching().is_file())


@registries.get("/about/registries/<name>.json")
def record(name: str) -> Response:
    """The record of one registry, for this release."""
    writers = {"lod-cloud": lod_cloud, "lov": lov, "re3data": re3data}
    if name not in writers:
        raise NotFound
    body = json.dumps(writers[name](), ensure_ascii=False, indent=1) + "\n"
    return Response(body, content_type="application/json")


@registries.get("/about/registries/mixnmatch.tsv")
def matching() -> Response:
    """Things that people may find in Wikidata."""
    if not _matching().is_file():
        raise NotFound
    return send_file(_matching(), mimetype="text/tab-separated-values", conditional=True)


def _matching() -> Path:
    return site.release.folder / "registries" / "mixnmatch.tsv"


def lod_cloud() -> dict[str, Any]:
    """The record of the LOD Cloud; its links are the linksets of the graph's description."""
    base, whole = site.release.base, all_()[WHOLE]
    links = [
        {"target": CLOUD[row["host"].value], "value": row["links"].value}
        for row in site.rows("linksets")
        if row["host"].value in CLOUD
    ]
    who = {"name": dcat.PUBLISHER["en"], "email": urls.email(site.settings.contact)}
    return {
        "identifier": "ess-kg",
        "title": whole.title["en"],
        "description": {"en": whole.description["en"]},
        "domain": "government",
        "keywords": dcat.KEYWORDS["en"],
        "website": dcat.here(""),
        "namespace": f"{base}id/",
        "license": LICENCE,
        "triples": str(site.release.manifest["counts"]["statements"]),
        "contact_point": who,
        "owner": who,
        "sparql": [{"title": "SPARQL", "access_url": dcat.endpoint(), "status": "OK"}],
        "full_download": [
            {
                "title": dump.path.name,
                "download_url": dcat.here(f"dumps/{site.release.id}/{dump.path.name}"),
                "media_type": dcat.TYPES[dump.form][1],
            }
            for dump in whole.files
            if dump.part == "all"
        ],
        "other_download": [
            {
                "title": "VoID",
                "access_url": dcat.here(".well-known/void"),
                "media_type": "text/turtle",
            }
        ],
        "example": [{"title": "RTES", "access_url": f"{base}id/organization/rtes"}],
        "links": links,
    }


def lov() -> dict[str, Any]:
    """What LOV takes from the ontology's header when it is given its address."""
    base = site.release.base
    told = terms.read(site.release.folder / "ontology", base)
    return {
        "uri": f"{base}ontology",
        "nsp": f"{base}ontology#",
        "prefix": "ess",
        "titles": {each.language: each.value for each in told.titles},
        "descriptions": {each.language: each.value for each in told.descriptions},
        "versionIri": f"{base}ontology/{site.release.id}",
        "modified": site.release.manifest["date"],
        "license": LICENCE,
        "formats": {form: dcat.here(f"ontology.{form}") for form in ("ttl", "rdf", "jsonld")},
        "reused": sorted(s for s in prefixes(base).values() if not s.startswith(base)),
    }


def re3data() -> dict[str, Any]:
    """The elements of re3data's metadata schema that are known of this repository; an attribute
    stands beside its element's `value`.
    """
    whole, contact = all_()[WHOLE], site.settings.contact
    licence = {"Name": "other", "Url": LICENCE}  # the schema's list has not the Licence Ouverte
    return {
        "repositoryName": _named(whole.title["en"], "eng"),
        "additionalName": [_named(whole.title["fr"], "fra")],
        "repositoryUrl": dcat.here(""),
        "description": _named(whole.description["en"], "eng"),
        "repositoryContact": [urls.email(contact) or urls.contact(contact) or dcat.here("about")],
        "type": ["disciplinary"],
        "size": {
            "value": f"{site.release.manifest['counts']['statements']} statements",
            "updated": site.release.manifest["date"],
        },
        "repositoryLanguage": ["fra", "eng"],
        "subject": [
            {"subjectScheme": "DFG", "subjectId": number, "subjectName": name}
            for number, name in (("111", "Social Sciences"), ("112", "Economics"))
        ],
        "contentType": ["Databases", "Structured text"],
        "providerType": ["dataProvider"],
        "keyword": dcat.KEYWORDS["en"],
        "institution": [
            {
                "institutionName": _named(dcat.PUBLISHER["en"], "eng"),
                "institutionAdditionalName": [_named(dcat.PUBLISHER["fr"], "fra")],
                "responsibilityType": ["general"],
                "institutionType": "non-profit",
                "institutionUrl": site.release.base,
            }
        ],
        "databaseAccess": {"databaseAccessType": "open"},
        "databaseLicense": [{f"databaseLicense{part}": text for part, text in licence.items()}],
        "dataAccess": [{"dataAccessType": "open"}],
        "dataLicense": [{f"dataLicense{part}": text for part, text in licence.items()}],
        "dataUpload": [{"dataUploadType": "closed"}],
        "versioning": "yes",
        "api": [
            {"apiType": "SPARQL", "apiUrl": dcat.endpoint()},
            {"apiType": "OAI-PMH", "apiUrl": dcat.here("oai")},
            {"apiType": "REST", "apiUrl": dcat.here("fragments")},
        ],
        "pidSystem": ["none"],
        "enhancedPublication": "yes",  # every statement leads to who published it
        "qualityManagement": "yes",  # the checks of every release: `/about/report`
        "metadataStandard": [
            {"metadataStandardName": name, "metadataStandardUrl": address}
            for name, address in STANDARDS.items()
        ],
    }


def _named(text: str, language: str) -> dict[str, str]:
    return {"value": text, "language": language}
