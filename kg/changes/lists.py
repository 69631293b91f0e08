"""What a folder of changes says of entities: how many, and which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from pyoxigraph import Literal, RdfFormat, parse

from kg import sql
from kg.changes import ACTION, DIFFERENCE, ENTITIES
from kg.release import named

COLUMNS = f"iri, kind, {ACTION}, successor, modified, labels"
_BATCH = 1000


@dataclass(frozen=True)
class Event:
    """What became of an entity; `labels` are its names, `modified` is in UTC."""

    iri: str
    kind: str
    action: str
    successor: str | None
    modified: datetime
    labels: list[Literal]

    @property
    def release(self) -> str:
        """The release that did it."""
        return named(self.modified)


def event(row: tuple[object, ...]) -> Event:
    """A row of `COLUMNS`."""
    *own, labels = row
    assert isinstance(labels, list)
    text = "".join(f"<x:> <x:> {term} .\n" for term in labels)
    quads = parse(text, format=RdfFormat.N_TRIPLES)
    read = [quad.object for quad in quads if isinstance(quad.object, Literal)]
    return Event(*[*own, read])  # type: ignore[arg-type]


def entities(folder: Path, limit: int | None = None) -> Iterator[Event]:
    """All entities that changed, or the first of them, by IRI; read as they are asked for."""
    with duckdb.connect() as connection:
        cursor = connection.execute(
            f"SELECT {COLUMNS} FROM {sql.text(folder / ENTITIES)} ORDER BY iri LIMIT $limit",
            {"limit": limit},
        )
        while rows := cursor.fetchmany(_BATCH):
            yield from map(event, rows)


def counts(folder: Path) -> dict[str, dict[str, int]]:
    """By kind, how many entities were created, changed, merged, withdrawn."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""SELECT kind, {ACTION} AS action, count(*) FROM {sql.text(folder / ENTITIES)}
            GROUP BY ALL ORDER BY ALL"""
        ).fetchall()
    for kind, action, number in rows:
        found[kind][action] = number
    return dict(found)


def statements(folder: Path) -> tuple[int, int]:
    """How many statements came, and how many went."""
    with duckdb.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FILTER (sign > 0), count(*) FILTER (sign < 0) "
            f"FROM {sql.text(folder / DIFFERENCE)}"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
