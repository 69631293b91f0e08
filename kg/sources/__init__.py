"""Sources: one folder each, all under one contract.

    kg/sources/<name>/
      importer.py     records, triples, IGNORED, EXPECT (below); `source` where rows differ in it
      source.ttl      its published DCAT description; the dataset's IRI is …/id/source/<name>
      package.json    where the source comes from npm, with its lock file
    tests/sources/    its sample and what it must produce

An importer is a module with

    def paths(given: Path | None) -> list[Path]   the files to read; MissingFile says how to get
    def records(inputs: Inputs) -> Iterator[Row | LeftOut]    reading, parsing, filtering
    def triples(row: Row) -> Iterator[Triple]                 pure; pops each field that it uses
    def check(given: Path | None) -> list[InputError]         optional: all that is wrong at once
    def source(row: Row) -> str                    optional: who states the row (default: the name)
    IGNORED: frozenset[str]                                   columns left out on purpose
    EXPECT: dict[str, tuple[int, int]]                        kind to (least, most) entities
    EXPECT_WITH: dict[tuple[str, str], dict]     optional: what an option's value has in its stead
    NEEDS: tuple[str, ...]                       optional: sources to convert before this one
    OPTIONS: dict[str, tuple[str, ...]]          optional: what a profile may choose, default first
    COMPLETE: bool                               optional: it states by itself what the rules would
                                                 derive of its rows; they need not look at them

What `records` does not want it counts, with the reason, as `LeftOut`. `triples` raises `ValueError`
(or `RowError`, which names the column) for a row that cannot be taken; `kg.convert` sets it aside
with its file, line and reason. `MissingColumn` stops the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode

from kg.errors import InputError
from kg.sources.rows import LeftOut, Row

FOLDER = Path(__file__).parent
Triple: TypeAlias = tuple[NamedNode, NamedNode, NamedNode | Literal]


@dataclass(frozen=True)
class Inputs:
    """What an importer reads: files, the options chosen, the Parquet files of what it needs.

    A file of `converted` has the columns subject, predicate, object (N-Triples terms) and source.
    """

    paths: list[Path]
    options: Mapping[str, str] = field(default_factory=dict)
    converted: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One source folder, loaded."""

    name: str
    folder: Path
    paths: Callable[[Path | None], list[Path]]
    records: Callable[[Inputs], Iterator[Row | LeftOut]]
    triples: Callable[[Row], Iterator[Triple]]
    check: Callable[[Path | None], list[InputError]]
    stated_by: Callable[[Row], str]
    ignored: frozenset[str]
    expect: dict[str, tuple[int, int]]
    needs: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = False
    expect_with: Mapping[tuple[str, str], dict[str, tuple[int, int]]] = field(default_factory=dict)

    def expected(self, options: Mapping[str, str]) -> dict[str, tuple[int, int]]:
        """How many entities of each kind are usual with these options; the last one decides."""
        chosen = [self.expect_with[each] for each in options.items() if each in self.expect_with]
        return chosen[-1] if chosen else self.expect

    @property
    def description(self) -> Path:
        """The Turtle file that describes the source to the public."""
        return self.folder / "source.ttl"


def names() -> list[str]:
    """All sources that there are: the folders with an importer."""
    return sorted(path.parent.name for path in FOLDER.glob("*/importer.py"))


def load(name: str) -> Source:
    """The source of that name; `KeyError` when there is no such folder."""
    if name not in names():
        raise KeyError(f"no source {name!r}; there are: {', '.join(names())}")
    module = import_module(f"kg.sources.{name}.importer")
    return Source(
        name=name,
        folder=FOLDER / name,
        paths=module.paths,
        records=module.records,
        triples=module.triples,
        check=getattr(module, "check", lambda given: []),
        stated_by=getattr(module, "source", lambda row: name),
        ignored=module.IGNORED,
        expect=module.EXPECT,
        needs=getattr(module, "NEEDS", ()),
        options=getattr(module, "OPTIONS", {}),
        complete=getattr(module, "COMPLETE", False),
        expect_with=getattr(module, "EXPECT_WITH", {}),
    )
