"""The supervisor: a small single-threaded process that holds the store and forks query workers.

It accepts connections on a Unix socket, queues the requests that come there, hands each to a free
worker, and the worker's answer to who asked. When nobody waits for an answer any more, the worker
is killed; when a worker dies, the manner of its death tells who asked which limit was met.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from kg.errors import (
    QueryAbandoned,
    QueryCrashed,
    QueryError,
    QueryOutOfMemory,
    QueryRefused,
    QueryTimeout,
    ServiceBusy,
    TooManyQueries,
)
from kg.query import Request, Service, wire
from kg.query.wire import Frame, Frames
from kg.query.worker import Limits, serve

BACKLOG = 128


@dataclass(eq=False)
class Asker:
    """A connection of a web process: what came of its requests, their jobs, what is to be sent,
    each piece with the descriptors that ride on its first byte.
    """

    connection: socket.socket
    frames: Frames
    jobs: dict[int, Job] = field(default_factory=dict)
    unsent: deque[tuple[bytearray, Sequence[int]]] = field(default_factory=deque)


@dataclass(eq=False)
class Job:
    """A request, the `number`-th that came: first it waits, then a worker answers it."""

    asker: Asker
    frame: Frame
    request: Request
    number: int
    worker: Worker | None = None

    @property
    def queue(self) -> tuple[bool, str]:
        """Where it waits: for which workers, and among whose queries."""
        return self.request.federated, self.request.client


@dataclass(eq=False)
class Worker:
    """A worker process, what it has said, and its job if it is busy; `ended` when it was killed and
    is not buried yet.
    """

    pid: int
    control: socket.socket
    federating: bool
    frames: Frames = field(default_factory=Frames)
    job: Job | None = None
    ended: bool = False


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
        self._askers: set[Asker] = set()
        # Those who are told something in this round.
        self._told: set[Asker] = set()
        # Queues that are not empty, each in the order of arrival.
        self._waiting: dict[tuple[bool, str], dict[Job, None]] = {}
        self._numbers = count()
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
        self._selector.register(self._listener, selectors.EVENT_READ, lambda _: self._accept())
        try:
            while self._running and self._watch():
                for key, events in self._selector.select(timeout=0.5):
                    key.data(events)
                while self._told:
                    self._flush(self._told.pop())
        finally:
            self._close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        asker = Asker(connection, Frames(self._capacity.longest))
        self._askers.add(asker)
        self._selector.register(
            connection, selectors.EVENT_READ, lambda events: self._serve(asker, events)
        )

    def _serve(self, asker: Asker, events: int) -> None:
        """What a connection has brought, or has room for; or its end."""
        if asker not in self._askers:
            return  # closed by an earlier event of the same round
        if events & selectors.EVENT_WRITE:
            self._flush(asker)
        if not events & selectors.EVENT_READ:
            return
        try:
            data = asker.connection.recv(wire.PIECE)
            if not data:
                raise EOFError
            for frame in asker.frames.feed(data):
                self._take(asker, frame)
        except BlockingIOError:
            return
        except (OSError, EOFError):
            self._leave(asker)

    def _take(self, asker: Asker, frame: Frame) -> None:
        """A request, or word that one is abandoned."""
        if frame.too_long:
            limit = self._capacity.longest
            self._tell(asker, frame.ticket, QueryRefused(f"The request is over {limit} bytes."))
            return
        if not frame.head:
            if job := asker.jobs.get(frame.ticket):
                self._abandon(job)
                self._tell(asker, frame.ticket, QueryAbandoned("Who asked has left."))
            return
        try:
            request = wire.read_request(frame)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._tell(asker, frame.ticket, QueryRefused("The request cannot be read."))
            return
        waiting = {queue: len(jobs) for queue, jobs in self._waiting.items()}
        own = sum(waiting.get((federated, request.client), 0) for federated in (False, True))
        if sum(waiting.values()) >= self._capacity.queue:
            error: QueryError = ServiceBusy("Too many queries are waiting; try again shortly.")
        elif request.client and own >= self._capacity.share:
            error = TooManyQueries(f"You have {own} queries waiting; wait for their answers.")
        else:
            job = asker.jobs[frame.ticket] = Job(asker, frame, request, next(self._numbers))
            self._queue(job)
            self._dispatch()
            return
        self._tell(asker, frame.ticket, error)

    def _dispatch(self) -> None:
        """Hand requests to workers that are free, those of the least served clients first."""
        for worker in self._workers if self._waiting else ():
            if worker.job or worker.ended or not (job := self._next(worker.federating)):
                continue
            self._unqueue(job)
            job.worker, worker.job = worker, job
            # A worker that died in this moment is found by its own event.
            with contextlib.suppress(OSError):
                worker.control.sendall(job.frame.data)

    def _next(self, federating: bool) -> Job | None:
        """Whose turn it is: among the waiting, who has the fewest queries running."""
        running = [each.job.request.client for each in self._workers if each.job]
        most = max(1, self._capacity.workers - 1)
        able = [
            (running.count(client), first.number, first)
            for (federated, client), jobs in self._waiting.items()
            if federated == federating and (not client or running.count(client) < most)
            for first in [next(iter(jobs))]
        ]
        return min(able)[2] if able else None

    def _queue(self, job: Job, *, first: bool = False) -> None:
        self._waiting.setdefault(job.queue, {})[job] = None
        if first:
            self._waiting[job.queue] = {job: None, **self._waiting[job.queue]}

    def _unqueue(self, job: Job) -> None:
        jobs = self._waiting.get(job.queue, {})
        jobs.pop(job, None)
        if not jobs:
            self._waiting.pop(job.queue, None)

    def _heard(self, worker: Worker) -> None:
        """A worker has answered, and is free again; or it is dead."""
        if worker not in self._workers:
            return
        try:
            data, descriptors = wire.receive(worker.control, socket.MSG_DONTWAIT)
        except OSError:
            data, descriptors = b"", []
        if not data:
            self._bury(worker)
            return
        for frame in worker.frames.feed(data, descriptors):
            if (job := worker.job) and not worker.ended:
                worker.job = None
                job.asker.jobs.pop(frame.ticket, None)
                self._send(job.asker, frame.data, frame.descriptors)
                self._dispatch()
            else:
                frame.close()

    def _bury(self, worker: Worker) -> None:
        self._selector.unregister(worker.control)
        worker.control.close()
        worker.frames.close()
        self._workers.discard(worker)
        _, status = os.waitpid(worker.pid, 0)
        if (job := worker.job) and status == 0:  # of its own accord, before this job came
            job.worker = None
            self._queue(job, first=True)
        elif job:
            job.asker.jobs.pop(job.frame.ticket, None)
            self._tell(job.asker, job.frame.ticket, self._cause(status, job.request))
        self._fork(worker.federating)
        self._dispatch()

    def _cause(self, status: int, request: Request | None) -> QueryError:
        """Which limit a worker met, from the manner of its death."""
        signaled = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if signaled == signal.SIGXCPU and self._limits.processor:
            return QueryTimeout.after(self._limits.processor)
        if signaled in {signal.SIGALRM, signal.SIGXCPU}:
            return QueryTimeout.after(self._limits.of(request))
        if signaled in {signal.SIGABRT, signal.SIGKILL}:
            return QueryOutOfMemory.over(self._limits.memory)
        return QueryCrashed("The engine could not cope with this query; simplify it.")

    def _abandon(self, job: Job) -> None:
        """Nobody wants this answer any more."""
        job.asker.jobs.pop(job.frame.ticket, None)
        self._unqueue(job)
        if worker := job.worker:
            worker.job, worker.ended = None, True
            os.kill(worker.pid, signal.SIGKILL)

    def _leave(self, asker: Asker) -> None:
        """A connection has ended, and nobody waits for what was asked there."""
        self._askers.discard(asker)
        self._selector.unregister(asker.connection)
        asker.connection.close()
        for job in list(asker.jobs.values()):
            self._abandon(job)
        self._drop_unsent(asker)

    @staticmethod
    def _drop_unsent(asker: Asker) -> None:
        for _, descriptors in asker.unsent:
            for each in descriptors:
                os.close(each)
        asker.unsent.clear()

    def _tell(self, asker: Asker, ticket: int, error: QueryError) -> None:
        self._send(asker, wire.write_error(ticket, error))

    def _send(self, asker: Asker, data: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send at the end of this round, with what else comes until then, or as soon as there is
        room; descriptors are closed when they are sent.
        """
        if descriptors or not asker.unsent:
            asker.unsent.append((bytearray(data), descriptors))
        else:
            asker.unsent[-1][0].extend(data)
        self._told.add(asker)

    def _flush(self, asker: Asker) -> None:
        """Send what there is room for, and wait for more room if there is more to send."""
        while asker.unsent:
            data, descriptors = asker.unsent[0]
            try:
                if descriptors:
                    sent = socket.send_fds(asker.connection, [data], descriptors)
                else:
                    sent = asker.connection.send(data)
            except BlockingIOError:
                break
            except OSError:  # its end is read
                self._drop_unsent(asker)
                break
            for each in descriptors:
                os.close(each)
            del data[:sent]
            if data:
                asker.unsent[0] = (data, ())
            else:
                asker.unsent.popleft()
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if asker.unsent else 0)
        if asker in self._askers:
            key = self._selector.get_key(asker.connection)
            if key.events != events:
                self._selector.modify(asker.connection, events, key.data)

    def _fork(self, federating: bool = False) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self._become_worker(ours, theirs, federating)
        theirs.close()
        worker = Worker(pid, ours, federating)
        self._workers.add(worker)
        self._selector.register(ours, selectors.EVENT_READ, lambda _: self._heard(worker))

    def _become_worker(self, ours: socket.socket, control: socket.socket, federating: bool) -> None:
        """In the child: drop what is the parent's, serve, and end without the parent's clean-up."""
        code = 1
        try:
            self._selector.close()
            self._listener.close()
            ours.close()
            for worker in self._workers:
                worker.control.close()
            for asker in self._askers:
                asker.connection.close()
                self._drop_unsent(asker)
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
        for asker in self._askers:
            asker.connection.close()
