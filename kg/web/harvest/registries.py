"""What registries of data sets and vocabularies ask for, ready for them: `/about/registries`.

lod-cloud.json    the LOD Cloud's record of a data set (https://lod-cloud.net/)
lov.json          what Linked Open Vocabularies reads in the ontology's header
re3data.json      the fields of re3data's metadata schema 4.0
mixnmatch.tsv     a catalogue for Mix'n'match, which a release holds (`kg.tables`)
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
        {"target": row["host"].value, "value": row["links"].value} for row in site.rows("linksets")
    ]
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
        "contact_point": {"name": "ESS knowledge graph", "email": site.settings.contact},
        "owner": {"name": "ESS knowledge graph", "email": site.settings.contact},
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
        "other_download": [{"title": "VoID", "access_url": dcat.here(".well-known/void")}],
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
        "reused": sorted(space for space in prefixes().values() if not space.startswith(base)),
    }


def re3data() -> dict[str, Any]:
    """The fields of re3data's metadata schema that are known of this repository."""
    whole = all_()[WHOLE]
    return {
        "repositoryName": whole.title["en"],
        "additionalName": whole.title["fr"],
        "repositoryURL": dcat.here(""),
        "description": whole.description["en"],
        "repositoryContact": urls.contact(site.settings.contact) or dcat.here("about"),
        "type": "disciplinary",
        "size": f"{site.release.manifest['counts']['statements']} statements",
        "updated": site.release.manifest["date"],
        "repositoryLanguage": ["fra", "eng"],
        "subject": ["111 Social Sciences", "112 Economics"],
        "contentType": ["Structured graphics", "Databases", "Structured text"],
        "providerType": "dataProvider",
        "keyword": dcat.KEYWORDS["en"],
        "databaseAccess": "open",
        "databaseLicense": {"name": "Licence Ouverte 2.0", "url": LICENCE},
        "dataAccess": "open",
        "dataUpload": "closed",
        "versioning": "yes",
        "api": [
            {"type": "SPARQL", "url": dcat.endpoint()},
            {"type": "OAI-PMH", "url": dcat.here("oai")},
            {"type": "REST", "url": dcat.here("fragments")},
        ],
        "pidSystem": "none",
        "metadataStandard": ["DCAT", "Dublin Core", "RDF Data Cube Vocabulary"],
    }
