"""The web's ends of the socket: one for threads, and one for an event loop.

Connections stay open from query to query. A query whose asker leaves is abandoned; the supervisor
then answers that it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import weakref
from collections.abc import Callable
from pathlib import Path

from kg.errors import QueryCrashed, QueryError, ServiceBusy
from kg.query import Answer, Request, wire
from kg.query.wire import Frame, Frames

# Connections that stay open for whoever asks next.
IDLE = 4


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise ServiceBusy(f"The query service cannot be reached: {error}.") from None
    return connection


def _close(connections: list[socket.socket]) -> None:
    while connections:
        connections.pop().close()


def _until_departure(
    request: Request, abandon: Callable[[], None]
) -> contextlib.AbstractContextManager[None]:
    """Within the block, `abandon` is called when who asked leaves."""
    return request.departure.ends(abandon) if request.departure else contextlib.nullcontext()


def _ended() -> QueryError:
    return QueryCrashed("The query service ended the connection.")


class Client:
    """Answers by asking the supervisor's workers; for any number of threads."""

    def __init__(self, path: Path, patience: float = 300.0) -> None:
        self._path = path
        self._patience = patience
        self._tickets = itertools.count(1)
        self._idle: list[socket.socket] = []
        weakref.finalize(self, _close, self._idle)

    def answer(self, request: Request) -> Answer:
        """The complete answer; raises what ended it, or `ServiceBusy` if nobody is there."""
        while True:
            try:
                connection, fresh = self._idle.pop(), False
            except IndexError:
                connection, fresh = _connect(self._path), True
            try:
                frame = self._exchange(connection, request)
            except (EOFError, ConnectionError):
                if fresh:
                    raise _ended() from None
            except OSError as error:
                raise ServiceBusy(f"The query service does not answer: {error}.") from None
            else:
                self._idle.append(connection)
                while len(self._idle) > IDLE:
                    self._idle.pop().close()
                return wire.read_answer(frame)

    def _exchange(self, connection: socket.socket, request: Request) -> Frame:
        """Send a request and receive its answer; whatever prevents it closes the connection."""
        ticket = next(self._tickets) & 0xFFFFFFFF

        def abandon() -> None:
            with contextlib.suppress(OSError):  # the answer was faster
                connection.sendall(wire.abandon(ticket))

        try:
            connection.settimeout(self._patience)
            connection.sendall(wire.write_request(ticket, request))
            with _until_departure(request, abandon):
                return _one(connection)
        except BaseException:
            connection.close()
            raise


def _one(connection: socket.socket) -> Frame:
    """The next frame; `EOFError` if none comes."""
    frames = Frames()
    while True:
        data, descriptors = wire.receive(connection)
        if not data:
            frames.close()
            raise EOFError
        for frame in frames.feed(data, descriptors):
            return frame


class Channel:
    """The same for one event loop: all queries on one connection, answered in any order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tickets = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._connection: socket.socket | None = None
        self._frames = Frames()
        self._unsent = bytearray()

    async def answer(self, request: Request) -> Answer:
        """The complete answer; raises what ended it, or `ServiceBusy` if nobody is there."""
        loop = asyncio.get_running_loop()
        ticket = next(self._tickets) & 0xFFFFFFFF
        connection = self._open(loop)
        self._waiting[ticket] = future = loop.create_future()

        def abandon() -> None:
            loop.call_soon_threadsafe(self._send, connection, wire.abandon(ticket))

        try:
            self._send(connection, wire.write_request(ticket, request))
            with _until_departure(request, abandon):
                return wire.read_answer(await future)
        except asyncio.CancelledError:
            self._send(connection, wire.abandon(ticket))
            raise
        finally:
            self._waiting.pop(ticket, None)

    def _open(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        if self._connection is None:
            self._connection = _connect(self._path)
            self._connection.setblocking(False)
            loop.add_reader(self._connection, self._receive, self._connection)
        return self._connection

    def _send(self, connection: socket.socket, data: bytes) -> None:
        """Send as soon as there is room: at once for a query that is alone, otherwise at the end of
        this round of the loop, with what else comes until then. What a closed connection lost is
        told by it.
        """
        if connection is not self._connection:
            return
        self._unsent += data
        if len(self._waiting) == 1:
            self._flush(connection)
        elif len(self._unsent) == len(data):
            asyncio.get_running_loop().call_soon(self._flush, connection)

    def _flush(self, connection: socket.socket) -> None:
        if connection is not self._connection:
            return
        with contextlib.suppress(OSError):  # its end is read
            del self._unsent[: connection.send(self._unsent)]
        loop = asyncio.get_running_loop()
        if self._unsent:
            loop.add_writer(connection, self._flush, connection)
        else:
            loop.remove_writer(connection)

    def _receive(self, connection: socket.socket) -> None:
        try:
            data, descriptors = wire.receive(connection)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        if not data:
            self._close(connection)
        for frame in self._frames.feed(data, descriptors):
            future = self._waiting.get(frame.ticket)
            if future and not future.done():
                future.set_result(frame)
            else:
                frame.close()

    def _close(self, connection: socket.socket) -> None:
        """The other side has ended: whoever waits is told; the next query tries another one."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(connection)
        loop.remove_writer(connection)
        connection.close()
        self._frames.close()
        self._connection, self._frames, self._unsent = None, Frames(), bytearray()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(_ended())
