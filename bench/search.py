"""The index at national size: `python -m bench.search 30000000` (statements; 1.2 million units).

Builds the index of a generated graph and asks it as the site does: suggestions while words are
typed, searches and lists with all their facets. The figures go to <var>/bench/<size>/search.json.
"""

from __future__ import annotations

import json
import random
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from bench import words
from bench.generate import SEED, generate, siren
from bench.release import read
from kg.iri import BASE
from kg.search import entries, fields
from kg.search.index import Index
from kg.settings import Settings
from kg.statements import MACROS

MEMORY = "3GB"
ASKED = 300


def main(size: int) -> None:
    folder = Settings.from_environment().var / "bench" / str(size)
    figures = build(size, folder)
    index = Index(folder / "search", BASE)
    figures["ms"] = {name: times(asked) for name, asked in questions(index).items()}
    figures["memory"]["asking"] = _mebibytes()
    text = json.dumps(figures, indent=1)
    (folder / "search.json").write_text(text, encoding="utf-8")
    print(text)


def build(size: int, folder: Path) -> dict[str, object]:
    """Write the index of a generated graph, and say what it took."""
    folder.mkdir(parents=True, exist_ok=True)
    quads, database = folder / "generated.nq.zst", folder / "statements.duckdb"
    if not database.exists():
        generate(size, quads)
    shutil.rmtree(folder / "search", ignore_errors=True)
    with duckdb.connect(database, config={"memory_limit": MEMORY}) as connection:
        connection.execute("SET enable_progress_bar = false")
        if quads.exists():
            connection.execute(MACROS)
            read(connection, quads)
            quads.unlink()
        began = time.perf_counter(), time.process_time()
        count = fields.write(entries.gather(connection), folder / "search")
        seconds = time.perf_counter() - began[0]
        processor = time.process_time() - began[1]
    disk = sum(path.stat().st_size for path in (folder / "search").iterdir())
    return {
        "statements": size,
        "entities": count,
        "seconds": {"wall": round(seconds, 1), "processor": round(processor, 1)},
        "MB": round(disk / 1e6),
        "memory": {"building": _mebibytes()},
    }


def questions(index: Index) -> dict[str, Callable[[], object]]:
    """What is asked, each time of something else; a name is typed letter by letter."""
    chance = random.Random(SEED)
    heads = [head for form in words.FORMS for head in form.heads]
    typed = [
        text[:length]
        for text in (
            f"{chance.choice(heads)} {chance.choice(words.PURPOSES)}" for _ in range(ASKED)
        )
        for length in range(1, 12)
    ]
    letters, whole = iter(chance.sample(typed, len(typed))), iter(typed[10::11])
    numbers = iter(range(1, 100_000))
    regions = _choices(chance, "insee-region-", ("11", "84", "75", "76", "93", "32", "44", "52"))
    families = _choices(chance, "", ("association", "cooperative", "mutual", "foundation"))
    every = tuple(fields.FACETS)
    return {
        "suggest": lambda: index.suggest(next(letters), "fr"),
        "suggest a first letter": lambda: index.suggest(chance.choice("abcdefgilmoprst"), "fr"),
        "find a SIREN": lambda: index.suggest(siren(next(numbers)), "fr"),
        "search, all facets": lambda: index.search(next(whole), "fr", facets=every),
        "browse a kind, all facets": lambda: index.search(
            "", "fr", {"kind": ["organization"]}, facets=every
        ),
        "browse by region and family, all facets": lambda: index.search(
            "", "fr", {"region": [next(regions)], "family": [next(families)]}, facets=every
        ),
        "browse, 100,000th row": lambda: index.search("", "fr", offset=100_000),
        "newest first": lambda: index.search("", "fr", {"region": [next(regions)]}, sort="newest"),
    }


def _choices(chance: random.Random, start: str, ends: tuple[str, ...]) -> Iterator[str]:
    return iter(lambda: start + chance.choice(ends), "")


def times(ask: Callable[[], object]) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds; the first times do not count."""
    taken = []
    for _ in range(ASKED):
        began = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - began))
    percentiles = statistics.quantiles(taken[10:], n=100)
    return {"median": round(percentiles[49], 1), "p99": round(percentiles[98], 1)}


def _mebibytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    main(int(sys.argv[1]))
