"""What a harvester costs that walks large lists: time of each page, and memory of the server.

    python -m bench.harvest [--entities 3000000] [--pages 300]

A release is copied with invented entities and statements in the place of its own, and served. Site
map, OAI-PMH identifiers and fragments are walked by what each page says of the next; the memory is
that of the web server's processes.
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


def walk(server: Server, address: str, following: Callable[[str], str | None]) -> Iterator[float]:
    """The seconds that each page of a list takes."""
    next_: str | None = address
    while next_:
        start = time.perf_counter()
        headers = {"Accept": "application/n-triples, */*;q=0.1"}
        with urlopen(Request(next_, headers=headers)) as response:
            text = response.read().decode()
        yield time.perf_counter() - start
        next_ = following(text)


def sitemap(server: Server) -> Callable[[str], str | None]:
    """The maps of an index, one after the other."""
    with urlopen(f"{server.root}/sitemap.xml") as response:
        maps = iter(re.findall(r"<loc>(.*?)</loc>", response.read().decode()))
    return lambda _: unescape(found) if (found := next(maps, None)) else None


def memory(server: Server) -> float:
    """What the web server's processes hold, in MiB."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in server.web]
    return sum(int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) for text in texts) / 1024


def main() -> None:
    """Print a line for each list."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--entities", type=int, default=3_000_000)
    parser.add_argument("--pages", type=int, default=300)
    given = parser.parse_args()
    release = Releases(Settings.from_environment().releases).get("current")
    with tempfile.TemporaryDirectory() as folder:
        enlarge(release, Path(folder), given.entities)
        with serve(Path(folder), KG_CACHE_DISK="0") as server:
            token = re.compile(r"<resumptionToken>(.+?)<")
            more = re.compile(r"core#next> <(.*?)>")
            oai = f"{server.root}/oai?verb=ListIdentifiers&"
            lists = {
                "site map": (f"{server.root}/sitemap.xml", sitemap(server)),
                "OAI-PMH": (
                    f"{oai}metadataPrefix=oai_dc",
                    lambda text: (
                        f"{oai}resumptionToken={found[1]}"
                        if (found := token.search(text))
                        else None
                    ),
                ),
                "fragments": (
                    f"{server.root}/fragments",
                    lambda text: found[1] if (found := more.search(text)) else None,
                ),
            }
            print(f"{given.entities:,} entities, at most {given.pages} pages of each list")
            for name, (address, following) in lists.items():
                before = memory(server)
                pages = list(islice(walk(server, address, following), given.pages))
                tenth = max(1, len(pages) // 10)
                print(
                    f"{name}: {len(pages)} pages; the first {pages[0] * 1000:.0f} ms, median "
                    f"{median(pages) * 1000:.0f} ms, of the last tenth "
                    f"{median(pages[-tenth:]) * 1000:.0f} ms; memory {before:.0f} MiB before, "
                    f"{memory(server):.0f} MiB after"
                )


if __name__ == "__main__":
    main()
