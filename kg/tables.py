"""Tables for those who want no RDF: a row for each thing, as CSV and Parquet.

    table-<name>.csv.gz  table-<name>.parquet      in `dumps/`
    datapackage.json                               what their columns are (Data Package 2.0)

`ontology/tables/` says what is in them: `tables.csv` names the tables, `<name>.csv` the columns of
one. A table has the things of a kind, or those of their parts (`…#…`) that are of a class. A
column has what a property leads to, or with `+` whatever it leads to step by step:

    iri, text            the whole value
    fr, en               the text in that language, or in none
    key                  the code of a thing of ours: its key without its scheme
    name_fr, name_en     its name in that language, else in another
    key:<scheme>         …, of those things only whose key has that scheme
    sources              (no property) who says any of that

Several values stand in one cell with ` | ` between them, in order; a number is the smallest.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from kg import iri, sql, statements
from kg.convert import checksum
from kg.iri import SCHEMES
from kg.settings import ONTOLOGY
from kg.vocab import RDF, RDFS, prefixes

FOLDER = ONTOLOGY / "tables"
SEPARATOR = " | "
STEPS = "+"
NAMED = ("name_fr", "name_en")
# SQL type and Data Package type of a column's type.
TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE"}
# What may be found in Wikidata: by table, the column with its name, and the item of its class.
MATCHED = {
    "organization": ("coalesce(label_fr, label_en)", "Q43229"),
    "person": ("name", "Q5"),
    "publication": ("coalesce(title_fr, title_en)", "Q732577"),
    "podcast": ("coalesce(label_fr, label_en)", "Q24634210"),
    "event": ("coalesce(label_fr, label_en)", "Q1656682"),
}
_LONGEST_FIRST = "|".join(sorted(SCHEMES, key=len, reverse=True))
# The kind and key of a thing of ours (`place`), and what of them is its code.
_PLACE = "CASE WHEN starts_with(object, '<{base}id/') THEN object[{begin}:-2] END"
_VALUE = f"""CASE part
    WHEN 'key' THEN regexp_replace(place, '^[^/]*/(({_LONGEST_FIRST})-)?', '')
    WHEN 'fr' THEN CASE WHEN lang(object) IN ('fr', '') THEN str(object) END
    WHEN 'en' THEN CASE WHEN lang(object) IN ('en', '') THEN str(object) END
    WHEN 'name_fr' THEN coalesce(named.fr, named.en)
    WHEN 'name_en' THEN coalesce(named.en, named.fr)
    ELSE str(object) END"""


@dataclass(frozen=True)
class Column:
    """A column: the property that it is made of, what of its values, and both descriptions."""

    name: str
    property: str
    part: str
    scheme: str
    type: str
    fr: str
    en: str


@dataclass(frozen=True)
class Table:
    """A table: the kind of its things; the class of their parts, or "" for things themselves."""

    name: str
    kind: str
    class_: str
    fr: str
    en: str
    columns: tuple[Column, ...]


def read(folder: Path = FOLDER, base: str = iri.BASE) -> list[Table]:
    """The tables that a folder defines, their properties and classes as IRIs for `base`."""
    return [
        Table(
            row["table"],
            row["kind"],
            _expanded(row["class"], base),
            row["fr"],
            row["en"],
            tuple(_columns(folder / f"{row['table']}.csv", base)),
        )
        for row in _rows(folder / "tables.csv")
    ]


def _columns(path: Path, base: str) -> Iterator[Column]:
    for row in _rows(path):
        part, _, scheme = row["part"].partition(":")
        term = _expanded(row["property"], base)
        yield Column(row["column"], term, part, scheme, row["type"], row["fr"], row["en"])


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _expanded(name: str, base: str) -> str:
    """An N-Triples IRI for a name with its prefix, and the `+` behind it; "" for none."""
    if not name:
        return ""
    name, steps, _ = name.partition(STEPS)
    prefix, _, local = name.partition(":")
    return f"<{prefixes(base)[prefix]}{local}>{steps}"


def write(connection: duckdb.DuckDBPyConnection, folder: Path, base: str) -> list[Table]:
    """Write the tables of a release that have rows, from its statements; those tables."""
    connection.execute(
        f"CREATE OR REPLACE VIEW released AS FROM {sql.text(folder / 'statements.parquet')}"
    )
    tables = read(base=base)
    _name(connection, tables)
    return [table for table in tables if _write(connection, table, folder, base)]


def _name(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> None:
    """Make `named`: the names of all things that columns with names lead to."""
    asked = {c.property.rstrip(STEPS) for table in tables for c in table.columns if c.part in NAMED}
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE named AS
        SELECT subject AS thing,
            min(str(object)) FILTER (lang(object) IN ('fr', '')) AS fr,
            min(str(object)) FILTER (lang(object) IN ('en', '')) AS en
        FROM released WHERE predicate = $label AND subject IN
            (SELECT object FROM released WHERE list_contains($asked, predicate))
        GROUP BY subject""",
        {"label": str(RDFS.label), "asked": sorted(asked)},
    )


