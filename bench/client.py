"""Asking over HTTP: one query at a time, a steady trickle, or as many as the server takes."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from pyoxigraph import RdfFormat, parse

from kg.query import guard

CONNECTIONS = 64
ROWS = "application/sparql-results+json"
TRIPLES = "application/n-triples"
Rows = list[tuple[str, ...]]
# A path of the list at a time, over and over, with a word that no cache has seen.
LUA = """
local paths = {}
for path in io.lines("%s") do paths[#paths + 1] = path end
local place = 0
request = function()
  place = place + 1
  return wrk.format("GET", paths[place %% #paths + 1]%s)
end
wrk.headers["Accept"] = "application/sparql-results+json"
"""


class Failure(Exception):
    """An answer that is none: its status and beginning."""


class Client:
    """One connection, kept open until the end of the `with` block."""

    def __init__(self, endpoint: str, seconds: float = 300.0) -> None:
        parts = urlsplit(endpoint)
        self._path = parts._replace(scheme="", netloc="").geturl()
        self._connection = http.client.HTTPConnection(str(parts.netloc), timeout=seconds)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, query: str) -> bytes:
        """The whole answer; `Failure` for a status other than 200."""
        accept = TRIPLES if guard.form(query) in {"CONSTRUCT", "DESCRIBE"} else ROWS
        return self.get(target(self._path, query), accept)

    def page(self) -> bytes:
        """What stands at the address itself, for a browser."""
        return self.get(self._path, "text/html")

    def get(self, path: str, accept: str) -> bytes:
        """The whole answer at a path, in a form that is accepted; `Failure` as `ask`."""
        try:
            self._connection.request("GET", path, headers={"Accept": accept})
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Failure(type(error).__name__) from None
        if answer.status != 200:
            raise Failure(f"{answer.status}: {body[:200]!r}")
        return body


def target(path: str, query: str) -> str:
    return f"{path}?{urlencode({'query': query})}"


def rows(query: str, body: bytes) -> Rows:
    """What an answer says, in an order of its own: values as they are written, types left out."""
    try:
        return _rows(query, body)
    except (SyntaxError, ValueError, KeyError) as error:
        raise Failure(f"not in the form that was asked for: {error}") from None


def _rows(query: str, body: bytes) -> Rows:
    if guard.form(query) in {"CONSTRUCT", "DESCRIBE"}:
        quads = parse(body, format=RdfFormat.N_TRIPLES)
        return sorted({(str(q.subject), str(q.predicate), str(q.object)) for q in quads})
    answer = json.loads(body)
    if "boolean" in answer:
        return [(str(answer["boolean"]),)]
    names = answer["head"]["vars"]
    return sorted(
        tuple(row[name]["value"] if name in row else "" for name in names)
        for row in answer["results"]["bindings"]
    )


def trickle(endpoint: str, queries: Iterable[str], seconds: float, rate: int = 100) -> list[float]:
    """Latencies of queries asked at a steady rate, whether or not the answers keep up with it."""
    start = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        waiting = [
            pool.submit(_late, endpoint, query, start + number / rate)
            for number, query in zip(range(int(seconds * rate)), queries, strict=False)
        ]
        return sorted(each.result() for each in waiting)


def _late(endpoint: str, query: str, due: float) -> float:
    """Seconds from when a query was due to its answer; infinite if there was none."""
    time.sleep(max(0.0, due - time.perf_counter()))
    try:
        with Client(endpoint) as client:
            client.ask(query)
    except Failure:
        return float("inf")
    return time.perf_counter() - due


def flood(wrk: str, endpoint: str, queries: list[str], seconds: int, *, fresh: bool) -> float:
    """Good answers a second over 64 connections; `fresh` makes each query a new one."""
    path = urlsplit(endpoint).path
    with tempfile.TemporaryDirectory() as folder:
        paths, script = Path(folder) / "paths", Path(folder) / "wrk.lua"
        paths.write_text("".join(f"{target(path, query)}\n" for query in queries))
        word = f' .. "%0A%23{time.time_ns()}." .. place' if fresh else ""
        script.write_text(LUA % (paths, word))
        words = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), endpoint]
        report = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return _rate(report)


def _rate(report: str) -> float:
    """From the report of wrk: answers a second, without those that were errors."""

    def found(pattern: str) -> float:
        match = re.search(pattern, report)
        return float(match[1]) if match else 0.0

    answers = found(r"(\d+) requests in")
    return found(r"Requests/sec:\s+([\d.]+)") * (1 - found(r"Non-2xx.*: (\d+)") / max(answers, 1))


def timed(call: Callable[[], bytes]) -> tuple[float, bytes]:
    """Seconds that a call took, and what it returned."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result
