"""Who changed when: the releases that led to the one that is served, read page by page.

An event is that a release created, changed, merged or withdrew an entity; its version is what was
stated of the entity from then on. Of the oldest release that is here nobody knows what it changed:
it stands for all that went before, with the latest version of every entity that ever was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

import duckdb
from pyoxigraph import RdfFormat, Triple, parse

from kg import sql
from kg.changes import ACTION, ENTITIES, FOLDER, STATEMENTS, between
from kg.changes.lists import COLUMNS, Event, event
from kg.release import Release, Releases, moment, named

# How many versions are on a page of the stream.
SIZE = 100


@dataclass(frozen=True)
class Version:
    """What was stated of an entity from a release on; nothing if it was gone then."""

    iri: str
    action: str
    successor: str | None
    modified: datetime
    statements: list[Triple]

    @property
    def release(self) -> str:
        """The release that it came with."""
        return named(self.modified)


@dataclass(frozen=True)
class Scope:
    """Whose changes are asked for: of all entities, or of those that meet each of these; by all
    releases, by one, or by those before one.
    """

    kind: str = ""
    iri: str = ""
    place: str = ""
    release: str = ""
    before: str = ""


class Log:
    """The releases up to one of them; may be used from several threads."""

    def __init__(self, release: Release) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 1")
        self._release = release

    @cached_property
    def _led_here(self) -> list[Release]:
        known = {each.id: each for each in Releases(self._release.folder.parent).all()}
        return list(between.back(self._release, known))

    @property
    def chain(self) -> list[Release]:
        """The releases that led to the one that is served, newest first, itself among them; as far
        as they are here: the oldest may be deleted at any time.
        """
        return list(takewhile(lambda each: each.folder.is_dir(), self._led_here))

    def events(self, scope: Scope, size: int, offset: int = 0) -> list[Event]:
        """Events, the latest first, by IRI within a release."""
        changing = self.chain[:-1]
        if scope.before:
            changing = [each for each in changing if moment(each.id) < moment(scope.before)]
        files = [
            each.folder / FOLDER / ENTITIES for each in changing if scope.release in {"", each.id}
        ]
        if not files:
            return []
        conditions = {
            "kind": "kind = $kind",
            "iri": "iri = $iri",
            "place": "list_contains(places, $place)",
        }
        values = {name: value for name in conditions if (value := getattr(scope, name))}
        condition = " AND ".join(conditions[name] for name in values) or "true"
        rows = self._rows(
            f"""SELECT {COLUMNS} FROM read_parquet([{", ".join(map(sql.text, files))}])
            WHERE {condition} ORDER BY modified DESC, iri LIMIT $size OFFSET $offset""",
            {**values, "size": size, "offset": offset},
        )
        return [event(row) for row in rows]

    def pages(self, release: Release, whole: bool) -> int:
        """How many pages the versions of a release take."""
        path = _folder(release, whole) / ENTITIES
        ((number,),) = self._rows(f"SELECT count(*) FROM {sql.text(path)}", {})
        return -(-int(number) // SIZE)

    def versions(self, release: Release, page: int, whole: bool) -> list[Version]:
        """A page, from 1, of the versions that came with a release, or of the latest of all things
        until then (`whole`); by IRI.
        """
        return self._versions(
            _folder(release, whole),
            "file_row_number >= $first AND file_row_number < $first + $size",
            {"first": (page - 1) * SIZE, "size": SIZE},
        )

    def version(self, release: str, iri: str) -> Version | None:
        """The version of an entity that came with a release, if it is here."""
        for each in self.chain:
            oldest = each == self.chain[-1]
            if each.id == release or oldest:
                found = self._versions(_folder(each, oldest), "iri = $iri", {"iri": iri})
                return next((v for v in found if named(v.modified) == release), None)
        return None

    def _versions(self, folder: Path, condition: str, values: dict[str, object]) -> list[Version]:
        new = "CASE WHEN created < modified THEN 'live' END"
        was = "was" if folder.name == FOLDER else new
        rows = self._rows(
            f"""SELECT iri, {ACTION}, successor, modified FROM (
                SELECT iri, state, successor, modified, {was} AS was
                FROM read_parquet({sql.text(folder / ENTITIES)}, file_row_number = true)
                WHERE {condition}
            ) ORDER BY iri""",
            values,
        )
        stated = self._stated(folder / STATEMENTS, [row[0] for row in rows])
        return [Version(*[*row, stated[row[0]]]) for row in rows]

    def _stated(self, path: Path, iris: list[str]) -> dict[str, list[Triple]]:
        """What a file states of entities and their parts. Its order is that of `<iri>`, where the
        parts of a thing stand before it, and things between whose names go on from its own.
        """
        found: dict[str, list[Triple]] = {iri: [] for iri in iris}
        if not iris:
            return found
        rows = self._rows(
            f"""SELECT concat_ws(' ', subject, predicate, object, '.') FROM {sql.text(path)}
            WHERE subject >= $first AND subject <= $last
                AND list_contains($iris, trim(split_part(subject, '#', 1), '<>'))
            ORDER BY subject, predicate, object""",
            {
                "first": min(f"<{iri}#" for iri in iris),
                "last": max(f"<{iri}>" for iri in iris),
                "iris": iris,
            },
        )
        text = "\n".join(line for (line,) in rows)
        for quad in parse(text, format=RdfFormat.N_TRIPLES):
            found[quad.subject.value.partition("#")[0]].append(quad.triple)
        return found

    def _rows(self, query: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        return self._connection.cursor().execute(query, values).fetchall()


def _folder(release: Release, whole: bool) -> Path:
    """Where entities and statements are: all, or those of what the release changed."""
    return release.folder if whole else release.folder / FOLDER
