"""For portals and robots: the dumps, the graph's description, the state of the service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, render_template, request, send_file
from pyoxigraph import RdfFormat, parse, serialize
from werkzeug.exceptions import NotFound

from kg.query import Request
from kg.query.forms import GRAPH_FORMATS
from kg.release import Release, Releases
from kg.vocab import prefixes
from kg.web import protocol
from kg.web.negotiate import content_type
from kg.web.site import site
from kg.web.sparql import DESCRIPTION

ENDINGS = {
    ".zst": "application/zstd",
    ".gz": "application/gzip",
    ".nq": "application/n-quads",
    ".ttl": "text/turtle",
    ".parquet": "application/vnd.apache.parquet",
}

FOREVER = "public, max-age=31536000, immutable"

harvest = Blueprint("harvest", __name__)


@dataclass(frozen=True)
class Dump:
    """A file to download."""

    path: Path
    checksum: str

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.path.stat().st_size

    @property
    def media_type(self) -> str:
        """Its media type, by its ending."""
        return ENDINGS.get(self.path.suffix, "application/octet-stream")


def _dumps(release: Release) -> dict[str, Dump]:
    """The dumps of a release by name, with what `SHA256SUMS` says of them."""
    lines = (release.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {path: checksum for checksum, _, path in (line.partition("  ") for line in lines)}
    return {path.name: Dump(path, sums[f"dumps/{path.name}"]) for path in release.dumps()}


@harvest.get("/dumps/")
def dumps() -> str:
    """What can be downloaded, with sizes and checksums."""
    return render_template("dumps.html", dumps=_dumps(site.release), manifest=site.release.manifest)


@harvest.get("/dumps/<name>")
def dump(name: str) -> Response:
    """One file of the current release, whole or by ranges."""
    return _file(site.release, name)


@harvest.get("/dumps/<release>/<name>")
def versioned(release: str, name: str) -> Response:
    """One file of any release that is still here: to be cited, and kept for ever."""
    kept = {each.id: each for each in Releases(site.release.folder.parent).all()}
    if release not in kept:
        raise NotFound
    response = _file(kept[release], name)
    response.headers["Cache-Control"] = FOREVER
    return response


def _file(release: Release, name: str) -> Response:
    found = _dumps(release).get(name)
    if found is None:
        raise NotFound
    return send_file(
        found.path,
        mimetype=found.media_type,
        as_attachment=True,
        conditional=True,
        etag=found.checksum,
    )


@harvest.get("/.well-known/void")
def void() -> Response:
    """What the release says of itself, directly (VoID, section 7.2): `description.ttl`, in the form
    that is asked for.
    """
    media_type = DESCRIPTION[protocol.chosen(request, DESCRIPTION)]
    quads = parse(path=site.release.folder / "description.ttl", format=RdfFormat.TURTLE)
    body = serialize(
        (quad.triple for quad in quads), format=GRAPH_FORMATS[media_type], prefixes=prefixes()
    )
    response = Response(body, content_type=content_type(media_type))
    response.vary.add("Accept")
    return response


@harvest.get("/health")
def health() -> tuple[dict[str, object], dict[str, str]]:
    """Whether queries are answered, and from which release; the error of the query if not."""
    site.service.answer(Request("ASK {}")).file.close()
    state = {"ok": True, "release": site.release.id, "engine": site.engine}
    return state, {"Cache-Control": "no-store"}


@harvest.get("/robots.txt")
def robots() -> Response:
    """Everything may be read; result pages have no end."""
    return Response("User-agent: *\nDisallow: /search\n", content_type="text/plain; charset=utf-8")
