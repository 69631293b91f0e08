"""The systems that are compared: how each loads a dump, starts and ends.

    Ours        kg serve                     the release itself
    Oxigraph    oxigraph serve-read-only     PyPI oxigraph
    Virtuoso    virtuoso-t                   Debian virtuoso-opensource-7-bin
    Rdflib      rdflib-endpoint serve        PyPI rdflib-endpoint

A program is looked for in <var>/bench/venv/bin, which one fills by hand, then where the shell
would look. All of a system's files lie in <var>/bench/<size>/<name>/; it listens on loopback.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import zstandard

from bench.client import Client, Failure
from kg.release import Release

PATIENCE = 240.0
LONG = 60.0  # seconds that a query may take where its limit is not what is measured
VIRTUOSO_INI = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{admin}
DirsAllowed = .
NumberOfBuffers = 340000
MaxDirtyBuffers = 250000
ServerThreads = 100
MaxClientConnections = 100
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = 100
MaxClientConnections = 100
KeepAliveTimeout = 60
MaxKeepAlives = 100
[SPARQL]
ResultSetMaxRows = 100000000
MaxQueryExecutionTime = {seconds}
"""
VIRTUOSO_LOAD = """
ld_dir('.', '{file}', 'urn:default');
rdf_loader_run();
checkpoint;
shutdown;
"""


@dataclass
class Running:
    """A system that answers: its endpoint, how long it took to start."""

    name: str
    endpoint: str
    pid: int
    started: float

    def memory(self) -> float:
        """MiB of the process and its descendants, shared pages shared out (proc(5), Pss)."""
        return memory(self.pid)


class System:
    """A program that serves SPARQL over HTTP."""

    name: ClassVar[str]
    program: ClassVar[str]
    path: ClassVar[str] = "/sparql"

    def __init__(self, release: Release, folder: Path) -> None:
        self.release = release
        self.tools = f"{folder.parent / 'venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        self.folder = folder / self.name.replace(" ", "-")
        self.port = free_port()

    def installed(self) -> bool:
        return shutil.which(self.program, path=self.tools) is not None

    def tool(self, name: str) -> str:
        found = shutil.which(name, path=self.tools)
        assert found is not None, f"{name} is not installed"
        return found

    def load(self) -> float | None:
        """Seconds that loading took; None if that was done in an earlier run."""
        done = self.folder / "loaded"
        if done.exists():
            return None
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        start = time.perf_counter()
        self._load()
        done.touch()
        return time.perf_counter() - start

    def _load(self) -> None:
        raise NotImplementedError

    def command(self, seconds: float) -> list[str]:
        """What starts it, with a limit of so many seconds for a query."""
        raise NotImplementedError

    def environment(self, seconds: float) -> dict[str, str]:
        return {}

    @contextmanager
    def running(self, seconds: float) -> Iterator[Running]:
        endpoint = f"http://127.0.0.1:{self.port}{self.path}"
        start = time.perf_counter()
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                self.command(seconds),
                cwd=self.folder,
                env={**os.environ, **self.environment(seconds)},
                stdout=log,
                stderr=log,
            )
        try:
            _await(endpoint, process)
            yield Running(self.name, endpoint, process.pid, time.perf_counter() - start)
        finally:
            _end(process)

    def _unpacked(self) -> Path:
        """The release's dump, not compressed."""
        quads = self.folder / "all.nq"
        with (
            (self.release.folder / "dumps" / "all.nq.zst").open("rb") as source,
            quads.open("wb") as target,
        ):
            zstandard.ZstdDecompressor().copy_stream(source, target)
        return quads


class Ours(System):
    name = "kg"
    program = "python"

    def load(self) -> float | None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.release.folder.parent.parent / "cache", ignore_errors=True)
        return None

    def command(self, seconds: float) -> list[str]:
        return [sys.executable, "-m", "kg.cli", "serve", "--port", str(self.port)]

    def environment(self, seconds: float) -> dict[str, str]:
        return {
            "KG_VAR": str(self.release.folder.parent.parent),
            "KG_QUERY_SECONDS": str(seconds),
            # All questions come from one address here, and are no stranger's.
            "KG_QUERY_SHARE": "64",
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }


