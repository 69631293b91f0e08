"""Mapping: rows become statements, chunk by chunk, in several processes when there are many.

    <folder>/00000.parquet     what a chunk of rows states, in their order: subject, predicate,
                               object (N-Triples terms), source; each statement once
    <folder>/00000.json        what became of its rows; written last, so it says that both are whole

Chunks are counted in rows, so the files are the same however many processes there are. One that is
there is not mapped again: a run that was killed goes on where it ended.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from kg.errors import InputError
from kg.processes import workers
from kg.sources import Source, Triple
from kg.sources.rows import Broken, LeftOut, Row, RowError, shown

CHUNK = 10_000
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


@dataclass
class Outcome:
    """What became of rows: every one is taken, left out for a reason, or set aside.

    `unread` are the columns that nobody used; a statement of two chunks is counted in both.
    """

    rows: int = 0
    statements: int = 0
    entities: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Outcome:
        """The outcome that `write` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        aside = [SetAside(**each) for each in values.pop("set_aside")]
        return cls(**values, set_aside=aside)

    def write(self, path: Path) -> None:
        """Write it as JSON: the whole file, or none."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        whole = path.with_suffix(f".{os.getpid()}.tmp")
        whole.write_text(text, encoding="utf-8")
        whole.replace(path)

    def leave_out(self, left: LeftOut) -> None:
        """Count rows that are not wanted."""
        self.rows += left.rows
        self.left_out[left.reason] = self.left_out.get(left.reason, 0) + left.rows

    def add(self, other: Outcome) -> None:
        """Count the rows of a chunk too."""
        self.rows += other.rows
        self.statements += other.statements
        self.set_aside += other.set_aside
        self.unread = sorted({*self.unread, *other.unread})


@dataclass(frozen=True)
class Mapper:
    """What of a source turns a row into statements; it can be sent to another process."""

    triples: Callable[[Row], Iterator[Triple]]
    stated_by: Callable[[Row], str]
    ignored: frozenset[str]

    def write(self, rows: list[Row], path: Path) -> None:
        """Write the statements of a chunk of rows, and beside them what became of the rows."""
        lines, set_aside, unread = dict[str, None](), list[SetAside](), set[str]()
        for row in rows:
            if isinstance(row, Broken):
                set_aside.append(SetAside(shown(row.file), row.line, row.problem))
                continue
            try:
                source = self.stated_by(row)
                said = [f"{s!s}\t{p!s}\t{o!s}\t{source}\n" for s, p, o in self.triples(row)]
            except ValueError as error:
                set_aside.append(_set_aside(row, error))
                continue
            lines.update(dict.fromkeys(said))
            unread |= row.keys() - self.ignored
        _write_parquet(lines, path)
        outcome = Outcome(len(rows), len(lines), set_aside=set_aside, unread=sorted(unread))
        outcome.write(path.with_suffix(".json"))


def map_rows(
    source: Source, rows: Iterable[Row | LeftOut], folder: Path, processes: int | None = None
) -> Outcome:
    """Write what a source's rows state into a folder, as far as it is not there.

    A single chunk is mapped in this process.
    """
    for left in folder.glob("*.tmp"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    mapper = Mapper(source.triples, source.stated_by, source.ignored)
    total = Outcome()
    chunks = _chunks(rows, total)
    first = list(itertools.islice(chunks, 2)) or [[]]
    most = 0 if len(first) == 1 else processes or os.cpu_count() or 1
    with workers(most) as pool:
        for path in _in_turn(mapper, itertools.chain(first, chunks), folder, pool, 2 * most):
            total.add(Outcome.read(path))
    return total


def _chunks(rows: Iterable[Row | LeftOut], total: Outcome) -> Iterator[list[Row]]:
    """The rows in chunks; those left out are counted."""
    chunk: list[Row] = []
    for row in rows:
        if isinstance(row, LeftOut):
            total.leave_out(row)
            continue
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _in_turn(
    mapper: Mapper, chunks: Iterable[list[Row]], folder: Path, pool: Executor, most: int
) -> Iterator[Path]:
    """Have the chunks mapped, at most so many at a time; their outcomes in order."""
    waiting: deque[tuple[Path, Future[None] | None]] = deque()
    for number, chunk in enumerate(chunks):
        path = folder / f"{number:05}.parquet"
        outcome = path.with_suffix(".json")
        there = outcome.is_file()
        waiting.append((outcome, None if there else pool.submit(mapper.write, chunk, path)))
        if len(waiting) > most:
            yield _done(*waiting.popleft())
    for outcome, future in waiting:
        yield _done(outcome, future)


def _done(outcome: Path, future: Future[None] | None) -> Path:
    if future:
        future.result()
    return outcome


def _write_parquet(lines: Iterable[str], path: Path) -> None:
    """Write tab-separated statements; by one thread, so that their order determines the bytes."""
    with TemporaryDirectory(dir=path.parent, suffix=".tmp") as scratch:
        tsv, parquet = Path(scratch) / "statements.tsv", Path(scratch) / path.name
        with tsv.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(lines)
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(
                f"COPY (FROM {READ_TSV}) TO $parquet (FORMAT parquet, COMPRESSION zstd)",
                {"tsv": str(tsv), "parquet": str(parquet)},
            )
        parquet.replace(path)


def _set_aside(row: Row, error: ValueError) -> SetAside:
    file = shown(row.file)
    if isinstance(error, RowError):
        return SetAside(file, row.line, error.problem, error.column, error.value, error.mend)
    return SetAside(file, row.line, str(error))
