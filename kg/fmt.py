"""The canonical form of what people edit: the tables of `data/`, and every query file.

A table: UTF-8, columns in the order that docs/model.md gives, rows by key and source, quotes only
where they are needed, Unicode NFC, no white space around cells. So a change of one fact is a
change of one line, and two people's changes merge. A query file: see `kg/queryfile.py`.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from kg import clean, queryfile
from kg.errors import InputError, MissingColumn
from kg.settings import DATA, ONTOLOGY, ROOT
from kg.sources.curated.tables import TABLES, Table
from kg.sources.rows import Row, read_csv


def files() -> list[Path]:
    """Every file of the project that has a canonical form."""
    tables = [path for path in DATA.glob("*.csv") if path.stem in TABLES]
    queries = [*ONTOLOGY.rglob("*.rq"), *(ROOT / "kg").rglob("*.rq")]
    return sorted(tables) + sorted(path for path in queries if "node_modules" not in path.parts)


def differing(paths: list[Path]) -> list[Path]:
    """Those of the files that are not in canonical form."""
    return [path for path in paths if path.read_bytes() != canonical(path).encode()]


def canonical(path: Path) -> str:
    """The canonical text of a table or query file.

    Raises `InputError` with file and line for one that cannot be read, has columns that its table
    does not, or has no canonical form.
    """
    if path.suffix == ".rq":
        return _query(path)
    if path.suffix == ".csv" and path.stem in TABLES:
        return _table(path, TABLES[path.stem])
    raise InputError(
        "has no canonical form", value=str(path), mend="name a table of data/ or an .rq file"
    )


def _query(path: Path) -> str:
    try:
        return queryfile.canonical(path.read_text(encoding="utf-8"))
    except KeyError as error:
        raise InputError(error.args[0], file=path, mend="add the prefix there") from None


def _table(path: Path, table: Table) -> str:
    columns = list(table.columns)
    _check_header(path, columns)
    order = [*table.key, *(["source"] if "source" in columns else []), *columns]
    cells = [_cells(row, columns) for row in read_csv(path)]
    cells.sort(key=lambda row: [row[column] for column in order])
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
    return text.getvalue()


def _cells(row: Row, columns: list[str]) -> dict[str, str]:
    return {column: clean.text(row[column]) for column in columns}


def _check_header(path: Path, columns: list[str]) -> None:
    """Raise for a header that lacks a column of the table or has one more."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        names = next(csv.reader(file), [])
    for name in columns:
        if name not in names:
            raise MissingColumn(
                "the column is missing",
                path,
                1,
                name,
                mend=f"write the header: {','.join(columns)}",
            )
    for name in names:
        if name not in columns:
            raise InputError(
                "is not a column of this table",
                path,
                1,
                value=name,
                mend="remove it, or declare it in kg/sources/curated/tables.py and docs/model.md",
            )
