"""A client's connection, as granian gives it (RSGI): the body of its request, and the answer to it.

The server sets no limits of its own here. A body has a length and a time; an answer has a rate, and
what is not taken waits in no memory: a long one goes to the server through a pipe, which holds no
more than the server has not read, and it reads what the client takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout

from kg.query.departure import Departure
from kg.web.i18n import later

if TYPE_CHECKING:
    from granian._granian import RSGIHeaders, RSGIHTTPProtocol

KIB = 1 << 10
# Of a body, and of an answer, what is held in memory.
SMALL = 256 * KIB
# The longest that a body may take, in seconds; and an answer, besides its time at the lowest rate
# (bytes a second).
BODY_SECONDS = 30.0
ANSWER_SECONDS = 60.0
SLOWEST = 64 * KIB
# The server begins to read an answer in this time, or never: its client has left.
BEGIN_SECONDS = 2.0
# Before this, an answer is not worth a look whether somebody waits for it; after twice as long,
# there was one.
WATCH_SECONDS = 0.1
# A client that takes nothing for so long is gone (seconds).
STALL_SECONDS = 30
# How long the rest of a refused body is read, for the answer to arrive (seconds).
LINGER_SECONDS = 3.0

Run: TypeAlias = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Reply:
    """An answer: its whole body, or what makes a long one, to be closed when it is sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes] = b""
    close: Callable[[], object] = bytes


async def body(
    protocol: RSGIHTTPProtocol, headers: RSGIHeaders, longest: int, folder: Path
) -> IO[bytes]:
    """The whole body of a request, in memory or in a file of `folder`; the caller closes it.

    Raises a 413 as soon as it is known to be longer than `longest` bytes, a 408 when it does not
    arrive in time, and a 400 when it ends early.
    """
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        return BytesIO()
    if length is not None and int(length) > longest:
        raise RequestEntityTooLarge
    file: IO[bytes] = tempfile.SpooledTemporaryFile(SMALL, dir=str(folder))  # noqa: SIM115
    try:
        async with asyncio.timeout(BODY_SECONDS):
            whole = await _receive(protocol, file, longest)
        if not whole or (length is not None and file.tell() != int(length)):
            raise BadRequest(later("Le corps de la requête n’est pas arrivé en entier."))
    except TimeoutError:
        file.close()
        raise RequestTimeout from None
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def _receive(protocol: RSGIHTTPProtocol, file: IO[bytes], longest: int) -> bool:
    """Write the body to a file; whether it came to its end.

    The server gives an empty chunk for the end, and one more for an error before it.
    """
    empty = 0
    async for chunk in protocol:
        empty += not chunk
        if file.tell() + len(chunk) > longest:
            raise RequestEntityTooLarge
        file.write(chunk)
    return empty <= 1


async def linger(protocol: RSGIHTTPProtocol) -> None:
    """Read on for a while what a client sends although it has its answer.

    A connection that is closed before that is reset, and the answer lost.
    """
    with contextlib.suppress(TimeoutError, RuntimeError):
        async with asyncio.timeout(LINGER_SECONDS):
            async for _ in protocol:
                pass


async def send(protocol: RSGIHTTPProtocol, reply: Reply, run: Run) -> None:
    """Send an answer; returns when the server has it, or when it is taken too slowly or no more.

    `run` calls a function in a thread: a long answer may have to be read from a disk.
    """
    if isinstance(reply.body, bytes):
        protocol.response_bytes(reply.status, reply.headers, reply.body)
        return
    try:
        with contextlib.closing(Pipe()) as pipe:
            protocol.response_file(reply.status, reply.headers, pipe.path)
            # If the end is missing, the server ends the connection: it knows the length.
            with contextlib.suppress(TimeoutError, BrokenPipeError):
                while (piece := await run(next, reply.body, None)) is not None:
                    await pipe.write(piece)
    finally:
        await run(reply.close)


class Watch:
    """Sees who leaves before the answer is there. What has taken a while is looked at, in rounds; a
    short request costs nothing.
    """

    def __init__(self) -> None:
        self._fresh: dict[Departure, RSGIHTTPProtocol] = {}
        self._earlier: dict[Departure, RSGIHTTPProtocol] = {}
        self._tasks: dict[Departure, asyncio.Task[None]] = {}
        self._round: asyncio.TimerHandle | None = None

    @contextlib.contextmanager
    def over(self, protocol: RSGIHTTPProtocol) -> Iterator[Departure]:
        """Within the block, the departure of this client happens when it leaves."""
        departure = Departure()
        self._fresh[departure] = protocol
        if self._round is None:
            self._begin()
        try:
            yield departure
        finally:
            for waiting in (self._fresh, self._earlier):
                waiting.pop(departure, None)
            if task := self._tasks.pop(departure, None):
                task.cancel()

    def _begin(self) -> None:
        self._round = asyncio.get_running_loop().call_later(WATCH_SECONDS, self._look)

    def _look(self) -> None:
        """Watch those that were here a round ago."""
        for departure, protocol in self._earlier.items():
            task = asyncio.create_task(_until_gone(protocol, departure))
            self._tasks[departure] = task
        self._fresh, self._earlier = {}, self._fresh
        self._round = None
        if self._earlier:
            self._begin()


async def _until_gone(protocol: RSGIHTTPProtocol, departure: Departure) -> None:
    await protocol.client_disconnect()
    departure.happen()


class Pipe:
    """To whoever opens `path` for reading (pipe(7): either end of a pipe leads to both)."""

    def __init__(self) -> None:
        reading, self._writing = os.pipe()
        os.close(reading)  # so that the other reader's end is noticed
        os.set_blocking(self._writing, False)
        self.path = f"/proc/self/fd/{self._writing}"
        self._written = 0
        self._began = asyncio.get_running_loop().time()

    async def write(self, data: bytes) -> None:
        """Write as it is read; `TimeoutError` if that is too slow, `BrokenPipeError` if no more."""
        rest = memoryview(data)
        while rest:
            try:
                count = os.write(self._writing, rest)
            except BlockingIOError:
                await self._room()
            except BrokenPipeError:
                await self._reader()
            else:
                rest = rest[count:]
                self._written += count

    async def _reader(self) -> None:
        """Wait until the path is opened, unless that was before."""
        if self._written or self._left(BEGIN_SECONDS) < 0:
            raise BrokenPipeError
        await asyncio.sleep(0.001)

    async def _room(self) -> None:
        """Wait until something is read."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_writer(self._writing, _settle, ready)
        try:
            async with asyncio.timeout(self._left(ANSWER_SECONDS + self._written / SLOWEST)):
                await ready
        finally:
            loop.remove_writer(self._writing)

    def _left(self, seconds: float) -> float:
        return self._began + seconds - asyncio.get_running_loop().time()

    def close(self) -> None:
        """Let the reader find the end."""
        os.close(self._writing)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


@cache
def limit_stalls() -> None:
    """Let the kernel end connections whose client takes nothing (TCP_USER_TIMEOUT, tcp(7)).

    The server has no option for it. What its listening socket has is inherited by each connection.
    Once is enough.
    """
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - only the numbers count
        with (
            contextlib.suppress(OSError),  # it is no socket, or closed by now
            socket.socket(fileno=os.dup(int(name))) as found,
        ):
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                found.setsockopt(
                    socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * STALL_SECONDS)
                )
