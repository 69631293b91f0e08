"""Rows: what every importer reads, and the readers that more than one of them uses."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from kg.clean import text
from kg.errors import InputError, MissingColumn, MissingFile
from kg.settings import ROOT

Table: TypeAlias = Path | zipfile.Path
T = TypeVar("T")
DELIMITERS = ",;\t"
_UNDECODED = re.compile("[\udc80-\udcff]")  # how Python keeps a byte that is not of the encoding


class RowError(ValueError):
    """One cell of a row cannot be taken; `str(error)` continues "'<value>' …"."""

    def __init__(self, column: str, value: str, problem: str, mend: str | None = None) -> None:
        super().__init__(problem)
        self.column, self.value, self.problem, self.mend = column, value, problem, mend


def checked(column: str, value: str, check: Callable[[str], T]) -> T:
    """What `check` makes of a value; its `ValueError` becomes a `RowError` with the column."""
    try:
        return check(value)
    except ValueError as error:
        raise RowError(column, value, str(error)) from None


class Row(dict[str, str]):
    """A row: column to text, with the file and line it was read from.

    Importers `pop` what they use, so that what nobody used can be told apart.
    """

    def __init__(
        self, values: dict[str, str] | Iterable[tuple[str, str]], file: Path, line: int
    ) -> None:
        super().__init__(values)
        self.file, self.line = file, line

    def __missing__(self, column: str) -> str:
        raise self._missing(column)

    def take(self, column: str) -> str:
        """Pop a column that the file must have."""
        try:
            return super().pop(column)
        except KeyError:
            raise self._missing(column) from None

    def _missing(self, column: str) -> MissingColumn:
        return MissingColumn(
            f"the column is missing; there are: {', '.join(self)}",
            file=self.file,
            column=column,
            mend="give the file its column back, or mend the importer if the publisher renamed it",
        )


class Broken(Row):
    """A row whose cells cannot be told apart: nothing is taken from it, it is set aside."""

    def __init__(self, problem: str, file: Path, line: int) -> None:
        super().__init__({}, file, line)
        self.problem = problem


def shown(path: Path) -> str:
    """A path as people and manifests see it: relative to the project where it can be."""
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


@dataclass(frozen=True)
class LeftOut:
    """Rows that a source does not want, and why: neither taken nor in error."""

    reason: str
    rows: int = 1


def tables(path: Path) -> Iterator[Table]:
    """The tables that a file is or, if it is a zip archive, holds, in the order of their names.

    Raises `MissingFile` when there is no such file, `InputError` when the archive is broken.
    """
    if not path.is_file():
        raise MissingFile("there is no such file", file=path)
    if path.suffix != ".zip":
        yield path
        return
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise InputError(f"is not a readable zip archive: {error}", file=path) from None
    for name in sorted(archive.namelist()):
        if name.lower().endswith(".csv"):
            yield zipfile.Path(archive, name)


def delimiter(table: Table, encoding: str = "utf-8-sig") -> str:
    """The delimiter of a table: of comma, semicolon and tab the one most frequent in its header."""
    with table.open(encoding=encoding, errors="replace") as file:
        header = file.readline()
    return max(DELIMITERS, key=header.count)


def encoding(table: Table) -> str:
    """The encoding of a table: UTF-8, or Latin-1 as Windows extends it.

    The first character beyond ASCII decides, so that a file that is nearly UTF-8 is reported with
    the line where it is not, rather than taken for another encoding and garbled throughout.
    """
    with table.open("rb") as file:
        for line in file:
            if not line.isascii():
                start = next(place for place, byte in enumerate(line) if byte > 0x7F)
                length = _length(line[start])
                try:
                    line[start : start + length].decode("utf-8")
                except UnicodeDecodeError:
                    return "cp1252"
                break
    return "utf-8-sig"


def _length(byte: int) -> int:
    """How many bytes the UTF-8 character that begins with this byte has (RFC 3629)."""
    return 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4


def read_csv(table: Table, delimiter: str = ",", encoding: str = "utf-8-sig") -> Iterator[Row]:
    """The rows of a table with a header line.

    Raises `MissingFile`, or `InputError` with file and line for bytes that are not in the
    encoding, for a repeated column, and for a row with more or fewer cells than the header.
    """
    path = Path(str(table))
    if not table.is_file():
        raise MissingFile("there is no such file", file=path)
    with table.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        last = 0
        try:
            header = _header(reader, path)
            for cells in reader:
                line, last = last + 1 if last else 2, reader.line_num
                if len(cells) != len(header):
                    raise InputError(
                        f"the row has {len(cells)} cells, the header {len(header)}",
                        file=path,
                        line=reader.line_num,
                        mend="add the missing delimiter, or quote the cell that holds one",
                    )
                yield Row(dict(zip(header, cells, strict=True)), path, line)
        except UnicodeDecodeError:
            raise InputError(
                f"the file is not {encoding.removesuffix('-sig').upper()} text",
                file=path,
                line=_line_of_byte(table, encoding),
                mend="save it again as UTF-8",
            ) from None
        except csv.Error as error:
            raise InputError(f"{error}", file=path, line=reader.line_num) from None


def read_register(table: Table) -> Iterator[Row]:
    """The rows of a register's table, in the delimiter and encoding in which it is published.

    A row that cannot be read is `Broken`: it does not stop those that follow.
    """
    path, coding = Path(str(table)), encoding(table)
    with table.open(encoding=coding, errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter(table, coding), strict=True)
        header = [text(name) for name in _header(reader, path)]
        line = reader.line_num
        while True:
            first = line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Broken(str(error), path, first)
            else:
                if cells:
                    yield _row(header, cells, path, first)
            line = reader.line_num


def read_registers(paths: Iterable[Path]) -> Iterator[Row]:
    """The rows of all tables of these files."""
    for path in paths:
        for table in tables(path):
            yield from read_register(table)


def _header(reader: Iterator[list[str]], path: Path) -> list[str]:
    header = next(reader, [])
    if len(set(header)) != len(header):
        raise InputError("a column name stands twice in the header", file=path, line=1)
    return header


def _row(header: list[str], cells: list[str], path: Path, line: int) -> Row:
    if len(cells) != len(header):
        return Broken(f"the row has {len(cells)} cells, the header {len(header)}", path, line)
    if not all(map(str.isascii, cells)) and _UNDECODED.search("".join(cells)):
        return Broken("the row has bytes that are not in the encoding of the file", path, line)
    return Row(dict(zip(header, cells, strict=True)), path, line)


def _line_of_byte(table: Table, encoding: str) -> int | None:
    """The first line whose bytes are not in the encoding."""
    with table.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                raw.decode(encoding)
            except UnicodeDecodeError:
                return number
    return None
