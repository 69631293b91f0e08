"""Federation: SERVICE, to listed endpoints only, through a relay of our own.

    query worker ──http──► relay (127.0.0.1, a secret path) ──https──► the listed endpoint

The engine would follow redirects and quote what a stranger's server said. So
`guard.federate` replaces each endpoint in the query by its address at the relay, and the relay asks
the real one: it follows no redirect, takes no more than a limit, and tells of a failure in its own
words. The guard refuses a SERVICE with a variable, or with an endpoint that is not on the list.
"""

from __future__ import annotations

import contextlib
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO
from urllib.parse import urlsplit

from kg.errors import InputError

MIB = 1 << 20
AGENT = "ess-kg (+https://w3id.org/ess-kg/)"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0913, PLR0917 - the library's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        return None


class Relay:
    """Forwards SPARQL queries to the endpoints of a list; `serve` runs until its process ends."""

    def __init__(self, endpoints: Iterable[str], seconds: float, most: int) -> None:
        self._endpoints = [checked(endpoint) for endpoint in endpoints]
        self._seconds = seconds
        self._most = most * MIB
        self._token = secrets.token_urlsafe(16)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._open = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({})).open

    @property
    def addresses(self) -> dict[str, str]:
        """Each endpoint's address at the relay."""
        port = self._server.server_address[1]
        return {
            endpoint: f"http://127.0.0.1:{port}/{self._token}/{number}"
            for number, endpoint in enumerate(self._endpoints)
        }

    def serve(self) -> None:
        """Answer until the process ends."""
        self._server.serve_forever()

    def stop(self) -> None:
        """End `serve` and close the socket."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(relay) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            timeout = 60

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status, kind, body = relay.ask(self.path, self.headers, self.rfile.read(length))
                with contextlib.suppress(OSError):  # the worker may have met its limit meanwhile
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: the web server keeps the log of requests."""

        return Handler

    def ask(self, path: str, headers: Message, body: bytes) -> tuple[int, str, bytes]:
        """(status, media type, body) of the endpoint at this path; our own words for a failure."""
        found = [
            endpoint for endpoint, here in self.addresses.items() if urlsplit(here).path == path
        ]
        if not found:
            return 404, "text/plain", b"There is no such endpoint."
        request = urllib.request.Request(  # noqa: S310 - an address of the deployer's list
            found[0],
            data=body,
            headers={
                "Content-Type": headers.get("Content-Type", "application/sparql-query"),
                "Accept": headers.get("Accept", "application/sparql-results+json"),
                "User-Agent": AGENT,
            },
        )
        try:
            with self._open(request, timeout=self._seconds) as answer:
                result = answer.read(self._most + 1)
                kind = answer.headers.get("Content-Type", "application/octet-stream")
        except urllib.error.HTTPError as error:
            return 502, "text/plain", f"The endpoint answered {error.code}.".encode()
        except (OSError, ValueError):
            return 502, "text/plain", b"The endpoint could not be reached."
        if len(result) > self._most:
            return 502, "text/plain", b"The endpoint's answer is too large."
        return 200, kind, result


def checked(endpoint: str) -> str:
    """An endpoint fit for the list: http or https, and a host."""
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise InputError(
            "is not the address of an endpoint",
            column="KG_FEDERATION",
            value=endpoint,
            mend="write https://…, several with commas between",
        )
    return endpoint
