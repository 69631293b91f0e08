"""How long the pages of a large release take: `python -m bench.pages`.

    python -m bench.build --profile employers --units 3000000 --flagged 1200000 --keep
    KG_VAR=var/bench/builds/employers-3000000 python -m bench.pages

The release that is current in KG_VAR is served on loopback, or by the site at `--root`. One client
asks for pages of every type, one after the other; a parameter that nobody reads makes each address
a new one for all caches. What is not answered as it should be is told, and counted. The figures go
to <var>/bench/pages.json, and docs/pages.md is written from them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count, cycle, islice
from typing import Any
from urllib.parse import urlencode

import duckdb

from bench.client import Client, Failure, timed
from bench.generate import SEED
from bench.report import table
from kg.fragments import FILE as STATEMENTS
from kg.history import FILE as ENTITIES
from kg.queryfile import read_all
from kg.release import Release, Releases
from kg.search.fields import FACETS
from kg.search.index import Index
from kg.settings import ROOT, Settings
from kg.web.lists import DEEPEST, SIZE
from kg.web.thing import incoming
from kg.web.urls import short
from tests.served import serve

DOCS = ROOT / "docs" / "pages.md"
ACCEPT = "text/html, */*;q=0.1"
FRESH = count(time.time_ns())
# The first pages of a type find the memory of the machine empty, once.
FIRST = 5
# Milliseconds that pages of these types take at most at the 99th percentile.
MOST, HELD = 50, ("thing: ", "list: ", "search: ")
HEAD = f"""# Pages

Written by `python -m bench.pages`: what one client waits for that asks for one page after the other
over HTTP, none of which was answered before. The registers are invented (`bench/registers.py`).
Pages of things, lists and searches are to take at most {MOST} ms at the 99th percentile; a
competency question takes as long as its query.
"""
QUESTIONS = "question"  # some take seconds: each is asked once
SINGLE = {
    "home": "/",
    "about": "/about",
    "accessibility": "/accessibility",
    "questions": "/questions",
    "SPARQL editor": "/sparql",
    "ontology": "/ontology",
    "changes": "/changes",
    "dumps": "/dumps/",
    "catalogue": "/catalog",
    "catalogue, Turtle": "/catalog.ttl",
    "description": "/.well-known/void",
    "registries": "/about/registries",
    "harvest check": "/about/harvest-check",
    "site map": "/sitemap.xml",
    "site map of pages": "/sitemap/pages.xml",
    "event stream": "/ldes",
    "releases, Atom": "/feeds/releases.atom",
}
# Things in an order by chance, by kind; what is linked to most, by property; names to search for.
THINGS = """SELECT kind,
  list(substr(iri, length($space) + 1) ORDER BY hash(iri))[:$number], count(*)
FROM read_parquet($entities) WHERE state = 'live' GROUP BY kind ORDER BY count(*) DESC, kind"""
LINKED = """SELECT substr(object, length($space) + 2)[:-2], substr(predicate, 2)[:-2], count(*)
FROM read_parquet($statements)
WHERE starts_with(object, '<' || $space) AND NOT contains(object, '#')
  AND starts_with(subject, '<' || $space)
  AND NOT starts_with(subject, '<' || $space || 'observation/')
GROUP BY ALL ORDER BY count(*) DESC LIMIT $number"""
NAMES = """SELECT split_part(object, '"', 2) FROM read_parquet($statements)
WHERE predicate = '<http://www.w3.org/2004/02/skos/core#prefLabel>'
  AND starts_with(subject, '<' || $space || 'organization/')
