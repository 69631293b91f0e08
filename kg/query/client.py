"""The web's end of the socket."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

from kg.errors import QueryCrashed, ServiceBusy
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
                connection.sendall(wire.write_request(request))
                header, descriptors = wire.receive(connection, descriptors=1)
                if "error" not in header:
                    return wire.read_answer(connection, header, descriptors)
            except EOFError:
                raise QueryCrashed("The query service ended the connection.") from None
            except OSError as error:
                raise ServiceBusy(f"The query service cannot be reached: {error}.") from None
        raise wire.read_error(header)
