"""The samples of the registers, converted; what is shared by their tests."""

from dataclasses import replace
from pathlib import Path

import duckdb
from pyoxigraph import Literal, RdfFormat, Store
from rich.console import Console

from kg import build, sources
from kg.convert import Converted, convert
from kg.plan import in_order
from kg.release import Release
from kg.rules import infer
from kg.settings import Settings
from kg.sources.rows import Row
from tests.sources.workbooks import workbook

SAMPLES = Path(__file__).parent


def converted(build: Path, name: str, *needed: Converted, **options: str) -> Converted:
    """A source's sample, converted with these options."""
    return convert(sources.load(name), SAMPLES / name, build, options=options, needed=needed)


def lines(done: Converted) -> list[str]:
    """The statements of a converted source as lines of N-Triples."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT subject || ' ' || predicate || ' ' || object || ' .' FROM read_parquet($path)",
            {"path": str(done.statements)},
        ).fetchall()
    return sorted(line for (line,) in rows)


def inferred(*done: Converted) -> list[str]:
    """What the rules add to what some sources state."""
    store = Store()
    for each in done:
        store.load("\n".join(lines(each)), RdfFormat.N_TRIPLES)
    return [str(triple) for triple in infer(store)]


def objects(triples, subject, predicate):
    """The values of a property, those of literals as text."""
    found = {o for s, p, o in triples if (s, p) == (subject, predicate)}
    return {o.value if isinstance(o, Literal) else o for o in found}


def copy_of(row: Row, **values: str) -> Row:
    """A row with other values in some columns."""
    return Row({**row, **values}, row.file, row.line)


def released(var: Path) -> Release:
    """The release that is built of the samples of all registers, which are a small part of them."""
    given = {name: SAMPLES / name for name in ("territories", "sirene", "establishments")}
    given |= {name: SAMPLES / name for name in ("rna", "rne")}
    given["ess-france"] = SAMPLES / "ess_france" / "entreprises.csv"
    given["esus"] = var / "esus"
    given["esus"].mkdir(parents=True)
    for table in (SAMPLES / "esus").glob("*.csv"):
        workbook(given["esus"] / f"{table.stem}.xlsx", table)
    chosen = [replace(sources.load(name), expect={}) for name in ("ontology", *given)]
    options = {name: {"extent": "part"} for name in given if name != "territories"}
    plan = build.Plan(in_order(chosen), given, options)
    settings = Settings(var=var, max_set_aside=0.5)
    return build.build(settings, plan, "2026-11-24", Console(quiet=True))
