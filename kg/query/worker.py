"""A query worker: a forked process that answers one query at a time, under the kernel's limits."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path

from kg.errors import QueryCrashed, QueryError, QueryOutOfMemory
from kg.query import Answer, Request, Service, wire

MIB = 1 << 20
# What a worker says to the supervisor.
EVALUATED, FREE = b".", b"!"
# For the engine, which descends into a query (`guard.MAX_STEPS`). It counts as memory when used.
STACK = 100 * MIB
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


@dataclass(frozen=True)
class Limits:
    """What one query may take: seconds (wall clock and CPU), MiB of memory, MiB of result."""

    seconds: float
    memory: int
    result: int
    federated_seconds: float = 60.0
    network: bool = False

    def of(self, request: Request | None) -> float:
        """The seconds that this request may take."""
        if request is None:
            return self.seconds
        most = self.federated_seconds if request.federated else self.seconds
        return min(request.seconds or most, most)


def serve(
    engine: Service, control: socket.socket, limits: Limits, federating: bool = False
) -> None:
    """Answer jobs from the supervisor until it closes the control socket.

    A job is a request with the client's connection. One byte tells the supervisor that the
    evaluation is over; it goes out before the answer, so that a client that takes its answer and
    leaves is not mistaken for one that gave up. Another one, after the answer, asks for the next
    job. A query that meets a limit ends this process, by the default action of the signal. Only a
    federating worker, or one whose limits say so, keeps the network.
    """
    _confine(limits)
    if not (federating or limits.network):
        _leave_network()
    while True:
        try:
            message, (descriptor,) = wire.receive(control, descriptors=1)
        except EOFError:
            return
        with socket.socket(fileno=descriptor) as client:
            client.setblocking(True)
            _answer(engine, wire.read_request(message), client, control, limits)
        control.sendall(FREE)


def _answer(
    engine: Service,
    request: Request,
    client: socket.socket,
    control: socket.socket,
    limits: Limits,
) -> None:
    outcome: Answer | QueryError
    try:
        _start_clock(limits.of(request))
        start = time.perf_counter()
        answer = engine.answer(request)
        outcome = replace(answer, seconds=time.perf_counter() - start)
    except QueryOutOfMemory:
        outcome = QueryOutOfMemory.over(limits.memory)
    except QueryError as error:
        outcome = error
    except Exception as error:
        outcome = QueryCrashed(f"The engine failed: {type(error).__name__}.")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    control.sendall(EVALUATED)
    if isinstance(outcome, QueryError):
        _send(client, wire.write_error(outcome))
        return
    with outcome.file:
        data, descriptors = wire.write_answer(outcome)
        _send(client, data, *descriptors)


def _send(client: socket.socket, data: bytes, *descriptors: int) -> None:
    # A client that went away is no matter of the next query's.
    with contextlib.suppress(OSError):
        if descriptors:
            socket.send_fds(client, [data], descriptors)
        else:
            client.sendall(data)


def _confine(limits: Limits) -> None:
    """Memory beyond what the store needs already, and the size of a result's file."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * os.sysconf("SC_PAGE_SIZE") + limits.memory * MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, STACK))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.result * MIB, limits.result * MIB))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in (signal.SIGALRM, signal.SIGXCPU, signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails instead: the result's error


def _leave_network() -> None:
    """Enter a network namespace of one's own, where nothing can be reached (unshare(2)).

    It takes the right to do so, or a user namespace of one's own; where the kernel grants neither,
    the guard alone keeps queries from the network.
    """
    unshare = ctypes.CDLL(None).unshare
    if unshare(CLONE_NEWNET):
        unshare(CLONE_NEWUSER | CLONE_NEWNET)


def _start_clock(seconds: float) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    # The engine may use more than one core's time, and both cores' is what we lend.
    spent = int(usage.ru_utime + usage.ru_stime + 2 * seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (spent, hard))
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
