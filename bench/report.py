"""docs/benchmarks.md, from the figures of the runs.

A ratio that has a target stands in bold, with ✓ where it is met.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kg.settings import ROOT

OURS, OTHER = "kg", "Oxigraph"
PAGE = ROOT / "docs" / "benchmarks.md"
MEMORY_MOST = 5_000_000
HEAD = """# Benchmarks

Written by `make bench`. The graph is a generated one of national shape (`bench/generate.py`), the
same for all systems, which run side by side on one machine and are asked over HTTP. The figures of
a machine mean little; the ratios of one run mean more. `kg` is this project's service, as
`kg serve` starts it; no answer of the query tables comes from a cache. Oxigraph is its server over
an optimised store on disk, its default graph the union of all. Virtuoso's times near 45 ms are
those of answers in several parts on a connection kept open, each waiting for an acknowledgement.
"""


def line(query: dict[str, Any]) -> str:
    """A query's figures on one line, for who watches."""
    times = "  ".join(f"{name} {ms:.1f}" for name, ms in query["ms"].items())
    wrong = "  ".join(f"{name}: {why}" for name, why in query["wrong"].items())
    return f"{query['name']:<28} {query['rows']!s:>7}  {times}  {wrong}"


def write(folder: Path) -> None:
    """Write the page from all results under a folder, the smallest graph first."""
    found = [json.loads(path.read_text()) for path in folder.glob("*/results.json")]
    parts = [section(each) for each in sorted(found, key=lambda each: each["size"])]
    PAGE.write_text("\n".join([HEAD, *parts]), encoding="utf-8")


def section(figures: dict[str, Any]) -> str:
    """All that was measured at one size."""
    parts = [
        f"## {figures['size']:,} statements\n",
        _circumstances(figures),
        "### Targets\n",
        table(["measure", "ratio", "target"], targets(figures)),
        "### Queries\n",
        "Median milliseconds over HTTP, the answer's body read.\n",
        table(["query", "rows", *_names(figures), f"{OURS} / {OTHER}"], _queries(figures)),
        "### Rates, limits, memory\n",
        table(["measure", *_names(figures)], _systems(figures)),
    ]
    if wrong := _wrong(figures):
        parts += ["### Answers that do not count\n", table(["query", "system", "why"], wrong)]
    return "\n".join(parts)


def table(head: list[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, cells))} |\n" for cells in lines)


def targets(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Every measure that has a target, as a ratio."""
    memory = figures["size"] < MEMORY_MOST
    ratio = mean(_ratios(figures))
    found = [_judge("time of the whole mix / Oxigraph", ratio, most=0.5 if memory else 1.0)]
    if rates := figures.get("rates"):
        for kind, least in (("uncached", 0.5), ("cached", 3.0)):
            name = f"look-ups a second, {kind} / Oxigraph"
            found.append(_judge(name, _divided(rates, kind), least=least))
    ours = figures["runaway"][OURS]
    over = ours["seconds"] - 5.0
    found.append(_judge("runaway: seconds beyond its limit of 5 s", over, most=0.5))
    slower = ours["beside"] / ours["idle"]
    found.append(_judge("runaway: 99th percentile of look-ups / idle", slower, most=3.0))
    for kind, ms in figures["pages"].items():
        found.append(
            _judge(f"page of one {kind} / its own query", ms["page"] / ms["query"], most=4.0)
        )
    return [row for row in found if "nan" not in row[1]]  # what was not there to compare with


def _judge(
    name: str, ratio: float, most: float = math.inf, least: float = -math.inf
) -> tuple[str, str, str]:
    met = least <= ratio <= most
    wanted = f"at most {most:g}" if most < math.inf else f"at least {least:g}"
    return name, f"**{ratio:.2f}** {'✓' if met else '✗'}", wanted


def _divided(values: dict[str, dict[str, float]], kind: str) -> float:
    if OTHER not in values:
        return math.nan
    return values[OURS][kind] / values[OTHER][kind]


def _ratios(figures: dict[str, Any]) -> list[float]:
    times = [each["ms"] for each in figures["queries"]]
    return [each[OURS] / each[OTHER] for each in times if OURS in each and OTHER in each]


def mean(ratios: list[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan


def _names(figures: dict[str, Any]) -> list[str]:
    return list(figures["start"])


def _circumstances(figures: dict[str, Any]) -> str:
    software = ", ".join(f"{name} {number}" for name, number in figures["software"].items())
    text = f"{figures['date']}, {figures['cores']} cores, {software}."
    if figures["busy"]:
        text += " The machine had other work to do at the same time."
    if figures["missing"]:
        text += f" Not installed, so left out: {', '.join(figures['missing'])}."
    return text + "\n"


def _queries(figures: dict[str, Any]) -> Iterable[list[str]]:
    names = _names(figures)
    for query in figures["queries"]:
        ms = query["ms"]
        both = OURS in ms and OTHER in ms
        yield [
            f"[{query['title']}](../bench/queries/{query['name']}.rq)",
            f"{query['rows']:,}" if query["rows"] is not None else "–",
            *(f"{ms[name]:.1f}" if name in ms else "–" for name in names),
            f"{ms[OURS] / ms[OTHER]:.2f}" if both else "–",
        ]
    times = [query["ms"] for query in figures["queries"]]
    whole = [mean([each[name] for each in times if name in each]) for name in names]
    ratio = mean(_ratios(figures))
    yield ["geometric mean", "", *(f"{ms:.1f}" for ms in whole), f"{ratio:.2f}"]


def _systems(figures: dict[str, Any]) -> Iterable[list[str]]:
    names = _names(figures)

    def row(name: str, values: dict[str, float | None], form: str = "{:,.0f}") -> list[str]:
        cells = [values.get(each) for each in names]
        return [name, *("–" if cell is None else form.format(cell) for cell in cells)]

    def of(group: str, key: str) -> dict[str, float | None]:
        return {name: values[key] for name, values in figures.get(group, {}).items()}

    yield row("load, s (where this run loaded)", figures["load"])
    yield row("from start to first answer, s", figures["start"], "{:.1f}")
    yield row("memory after start, MiB", figures["memory idle"])
    yield row("memory after the queries, MiB", figures["memory"])
    yield row("look-ups a second, uncached", of("rates", "uncached"))
    yield row("look-ups a second, cached", of("rates", "cached"))
    yield row("runaway of 5 s ended after, s", of("runaway", "seconds"), "{:.1f}")
    yield ["its status", *(figures["runaway"][name]["outcome"] for name in names)]
    yield row("99th percentile of look-ups, idle, ms", of("runaway", "idle"), "{:.1f}")
    yield row("… beside the runaway, ms", of("runaway", "beside"), "{:.1f}")
    for kind, ms in figures["pages"].items():
        yield row(f"page of one {kind}, ms", {OURS: ms["page"]}, "{:.1f}")
        yield row("… and its own query", {OURS: ms["query"]}, "{:.1f}")


def _wrong(figures: dict[str, Any]) -> list[list[str]]:
    return [
        [query["name"], name, why.replace("|", " ")[:100]]
        for query in figures["queries"]
        for name, why in query["wrong"].items()
    ]
