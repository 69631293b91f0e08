"""A query worker: a forked process that answers one query at a time, under the kernel's limits."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import socket
import time
from dataclasses import dataclass
from functools import lru_cache

from kg.errors import QueryCrashed, QueryError, QueryOutOfMemory
from kg.query import Answer, Request, Service, wire
from kg.query.wire import Frame, Frames

MIB = 1 << 20
# For the engine, which descends into a query (`guard.MAX_STEPS`). It counts as memory when used.
STACK = 100 * MIB
# The part of a query's memory that a worker may keep: the allocator holds small blocks at hand.
KEPT = 1 / 8
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


@dataclass(frozen=True)
class Limits:
    """What one query may take: seconds (wall clock and CPU), MiB of memory, MiB of result.

    `processor`: seconds of processor, where it must not depend on what else the machine does
    whether a query is answered; otherwise two cores' time, which is what is lent.
    """

    seconds: float
    memory: int
    result: int
    federated_seconds: float = 60.0
    network: bool = False
    processor: float | None = None

    def of(self, request: Request | None) -> float:
        """The seconds that this request may take."""
        if request is None:
            return self.seconds
        most = self.federated_seconds if request.federated else self.seconds
        return min(request.seconds or most, most)


def serve(
    engine: Service, control: socket.socket, limits: Limits, federating: bool = False
) -> None:
    """Answer the supervisor's requests, one by one, until it closes the control socket.

    The whole answer tells it that the worker is free. A query that meets a limit ends this process,
    by the default action of the signal. After one that left it large it ends of its own accord: the
    next query has its whole memory in a fresh one. Only a federating worker, or one whose limits
    say so, keeps the network.
    """
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    own = _memory(statm)
    _confine(limits, own)
    if not (federating or limits.network):
        _leave_network()
    frames = Frames()
    while data := control.recv(wire.PIECE):
        for frame in frames.feed(data):
            _answer(engine, frame, control, limits)
        if _memory(statm) - own > limits.memory * MIB * KEPT:
            return


def _answer(engine: Service, frame: Frame, control: socket.socket, limits: Limits) -> None:
    outcome: Answer | QueryError
    try:
        request = wire.read_request(frame)
        _start_clock(limits.of(request), limits.processor)
        start = time.perf_counter()
        answer = engine.answer(request)
        seconds = time.perf_counter() - start
        outcome = Answer(answer.media_type, answer.file, answer.size, seconds)
    except QueryOutOfMemory:
        outcome = QueryOutOfMemory.over(limits.memory)
    except QueryError as error:
        outcome = error
    except Exception as error:
        outcome = QueryCrashed(f"The engine failed: {type(error).__name__}.")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if isinstance(outcome, QueryError):
        control.sendall(wire.write_error(frame.ticket, outcome))
        return
    with outcome.file:
        data, descriptors = wire.write_answer(frame.ticket, outcome)
        sent = socket.send_fds(control, [data], descriptors) if descriptors else 0
        control.sendall(data[sent:])


def _memory(statm: int) -> int:
    """The bytes of this process's address space, which is what is limited (proc(5))."""
    return int(os.pread(statm, 32, 0).split()[0]) * resource.getpagesize()


def _confine(limits: Limits, own: int) -> None:
    """Memory beyond what the store needs already, and the size of a result's file."""
    memory = own + limits.memory * MIB
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


def _start_clock(seconds: float, processor: float | None) -> None:
    # The engine may use more than one core's time.
    more = 2 * seconds + 2 if processor is None else processor
    _limit_processor(math.ceil(time.process_time() + more))
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))


@lru_cache(maxsize=1)
def _limit_processor(ends: int) -> None:
    """End this process when it has used so many seconds, as it was told last."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ends, hard))
