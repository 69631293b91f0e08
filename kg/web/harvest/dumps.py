"""Files to download: `/dumps/`, of any release that is still here.

/dumps/<release>/<name>      one file, whole or by ranges: an address to cite, for ever
/dumps/<release>/SHA256SUMS  what `sha256sum -c` reads
/dumps/latest/<name>         leads to the file of the current release
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, send_file, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from kg.release import Dump, Release
from kg.web import kinds
from kg.web.delivery import FOREVER
from kg.web.harvest import datasets
from kg.web.harvest.files import COMPRESSIONS, FORMS, PACKAGE, media_type, parts
from kg.web.harvest.schemaorg import described
from kg.web.i18n import Text, _, lang
from kg.web.site import site
from kg.web.sources import source
from kg.web.thing.structured import embedded

SUMS = "SHA256SUMS"

dumps = Blueprint("dumps", __name__)


@dataclass(frozen=True)
class Part:
    """What some files have in common: they are of the same things, in several forms."""

    name: Text
    files: list[Dump]


@dumps.get("/dumps/")
def index() -> str:
    """What can be downloaded: the whole, its tables, its parts by kind and by source."""
    found = parts(site.release)
    mine = site.layout.things
    return render_template(
        "dumps.html",
        manifest=site.release.manifest,
        whole=[Part(Text(_("Tout le graphe")), found["all"])],
        tables=_named(found, "table", tables(site.release)),
        kinds=_named(found, "kind", {kind: Text(kinds.name(kind, 2)) for kind in mine}),
        vocabularies=_named(
            found,
            "kind",
            {kind: Text(kinds.name(kind, 2)) for kind in site.layout.kinds.keys() - mine},
        ),
        sources=_named(found, "source", _sources()),
        other=[Part(Text(_("Termes, graphes, description")), found.get("other", []))],
        forms=FORMS,
        compressions=COMPRESSIONS,
        media_type=media_type,
        sums=SUMS,
        structured=embedded(described(datasets.all_()[datasets.WHOLE])),
        package=PACKAGE if PACKAGE in site.release.dumps else "",
    )


def _named(found: Mapping[str, list[Dump]], prefix: str, names: Mapping[str, Text]) -> list[Part]:
    """The parts with these names that have files, by name."""
    known = [Part(name, found.get(f"{prefix}-{key}", [])) for key, name in names.items()]
    return sorted(
        (part for part in known if part.files), key=lambda part: part.name.text.casefold()
    )


def tables(release: Release) -> dict[str, Text]:
    """The names of the tables of a release, as its data package gives them."""
    if PACKAGE not in release.dumps:
        return {}
    package = json.loads(release.dumps[PACKAGE].path.read_text(encoding="utf-8"))
    key = "title_en" if lang() == "en" else "title"
    return {each["name"]: Text(each[key]) for each in package["resources"]}


def _sources() -> dict[str, Text]:
    told = site.provenance.sources.items()
    return {
        iri.rpartition("/")[2]: source(iri, about, site.release.base).title for iri, about in told
    }


@dumps.get("/dumps/latest/<name>")
def latest(name: str) -> Answer:
    """Lead to the file of that name of the current release."""
    if name not in site.release.dumps and name != SUMS:
        raise NotFound
    return redirect(url_for("dumps.versioned", release=site.release.id, name=name), 302)


@dumps.get("/dumps/<release>/<name>")
def versioned(release: str, name: str) -> Response:
    """One file of any release that is still here: to be cited, and kept for ever."""
    if release not in site.kept:
        raise NotFound
    found = site.kept[release].dumps
    if name == SUMS:
        lines = (f"{dump.checksum}  {each}\n" for each, dump in found.items())
        response = Response("".join(lines), content_type="text/plain; charset=utf-8")
    elif name in found:
        response = _file(found[name])
    else:
        raise NotFound
    response.headers["Cache-Control"] = FOREVER
    return response


def _file(dump: Dump) -> Response:
    return send_file(
        dump.path,
        mimetype=media_type(dump),
        as_attachment=True,
        conditional=True,
        etag=dump.checksum,
    )