ORDER BY hash(subject) LIMIT $number"""


class Addresses:
    """The addresses of a release's pages, up to so many of each type."""

    def __init__(self, made: Release, number: int) -> None:
        self._made, self._number = made, number
        self._chance = random.Random(SEED)
        self._index = Index(made.folder / "search", made.base)
        self._kinds = {kind: (things, many) for kind, things, many in self._rows(THINGS)}

    def types(self) -> Iterator[tuple[str, list[str]]]:
        """Each type of page by its name, with addresses."""
        for name, path in SINGLE.items():
            yield name, [path]
        for kind, (things, many) in self._kinds.items():
            if many >= self._number:
                yield f"thing: {kind}", [f"/doc/{thing}" for thing in things]
        others = [things for things, many in self._kinds.values() if many < self._number]
        yield "thing: of a smaller kind", [f"/doc/{thing}" for things in others for thing in things]
        linked = self._rows(LINKED)
        yield "thing: most linked", list(dict.fromkeys(f"/doc/{thing}" for thing, *_ in linked))
        yield "links, first page", [self._links(*each, last=False) for each in linked]
        yield "links, last page", [self._links(*each, last=True) for each in linked]
        yield "graph of most linked", [f"/graph/{thing}" for thing, *_ in linked]
        organizations = self._kinds["organization"][0]
        yield "graph of an organization", [f"/graph/{each}" for each in organizations]
        yield "organization, Turtle", [f"/doc/{each}.ttl" for each in organizations]
        yield "organization, JSON-LD", [f"/doc/{each}.jsonld" for each in organizations]
        yield "citation", [f"/cite/{each}.bib" for each in organizations]
        yield from self._lists()
        yield from self._searches()
        yield from self._harvested(organizations)
        yield QUESTIONS, [f"/questions/{each}" for each in self._questions()]

    def _lists(self) -> Iterator[tuple[str, list[str]]]:
        """Lists of a kind: their pages, narrowed, on a map, in a file."""
        yield "list: a kind, first page", [f"/browse/{kind}" for kind in self._kinds]
        for kind, (_, many) in self._kinds.items():
            listed = self._index.search("", "fr", {"kind": [kind]}, limit=1).total
            pages = min(listed, DEEPEST) // SIZE
            if many >= self._number and pages:
                numbers = [self._chance.randint(1, pages) for _ in self._each()]
                yield f"list: {kind}, any page", [f"/browse/{kind}?page={n}" for n in numbers]
        for filters in (1, 2, 3):
            paths = [f"/browse/organization?{self._filters(filters)}" for _ in self._each()]
            yield f"list: organization, {filters} of its filters", paths
        paths = [f"/browse/organization?view=map&{self._filters(1)}" for _ in self._each()]
        yield "list: on a map", paths
        yield "list as SPARQL query", [path.replace("view=map", "format=rq") for path in paths]

    def _searches(self) -> Iterator[tuple[str, list[str]]]:
        """Searches for words of names, and suggestions while they are typed."""
        names = [name for (name,) in self._rows(NAMES)]
        words = [" ".join(self._chance.sample(name.split(), 1)) for name in names]
        pairs = [" ".join(name.split()[:2]) for name in names]
        begun = [name[: self._chance.randint(1, 12)] for name in names]
        yield "search: a word", [_search(q=word) for word in words]
        yield "search: two words", [_search(q=pair) for pair in pairs]
        yield "search: a name", [_search(q=name) for name in names]
        yield "search: a letter", [_search(q=name[:1]) for name in names]
        yield (
            "search: a word, narrowed",
            [f"{_search(q=word)}&{self._filters(1)}" for word in words],
        )
        yield "search: by newest", [_search(q=word, sort="newest") for word in words]
        yield "search: suggestions", [f"/search/suggest?{urlencode({'q': q})}" for q in begun]

    def _harvested(self, organizations: list[str]) -> Iterator[tuple[str, list[str]]]:
        """What programs take."""
        space, oai = f"{self._made.base}id/", "/oai?metadataPrefix=oai_dc&verb="
        yield "fragment of a thing", [_fragment(subject=space + each) for each in organizations]
        yield (
            "fragment of a value",
            [_fragment(object=space + thing, predicate=by) for thing, by, _ in self._rows(LINKED)],
        )
        yield (
            "OAI-PMH record",
            [f"{oai}GetRecord&identifier={space}{each}" for each in organizations],
        )
        since = datetime.date.fromisoformat(self._made.manifest["date"])
        yield "OAI-PMH list", [f"{oai}ListRecords&from={since}"]
        stream = f"/ldes/until/{self._made.id}"
        yield "event stream, pages", [f"{stream}/{page}" for page in range(1, 11)]
        yield "changes of a thing, Atom", [f"/feeds/thing/{each}.atom" for each in organizations]

    def _each(self) -> range:
        return range(self._number)

    def _rows(self, query: str) -> list[Any]:
        values = {
            "space": f"{self._made.base}id/",
            "number": self._number,
            "entities": str(self._made.folder / ENTITIES),
            "statements": str(self._made.folder / STATEMENTS),
        }
        given = {name: value for name, value in values.items() if f"${name}" in query}
        return duckdb.execute(query, given).fetchall()

    def _links(self, thing: str, property_: str, many: int, *, last: bool) -> str:
        page = -(-min(many, incoming.COUNTED) // incoming.PAGE) if last else 1
        by = short(property_, self._made.base)
        return f"/doc/{thing}?{urlencode({'by': by, 'page': page})}"

    def _filters(self, many: int) -> str:
        """So many values of facets that organisations have together, frequent ones oftener."""
        chosen: dict[str, list[str]] = {"kind": ["organization"]}
        while len(chosen) <= many:
            found = self._index.search("", "fr", chosen, limit=1, facets=list(FACETS)).facets
            left = [name for name, values in found.items() if values and name not in chosen]
            if not left:
                break
            name = self._chance.choice(left)
            weights = [value.count for value in found[name]]
            chosen[name] = [self._chance.choices(found[name], weights)[0].key]
        return urlencode({name: keys[0] for name, keys in chosen.items() if name != "kind"})

    def _questions(self) -> list[str]:
        return [each.name for each in read_all(self._made.folder / "ontology" / "questions")]


def _search(**given: str) -> str:
    return f"/search?{urlencode(given)}"


def _fragment(**given: str) -> str:
    return f"/fragments?{urlencode(given)}"


def fresh(path: str) -> str:
    """The address with a parameter that nobody reads; OAI-PMH allows of none."""
    mark = "&" if "?" in path else "?"
    return path if path.startswith("/oai") else f"{path}{mark}fresh={next(FRESH)}"


def measure(root: str, paths: list[str], number: int) -> dict[str, Any]:
    """Milliseconds of so many pages of one type, and what failed of them."""
    taken, failed = [], []
    with Client(root) as client:
        for path in islice(cycle(paths), number):
            address = fresh(path)
            try:
                taken.append(1000 * timed(lambda address=address: client.get(address, ACCEPT))[0])
            except Failure as failure:
                failed.append(f"{path}: {failure}")
    counted = sorted(taken[FIRST:] or taken or [float("nan")])
    return {
        "pages": len(set(paths)),
        "median": statistics.median(counted),
        "p99": counted[int(0.99 * len(counted))],
        "most": counted[-1],
        "failed": failed,
    }


def write(figures: dict[str, Any]) -> None:
    """Write docs/pages.md."""
    head = [
        "type of page",
        "different ones",
        "median, ms",
        "99th percentile, ms",
        "longest, ms",
        "failed",
    ]
    rows = [
        [
            name,
            each["pages"],
            f"{each['median']:.1f}",
            _judged(name, each["p99"]),
            f"{each['most']:.1f}",
            len(each["failed"]) or "",
        ]
        for name, each in figures["types"].items()
    ]
    entities = ", ".join(f"{many:,} {kind}" for kind, many in figures["entities"].items())
    text = f"{figures['date']}, {figures['cores']} cores. {figures['statements']:,} statements: "
    if figures["busy"]:
        text = text.replace(". ", ", with other work to do. ", 1)
    DOCS.write_text(f"{HEAD}\n{text}{entities}.\n\n{table(head, rows)}", encoding="utf-8")


def _judged(name: str, value: float) -> str:
    """A figure, and whether it meets the target, if it has that."""
    if not name.startswith(HELD):
        return f"{value:.1f}"
    return f"**{value:.1f}** {'✓' if value <= MOST else '✗'}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", help="a site that serves the release already")
    parser.add_argument("--number", type=int, default=200, help="pages of each type")
    parser.add_argument("--only", default="", help="the types that begin so; nothing is written")
    parser.add_argument("--loaded", action="store_true", help="note that the machine was busy")
    given = parser.parse_args()
    settings = Settings.from_environment()
    made = Releases(settings.releases).get("current")
    counts = made.manifest["counts"]
    most = sorted(counts["entities"].items(), key=lambda each: -each[1])[:6]
    types: dict[str, Any] = {}
    with ExitStack() as stack:
        root = given.root or stack.enter_context(serve(settings.var, KG_CACHE_DISK="0")).root
        for name, paths in Addresses(made, given.number).types():
            if name.startswith(given.only):
                asked = len(paths) if name == QUESTIONS else given.number
                types[name] = each = measure(root, paths, asked)
                print(f"{name:36} {each['median']:8.1f} {each['p99']:8.1f} {each['most']:8.1f}")
                print(*each["failed"][:3], sep="\n", end="", flush=True)
    if given.only:
        return
    figures = {
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "busy": given.loaded,
        "statements": counts["statements"],
        "entities": dict(most),
        "types": types,
    }
    path = settings.var / "bench" / "pages.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    write(figures)


if __name__ == "__main__":
    main()
