"""What a harvester costs that walks large lists: time of each page, and memory of the server.

    python -m bench.harvest [--entities 3000000] [--pages 300]
    python -m bench.harvest --var var/bench/builds/employers-3000000

A release is copied with invented entities and statements in the place of its own, and served; or,
with `--var`, that of a KG_VAR as it is (`bench.build --keep` leaves such). Catalogue, site map,
OAI-PMH and fragments are walked by what each page says of the next, those of a real release to the
end. The memory is that of the web server's processes, which keep no answers here: before the first
page, behind the one in the middle and behind the last; and the most that it was.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from html import unescape
from itertools import islice
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

import duckdb

from kg.fragments import FILE as STATEMENTS
from kg.history import FILE as ENTITIES
from kg.release import Release, Releases
from kg.settings import Settings
from tests.served import Server, serve

PREDICATES = 10
# What was answered is kept in memory up to a limit, which would look like growth until it is met.
UNCACHED = {"KG_CACHE_DISK": "0", "KG_CACHE_MEMORY": "0"}


def enlarge(release: Release, folder: Path, entities: int) -> None:
    """A copy of a release in `folder` that claims to have so many organisations."""
    own = folder / "releases" / release.id
    own.mkdir(parents=True)
    for path in release.folder.iterdir():
        if path.name not in {STATEMENTS, ENTITIES}:
            (own / path.name).symlink_to(path)
    (folder / "releases" / "current").symlink_to(release.id)
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})
    iri = f"'{release.base}id/organization/siren-' || printf('%09d', n * 300)"
    connection.execute(
        f"""COPY (SELECT {iri} AS iri, 'organization' AS kind, m AS created,
            m + to_days(CASE WHEN n % 50 = 0 THEN 9 ELSE 0 END) AS modified,
            CASE WHEN n % 200 = 0 THEN 'withdrawn' ELSE 'live' END AS state,
            NULL::VARCHAR AS successor
        FROM range({entities}) AS r(n), (SELECT TIMESTAMP '2026-11-01 00:00:01' AS m))
        TO '{own / ENTITIES}' (FORMAT parquet, COMPRESSION zstd)"""
    )
    connection.execute(
        f"""COPY (SELECT '<' || {iri.replace("n * 300", f"n // {PREDICATES} * 300")} || '>'
                AS subject,
            '<https://example.org/p' || n % {PREDICATES} || '>' AS predicate,
            '"' || hash(n) || '"' AS object, ['a'] AS sources
        FROM range({entities * PREDICATES}) AS r(n))
        TO '{own / STATEMENTS}' (FORMAT parquet, COMPRESSION zstd)"""
    )


def walk(
    server: Server, address: str, following: Callable[[str], str | None]
) -> Iterator[tuple[float, float]]:
    """The seconds that each page of a list takes, and the memory behind it."""
    next_: str | None = address
    while next_:
        start = time.perf_counter()
        headers = {"Accept": "application/n-triples, */*;q=0.1"}
        with urlopen(Request(next_, headers=headers)) as response:
            text = response.read().decode()
        yield time.perf_counter() - start, memory(server)
        next_ = following(text)


def sitemap(server: Server) -> Callable[[str], str | None]:
    """The maps of an index, one after the other."""
    with urlopen(f"{server.root}/sitemap.xml") as response:
        maps = iter(re.findall(r"<loc>(.*?)</loc>", response.read().decode()))
    return lambda _: unescape(found) if (found := next(maps, None)) else None


def by_token(address: str) -> Callable[[str], str | None]:
    """The next page of a list of OAI-PMH."""
    token = re.compile(r"<resumptionToken>([^<]+)<")
    return lambda text: f"{address}{found[1]}" if (found := token.search(text)) else None


def by_link(text: str) -> str | None:
    """The next page that Hydra names."""
    found = re.search(r"core#next> <(.*?)>", text)
    return found[1] if found else None


def memory(server: Server) -> float:
    """What the web server's processes hold, in MiB."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in server.web]
    return sum(int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) for text in texts) / 1024


def lists(server: Server, real: bool) -> dict[str, tuple[str, Callable[[str], str | None]]]:
    """The lists: where each begins, and what follows a page. Invented entities have no records."""
    oai = f"{server.root}/oai?verb="
    verbs = ("ListIdentifiers", "ListRecords") if real else ("ListIdentifiers",)
    return {
        "catalogue": (f"{server.root}/catalog.nt?size=5", by_link),
        "site map": (f"{server.root}/sitemap.xml", sitemap(server)),
        **{
            f"OAI-PMH, {verb}": (
                f"{oai}{verb}&metadataPrefix=oai_dc",
                by_token(f"{oai}{verb}&resumptionToken="),
            )
            for verb in verbs
        },
        "fragments": (f"{server.root}/fragments", by_link),
    }


def report(server: Server, real: bool, most: int | None) -> None:
    """Print a line for each list, of which so many pages are walked."""
    for name, (address, following) in lists(server, real).items():
        before = memory(server)
        pages = list(islice(walk(server, address, following), most))
        seconds, held = zip(*pages, strict=True)
        tenth = max(1, len(pages) // 10)
        print(
            f"{name}: {len(pages)} pages; the first {seconds[0] * 1000:.0f} ms, median "
            f"{median(seconds) * 1000:.0f} ms, of the last tenth "
            f"{median(seconds[-tenth:]) * 1000:.0f} ms; memory {before:.0f} MiB before, "
            f"{held[len(held) // 2]:.0f} in the middle, {held[-1]:.0f} after, {max(held):.0f} "
            "at most",
            flush=True,
        )


def main() -> None:
    """Serve, and walk."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--entities", type=int, default=3_000_000)
    parser.add_argument("--pages", type=int, help="300 if not given; with --var, all")
    parser.add_argument("--var", type=Path, help="a KG_VAR, whose release is walked as it is")
    given = parser.parse_args()
    if given.var:
        release = Releases(Settings(var=given.var).releases).get("current")
        number = sum(release.manifest["counts"]["entities"].values())
        print(f"{number:,} entities, {release.manifest['counts']['statements']:,} statements")
        with serve(given.var, **UNCACHED) as server:
            report(server, True, given.pages)
        return
    release = Releases(Settings.from_environment().releases).get("current")
    pages = given.pages or 300
    with tempfile.TemporaryDirectory() as folder:
        enlarge(release, Path(folder), given.entities)
        print(f"{given.entities:,} entities, at most {pages} pages of each list")
        with serve(Path(folder), **UNCACHED) as server:
            report(server, False, pages)


if __name__ == "__main__":
    main()
