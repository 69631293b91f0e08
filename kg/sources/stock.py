"""Stock files of Sirene: CSV, CSV in a zip, or Parquet, sifted by DuckDB before Python sees a row.

    file  ──►  opened: `line` and the columns that the importer knows, as text
          ──►  sift: each row that is wanted as a `Row`, the others counted by reason as `LeftOut`

The file is read once, whatever its size; a zip is unpacked while it is read, into a pipe. A masked
value (`[ND]`, partial diffusion) is empty in a `Row`. A column that the importer does not know is
not read: it is empty in every `Row`, so that the build warns of it as unread.
"""

from __future__ import annotations

import codecs
import csv
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

import duckdb

from kg import sql
from kg.errors import InputError, MissingColumn, MissingFile
from kg.sources.rows import LeftOut, Row

MASKED = "[ND]"
FORMATS = (".parquet", ".zip", ".csv")
BATCH = 10_000


@dataclass(frozen=True)
class Columns:
    """The columns of a stock file: those read, of which older editions may lack some; those
    left out on purpose.
    """

    needed: tuple[str, ...]
    later: tuple[str, ...]
    ignored: frozenset[str]

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that become part of a row."""
        return self.needed + self.later

    def unknown(self, header: list[str]) -> list[str]:
        """The columns of a file that are neither read nor left out on purpose."""
        return [name for name in header if name not in self.ignored and name not in self.read]


def paths(given: Path | None, stem: str, how: str) -> list[Path]:
    """The stock file that was given, or is in the folder given; `MissingFile` says how to get it.

    `stem` begins the names under which the publisher gives the file.
    """
    if given is None:
        raise MissingFile(f"the file {stem} is needed", mend=how)
    found = [given]
    if given.is_dir():
        found = [p for end in FORMATS for p in sorted(given.glob(f"{stem}[._]*{end[1:]}"))][:1]
    if not found or not found[0].is_file():
        raise MissingFile("there is no such file", file=given, mend=how)
    return found


def header(path: Path) -> list[str]:
    """The names of a file's columns."""
    if path.suffix == ".parquet":
        with _reading(path), duckdb.connect() as connection:
            shown = connection.execute("DESCRIBE FROM read_parquet($path)", {"path": str(path)})
            return [str(name) for name, *_ in shown.fetchall()]
    with _reading(path), _unpacked(path) as file:
        names = next(csv.reader(codecs.iterdecode(file, "utf-8-sig")), [])
    if len(set(names)) != len(names):
        raise InputError("a column name stands twice in the header", file=path, line=1)
    return names


@contextmanager
def opened(path: Path, columns: Columns) -> Iterator[tuple[str, list[str]]]:
    """The file as a table, in SQL, and the names of the columns that are not known.

    The table has `line` and the columns read, as text (NULL where empty); those that are not known
    are there, and empty. Raises `MissingColumn`, and `InputError` for a file that is no such table.
    """
    names = header(path)
    for name in columns.needed:
        if name not in names:
            raise MissingColumn(
                f"the column is missing; there are: {', '.join(names)}",
                file=path,
                column=name,
                mend="give the file its column back, or mend the importer if INSEE renamed it",
            )
    selected = [
        f"CAST({sql.name(name)} AS VARCHAR) AS {sql.name(name)}"
        if name in names
        else f"'' AS {name}"
        for name in columns.read
    ]
    unknown = columns.unknown(names)
    selected += [f"'' AS {sql.name(name)}" for name in unknown]
    with _reading(path), _read(path, names) as (line, table):
        yield f"(SELECT {line} AS line, {', '.join(selected)} FROM {table})", unknown


@contextmanager
def _read(path: Path, names: list[str]) -> Iterator[tuple[str, str]]:
    """SQL of a record's number, and of the table."""
    if path.suffix == ".parquet":
        yield "file_row_number + 1", f"read_parquet({sql.text(path)}, file_row_number = true)"
        return
    types = ", ".join(f"{sql.text(name)}: 'VARCHAR'" for name in names)
    with _piped(path) if path.suffix == ".zip" else _itself(path) as source:
        yield (
            "row_number() OVER () + 1",  # the header is line 1
            f"read_csv({sql.text(source)}, columns = {{{types}}}, header = true, "
            """auto_detect = false, delim = ',', quote = '"', escape = '"', """
            "max_line_size = 16777216)",
        )


@contextmanager
def _itself(path: Path) -> Iterator[str]:
    yield str(path)


@contextmanager
def _piped(path: Path) -> Iterator[str]:
    """The name of a pipe into which a thread unpacks the file."""
    reader, writer = os.pipe()
    with ThreadPoolExecutor(1) as pool:
        unpacking = pool.submit(_unpack, path, writer)
        try:
            yield f"/dev/fd/{reader}"
        finally:
            os.close(reader)  # ends the thread, if nobody reads to the end
        unpacking.result()  # a damaged zip is no short file


def _unpack(path: Path, writer: int) -> None:
    with os.fdopen(writer, "wb") as pipe, _unpacked(path) as file:
        try:
            shutil.copyfileobj(file, pipe, 1 << 20)
        except BrokenPipeError:
            return


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The CSV file, or the only one in a zip, as bytes."""
    if path.suffix != ".zip":
        with path.open("rb") as plain:
            yield plain
        return
    with ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        if len(names) != 1:
            raise InputError(f"the zip has {len(names)} CSV files, and must have one", file=path)
        with archive.open(names[0]) as member:
            yield member


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What is wrong with a file, as an `InputError` with its line where it has one."""
    try:
        yield
    except (duckdb.InvalidInputException, BadZipFile, UnicodeDecodeError) as error:
        said = str(error).split("\n")[0]
        line = re.search(r"Line: (\d+)", str(error))
        raise InputError(
            f"cannot be read: {said}", file=path, line=int(line[1]) if line else None
        ) from None


def sift(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: str,
    reasons: Mapping[str, str],
    values: Mapping[str, str],
) -> Iterator[Row | LeftOut]:
    """The rows of `table` for which no reason holds; how many were left out for each reason.

    `reasons` are SQL conditions by the reason that they give, the first that holds counts;
    `values` are SQL expressions by the name of the row's column. A left-out row is but counted: all
    that have one reason are one group, and each of the others is a group of its own.
    """
    reason = " ".join(f"WHEN {holds} THEN {sql.text(why)}" for why, holds in reasons.items())
    shown = ", ".join(f"shown(CAST({value} AS VARCHAR))" for value in values.values())
    connection.execute("SET enable_progress_bar = false")  # the build shows its own
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO shown(x) AS if(contains(x, '{MASKED}'), '', coalesce(x, ''))"
    )
    connection.execute(
        f"""SELECT "left out", line, first(kept), count(*) FROM (
            SELECT CASE {reason} END AS "left out",
                if("left out" IS NULL, line, NULL) AS line,
                CASE WHEN "left out" IS NULL THEN [{shown}] END AS kept
            FROM {table})
        GROUP BY 1, 2 ORDER BY 1, 2"""
    )
    while batch := connection.fetchmany(BATCH):
        for why, line, kept, count in batch:
            if why is not None:
                yield LeftOut(why, count)
            else:
                yield Row(zip(values, kept, strict=True), path, line)


def padded(name: str, length: int) -> str:
    """A code in SQL as the register has it, where a spoilt file has a number: 9220.0, 5580113."""
    code = f"nullif(regexp_replace({name}, '[.]0$', ''), '')"
    return f"lpad({code}, greatest({length}, length({code}))::INTEGER, '0')"
