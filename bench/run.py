"""Our service beside others, in one run: `python -m bench.run` (or `make bench`).

All systems load the same dump of a generated release and stand side by side on loopback; each query
is asked of one after the other, so that what disturbs the machine disturbs all. Only ratios of one
run are compared. An answer that differs from what most systems say takes its system out of that
query. The figures of a size go to <var>/bench/<size>/results.json, and `bench.report` writes
docs/benchmarks.md from those of all sizes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from bench import report
from bench.client import Client, Failure, Rows, flood, rows, timed, trickle
from bench.peers import LONG, SYSTEMS, Running, System
from bench.release import release
from kg.queryfile import QueryFile, read, read_all
from kg.release import Release
from kg.settings import ROOT, Settings

QUERIES = Path(__file__).parent / "queries"
PAGE_QUERIES = ROOT / "kg" / "web" / "queries"
RUNAWAY_SECONDS = 5.0
RUNAWAY_PATIENCE = 60.0
RUNAWAY = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
RDFLIB_MOST = 100_000
FRESH = count(time.time_ns())


def fresh(query: str) -> str:
    """The query in words that no cache has seen."""
    return f"{query}\n# {next(FRESH)}"


@dataclass(frozen=True)
class Budget:
    """How long to ask a system the same: times, milliseconds in all; seconds of a flood."""

    times: int = 25
    ms: float = 1500.0
    flood: int = 10

    def more(self, taken: list[float], first: float) -> bool:
        """Three times at least, more often what is quick; once what took very long."""
        if first > LONG / 4:
            return not taken
        return len(taken) < 3 or (len(taken) < self.times and sum(taken) < self.ms)


QUICK = Budget(times=5, ms=300.0, flood=3)


def answers(systems: list[Running], query: QueryFile, budget: Budget) -> dict[str, Any]:
    """Medians of the systems' times for a query, and who answered wrongly or not at all."""
    said, wrong, first = _first(systems, query)
    result: dict[str, Any] = {
        "name": query.name,
        "title": query.get("title", "en"),
        "rows": len(next(iter(said.values()))) if said else None,
        "wrong": wrong,
        "ms": {},
    }
    times: dict[str, list[float]] = {name: [] for name in said}
    with ExitStack() as stack:
        clients = {each.name: stack.enter_context(Client(each.endpoint)) for each in systems}
        while pending := [name for name in said if budget.more(times[name], first[name])]:
            for name in pending:
                taken, _ = timed(lambda name=name: clients[name].ask(fresh(query.text)))
                times[name].append(1000 * taken)
    result["ms"] = {name: statistics.median(taken) for name, taken in times.items()}
    return result


def _first(
    systems: list[Running], query: QueryFile
) -> tuple[dict[str, Rows], dict[str, str], dict[str, float]]:
    """The right answers, the wrong or missing ones, and the time that each took: the warm-up."""
    said: dict[str, Rows] = {}
    wrong: dict[str, str] = {}
    first: dict[str, float] = {}
    for each in systems:
        try:
            with Client(each.endpoint) as client:
                first[each.name], body = timed(lambda c=client: c.ask(query.text))
            said[each.name] = rows(query.text, body)
        except Failure as failure:
            wrong[each.name] = str(failure)
    compare = query.header.get("compare", "values")
    if compare != "no":
        signs = {n: str(len(got) if compare == "rows" else got) for n, got in said.items()}
        most = Counter(signs.values()).most_common(1)
        for name in [n for n, sign in signs.items() if sign != most[0][0]]:
            wrong[name] = f"another answer ({len(said.pop(name))} rows)"
    return said, wrong, first


def lookups(made: Release, number: int = 5000) -> list[str]:
    """Queries for all that is said of one organisation, of many organisations."""
    found = duckdb.execute(
        "SELECT subject FROM read_parquet($file) WHERE ends_with(predicate, 'ontology#siren>') "
        "AND contains(subject, 'organization') ORDER BY hash(subject) LIMIT $number",
        {"file": str(made.folder / "statements.parquet"), "number": number},
    ).fetchall()
    return [f"SELECT ?p ?o WHERE {{ {subject} ?p ?o }}" for (subject,) in found]


def rates(system: Running, wrk: str, queries: list[str], seconds: int) -> dict[str, float]:
    """Look-ups a second: of organisations that were not asked for yet, and of a single one."""
    flood(wrk, system.endpoint, queries, 2, fresh=True)
    return {
        "uncached": flood(wrk, system.endpoint, queries, seconds, fresh=True),
        "cached": flood(wrk, system.endpoint, queries[:1], seconds, fresh=False),
    }


