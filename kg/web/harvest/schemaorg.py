"""Data sets in schema.org's words, as Google Dataset Search reads them in pages."""

from __future__ import annotations

from collections.abc import Iterable

from kg.web.harvest import dcat
from kg.web.harvest.datasets import Dataset
from kg.web.i18n import lang
from kg.web.site import LICENCE, site


def catalogue(found: Iterable[Dataset]) -> dict[str, object]:
    """The catalogue, with the names of these data sets."""
    return {
        "@context": "https://schema.org/",
        "@type": "DataCatalog",
        "@id": f"{site.release.base}catalog",
        "name": dcat.CATALOGUE[lang()],
        "url": dcat.here("catalog"),
        "license": LICENCE,
        "dataset": [{"@type": "Dataset", "@id": each.iri, **_named(each)} for each in found],
    }


def _named(dataset: Dataset) -> dict[str, object]:
    return {
        "name": dataset.title[lang()],
        "description": dataset.description[lang()],
        "url": dcat.here(f"catalog/{dataset.key}"),
        "license": LICENCE,
    }


def described(dataset: Dataset) -> dict[str, object]:
    """A data set as schema.org describes one, in what Google Dataset Search reads."""
    base, release = site.release.base, site.release.manifest
    maker = {"@type": "Organization", "name": "Graphe de connaissances de l’ESS", "url": base}
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": dataset.iri,
        **_named(dataset),
        "identifier": f"ess-kg-{dataset.key}",
        "keywords": dcat.KEYWORDS[lang()],
        "version": release["id"],
        "dateModified": release["date"],
        "isAccessibleForFree": True,
        "inLanguage": ["fr", "en"],
        "creator": maker,
        "publisher": maker,
        "spatialCoverage": {"@type": "Place", "name": "France"},
        "temporalCoverage": release["date"],
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": f"{base}catalog"},
        "distribution": [
            {
                "@type": "DataDownload",
                "name": dump.path.name,
                "contentUrl": dcat.here(f"dumps/{release['id']}/{dump.path.name}"),
                "encodingFormat": dcat.TYPES[dump.form][1],
                "contentSize": f"{dump.size} B",
                "sha256": dump.checksum,
            }
            for dump in dataset.files
        ],
    }
