"""What passes over the Unix sockets: a length, then JSON; file descriptors ride along.

client --> supervisor   request {text, media_type, bindings, …}
supervisor --> worker   the same bytes, with the client's connection
worker --> client       header {media_type, size, seconds}, with the result in a file; one of up to
                        INLINE bytes follows the header instead
                        or {error: class name, message}
supervisor --> client   the error, when a worker died
"""

from __future__ import annotations

import io
import json
import os
import socket
import struct
from typing import Any

from pyoxigraph import RdfFormat, parse

import kg.errors
from kg.errors import QueryCrashed, QueryError
from kg.query import Answer, Request, Term

LENGTH = struct.Struct("!I")
INLINE = 1 << 16


def pack(message: dict[str, Any]) -> bytes:
    """A message, ready to send."""
    body = json.dumps(message, ensure_ascii=False).encode()
    return LENGTH.pack(len(body)) + body


def receive(connection: socket.socket, descriptors: int = 0) -> tuple[dict[str, Any], list[int]]:
    """Read one message and the file descriptors sent with it; `EOFError` if the peer is gone."""
    head, given, _, _ = socket.recv_fds(connection, LENGTH.size, descriptors)
    data = head + _exactly(connection, LENGTH.size - len(head)) if head else b""
    if not data:
        raise EOFError
    return json.loads(_exactly(connection, LENGTH.unpack(data)[0])), list(given)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        if not (more := connection.recv(min(size - len(data), 1 << 20))):
            raise EOFError
        data += more
    return bytes(data)


def write_answer(answer: Answer) -> tuple[bytes, list[int]]:
    """What to send for an answer: bytes, and the descriptor of its file if it is large."""
    about = {"media_type": answer.media_type, "size": answer.size, "seconds": answer.seconds}
    header = pack(about)
    if answer.size > INLINE:
        return header, [answer.file.fileno()]
    return header + answer.file.read(), []


def read_answer(
    connection: socket.socket, header: dict[str, Any], descriptors: list[int]
) -> Answer:
    """The answer that `write_answer` wrote, its header already received."""
    size = int(header["size"])
    file = (
        os.fdopen(descriptors[0], "rb") if descriptors else io.BytesIO(_exactly(connection, size))
    )
    return Answer(header["media_type"], file, size, float(header["seconds"]))


def parse_request(data: bytes | bytearray) -> Request:
    """The request that stands in these bytes, length first; `ValueError` and the like if none."""
    return read_request(json.loads(bytes(data[LENGTH.size :])))


def write_request(request: Request) -> bytes:
    """A request as bytes."""
    return pack(
        {
            "text": request.text,
            "media_type": request.media_type,
            "bindings": {name: str(term) for name, term in request.bindings.items()},
            "default_graphs": request.default_graphs,
            "named_graphs": request.named_graphs,
            "seconds": request.seconds,
            "client": request.client,
            "federated": request.federated,
        }
    )


def read_request(message: dict[str, Any]) -> Request:
    """The request that `write_request` wrote."""
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


def write_error(error: QueryError) -> bytes:
    """An error as bytes."""
    return pack({"error": type(error).__name__, "message": str(error)})


def read_error(message: dict[str, Any]) -> QueryError:
    """The error that `write_error` wrote."""
    kind = getattr(kg.errors, message["error"], QueryCrashed)
    error = kind(message["message"])
    assert isinstance(error, QueryError)
    return error
