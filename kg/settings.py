"""Settings: one frozen object, read from the environment once, passed to whoever needs it.

Each field is the environment variable `KG_<FIELD>`; `docs/settings.md` lists them, and a test
holds that page to this class.
"""

from __future__ import annotations

import math
import os
import re
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
Base: TypeAlias = str
Port: TypeAlias = int
Count: TypeAlias = int
Seconds: TypeAlias = float
# What terms and things are put behind; no character that an IRI has not, or that a query could end.
_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`?#/]+/([^\s<>\"{}|\\^`?#]*/)?")
_Read: TypeAlias = Callable[[str], object]


@dataclass(frozen=True)
class Settings:
    """What a deployer can choose. Sizes are in MiB, times in seconds."""

    base_iri: Base = "https://w3id.org/ess-kg/"
    var: Path = ROOT / "var"
    shared: Path = ROOT.parent / "shared"
    host: str = "127.0.0.1"
    port: Port = 8000
    web_workers: Count = 1
    web_threads: Count = 128
    web_connections: Count = 4000
    query_workers: Count = 4
    query_seconds: Seconds = 30.0
    query_memory: Count = 4096
    query_queue: Count = 64
    query_share: Count = 8
    federation: str = ""
    federation_seconds: Seconds = 60.0
    release_grace: float = 60.0
    query_length: Count = 1_000_000
    result_size: Count = 1024
    max_set_aside: float = 0.001
    build_memory: Count = 2048
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
            read, words = _KINDS[str(each.type)]
            try:
                values[each.name] = read(environ[name])
            except ValueError:
                raise InputError(
                    f"is not a value for the setting {name}",
                    value=environ[name],
                    mend=f"give {words}, or leave it out for {each.default!r}",
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


def _within(kind: type[int] | type[float], least: float, most: float = math.inf) -> _Read:
    """Reads a number that is neither too small nor too large."""

    def read(text: str) -> object:
        number = kind(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read


def _base(text: str) -> str:
    if not _BASE.fullmatch(text):
        raise ValueError(text)
    return text


# How a setting of a type is read, and what to give for it.
_KINDS: dict[str, tuple[_Read, str]] = {
    "int": (_within(int, 0), "a whole number"),
    "Count": (_within(int, 1), "a whole number, at least 1"),
    "Port": (_within(int, 1, 65535), "a number from 1 to 65535"),
    "float": (_within(float, 0), "a number"),
    "Seconds": (_within(float, 0.001), "a number greater than zero"),
    "Base": (_base, "an http or https address that ends with a slash"),
    "str": (str, "a text"),
    "Path": (Path, "a path"),
    "Networks": (_networks, "addresses of networks, between commas"),
}
