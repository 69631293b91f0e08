"""Small releases that were built one after the other, and the site of the last of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from kg.query.local import LocalEngine, open_store
from kg.release import Release
from kg.search.index import Index
from kg.settings import Settings
from kg.web.app import create_app
from kg.web.translations import compile_all
from tests.test_build import run
from tests.web.conftest import Client

BETTER = "avise,Avise,301463253,a"
# avise gets its SIREN, and so another IRI; rtes another name; mes goes; others come.
ROWS = (
    ["avise,Avise,,a", "rtes,RTES,,a", "mes,MES,,a"],
    [BETTER, "rtes,Le RTES,,a", "mes,MES,,a", '"ecole","École d’été, œuvre",,b'],
    [BETTER, "rtes,Le RTES,,a", '"ecole","École d’été, œuvre",,b', "udes,UDES,,b"],
    [BETTER, "rtes,Réseau RTES,,b", '"ecole","École d’été, œuvre",,b'],
)


@dataclass(frozen=True)
class Served:
    """The releases, oldest first, and the site of one of them."""

    all: list[Release]
    app: Flask


def site(release: Release) -> Flask:
    """The site of a release, which has its own folder for changes."""
    compile_all()
    app = create_app(
        release,
        LocalEngine(open_store(release)),
        Index(release.folder / "search", release.base),
        Settings(var=release.folder.parent.parent),
    )
    app.testing = True
    return app


def build(folder: Path, rows: Sequence[list[str]] = ROWS) -> list[Release]:
    """A release of each of these tables."""
    return [run(folder, *each) for each in rows]


def served(folder: Path) -> Served:
    """All releases, and the site of the last."""
    releases = build(folder)
    app = site(releases[-1])
    app.test_client_class = Client
    return Served(releases, app)
