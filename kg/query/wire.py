"""What passes over the Unix sockets: frames, each with the ticket that its asker gave it.

    ticket, length of the head, length of the body | head, JSON | body

web --> supervisor --> worker    request {text, media_type, bindings, …}
web --> supervisor               no head: nobody waits for the answer any more
worker --> supervisor --> web    {media_type, size, seconds}, the result as body; one of more than
                                 INLINE bytes is in a file, whose descriptor rides along
supervisor or worker --> web     {error: class name, message}
"""

from __future__ import annotations

import io
import json
import os
import socket
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import RdfFormat, parse

import kg.errors
from kg.errors import QueryCrashed, QueryError
from kg.query import Answer, Request, Term, guard

_HEAD = struct.Struct("!III")
# The length of a body that is in a file.
_IN_FILE = 0xFFFFFFFF
INLINE = 1 << 16
# What is read of a stream at a time; descriptors come one with each piece (unix(7)). For a larger
# piece the allocator asks the system for room each time, which takes longer than most answers do.
PIECE = 1 << 16
_write = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Frame:
    """One message: what was sent, and the file that came with it. Of one that is too long nothing
    but the ticket is kept.
    """

    ticket: int
    head: bytes
    body: bytes
    data: bytes
    descriptors: Sequence[int] = ()
    too_long: bool = False

    def read(self) -> dict[str, Any]:
        """The head; `ValueError` if it is none."""
        read = json.loads(self.head.decode())
        if not isinstance(read, dict):
            raise ValueError("is no object")
        return read

    def close(self) -> None:
        """Close the file of a frame that nobody reads."""
        for descriptor in self.descriptors:
            os.close(descriptor)


class Frames:
    """Reads frames out of a stream, piece by piece."""

    def __init__(self, longest: int = _IN_FILE) -> None:
        self._longest = longest
        self._data = bytearray()
        self._skipped = 0
        self._descriptors: deque[int] = deque()

    def feed(self, data: bytes, descriptors: Sequence[int] = ()) -> Iterator[Frame]:
        """The frames that are whole with these bytes, or known to be too long."""
        self._data += data
        self._descriptors.extend(descriptors)
        while self._skip() and len(self._data) >= _HEAD.size:
            ticket, head, body = _HEAD.unpack_from(self._data)
            in_file = body == _IN_FILE
            middle = _HEAD.size + head
            end = middle + (0 if in_file else body)
            if end > self._longest:
                self._skipped = end
                yield Frame(ticket, b"", b"", b"", too_long=True)
                continue
            if len(self._data) < end:
                return
            frame = bytes(self._data[:end])
            del self._data[:end]
            given = [self._descriptors.popleft()] if in_file else []
            yield Frame(ticket, frame[_HEAD.size : middle], frame[middle:], frame, given)

    def _skip(self) -> bool:
        """Drop what came of a frame that is too long; whether that was all of it."""
        dropped = min(self._skipped, len(self._data))
        del self._data[:dropped]
        self._skipped -= dropped
        return not self._skipped

    def close(self) -> None:
        """Close the files of frames that never became whole."""
        while self._descriptors:
            os.close(self._descriptors.popleft())


def receive(connection: socket.socket, flags: int = 0) -> tuple[bytes, list[int]]:
    """A piece of a stream and the descriptor that came with it; nothing at its end."""
    data, descriptors, _, _ = socket.recv_fds(connection, PIECE, 4, flags)
    return data, list(descriptors)


def _pack(ticket: int, head: dict[str, Any], body: bytes = b"") -> bytes:
    written = _write(head).encode()
    return _HEAD.pack(ticket, len(written), len(body)) + written + body


def abandon(ticket: int) -> bytes:
    """Word that nobody waits for this ticket's answer any more."""
    return _HEAD.pack(ticket, 0, 0)


def write_answer(ticket: int, answer: Answer) -> tuple[bytes, list[int]]:
    """What to send for an answer: bytes, and the descriptor of its file if it is large."""
    about = {"media_type": answer.media_type, "size": answer.size, "seconds": answer.seconds}
    if answer.size <= INLINE:
        return _pack(ticket, about, answer.file.read()), []
    head = _write(about).encode()
    return _HEAD.pack(ticket, len(head), _IN_FILE) + head, [answer.file.fileno()]


def read_answer(frame: Frame) -> Answer:
    """The answer of a frame; raises the error that it tells of."""
    head = frame.read()
    if "error" in head:
        raise _error(head)
    file = os.fdopen(frame.descriptors[0], "rb") if frame.descriptors else io.BytesIO(frame.body)
    return Answer(head["media_type"], file, int(head["size"]), float(head["seconds"]))


def write_request(ticket: int, request: Request) -> bytes:
    """A request as bytes; one that asks other endpoints goes to who can reach them."""
    return _pack(
        ticket,
        {
            "text": request.text,
            "media_type": request.media_type,
            "bindings": {name: str(term) for name, term in request.bindings.items()},
            "default_graphs": request.default_graphs,
            "named_graphs": request.named_graphs,
            "seconds": request.seconds,
            "client": request.client,
            "federated": request.federated or bool(guard.services(request.text)),
        },
    )


def read_request(frame: Frame) -> Request:
    """The request that `write_request` wrote; `ValueError` and the like if it is none."""
    message = frame.read()
    return Request(
        text=message["text"],
        media_type=message["media_type"],
        bindings={name: _term(text) for name, text in message["bindings"].items()},
        default_graphs=tuple(message["default_graphs"]),
        named_graphs=tuple(message["named_graphs"]),
        seconds=message["seconds"],
        client=message["client"],
        federated=bool(message["federated"]),
    )


def _term(text: str) -> Term:
    quad = next(iter(parse(f"<x:s> <x:p> {text} .", format=RdfFormat.N_TRIPLES)))
    term: Term = quad.object
    return term


def write_error(ticket: int, error: QueryError) -> bytes:
    """An error as bytes."""
    return _pack(ticket, {"error": type(error).__name__, "message": str(error)})


def _error(head: dict[str, Any]) -> QueryError:
    kind = getattr(kg.errors, head["error"], QueryCrashed)
    error = kind(head["message"])
    assert isinstance(error, QueryError)
    return error
