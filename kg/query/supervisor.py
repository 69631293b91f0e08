"""The supervisor: a small single-threaded process that holds the store and forks query workers.

It accepts connections on a Unix socket, reads each request whole, queues it, and hands it with
the connection to a free worker. It keeps the connection too: when the client leaves, the worker
is killed; when the worker dies, the manner of its death tells the client which limit it met.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kg.errors import (
    QueryCrashed,
    QueryError,
    QueryOutOfMemory,
    QueryRefused,
    QueryTimeout,
    ServiceBusy,
    TooManyQueries,
)
from kg.query import Request, Service, wire
from kg.query.worker import FREE, Limits, serve

BACKLOG = 128


@dataclass(eq=False)
class Client:
    """A connection: first its request arrives, then it waits, then a worker answers it."""

    connection: socket.socket
    received: bytearray
    request: Request | None = None
    worker: Worker | None = None

    @property
    def name(self) -> str:
        """Who asks; empty for the site itself."""
        return self.request.client if self.request else ""

    def complete(self) -> bool:
        """Whether the whole request is here."""
        size = wire.LENGTH.size
        if len(self.received) < size:
            return False
        (length,) = wire.LENGTH.unpack_from(self.received)
        return len(self.received) >= size + int(length)


@dataclass(eq=False)
class Worker:
    """A worker process and the client that it answers, if it is busy; `ended` when it was killed
    and is not buried yet.
    """

    pid: int
    control: socket.socket
    federating: bool
    client: Client | None = None
    ended: bool = False


def _evaluated(worker: Worker) -> bool:
    """Whether the worker has already said that its evaluation is over."""
    try:
        return bool(worker.control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return False


@dataclass(frozen=True)
class Capacity:
    """How many queries are answered at a time, how many may wait, and how many of one client's.

    Of several workers one client never has all. `longest` is the size of a request, in bytes.
    """

    workers: int
    federating: int = 0
    queue: int = 64
    share: int = 8
    longest: int = 4_000_000


class Supervisor:
    """Runs workers over one engine; `run` returns after `stop`, or when `watch` says false."""

    def __init__(
        self,
        engine: Service,
        path: Path,
        capacity: Capacity,
        limits: Limits,
        watch: Callable[[], bool] = lambda: True,
    ) -> None:
        self._engine = engine
        self._path = path
        self._capacity = capacity
        self._limits = limits
        self._watch = watch
        self._selector = selectors.DefaultSelector()
        self._clients: set[Client] = set()
        self._waiting: deque[Client] = deque()
        self._workers: set[Worker] = set()
        self._running = True
        self._listener = self._listen(path)
        for _ in range(capacity.workers):
            self._fork()
        for _ in range(capacity.federating):
            self._fork(federating=True)

    @staticmethod
    def _listen(path: Path) -> socket.socket:
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
        listener.listen(BACKLOG)
        listener.setblocking(False)
        return listener

    def stop(self, *_: object) -> None:
        """End `run`; fit for a signal handler."""
        self._running = False

    def run(self) -> None:
        """Serve until `stop`, or until `watch` says that there is nobody to serve."""
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        try:
            while self._running and self._watch():
                for key, _ in self._selector.select(timeout=0.5):
                    key.data()
        finally:
            self._close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        client = Client(connection, bytearray())
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._read(client))

    def _read(self, client: Client) -> None:
        """More of a request, or the end of a connection."""
        if client not in self._clients:
            return  # closed by an earlier event of the same round
        try:
            data = client.connection.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._leave(client)
            return
        client.received += data
        if len(client.received) > self._capacity.longest:
            limit = self._capacity.longest
            self._refuse(client, QueryRefused(f"The request is over {limit} bytes."))
        elif client.request is None and client.complete():
            self._enqueue(client)

    def _enqueue(self, client: Client) -> None:
        try:
            client.request = wire.parse_request(client.received)
        except (ValueError, KeyError, TypeError):
            self._refuse(client, QueryRefused("The request cannot be read."))
            return
        own = sum(each.name == client.name for each in self._waiting)
        if len(self._waiting) >= self._capacity.queue:
            self._refuse(client, ServiceBusy("Too many queries are waiting; try again shortly."))
        elif client.name and own >= self._capacity.share:
            self._refuse(
                client,
                TooManyQueries(f"You have {own} queries waiting; wait for their answers."),
            )
        else:
            self._waiting.append(client)
            self._dispatch()

    def _dispatch(self) -> None:
        """Hand requests to workers that are free, those of the least served clients first."""
        for worker in [each for each in self._workers if each.client is None]:
            client = self._next(worker.federating)
            if client is None:
                continue
            self._waiting.remove(client)
            client.worker, worker.client = worker, client
            # A worker that died in this moment is found by its own event.
            with contextlib.suppress(OSError):
                size = wire.LENGTH.size
                head, connection = bytes(client.received[:size]), client.connection.fileno()
                socket.send_fds(worker.control, [head], [connection])
                worker.control.sendall(client.received[size:])

    def _next(self, federating: bool) -> Client | None:
        """Whose turn it is: among the waiting, who has the fewest queries running."""
        running = Counter(each.client.name for each in self._workers if each.client)
        most = max(1, self._capacity.workers - 1)
        able = [
            each
            for each in self._waiting
            if each.request is not None
            and each.request.federated == federating
            and (not each.name or running[each.name] < most)
        ]
        return min(able, key=lambda each: running[each.name], default=None)

    def _heard(self, worker: Worker) -> None:
        """A worker has evaluated its query, is free again, or is dead."""
        if worker not in self._workers:
            return
        try:
            said = worker.control.recv(2)
        except OSError:
            said = b""
        if not said:
            self._bury(worker)
        elif not worker.ended:
            if worker.client:
                self._close_client(worker.client)
            if FREE in said:
                worker.client = None
                self._dispatch()

    def _bury(self, worker: Worker) -> None:
        self._selector.unregister(worker.control)
        worker.control.close()
        self._workers.discard(worker)
        _, status = os.waitpid(worker.pid, 0)
        if worker.client:
            self._refuse(worker.client, self._cause(status, worker.client.request))
        self._fork(worker.federating)
        self._dispatch()

    def _cause(self, status: int, request: Request | None) -> QueryError:
        """Which limit a worker met, from the manner of its death."""
        signaled = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if signaled in {signal.SIGALRM, signal.SIGXCPU}:
            return QueryTimeout.after(self._limits.of(request))
        if signaled in {signal.SIGABRT, signal.SIGKILL}:
            return QueryOutOfMemory.over(self._limits.memory)
        return QueryCrashed("The engine could not cope with this query; simplify it.")

    def _leave(self, client: Client) -> None:
        """The client is gone: nobody wants the answer any more."""
        worker = client.worker
        self._close_client(client)
        if worker and not _evaluated(worker):
            worker.ended = True
            os.kill(worker.pid, signal.SIGKILL)

    def _refuse(self, client: Client, error: QueryError) -> None:
        with contextlib.suppress(OSError):
            client.connection.sendall(wire.write_error(error))
        self._close_client(client)

    def _close_client(self, client: Client) -> None:
        if client in self._clients:
            self._clients.discard(client)
            with contextlib.suppress(ValueError):
                self._waiting.remove(client)
            self._selector.unregister(client.connection)
            client.connection.close()

    def _fork(self, federating: bool = False) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self._become_worker(ours, theirs, federating)
        theirs.close()
        worker = Worker(pid, ours, federating)
        self._workers.add(worker)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._heard(worker))

    def _become_worker(self, ours: socket.socket, control: socket.socket, federating: bool) -> None:
        """In the child: drop what is the parent's, serve, and end without the parent's clean-up."""
        code = 1
        try:
            self._selector.close()
            self._listener.close()
            ours.close()
            for worker in self._workers:
                worker.control.close()
            for client in self._clients:
                client.connection.close()
            serve(self._engine, control, self._limits, federating)
            code = 0
        except BaseException as error:
            print(f"query worker: {error!r}", file=sys.stderr)
        finally:
            os._exit(code)

    def _close(self) -> None:
        self._selector.close()
        self._listener.close()
        self._path.unlink(missing_ok=True)
        for worker in self._workers:
            with contextlib.suppress(OSError):
                os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
            worker.control.close()
        for client in self._clients:
            client.connection.close()
