"""The curated core: the tables of `data/`, and Turtle for what no table fits.

    data/<table>.csv             tables.py declares them, docs/model.md explains them
    data/turtle/<source>.ttl     statements as they are; the file's name is their source

    tables.py   what each cell may hold      agents.py  who is who
    cells.py    reading cells                works.py   what was published, said and held
    check.py    what no row shows alone      things.py  sources, themes, names, identifiers

Each row is one source's claim. `links.csv` makes no statements: `kg/link/` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.errors import InputError, MissingFile
from kg.settings import DATA
from kg.sources import Inputs, Triple
from kg.sources.curated import agents, things, works
from kg.sources.curated.check import problems
from kg.sources.curated.tables import CURATED, TABLES
from kg.sources.rows import Row, RowError, read_csv

STATEMENT = "statement"
IGNORED = frozenset({"source"})  # who states the row: `source`, below
EXPECT = {
    "organization": (100, 5_000),
    "person": (90, 5_000),
    "publication": (80, 5_000),
    "podcast": (13, 500),
    "episode": (20, 5_000),
    "event": (20, 1_000),
    "source": (150, 10_000),
}
MAKERS: dict[str, Callable[[Row], Iterator[Triple]]] = {
    name: getattr(module, name)
    for module in (agents, things, works)
    for name in TABLES
    if hasattr(module, name)
}


def paths(given: Path | None) -> list[Path]:
    """The tables and Turtle files of a folder (default: `data/`); `MissingFile` if it has none."""
    folder = given or DATA
    found = [path for name in sorted(TABLES) if (path := folder / f"{name}.csv").is_file()]
    if not found:
        raise MissingFile(
            "there is no table here", file=folder, mend="name the folder that holds sources.csv"
        )
    return found + sorted((folder / "turtle").glob("*.ttl"))


def records(inputs: Inputs) -> Iterator[Row]:
    """The rows of the tables that make statements, and the statements of the Turtle files."""
    for path in inputs.paths:
        if path.suffix == ".ttl":
            yield from _turtle(path)
        elif path.stem in MAKERS:
            yield from read_csv(path)


def _turtle(path: Path) -> Iterator[Row]:
    try:
        for quad in parse(path=path, format=RdfFormat.TURTLE):
            yield Row({STATEMENT: f"{quad.triple} ."}, path, 0)
    except SyntaxError as error:
        raise InputError(
            f"the Turtle cannot be read: {error.msg}", file=path, line=error.lineno
        ) from None


def triples(row: Row) -> Iterator[Triple]:
    """The statements of a row; pops each cell it uses. `RowError` names the cell that is wrong."""
    if STATEMENT in row:
        yield _statement(row.take(STATEMENT))
    else:
        yield from MAKERS[row.file.stem](row)


def _statement(text: str) -> Triple:
    (quad,) = parse(input=text, format=RdfFormat.N_TRIPLES)
    match quad.subject, quad.object:
        case NamedNode(), NamedNode() | Literal():
            return quad.subject, quad.predicate, quad.object
    raise RowError(STATEMENT, text, "has a blank node", "give the node an IRI of its own")


def source(row: Row) -> str:
    """Who states the row: its `source`; the descriptions of sources are ours."""
    if row.file.suffix == ".ttl":
        return row.file.stem
    return CURATED if row.file.stem == "sources" else row["source"]


def check(given: Path | None) -> list[InputError]:
    """Everything that is wrong in a folder (default: `data/`): cells, rows, keys, Turtle."""
    folder = given or DATA
    return problems(folder, triples) + list(_broken_turtle(folder))


def _broken_turtle(folder: Path) -> Iterator[InputError]:
    for path in sorted((folder / "turtle").glob("*.ttl")):
        try:
            for row in _turtle(path):
                list(triples(row))
        except InputError as error:
            yield error
        except RowError as error:
            yield InputError(error.problem, path, value=error.value, mend=error.mend)
