"""The real thing: `kg serve` in processes of its own over small releases, asked over loopback.

    with serve(var, KG_QUERY_SECONDS="2") as server:
        server.client().ask("ASK {}")

Whoever leaves the block has stopped the server: it must end well, and leave no process behind.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console

from kg import build, sources
from kg.iri import BASE
from kg.settings import ROOT, Settings
from tests import tiny

ORGANIZATIONS = 900
AVISE = f"{BASE}id/organization/siren-301463253"
JSON = "application/sparql-results+json"
FORM = "application/x-www-form-urlencoded"
PATIENCE = 60.0


def build_two(folder: Path) -> Path:
    """A KG_VAR with two small releases, the second of them current and one organisation larger."""
    rows = ["avise,Avise,301463253,a"]
    rows += [f"org-{number},Organisation {number},,b" for number in range(ORGANIZATIONS)]
    for more in ([], ["mes,MES,,b"]):
        plan = build.Plan([sources.load("ontology"), tiny.source(folder / "tiny", *rows, *more)])
        build.build(Settings(var=folder / "var"), plan, "2026-01-31", Console(quiet=True))
    return folder / "var"


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def column(self, name: str) -> list[str]:
        """The values of a variable in SPARQL results."""
        assert self.status == 200, self.body[:500]
        return [row[name]["value"] for row in json.loads(self.body)["results"]["bindings"]]

    @property
    def reason(self) -> str:
        """What a problem document gives as the reason."""
        return str(json.loads(self.body)["reason"])


class Client:
    """One connection that is kept open, and opened anew when the server closed it."""

    _numbers = count()

    def __init__(self, port: int, source: str = "127.0.0.1", timeout: float = PATIENCE) -> None:
        self._http = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=timeout, source_address=(source, 0)
        )

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """Ask once; `User_Agent` stands for the header User-Agent."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._http.request(method, path, body, named)
            response = self._http.getresponse()
            return Reply(response.status, response.headers, response.read())
        except BaseException:
            self._http.close()
            raise

    def get(self, path: str, **headers: str) -> Reply:
        return self.request("GET", path, **headers)

    def ask(self, query: str, accept: str = JSON, **parameters: str) -> Reply:
        """A query in a form; how it is sent does not limit its length."""
        body = urlencode({"query": query, **parameters}).encode("utf-8", "surrogatepass")
        return self.request("POST", "/sparql", body, Content_Type=FORM, Accept=accept)

    def look_up(self) -> list[str]:
        """The name of Avise, never from a cache."""
        query = f"SELECT ?name {{ <{AVISE}> <{BASE}ontology#siren> ?siren ; skos:prefLabel ?name }}"
        prefix = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
        return self.ask(f"{prefix} {query} # {next(self._numbers)}").column("name")

    def close(self) -> None:
        self._http.close()


@dataclass
class Server:
    """A running `kg serve`."""

    process: subprocess.Popen[bytes]
    port: int
    var: Path
    temporary: Path
    log: Path
    clients: list[Client] = field(default_factory=list)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, source: str = "127.0.0.1", timeout: float = PATIENCE) -> Client:
        self.clients.append(Client(self.port, source, timeout))
        return self.clients[-1]

    def said(self) -> str:
        """What was written to the standard error."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def family(self) -> set[int]:
        """All processes of the server that live, orphans among them: those of its session."""
        return {pid for pid in _pids() if _session(pid) == self.process.pid}

    def children(self, pid: int) -> list[int]:
        """The living children of a process, oldest first."""
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [int(word) for word in words if _session(int(word))]

    @property
    def supervisors(self) -> list[int]:
        """The supervisor, or two of them when releases change."""
        return [pid for pid in self.children(self.process.pid) if not _is_web(pid)]

    @property
    def workers(self) -> list[int]:
        """The query workers of the newest supervisor."""
        return self.children(self.supervisors[-1])

    @property
    def web(self) -> list[int]:
        """The web server's processes: that which watches, and that which answers."""
        (parent,) = [pid for pid in self.children(self.process.pid) if _is_web(pid)]
        return [parent, *self.children(parent)]

    def end(self, code: int = 0) -> None:
        """Tell it to stop; it must end with this code, and all of its processes with it."""
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == code, self.said()
        wait(lambda: not self.family(), "a process of the server is left")


def wait(done: Callable[[], object], problem: str, seconds: float = PATIENCE) -> None:
    """Wait until something is so; fail with the problem when it does not become so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, problem
        time.sleep(0.05)


def free_port() -> int:
    """A port that no outgoing connection gets: one that waits for its server could be its own."""
    while True:
        port = random.randrange(20_000, 32_000)  # below ip_local_port_range (ip(7))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start(var: Path, port: int | None = None, **settings: str) -> Server:
    """Start the server; its temporary files have a folder of their own, with a short name."""
    port = port or free_port()
    temporary = Path(tempfile.mkdtemp(prefix="t-"))
    log = var / f"serve-{port}.log"
    own = {name: text for name, text in os.environ.items() if not name.startswith("KG_")}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "server.py", "--port", str(port)],
            cwd=ROOT,
            env={**own, "KG_VAR": str(var), "TMPDIR": str(temporary), **settings},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    return Server(process, port, var, temporary, log)


@contextmanager
def serve(var: Path, **settings: str) -> Iterator[Server]:
    """A server that answers; afterwards it is stopped, unless the block did so itself."""
    server = start(var, **settings)
    try:
        wait(lambda: _healthy(server), f"the server does not answer:\n{server.said()}")
        yield server
        if server.process.poll() is None:
            server.end()
    finally:
        for pid in server.family():
            os.kill(pid, signal.SIGKILL)
        server.process.wait()
        shutil.rmtree(server.temporary)


def _healthy(server: Server) -> bool:
    assert server.process.poll() is None, server.said()
    try:
        return Client(server.port).get("/health", Connection="close").status == 200
    except OSError:
        return False


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _session(pid: int) -> int:
    """The session of a process; 0 if it is dead or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    state, _, _, session = stat.rpartition(")")[2].split()[:4]
    return 0 if state in "ZX" else int(session)


def _is_web(pid: int) -> bool:
    return b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes()
