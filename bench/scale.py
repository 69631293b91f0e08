"""docs/scale.md, from the figures of builds.

What has a target stands in bold, with ✓ where it is met.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.report import table
from kg.settings import ROOT

PAGE = ROOT / "docs" / "scale.md"
TARGETS = {"national": (20 * 60, 6 * 1024), "employers": (3 * 60, 6 * 1024)}
NATIONAL, EMPLOYERS = 1_000_000, 155_000  # organisations from which on a target counts
HEAD = """# Scale

Written by `make bench-build` (a small part) and `python -m bench.build` (any size). The registers
are invented by `bench/registers.py`, with all columns and traps of the real ones; the build is that
of `kg build`, from the registers' files to a release that can be served. Memory is that of all its
processes, pages that they share counted once.

## What makes it so

- DuckDB sifts a register's file and hands over the rows that are wanted; they become statements in
  as many processes as there are cores, in chunks of rows. A chunk that is done is kept: after a
  build that was killed the next one goes on there (`kg/mapping.py`). Nothing depends on the number
  of processes.
- Statements lie in a working database on disk with a limit of memory (`KG_BUILD_MEMORY`). They
  stream past the terms that change in linking; only those that are made twice are grouped, by
  parts. All are sorted once, and dumps are read in that order.
- Sources that are `COMPLETE` state what the rules would derive of their rows. Rules, and checks in
  SPARQL, look at what the other sources state and at the things that these speak of; checks that
  matter for registers are SQL over everything (`ontology/checks/*.sql`).
- The disk engine's store is loaded, and other forms than N-Quads written, in processes of their own
  while the index is made. What a source states, if that is more than a million statements, is
  written as N-Quads only: as Turtle it is in the files of the kinds.
- The store's process is the one that the others wait for in the end, so it has a core for itself,
  and other forms are written when a core is idle. The questions are asked of the new store while
  the index is made, three seconds of processor each at most, in no order, and for one row more
  than a release holds of an answer: some 22 seconds of processor over `employers`.
- What keeps `employers` from three minutes is work, not waiting: 435 to 455 seconds of processor on
  two cores. The store takes 127 of them, of which a third is the C library's care of small blocks,
  and 20 the ordering without which queries take three times as long; the engine's own command line
  needs as many. Conversion takes 80, the index 46, tables 32, other forms 32, sorting 20.
- While registers were converted for `national`, the machine had other work as well.
- What did not change is not converted again: a source's files, options, code, and the sources that
  it needs or comes after decide. A list of organisations that changes lets ESUS and the RNA be
  converted anew, which come after it: whether they name an organisation depends on whether the list
  does.

