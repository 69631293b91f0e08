"""Rows: what every importer reads, and the readers that more than one of them uses."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kg.errors import InputError, MissingColumn, MissingFile

T = TypeVar("T")


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

    def __init__(self, values: dict[str, str], file: Path, line: int) -> None:
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


@dataclass(frozen=True)
class LeftOut:
    """Rows that a source does not want, and why: neither taken nor in error."""

    reason: str
    rows: int = 1


def read_csv(path: Path, delimiter: str = ",", encoding: str = "utf-8-sig") -> Iterator[Row]:
    """The rows of a table with a header line.

    Raises `MissingFile`, or `InputError` with file and line for bytes that are not in the
    encoding, for a repeated column, and for a row with more or fewer cells than the header.
    """
    if not path.is_file():
        raise MissingFile("there is no such file", file=path)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        last = 0
        try:
            header = next(reader, [])
            if len(set(header)) != len(header):
                raise InputError("a column name stands twice in the header", file=path, line=1)
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
                line=_line_of_byte(path, encoding),
                mend="save it again as UTF-8",
            ) from None
        except csv.Error as error:
            raise InputError(f"{error}", file=path, line=reader.line_num) from None


def _line_of_byte(path: Path, encoding: str) -> int | None:
    """The first line whose bytes are not in the encoding."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                raw.decode(encoding)
            except UnicodeDecodeError:
                return number
    return None
