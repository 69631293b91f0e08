"""The dumps of releases, to download: `/dumps/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, render_template, send_file
from werkzeug.exceptions import NotFound

from kg.release import Release, Releases
from kg.web.delivery import FOREVER
from kg.web.site import site

ENDINGS = {
    ".zst": "application/zstd",
    ".gz": "application/gzip",
    ".nq": "application/n-quads",
    ".ttl": "text/turtle",
    ".parquet": "application/vnd.apache.parquet",
}

dumps = Blueprint("dumps", __name__)


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


@dumps.get("/dumps/")
def index() -> str:
    """What can be downloaded, with sizes and checksums."""
    return render_template("dumps.html", dumps=_dumps(site.release), manifest=site.release.manifest)


@dumps.get("/dumps/<name>")
def current(name: str) -> Response:
    """One file of the current release, whole or by ranges."""
    return _file(site.release, name)


@dumps.get("/dumps/<release>/<name>")
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
