"""Conversion: a source's files become one table of statements, once.

    var/build/sources/<name>/<digest>/
      00000.parquet …       subject, predicate, object (N-Triples terms), source (`kg.mapping`)
      outcome.json          rows read, left out and set aside with their reasons, entities by kind
    var/build/sources/<name>/<digest>.partial/      not whole yet; the next build goes on from it

The digest covers the files, the options, the code that reads them and the sources needed, so what
did not change is not converted again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import duckdb

from kg.errors import MissingFile
from kg.iri import BASE
from kg.mapping import Outcome, map_rows
from kg.settings import ONTOLOGY, ROOT
from kg.sources import Inputs, Source
from kg.sources.rows import LeftOut, Row, shown

SHARED_CODE = ("clean.py", "convert.py", "iri.py", "mapping.py", "vocab.py", "sources/*.py")
Progress: TypeAlias = Callable[[Iterator[Row | LeftOut], str], Iterator[Row | LeftOut]]


@dataclass(frozen=True)
class Converted:
    """A source whose statements lie ready."""

    source: Source
    folder: Path
    files: dict[str, str]
    outcome: Outcome
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def statements(self) -> Path:
        """The Parquet files of its statements, as a pattern that DuckDB reads like one file."""
        return self.folder / "*.parquet"

    def makers(self) -> list[str]:
        """The sources whose statements these are: the register, or the pages that were read."""
        with duckdb.connect() as connection:
            rows = connection.execute(
                "SELECT DISTINCT source FROM read_parquet($1) ORDER BY source",
                [str(self.statements)],
            ).fetchall()
        return [str(source) for (source,) in rows]


def convert(  # noqa: PLR0913 - what decides on a conversion
    source: Source,
    given: Path | None,
    build: Path,
    progress: Progress = lambda rows, _: rows,
    *,
    options: Mapping[str, str] | None = None,
    needed: Sequence[Converted] = (),
) -> Converted:
    """Convert a source, or find that it has been converted already.

    `given` is the file or folder to read instead of the source's own; `needed` are the sources that
    it needs, converted. Raises `MissingFile`, `MissingColumn` and what the source's reader raises
    as `InputError`.
    """
    files = source.paths(given)
    try:
        sums = {shown(path): checksum(path) for path in files}
    except OSError as error:
        raise MissingFile(f"cannot be read: {error.strerror}", file=Path(error.filename)) from None
    converted = {each.source.name: each.statements for each in needed}
    inputs = Inputs(files, options or {}, converted)
    folder = build / "sources" / source.name / _digest(source, sums, inputs)
    if not folder.is_dir():
        partial = folder.with_suffix(".partial")
        partial.mkdir(parents=True, exist_ok=True)
        outcome = map_rows(source, progress(source.records(inputs), source.name), partial)
        outcome.entities = _entities(partial / "*.parquet")
        outcome.write(partial / "outcome.json")
        partial.rename(folder)
    return Converted(source, folder, sums, Outcome.read(folder / "outcome.json"), inputs.options)


def _entities(statements: Path) -> dict[str, int]:
    """How many entities of each kind some Parquet files describe."""
    with duckdb.connect() as connection:
        connection.read_parquet(str(statements)).create_view("stated")
        return entities(connection, "stated")


def entities(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, int]:
    """How many entities of each kind a table of statements describes (they have a label)."""
    rows = connection.execute(
        f"""SELECT split_part(subject, '/', $place) AS kind, count(DISTINCT subject)
        FROM {table}
        WHERE starts_with(subject, $start) AND NOT contains(subject, '#')
          AND predicate IN (
            '<http://www.w3.org/2000/01/rdf-schema#label>',
            '<http://www.w3.org/2004/02/skos/core#prefLabel>')
        GROUP BY kind ORDER BY kind""",
        {"start": f"<{BASE}id/", "place": BASE.count("/") + 2},
    ).fetchall()
    return {str(kind): int(number) for kind, number in rows}


def check_expected(converted: Converted) -> tuple[list[str], list[str]]:
    """(problems, warnings): too few entities of a kind are a problem, too many a warning."""
    problems, warnings = [], []
    for kind, (least, most) in converted.source.expected(converted.options).items():
        found = converted.outcome.entities.get(kind, 0)
        text = f"{converted.source.name}: {found} of kind {kind}, where {least} to {most} are usual"
        if found < least:
            problems.append(text)
        elif found > most:
            warnings.append(text)
    return problems, warnings


def _digest(source: Source, files: dict[str, str], inputs: Inputs) -> str:
    """The checksum of a source's files and of everything that turns them into statements."""
    # What a needed source was converted from is in the name of its folder.
    needed = {name: path.parent.name for name, path in inputs.converted.items()}
    code = sorted(source.folder.glob("*.py"))
    code += [path for each in SHARED_CODE for path in sorted((ROOT / "kg").glob(each))]
    terms = sorted(ONTOLOGY.glob("*/terms.ttl")) + sorted((ONTOLOGY / "schemes").glob("*.ttl"))
    said = json.dumps([files, dict(inputs.options), needed], sort_keys=True)
    digest = hashlib.sha256(said.encode())
    for path in [*code, ONTOLOGY / "prefixes.ttl", ONTOLOGY / "ontology.ttl", *terms]:
        digest.update(checksum(path).encode())
    return digest.hexdigest()[:16]


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
