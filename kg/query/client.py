"""The web's end of the socket."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import replace
from pathlib import Path

from kg.errors import QueryAbandoned, QueryCrashed, QueryError, ServiceBusy
from kg.query import Answer, Request, guard, wire


class Client:
    """Answers by asking the supervisor's workers; one connection per query, closed with it."""

    def __init__(self, path: Path, patience: float = 300.0) -> None:
        self._path = path
        self._patience = patience

    def answer(self, request: Request) -> Answer:
        """The complete answer; raises what ended it, or `ServiceBusy` if nobody is there."""
        if guard.services(request.text):
            request = replace(request, federated=True)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(self._patience)
            try:
                connection.connect(str(self._path))
                with _ended_by_departure(request, connection):
                    connection.sendall(wire.write_request(request))
                    header, descriptors = wire.receive(connection, descriptors=1)
                    if "error" not in header:
                        return wire.read_answer(connection, header, descriptors)
            except (EOFError, OSError) as error:
                raise _failure(error, request) from None
        raise wire.read_error(header)


def _ended_by_departure(
    request: Request, connection: socket.socket
) -> contextlib.AbstractContextManager[None]:
    """Within the block, the connection ends when who asked leaves; the supervisor sees to the
    rest.
    """

    def end() -> None:
        with contextlib.suppress(OSError):  # the other side was faster
            connection.shutdown(socket.SHUT_RDWR)

    return request.departure.ends(end) if request.departure else contextlib.nullcontext()


def _failure(error: EOFError | OSError, request: Request) -> QueryError:
    if request.departure and request.departure.happened:
        return QueryAbandoned("Who asked has left.")
    if isinstance(error, EOFError):
        return QueryCrashed("The query service ended the connection.")
    return ServiceBusy(f"The query service cannot be reached: {error}.")
