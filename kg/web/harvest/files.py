"""The files of a release, as pages and catalogues name their forms."""

from __future__ import annotations

from collections import defaultdict

from kg.release import Dump, Release

MEDIA_TYPES = {
    "zst": "application/zstd",
    "gz": "application/gzip",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
# The forms of files, in the order of the page.
FORMS = {
    "nq": "N-Quads",
    "ttl": "Turtle",
    "jsonld": "JSON-LD",
    "rdf": "RDF/XML",
    "csv": "CSV",
    "parquet": "Parquet",
}
COMPRESSIONS = {"zst": "Zstandard", "gz": "gzip"}
PACKAGE = "datapackage.json"


def media_type(dump: Dump) -> str:
    """The media type of a file as it is sent."""
    return MEDIA_TYPES[dump.compression or dump.form]


def parts(release: Release) -> dict[str, list[Dump]]:
    """The files of every part of a release, in the order of their forms."""
    found: dict[str, list[Dump]] = defaultdict(list)
    order = list(FORMS)
    for dump in release.dumps.values():
        if dump.form in FORMS:
            found[dump.part].append(dump)
    for files in found.values():
        files.sort(key=lambda dump: (order.index(dump.form), dump.compression))
    return dict(found)
