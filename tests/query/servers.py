"""Other SPARQL services, started for a test on loopback ports of their own, and ended with it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg.serve import _end_with_parent
from kg.settings import ROOT

PATIENCE = 30.0


@dataclass(frozen=True)
class Service:
    """The addresses of a service: of queries, of its graph store, of Virtuoso's SQL."""

    query: str
    store: str = ""
    sql: str = ""


def _port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wanted() -> None:
    """Virtuoso is installed and loaded by `make conformance` alone."""
    if "KG_TEST_SERVERS" not in os.environ:
        pytest.skip("Virtuoso is tested by 'make conformance' (KG_TEST_SERVERS=1)")


@contextmanager
def _running(command: list[str], folder: Path, *ports: int) -> Iterator[None]:
    """A server, from when it listens on its ports to the end of the test."""
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - there is one thread
        )
        try:
            for port in ports:
                _wait(server, port, folder / "server.log")
            yield
        finally:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(int(PATIENCE / 0.05)):
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"{server.args} does not listen: {log.read_text()}")


@contextmanager
def oxigraph(folder: Path, *arguments: str) -> Iterator[Service]:
    """Oxigraph's own server; the package `oxigraph` brings it."""
    program = str(Path(sys.executable).parent / "oxigraph")
    port = _port()
    address = f"127.0.0.1:{port}"
    command = [program, *arguments, "--bind", address]
    with _running(command, folder, port):
        yield Service(f"http://{address}/query", f"http://{address}/store")


@contextmanager
def virtuoso(folder: Path) -> Iterator[Service]:
    """Virtuoso with the settings that docs/engines.md asks for."""
    wanted()
    program = shutil.which("virtuoso-t")
    if program is None:
        pytest.skip("Virtuoso is not installed: apt-get install virtuoso-opensource-7-bin")
    page = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    (settings,) = re.findall(r"```ini\n(.*?)```", page, re.DOTALL)
    sql, http = _port(), _port()
    for written, ours in (
        ("127.0.0.1:1111", f"127.0.0.1:{sql}"),
        ("127.0.0.1:8890", f"127.0.0.1:{http}"),
        ("/var/lib/ess-kg/publish", str(folder)),
    ):
        assert written in settings
        settings = settings.replace(written, ours)
    (folder / "virtuoso.ini").write_text(settings, encoding="utf-8")
    with _running([program, "+foreground", "+configfile", "virtuoso.ini"], folder, sql, http):
        yield Service(f"http://127.0.0.1:{http}/sparql", sql=f"127.0.0.1:{sql}")