def runaway(system: Running, queries: list[str]) -> dict[str, Any]:
    """How a query without end ends, and what others notice: the 99th percentile of look-ups."""
    trickle(system.endpoint, map(fresh, queries), 1)
    idle = trickle(system.endpoint, map(fresh, queries), RUNAWAY_SECONDS)
    ended: dict[str, Any] = {}

    def run() -> None:
        start = time.perf_counter()
        try:
            with Client(system.endpoint, RUNAWAY_PATIENCE) as client:
                client.ask(RUNAWAY)
            ended["outcome"] = "200"
        except Failure as failure:
            ended["outcome"] = str(failure).split(":")[0].replace("TimeoutError", "not yet")
        ended["seconds"] = time.perf_counter() - start

    thread = threading.Thread(target=run)
    thread.start()
    beside = trickle(system.endpoint, map(fresh, queries), RUNAWAY_SECONDS)
    thread.join()
    return {"idle": _percentile(idle), "beside": _percentile(beside), **ended}


def _percentile(sorted_times: list[float]) -> float:
    return 1000 * sorted_times[int(0.99 * len(sorted_times))]


def pages(system: Running, made: Release, number: int = 15) -> dict[str, dict[str, float]]:
    """Milliseconds of pages in HTML, of organisations and of communes with their many links, and of
    what the pages ask about these: their own queries.
    """
    root = system.endpoint.removesuffix("/sparql")
    like = {"organization": "/id/organization/siren-", "commune": "/id/territory/insee-"}
    result = {}
    for kind, start in like.items():
        found = duckdb.execute(
            "SELECT DISTINCT subject FROM read_parquet($file) WHERE contains(subject, $start) "
            "AND NOT contains(subject, '#') ORDER BY hash(subject) LIMIT $number",
            {"file": str(made.folder / "statements.parquet"), "start": start, "number": number},
        ).fetchall()
        page, own = [], []
        with Client(system.endpoint) as asking:
            for (subject,) in found:
                path = subject.strip("<>").removeprefix(f"{made.base}id/")
                with Client(f"{root}/doc/{path}?{next(FRESH)}") as client:
                    page.append(timed(client.page)[0])
                query = fresh(own_query(subject, made.base))
                own.append(timed(lambda query=query: asking.ask(query))[0])
        result[kind] = {
            "page": 1000 * statistics.median(page),
            "query": 1000 * statistics.median(own),
        }
    return result


def own_query(subject: str, base: str) -> str:
    """What the page of a thing asks about it, with its IRI in the text."""
    head, where, body = read(PAGE_QUERIES / "entity.rq", base).text.partition("WHERE")
    return head.replace("?entity ", "") + where + body.replace("?entity", subject)


def measure(systems: list[System], made: Release, budget: Budget) -> dict[str, Any]:
    """All figures of one release."""
    queries, asked = read_all(QUERIES), lookups(made)
    figures: dict[str, Any] = {"load": {s.name: s.load() for s in systems}, "queries": []}
    with ExitStack() as stack:
        running = [stack.enter_context(system.running(LONG)) for system in systems]
        figures["start"] = {each.name: each.started for each in running}
        figures["memory idle"] = {each.name: each.memory() for each in running}
        for query in queries:
            figures["queries"].append(answers(running, query, budget))
            print(report.line(figures["queries"][-1]), flush=True)
        figures["memory"] = {each.name: each.memory() for each in running}
        figures["pages"] = pages(running[0], made)
    wrk = shutil.which("wrk", path=systems[0].tools)
    for system in systems:
        if wrk:
            with system.running(LONG) as one:
                figures.setdefault("rates", {})[one.name] = rates(one, wrk, asked, budget.flood)
        with system.running(RUNAWAY_SECONDS) as one:
            figures.setdefault("runaway", {})[one.name] = runaway(one, asked)
    return figures


def _no_wrk(systems: list[System]) -> list[str]:
    return [] if shutil.which("wrk", path=systems[0].tools) else ["wrk, and with it the rates"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="statements of the graph")
    parser.add_argument("--peers", default=",".join(SYSTEMS), help="which systems, kg first")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--loaded", action="store_true", help="note that the machine was busy")
    given = parser.parse_args()
    settings = Settings.from_environment()
    made = release(settings, given.size)
    folder = settings.var / "bench" / str(given.size)
    wanted = [SYSTEMS[name](made, folder) for name in given.peers.split(",")]
    if given.size > RDFLIB_MOST:
        wanted = [each for each in wanted if each.program != "rdflib-endpoint"]
    systems = [each for each in wanted if each.installed()]
    figures = {
        "size": made.manifest["counts"]["statements"],
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "software": {"Python": platform.python_version(), "pyoxigraph": version("pyoxigraph")},
        "busy": given.loaded,
        "missing": [each.name for each in wanted if each not in systems] + _no_wrk(systems),
        **measure(systems, made, QUICK if given.quick else Budget()),
    }
    (folder / "results.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    report.write(settings.var / "bench")


if __name__ == "__main__":
    main()
