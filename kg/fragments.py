"""The statements of a release that match a pattern, read from its file page by page.

`statements.parquet` is in the order of subjects. A statement's place is its row in the file: a page
begins at one, and what stands before is not read (row groups are left out by their numbers).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import duckdb
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg import sql

FILE = "statements.parquet"


class Pattern(NamedTuple):
    """A triple pattern: None stands for whatever it may be."""

    subject: NamedNode | None
    predicate: NamedNode | None
    object: NamedNode | Literal | None


class Fragments:
    """The statements of a release; may be used from several threads."""

    def __init__(self, path: Path) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 1")
        self._table = sql.text(path)
        # A release never changes, and the patterns that are asked for most are few.
        self.count = lru_cache(10_000)(self._count)

    def _count(self, pattern: Pattern) -> int:
        """How many statements match: one pass over the columns that the pattern names."""
        condition, values = _condition(pattern)
        query = f"SELECT count(*) FROM {self._table} WHERE {condition}"
        ((count,),) = self._connection.cursor().execute(query, values).fetchall()
        return int(count)

    def page(self, pattern: Pattern, size: int, place: int = 0) -> tuple[list[Triple], int | None]:
        """Up to `size` matching statements from a place on, and the place of the next, if any."""
        condition, values = _condition(pattern)
        rows = (
            self._connection.cursor()
            .execute(
                f"""SELECT file_row_number, concat_ws(' ', subject, predicate, object, '.\n')
                FROM read_parquet({self._table}, file_row_number = true)
                WHERE file_row_number >= $place AND {condition} LIMIT $size""",
                {**values, "place": place, "size": size + 1},
            )
            .fetchall()
        )
        return triples(line for _, line in rows[:size]), rows[size][0] if rows[size:] else None


def triples(lines: Iterable[str]) -> list[Triple]:
    """The triples of lines of N-Triples."""
    return [quad.triple for quad in parse("".join(lines), format=RdfFormat.N_TRIPLES)]


def _condition(pattern: Pattern) -> tuple[str, dict[str, object]]:
    values: dict[str, object] = {n: str(t) for n, t in pattern._asdict().items() if t is not None}
    return " AND ".join(f"{name} = ${name}" for name in values) or "true", values
