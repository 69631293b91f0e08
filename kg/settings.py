"""Settings: one frozen object, read from the environment once, passed to whoever needs it.

Each field is the environment variable `KG_<FIELD>`; `docs/settings.md` lists them, and a test
holds that page to this class.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeAlias

from kg.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
ONTOLOGY = ROOT / "ontology"
DATA = ROOT / "data"

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True)
class Settings:
    """What a deployer can choose. Sizes are in MiB, times in seconds."""

    base_iri: str = "https://w3id.org/ess-kg/"
    var: Path = ROOT / "var"
    shared: Path = ROOT.parent / "shared"
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 1
    web_threads: int = 128
    web_connections: int = 4000
    query_workers: int = 4
    query_seconds: float = 30.0
    query_memory: int = 4096
    query_queue: int = 64
    query_share: int = 8
    federation: str = ""
    federation_seconds: float = 60.0
    release_grace: float = 60.0
    query_length: int = 1_000_000
    result_size: int = 1024
    max_set_aside: float = 0.001
    build_memory: int = 2048
    public_url: str = ""
    engine: str = ""
    disk_above: int = 3_000_000
    remote_url: str = ""
    remote_user: str = ""
    remote_password: str = field(default="", repr=False)
    cache_memory: int = 64
    cache_disk: int = 1024
    trusted_proxies: Networks = ()
    contact: str = ""
    tiles: str = ""
    tiles_attribution: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read `KG_*`; raise `InputError` naming the variable whose value does not fit."""
        values: dict[str, object] = {}
        for each in fields(cls):
            name = f"KG_{each.name.upper()}"
            if name not in environ:
                continue
            kind = _KINDS.get(str(each.type), str)
            try:
                values[each.name] = kind(environ[name])
            except ValueError:
                raise InputError(
                    f"is not a value for the setting {name}",
                    value=environ[name],
                    mend=f"give {each.type}, or leave it out for {each.default}",
                ) from None
        return cls(**values)  # type: ignore[arg-type]

    @property
    def longest_body(self) -> int:
        """The bytes of a request with the longest query: in UTF-8, or percent-encoded in a form."""
        return 4 * self.query_length

    @property
    def releases(self) -> Path:
        """The folder of releases."""
        return self.var / "releases"

    @property
    def harvest_check(self) -> Path:
        """What the last harvest check of the site found."""
        return self.var / "harvest-check.json"

    @property
    def changes(self) -> Path:
        """The folder of changes between releases that do not follow each other."""
        return self.var / "changes"

    @property
    def endpoints(self) -> list[str]:
        """The endpoints that SERVICE may name."""
        return _listed(self.federation)


def _listed(text: str) -> list[str]:
    """The parts of a text between commas."""
    return [part for each in text.split(",") if (part := each.strip())]


def _networks(text: str) -> Networks:
    return tuple(ip_network(each) for each in _listed(text))


_KINDS: dict[str, Callable[[str], object]] = {
    "int": int,
    "float": float,
    "Path": Path,
    "Networks": _networks,
}