class Oxigraph(System):
    name = "Oxigraph"
    program = "oxigraph"
    path = "/query"

    def _load(self) -> None:
        quads, store = self._unpacked(), ["--location", str(self.folder / "store")]
        oxigraph = self.tool("oxigraph")
        subprocess.run([oxigraph, "load", *store, "--file", str(quads)], check=True)
        subprocess.run([oxigraph, "optimize", *store], check=True)
        quads.unlink()

    def command(self, seconds: float) -> list[str]:
        return [
            *(self.tool("oxigraph"), "serve-read-only", "--location", str(self.folder / "store")),
            *("--bind", f"127.0.0.1:{self.port}", "--union-default-graph"),
            # With a limit every query starts a thread that lives as long as the limit: a flood of
            # look-ups then ends the server (0.5.13: "Cannot allocate memory").
            *(["--timeout-s", f"{seconds:g}"] if seconds < LONG else []),
        ]


class Virtuoso(System):
    name = "Virtuoso"
    program = "virtuoso-t"

    def _configure(self, seconds: float) -> int:
        admin = free_port()
        (self.folder / "virtuoso.ini").write_text(
            VIRTUOSO_INI.format(admin=admin, port=self.port, seconds=int(seconds))
        )
        return admin

    def _load(self) -> None:
        quads, admin = self._unpacked(), self._configure(0)
        process = subprocess.Popen(self._words(), cwd=self.folder)
        _await(f"http://127.0.0.1:{self.port}{self.path}", process)
        script = self.folder / "load.sql"
        script.write_text(VIRTUOSO_LOAD.format(file=quads.name))
        isql = [self.tool("isql-vt"), f"127.0.0.1:{admin}", "dba", "dba", str(script)]
        subprocess.run(isql, check=False, stdout=subprocess.DEVNULL)  # shutdown drops the line
        process.wait(PATIENCE)
        quads.unlink()

    def _words(self) -> list[str]:
        return [self.tool("virtuoso-t"), "+configfile", "virtuoso.ini", "+foreground"]

    def command(self, seconds: float) -> list[str]:
        self._configure(seconds)
        return self._words()


class Rdflib(System):
    name = "rdflib-endpoint"
    program = "rdflib-endpoint"
    path = "/"

    def _load(self) -> None:
        self._unpacked()

    def command(self, seconds: float) -> list[str]:
        place = ("--host", "127.0.0.1", "--port", str(self.port))
        return [self.tool("rdflib-endpoint"), "serve", *place, str(self.folder / "all.nq")]


SYSTEMS: dict[str, type[System]] = {
    "kg": Ours,
    "oxigraph": Oxigraph,
    "virtuoso": Virtuoso,
    "rdflib": Rdflib,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    """Return at the first answer to a query."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"{process.args} ended with code {process.returncode}; see its log")
        try:
            with Client(endpoint) as client:
                client.ask("ASK {}")
            return
        except (OSError, Failure):
            time.sleep(0.02)
    raise SystemExit(f"{endpoint} did not answer")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def memory(pid: int) -> float:
    """MiB of a process and its descendants, shared pages shared out (proc(5), Pss)."""
    return sum(map(_pss, _family(pid))) / 1024


def processor(pid: int) -> float:
    """Seconds of processor of a process, its descendants and those that have ended (proc(5))."""
    return sum(map(_ticks, _family(pid))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    """Clock ticks of a process and of its children that have ended, of user and system."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, stat.rpartition(")")[2].split()[11:15]))


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                continue
    return found


def _pss(pid: int) -> int:
    """KiB of a process, what it shares with others divided among them."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
    return int(found[1]) if found else 0