def _write(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path, base: str) -> bool:
    """Write one table, unless it is empty. It is put together piece by piece: the memory that
    grouping takes does not grow with it.
    """
    columns = ", ".join(f'"{c.name}" {TYPES[c.type]}' for c in table.columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE flat ({columns})")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE asked"
        " (name VARCHAR, predicate VARCHAR, part VARCHAR, scheme VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO asked VALUES (?, ?, ?, ?)",
        [(c.name, c.property, c.part, c.scheme) for c in table.columns],
    )
    start = f"<{base}id/{table.kind}/"
    within = f"subject >= '{start}' AND subject < '{start[:-1]}0'"  # '0' comes next to '/'
    _follow(connection, table, within)
    path = folder / "statements.parquet"
    for piece in statements.pieces(connection, path, within):
        _fill(connection, table, f"{within} AND {piece}", base)
    if not connection.execute("SELECT 1 FROM flat LIMIT 1").fetchone():
        return False
    stem = f"{sql.quoted(folder / 'dumps')}/table-{table.name}"
    connection.execute(
        f"COPY flat TO '{stem}.csv.gz' (FORMAT csv, HEADER, COMPRESSION gzip, NULLSTR '')"
    )
    connection.execute(f"COPY flat TO '{stem}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    return True


def _follow(connection: duckdb.DuckDBPyConnection, table: Table, within: str) -> None:
    """Make `followed`: what the columns with `+` lead to, in any number of steps."""
    connection.execute("CREATE OR REPLACE TEMP TABLE followed AS FROM released LIMIT 0")
    for each in sorted({c.property for c in table.columns if c.property.endswith(STEPS)}):
        connection.execute(
            f"""INSERT INTO followed BY NAME
            WITH RECURSIVE
            step AS (SELECT subject, object, sources FROM released WHERE predicate = $one),
            far AS (
                FROM step WHERE {within}
                UNION SELECT far.subject, step.object, step.sources
                FROM far JOIN step ON step.subject = far.object
            )
            SELECT subject, $all AS predicate, object, sources FROM far""",
            {"one": each.rstrip(STEPS), "all": each},
        )


def _fill(connection: duckdb.DuckDBPyConnection, table: Table, condition: str, base: str) -> None:
    """Add the rows of the things that meet a condition."""
    wanted = "NOT contains(subject, '#')"
    if table.class_:
        wanted = (
            f"subject IN (SELECT subject FROM released WHERE {condition}"
            f" AND predicate = '{RDF.type}' AND object = '{table.class_}')"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE piece AS FROM released WHERE {condition} AND {wanted}"
        f" UNION ALL BY NAME FROM followed WHERE {condition} AND {wanted}"
    )
    place = _PLACE.format(base=sql.quoted(base), begin=len(base) + len("<id/") + 1)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE cell AS
        WITH placed AS (SELECT *, {place} AS place FROM piece JOIN asked USING (predicate)),
        valued AS (
            SELECT subject, name, {_VALUE} AS value
            FROM placed LEFT JOIN named ON thing = object AND part IN ('name_fr', 'name_en')
            WHERE scheme = '' OR starts_with(split_part(place, '/', 2), scheme || '-')
            UNION ALL SELECT subject, 'sources', unnest(sources)
            FROM (SELECT DISTINCT subject, sources FROM piece)
        ),
        listed AS (
            SELECT subject, name, list(value) AS found
            FROM valued WHERE value IS NOT NULL GROUP BY ALL
        )
        SELECT subject, name, CASE len(found)  -- hardly any cell has several values to sort
            WHEN 1 THEN found[1]
            ELSE array_to_string(list_sort(list_distinct(found)), '{SEPARATOR}') END AS value
        FROM listed"""
    )
    cells = ", ".join(map(_cell, table.columns))
    connection.execute(f"INSERT INTO flat SELECT {cells} FROM cell GROUP BY subject ORDER BY 1")


def _cell(column: Column) -> str:
    """SQL: what a column has of the values of a thing."""
    if column.part == "iri" and not column.property:
        return "str(subject)"
    value = f"any_value(value) FILTER (name = '{column.name}')"
    if column.type == "string":
        return value
    cast = f"lambda each: TRY_CAST(each AS {TYPES[column.type]})"
    return f"list_min(list_transform(string_split({value}, '{SEPARATOR}'), {cast}))"


def write_match(connection: duckdb.DuckDBPyConnection, made: list[Table], folder: Path) -> None:
    """Write `registries/mixnmatch.tsv`: things that people may find in Wikidata, in the columns
    that the import of Mix'n'match reads.

    What has a number of a register is left out: Wikidata has those numbers, so it is joined by
    them, and a million entries are for no one to look at.
    """
    names = {table.name for table in made} & MATCHED.keys()
    rows = " UNION ALL ".join(
        f"""SELECT regexp_extract(iri, '/id/(.*)$', 1) AS id, {name} AS name,
            '{table}' AS desc, iri AS url, '{item}' AS type,
            regexp_extract(same_as, 'wikidata.org/entity/(Q[0-9]+)', 1) AS q
        FROM '{sql.quoted(folder / "dumps")}/table-{table}.parquet'
        WHERE {name} IS NOT NULL AND NOT regexp_matches(iri, '/({_LONGEST_FIRST}|rne)-[^/]*$')"""
        for table, (name, item) in MATCHED.items()
        if table in names
    )
    path = folder / "registries" / "mixnmatch.tsv"
    path.parent.mkdir()
    if rows:
        connection.execute(
            f"COPY (FROM ({rows}) ORDER BY id) TO {sql.text(path)} "
            "(FORMAT csv, DELIMITER '\t', HEADER)"
        )


def write_package(
    tables: list[Table], folder: Path, about: Mapping[str, Any], sources: list[dict[str, str]]
) -> None:
    """Write `dumps/datapackage.json`: a Data Package 2.0 of the CSV tables.

    `about` is what is said of the whole (name, title, version…); `sources` have title and path.
    """
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        **about,
        "sources": sources,
        "resources": [_resource(table, folder / "dumps") for table in tables],
    }
    (folder / "dumps" / "datapackage.json").write_text(
        json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def _resource(table: Table, folder: Path) -> dict[str, Any]:
    path = folder / f"table-{table.name}.csv.gz"
    return {
        "name": table.name,
        "type": "table",
        "path": path.name,
        "title": table.fr,
        "title_en": table.en,
        "format": "csv",
        "mediatype": "text/csv",
        "compression": "gz",
        "encoding": "utf-8",
        "dialect": {"lineTerminator": "\n"},
        "bytes": path.stat().st_size,
        "hash": f"sha256:{checksum(path)}",
        "schema": {
            "fields": [
                {
                    "name": column.name,
                    "type": column.type,
                    "description": column.fr,
                    "description_en": column.en,
                }
                for column in table.columns
            ],
            "primaryKey": ["iri"],
            "missingValues": [""],
        },
    }
