"""What to build from: the sources of a profile, in their order, with their files and options.

    data/profiles/<profile>.toml     sources = ["curated", …]; a table of options for each of them

A source that is given a file (`--with`) is added to those of the profile; what it needs, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kg import fetch, sources
from kg.errors import InputError
from kg.fetch import addresses
from kg.settings import DATA
from kg.sources import Source


@dataclass(frozen=True)
class Plan:
    """What to build from: sources, those before that others need; by name, the files or folders
    given for some of them and the options chosen.
    """

    sources: list[Source]
    given: Mapping[str, Path] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read(profile: str, given: Mapping[str, Path], raw: Path | None = None) -> Plan:
    """The sources of a profile and those given; what was fetched last (into `raw`) for those of
    them that are given nothing. `InputError` for what is not known.
    """
    path = DATA / "profiles" / f"{profile}.toml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in path.parent.glob("*.toml")))
        raise InputError("is not a profile", value=profile, mend=f"give one of: {known}")
    chosen = tomllib.loads(path.read_text(encoding="utf-8"))
    names = list(dict.fromkeys([*chosen.pop("sources"), *given]))
    for name in [*names, *chosen]:
        if name not in sources.names():
            raise InputError(
                "is not a source", value=name, mend=f"give one of: {', '.join(sources.names())}"
            )
    loaded = in_order([sources.load(name) for name in names])
    fetched = _fetched([each.name for each in loaded], raw) if raw else {}
    options = {each.name: _options(each, chosen, path) for each in loaded}
    return Plan(loaded, {**fetched, **given}, options)


def _fetched(names: list[str], raw: Path) -> dict[str, Path]:
    """What was fetched last for those of the sources whose files are not our own."""
    found = {name: fetch.newest(raw, name) for name in names if name in addresses.known()}
    return {name: path for name, path in found.items() if path}


def in_order(chosen: list[Source]) -> list[Source]:
    """The sources, each behind those that it needs or comes after; what one needs is added."""
    known = {source.name: source for source in chosen}
    found: dict[str, Source] = {}

    def add(source: Source) -> None:
        for name in (*source.needs, *(name for name in source.after if name in known)):
            if name not in found:
                add(known[name] if name in known else sources.load(name))
        found.setdefault(source.name, source)

    for each in chosen:
        add(each)
    return list(found.values())


def _options(source: Source, read: Mapping[str, Mapping[str, str]], path: Path) -> dict[str, str]:
    """The options of a source: what its table in the profile says, else the first of each."""
    options = {name: choices[0] for name, choices in source.options.items()}
    for name, value in read.get(source.name, {}).items():
        choices = source.options.get(name, ())
        if value not in choices:
            mend = f"give one of: {', '.join(choices)}" if choices else "take it out"
            raise InputError(f"is not an option of {source.name}", path, None, name, value, mend)
        options[name] = value
    return options
