"""Serving: a manager that holds nothing, and what it starts.

    kg serve ── manager
                 ├── supervisor of the current release (`kg.query.supervisor`)
                 │     └── query worker, query worker, …
                 ├── relay, if SERVICE is allowed somewhere (`kg.query.federation`)
                 └── granian: kg.web.gateway

    <serving>/                      a temporary folder, $KG_SERVING of the web processes
      current -> <id>-<n>           what is served; flipped by an atomic rename
      <id>-<n>/
        release -> …/releases/<id>
        query.sock                  the supervisor
        engine                      its engine's name

A new current release gets a supervisor of its own; when that is ready `current` is flipped, and
the old supervisor goes on for a while for requests under way. A release that cannot be opened
leaves the old one serving.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import KgError
from kg.query.engines import open_engine
from kg.query.federation import Relay
from kg.query.supervisor import Capacity, Supervisor
from kg.query.worker import Limits
from kg.release import Release, Releases
from kg.settings import Settings

LOOK_EVERY = 0.5
WEB_GRACE = 10.0
# What the web server waits for the head of a request (seconds; also between two requests), and how
# long it may be (bytes).
HEAD_SECONDS = 20
LONGEST_HEAD = 1 << 17
# What the C library's allocator is told (GNU C Library Reference Manual, "Memory Allocation
# Tunables"; another C library reads none of it). An engine sets up and drops a great many small
# blocks: they stay at hand for its next ones, and an average query takes a fifth to a third less.
# The web server's large blocks go back to the system as soon as they are free, rather than leave
# holes.
TUNABLES = "GLIBC_TUNABLES"
ENGINE_MALLOC = ":".join(
    f"glibc.malloc.{name}={value}"
    for name, value in {
        "tcache_count": 65535,
        "mmap_threshold": 1 << 25,
        "trim_threshold": 1 << 28,
        "top_pad": 1 << 20,
    }.items()
)
WEB_MALLOC = f"glibc.malloc.mmap_threshold={1 << 17}"
PR_SET_PDEATHSIG = 1


@dataclass
class Serving:
    """A release that a supervisor process holds, ready when `current` may point to it."""

    release: str
    folder: Path
    pid: int
    ready: int
    ends: float = field(default=float("inf"))


def serve(settings: Settings) -> None:
    """Serve the current release until SIGTERM or SIGINT; `KgError` if there is none."""
    if Releases(settings.releases).current() is None:
        raise KgError(f"There is no release in {settings.releases}: run 'kg build'.")
    _begin_anew(ENGINE_MALLOC)
    (settings.var / "cache").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kg-") as folder:
        Manager(settings, Path(folder)).run()


class Manager:
    """Keeps one supervisor for the current release, and the web server."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._releases = Releases(settings.releases)
        self._running = True
        self._started = 0
        self._failed = ""
        self._current: Serving | None = None
        self._coming: Serving | None = None
        self._leaving: list[Serving] = []
        self._relay, self._services = self._start_relay()
        self._web: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Look after everything until told to stop; `KgError` when it cannot go on."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        try:
            while self._running:
                self._look()
                time.sleep(LOOK_EVERY / 10 if self._current is None else LOOK_EVERY)
        finally:
            self._end()

    def _stop(self, *_: object) -> None:
        self._running = False

    def _look(self) -> None:
        """One round: take up a new release, end old supervisors, see that all are alive."""
        self._reap()
        wanted = self._releases.current()
        held = self._coming or self._current
        if wanted and wanted.id != self._failed and (held is None or held.release != wanted.id):
            self._begin(wanted)
        if self._coming:
            self._take_up(self._coming)
        for old in [each for each in self._leaving if time.monotonic() > each.ends]:
            _end(old.pid)
            self._leaving.remove(old)
        if self._web and self._web.poll() is not None:
            raise KgError(f"The web server ended with code {self._web.returncode}; see above.")

    def _begin(self, release: Release) -> None:
        """Start a supervisor for a release; a newer release takes the place of one on its way."""
        if self._coming:
            self._leaving.append(self._coming)
            self._coming.ends = 0
        self._started += 1
        folder = self._folder / f"{release.id}-{self._started}"
        folder.mkdir()
        (folder / "release").symlink_to(release.folder)
        reading, writing = os.pipe()
        pid = _fork(lambda: self._supervise(release, folder, writing))
        os.close(writing)
        os.set_blocking(reading, False)
        self._coming = Serving(release.id, folder, pid, reading)
        _say(f"Opening release {release.id}")

    def _supervise(self, release: Release, folder: Path, ready: int) -> None:
        """In the child: open the engine, say so, and answer queries until told to stop."""
        settings = self._settings
        engine = open_engine(settings, release, settings.var / "cache", self._services)
        supervisor = Supervisor(
            engine,
            folder / "query.sock",
            Capacity(
                settings.query_workers,
                federating=min(2, settings.query_workers) if self._services else 0,
                queue=settings.query_queue,
                share=settings.query_share * settings.web_workers,
                longest=3 * settings.longest_body,  # in JSON, with its escapes
            ),
            Limits(
                settings.query_seconds,
                settings.query_memory,
                settings.result_size,
                settings.federation_seconds,
                network=engine.name == "remote",
            ),
        )
        signal.signal(signal.SIGTERM, supervisor.stop)
        (folder / "engine").write_text(engine.name, encoding="utf-8")
        os.write(ready, b".")
        os.close(ready)
        supervisor.run()

    def _take_up(self, coming: Serving) -> None:
        """Make the coming supervisor the current one, as soon as it is ready."""
        try:
            if not os.read(coming.ready, 1):
                return  # it ended without a word: `_reap` sees to it
        except BlockingIOError:
            return
        os.close(coming.ready)
        fresh = self._folder / ".current.new"
        fresh.symlink_to(coming.folder.name)
        fresh.replace(self._folder / "current")
        if self._current:
            self._current.ends = time.monotonic() + self._settings.release_grace
            self._leaving.append(self._current)
        self._current, self._coming = coming, None
        _say(f"Serving release {coming.release}")
        if self._web is None:
            self._web = self._start_web()

    def _reap(self) -> None:
        """Notice supervisors that ended: the current one is begun anew, a new one is given up."""
        for serving in filter(None, [self._coming, self._current, *self._leaving]):
            pid, status = os.waitpid(serving.pid, os.WNOHANG)
            if not pid:
                continue
            if serving is self._coming:
                self._coming, self._failed = None, serving.release
                os.close(serving.ready)
                _say(f"Release {serving.release} cannot be served; see above")
                if self._current is None:
                    raise KgError("There is nothing else to serve.")
            elif serving is self._current:
                self._current = None
                _say(f"The supervisor ended ({status}); it is started again")
            else:
                self._leaving.remove(serving)

    def _start_relay(self) -> tuple[int | None, dict[str, str]]:
        """The relay's process and the addresses of its endpoints; nothing if there are none."""
        endpoints = self._settings.endpoints
        if not endpoints:
            return None, {}
        relay = Relay(endpoints, self._settings.federation_seconds, self._settings.result_size)
        pid = _fork(relay.serve)
        return pid, relay.addresses

    def _start_web(self) -> subprocess.Popen[bytes]:
        settings = self._settings
        _see_that_it_is_free(settings.host, settings.port)
        command = [
            *(sys.executable, "-m", "granian", "--interface", "rsgi", "kg.web.gateway:application"),
            *("--host", settings.host, "--port", str(settings.port)),
            *("--workers", str(settings.web_workers)),
            *("--http", "1", "--no-ws", "--loop", "uvloop"),
            *("--backpressure", str(settings.web_connections)),
            *("--http1-header-read-timeout", str(int(1000 * HEAD_SECONDS))),
            *("--http1-buffer-size", str(LONGEST_HEAD)),
            *("--workers-kill-timeout", str(int(WEB_GRACE / 2))),
            *("--log-level", "error", "--respawn-failed-workers"),
        ]
        _say(f"Listening on http://{settings.host}:{settings.port}")
        return subprocess.Popen(  # noqa: S603 - the words are our own
            command,
            env={**os.environ, TUNABLES: WEB_MALLOC, "KG_SERVING": str(self._folder)},
            preexec_fn=_become_web,  # noqa: PLW1509 - there is one thread
        )

    def _end(self) -> None:
        """End everything that was started: the web first, so that no request is left alone."""
        if self._web and self._web.poll() is None:
            self._web.terminate()
            try:
                self._web.wait(WEB_GRACE)
            except subprocess.TimeoutExpired:
                self._web.kill()
                self._web.wait()
        for serving in filter(None, [self._coming, self._current, *self._leaving]):
            _end(serving.pid)
        if self._relay:
            _end(self._relay)


def _begin_anew(malloc: str) -> None:
    """Become the same program with an allocator that was told so, which is read at its start only;
    what whoever started us tells it stands.
    """
    if TUNABLES not in os.environ:
        words = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, words, {**os.environ, TUNABLES: malloc})  # noqa: S606 - our own


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _see_that_it_is_free(host: str, port: int) -> None:
    """Raise if somebody listens there already: the web server would share the address with them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise KgError(f"Nobody can listen on {host}, port {port}: {error.strerror}.") from None


def _end_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, however that dies (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _become_web() -> None:
    """In the child: end with the parent; connections count as files, of which there may be many."""
    _end_with_parent()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _fork(work: Callable[[], None]) -> int:
    """Run `work` in a child that ends with this process; a Ctrl-C is the parent's affair."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        _end_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        work()
        code = 0
    except KgError as error:
        _say(f"kg: {error}")
    except BaseException as error:  # a fork must not return into the parent's code
        _say(f"kg: {type(error).__name__}: {error}")
    finally:
        os._exit(code)


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
