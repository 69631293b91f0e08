"""Conversion: a source's files become one table of statements, once.

    var/build/sources/<name>/<digest>/
      statements.parquet    subject, predicate, object (N-Triples terms), source
      outcome.json          rows read, left out and set aside with their reasons, entities by kind

The digest covers the files, the options, the code that reads them and the sources needed, so what
did not change is not converted again. The folder is written beside and renamed: a killed conversion
leaves nothing that counts.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

import duckdb

from kg.errors import InputError, MissingFile
from kg.iri import BASE
from kg.settings import ONTOLOGY, ROOT
from kg.sources import Inputs, Source
from kg.sources.rows import LeftOut, Row, RowError

SHARED_CODE = ("clean.py", "convert.py", "iri.py", "vocab.py", "sources/*.py")
Progress: TypeAlias = Callable[[Iterator[Row | LeftOut], str], Iterator[Row | LeftOut]]
READ_TSV = """read_csv($tsv, delim='\t', quote='', escape='', header=false, auto_detect=false,
    columns={'subject': 'VARCHAR', 'predicate': 'VARCHAR', 'object': 'VARCHAR',
             'source': 'VARCHAR'}, max_line_size=16777216)"""


@dataclass(frozen=True)
class SetAside:
    """A row that could not be taken."""

    file: str
    line: int
    reason: str
    column: str | None = None
    value: str | None = None
    mend: str | None = None

    def __str__(self) -> str:
        return str(
            InputError(
                self.reason, Path(self.file), self.line or None, self.column, self.value, self.mend
            )
        )


@dataclass(frozen=True)
class Outcome:
    """What a conversion counted: every row is taken, left out for a reason, or set aside."""

    rows: int
    statements: int
    entities: dict[str, int]
    left_out: dict[str, int] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


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
        """The Parquet file of its statements."""
        return self.folder / "statements.parquet"


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
    it needs, converted. Raises `MissingFile`,
    `MissingColumn` and what the source's reader raises as `InputError`.
    """
    files = source.paths(given)
    try:
        sums = {_shown(path): checksum(path) for path in files}
    except OSError as error:
        raise MissingFile(f"cannot be read: {error.strerror}", file=Path(error.filename)) from None
    converted = {each.source.name: each.statements for each in needed}
    inputs = Inputs(files, options or {}, converted)
    folder = build / "sources" / source.name / _digest(source, sums, inputs)
    if not (folder / "outcome.json").is_file():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _write(source, progress(source.records(inputs), source.name), partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    return Converted(source, folder, sums, _read_outcome(folder), inputs.options)


def _write(source: Source, rows: Iterator[Row | LeftOut], folder: Path) -> None:
    """Write one converted source into its folder."""
    tsv = folder / "statements.tsv"
    count = 0
    set_aside: list[SetAside] = []
    left_out: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    with tsv.open("w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            if isinstance(row, LeftOut):
                count += row.rows
                left_out[row.reason] += row.rows
                continue
            count += 1
            try:
                stated_by = source.stated_by(row)
                lines = [f"{s}\t{p}\t{o}\t{stated_by}\n" for s, p, o in source.triples(row)]
            except ValueError as error:
                set_aside.append(_set_aside(row, error))
                continue
            out.writelines(lines)
            unread.update(row.keys() - source.ignored)
    statements, entities = _to_parquet(tsv, folder / "statements.parquet")
    tsv.unlink()
    reasons = dict(sorted(left_out.items()))
    outcome = Outcome(count, statements, entities, reasons, set_aside, sorted(unread))
    (folder / "outcome.json").write_text(
        json.dumps(asdict(outcome), ensure_ascii=False, indent=1), encoding="utf-8"
    )


def _set_aside(row: Row, error: ValueError) -> SetAside:
    file = _shown(row.file)
    if isinstance(error, RowError):
        return SetAside(file, row.line, error.problem, error.column, error.value, error.mend)
    return SetAside(file, row.line, str(error))


def _to_parquet(tsv: Path, parquet: Path) -> tuple[int, dict[str, int]]:
    """Rewrite tab-separated statements as Parquet; statement count and entities by kind."""
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT DISTINCT * FROM {READ_TSV} ORDER BY ALL) TO $parquet "
            "(FORMAT parquet, COMPRESSION zstd)",
            {"tsv": str(tsv), "parquet": str(parquet)},
        )
        connection.read_parquet(str(parquet)).create_view("stated")
        (statements,) = connection.execute("SELECT count(*) FROM stated").fetchone() or (0,)
        return int(statements), entities(connection, "stated")


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


def _read_outcome(folder: Path) -> Outcome:
    values = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    aside = [SetAside(**each) for each in values.pop("set_aside")]
    return Outcome(**values, set_aside=aside)


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


def _shown(path: Path) -> str:
    """A path as people and manifests see it: relative to the project where it can be."""
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
