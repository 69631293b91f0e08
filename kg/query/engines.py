"""The engines behind one interface, and which of them answers for a release.

    memory   the statements, loaded into this process         up to a few million
    disk     the release's store/, opened read-only           tens of millions on one machine
    remote   another SPARQL service (`kg.query.remote`)       what one machine cannot do

`KG_ENGINE` chooses; without it, a release that was built with a store is answered from disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pyoxigraph import NamedNode, Store

from kg.errors import InputError, KgError
from kg.query import Service
from kg.query.local import LocalEngine, open_store
from kg.query.remote import Address, RemoteEngine
from kg.query.results import select
from kg.release import Release
from kg.settings import Settings

NAMES = ("memory", "disk", "remote")
HELD = "SELECT ?dataset ?release { ?dataset <http://www.w3.org/2002/07/owl#versionInfo> ?release }"


class Engine(Service, Protocol):
    """A service with a name."""

    name: str


def chosen(settings: Settings, release: Release) -> str:
    """The name of the engine that answers for a release: the setting's, else by what there is."""
    if settings.engine and settings.engine not in NAMES:
        raise InputError(
            "is not a value for the setting KG_ENGINE",
            value=settings.engine,
            mend=f"give one of {', '.join(NAMES)}, or leave it out",
        )
    return settings.engine or ("disk" if release.store.is_dir() else "memory")


def open_engine(
    settings: Settings,
    release: Release,
    folder: Path | None = None,
    services: Mapping[str, str] | None = None,
) -> Engine:
    """The engine that answers for a release.

    `folder` takes the files of results; `services` are the endpoints that SERVICE may name, with
    their addresses at the relay. `KgError` says what is missing.
    """
    name = chosen(settings, release)
    if name == "remote":
        return _open_remote(settings, release, folder, services)
    store = open_store(release) if name == "memory" else _open_on_disk(release)
    base = f"{release.base}sparql"
    return LocalEngine(store, folder, base=base, name=name, services=services)


def _open_on_disk(release: Release) -> Store:
    if not release.store.is_dir():
        raise KgError(
            f"Release {release.id} has no store for the disk engine. Build one that has, with "
            "KG_ENGINE=disk, or leave KG_ENGINE out to serve this one from memory."
        )
    return Store.read_only(str(release.store))


def _open_remote(
    settings: Settings, release: Release, folder: Path | None, services: Mapping[str, str] | None
) -> RemoteEngine:
    if services:
        raise KgError("SERVICE needs an engine of our own: leave KG_FEDERATION or KG_ENGINE out.")
    engine = connect(settings, release.base, folder)
    if (found := held(engine, release.base)) != release.id:
        raise KgError(
            f"{settings.remote_url} holds {f'release {found}' if found else 'no whole release'}, "
            f"not {release.id}: run 'kg publish'."
        )
    return engine


def connect(settings: Settings, base: str, folder: Path | None = None) -> RemoteEngine:
    """The remote engine of the settings, whatever it holds; `KgError` without an address."""
    if not settings.remote_url:
        raise KgError("Set KG_REMOTE_URL to the address of the remote engine's SPARQL endpoint.")
    return RemoteEngine(
        Address(settings.remote_url, settings.remote_user, settings.remote_password),
        folder,
        base=f"{base}sparql",
        seconds=settings.query_seconds,
        most=settings.result_size,
    )


def held(engine: Service, base: str) -> str | None:
    """The release that an engine's statements say they are."""
    rows = select(engine, HELD, dataset=NamedNode(f"{base}dataset"))
    return rows[0]["release"].value if rows else None