The clock tells how long one waits, on a machine with nothing else to do. Seconds of processor are
those of all processes and cores together; other work on the machine disturbs them less.
"""


def write(folder: Path) -> None:
    """Write the page from all results in a folder."""
    found = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    found.sort(key=lambda each: (each["profile"], each["units"]))
    parts = [HEAD, "## Builds\n", table(_COLUMNS, map(_row, found))]
    if grown := [list(each) for each in growth(found)]:
        parts += ["## Growth\n", GROWTH, table(_GROWTH, grown)]
    parts += [section(each) for each in found]
    parts += [mapping(each) for each in found if "mapping" in each][-1:]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


_COLUMNS = [
    *("profile", "rows read", "organisations", "statements", "minutes", "of processor"),
    *("peak memory, MiB", "of processor per 100,000 statements, s"),
    "again, one list changed: minutes",
]


def _row(figures: dict[str, Any]) -> Iterator[str]:
    organizations = figures["entities"]["organization"]
    counts = organizations > (NATIONAL if figures["profile"] == "national" else EMPLOYERS)
    most = TARGETS.get(figures["profile"], (0, 0)) if counts else (0, 0)
    yield figures["profile"]
    yield f"{figures['rows']:,}"
    yield f"{organizations:,}"
    yield f"{figures['statements']:,}"
    yield _judged(figures["seconds"] / 60, most[0] / 60, ".1f")
    yield f"{_processor(figures) / 60:.1f}"
    yield _judged(_peak(figures), most[1], ",.0f")
    yield f"{_processor(figures) / figures['statements'] * 100_000:.1f}"
    yield f"{figures['again']['seconds'] / 60:.1f}" if "again" in figures else "–"


GROWTH = """Builds of one profile at two sizes: how many times as much the larger one has and takes.
What is read and loaded whatever the size (territories, curated tables, the ontology) makes the
small one dearer, a store for the disk engine, which it may not have, the large one. A tenth more
than the statements is noise.
"""
_GROWTH = [
    *("profile", "statements", "times as many", "times the processor", "times the memory"),
]


def growth(found: list[dict[str, Any]]) -> Iterator[Iterator[str]]:
    """Each build beside the next smaller one of its profile."""
    for small, large in pairwise(found):
        if small["profile"] == large["profile"]:
            yield _grown(small, large)


def _grown(small: dict[str, Any], large: dict[str, Any]) -> Iterator[str]:
    more = large["statements"] / small["statements"]
    most = round(1.1 * more, 1)
    yield large["profile"]
    yield f"{small['statements']:,} → {large['statements']:,}"
    yield f"{more:.1f}"
    yield _judged(_processor(large) / _processor(small), most, ".1f")
    yield _judged(_peak(large) / _peak(small), most, ".1f")


def _processor(figures: dict[str, Any]) -> float:
    return float(sum(stage["processor"] for stage in figures["stages"]))


def _peak(figures: dict[str, Any]) -> float:
    return float(max(stage["memory"] for stage in figures["stages"]))


def _judged(value: float, most: float, form: str) -> str:
    """A figure, and whether it meets its target, if there is one."""
    if not most:
        return f"{value:{form}}"
    return f"**{value:{form}}** {'✓' if value <= most else '✗'} (at most {most:,.4g})"


def section(figures: dict[str, Any]) -> str:
    """The stages of one build."""
    again = {each["name"]: each["seconds"] for each in figures.get("again", {}).get("stages", [])}
    rows = [
        [
            stage["name"],
            f"{stage['seconds']:,.1f}",
            f"{stage['processor']:,.1f}",
            f"{stage['memory']:,.0f}",
            f"{again[stage['name']]:,.1f}" if stage["name"] in again else "–",
        ]
        for stage in figures["stages"]
    ]
    text = f"{figures['date']}, {figures['cores']} cores."
    if figures["busy"]:
        text += " The machine had other work to do, which the clock shows and the processor less."
    title = f"{figures['profile']}, {figures['flagged']:,} flagged of {figures['units']:,} units"
    sizes = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in figures["sizes"].items())
    return "\n".join(
        [
            f"## {title}\n",
            f"{text} The release: {sizes}.\n",
            table(["stage", "seconds", "of processor", "peak memory, MiB", "again, seconds"], rows),
        ]
    )


def mapping(figures: dict[str, Any]) -> str:
    """Our mapping beside another's."""
    compared = figures["mapping"]
    rows = []
    for name in ("kg", "Morph-KGC"):
        seconds, statements = compared[name]["seconds"], compared[name]["statements"]
        rows.append([name, f"{statements:,}", f"{seconds:.1f}", f"{statements / seconds:,.0f}"])
    ratio = compared["kg"]["seconds"] / compared["Morph-KGC"]["seconds"]
    per = ratio * compared["Morph-KGC"]["statements"] / compared["kg"]["statements"]
    return "\n".join(
        [
            "## The mapping beside Morph-KGC\n",
            f"From one CSV file of {compared['rows']:,} legal units to statements on disk, best of "
            "three, with as many processes as there are cores. Morph-KGC follows "
            "`bench/mapping/sirene.rml.ttl`, which says what RML can say of it: without check "
            "digits, families, and the choice and cleaning of names.\n",
            table(["system", "statements", "seconds", "statements a second"], rows),
            f"Ours takes {_judged(per, 1.0, '.2f')} times as long for a statement.\n",
        ]
    )
