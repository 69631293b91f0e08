"""Bytes to the server and back, with nobody in between who knows what HTTP allows."""

from __future__ import annotations

import contextlib
import socket
from http.client import HTTPResponse, RemoteDisconnected
from io import BufferedReader
from typing import Self

from tests.served import PATIENCE, Reply, Server


class Raw:
    """A connection for the length of a `with` block. Answers are read one after another."""

    def __init__(self, server: Server, source: str = "127.0.0.1", buffer: int = 0) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", server.port))
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def send(self, *parts: bytes) -> Self:
        """Send the parts, as far as the server takes them."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(b"".join(parts))
        return self

    def reply(self, method: str = "GET") -> Reply | None:
        """The next answer, whole; None if the server closed the connection without one."""
        response = HTTPResponse(_Kept(self._file), method=method)
        try:
            response.begin()
            return Reply(response.status, response.headers, response.read())
        except (RemoteDisconnected, ConnectionResetError):
            return None

    def closed(self) -> bool:
        """Whether the server has closed the connection, after what was read."""
        try:
            return not self._file.read(1)
        except ConnectionResetError:
            return True


class _Kept:
    """Gives a response the file of its connection, but not the last word about it."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file

    def makefile(self, _: str) -> Self:
        return self

    def close(self) -> None:
        """The connection goes on."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


def head(target: bytes = b"/health", method: bytes = b"GET", **headers: str) -> bytes:
    """The head of a request of HTTP/1.1; `X_Name` stands for the header X-Name."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    text = "\r\n".join(["Host: kg.example", *lines, "", ""]).encode("latin-1")
    return method + b" " + target + b" HTTP/1.1\r\n" + text
