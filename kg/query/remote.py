"""The remote engine: any SPARQL 1.1 Protocol service asked over HTTP.

    Request ──check, bind──► POST query=… ──JSON or N-Triples──► read whole, written anew ──► Answer

The service is trusted to answer, not to be like the embedded engine in anything else. A query is
first read by the embedded engine's parser, over nothing: its mistakes are reported in the same
words as everywhere, and what only one service would understand is refused. Whatever form a result
is wanted in, the service is asked for the one that all write well, and the result is read to its
end: a body that was cut is an error, not a shorter answer.

The service's default graph must be the union of its graphs, and what it says when it fails is
never passed on.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import http.client
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast
from urllib.parse import urlencode, urljoin, urlsplit

from pyoxigraph import (
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
    serialize,
)

from kg.errors import (
    KgError,
    QueryCrashed,
    QueryError,
    QueryRefused,
    QueryTimeout,
    ResultTooLarge,
    ServiceBusy,
)
from kg.iri import BASE
from kg.query import Answer, Request, guard, parser, wire
from kg.query.bind import bind
from kg.query.forms import GRAPH_FORMATS, GRAPHS, RESULT_FORMATS, RESULTS
from kg.query.local import LocalEngine
from kg.vocab import prefixes

MIB = 1 << 20
PEEK = 1000
_JSON = QueryResultsFormat.JSON
# What an Oxigraph server takes the union for; its own option for that would overrule FROM.
_UNION = ("union-default-graph", "true")
# Virtuoso answers 500 to a query that it stopped, or estimated to run too long.
_TIME = re.compile(rb"\bS1T00\b|estimated execution time")
# It answers ASK with a row, or none.
_TRUTH = {True: b'{"head": {}, "boolean": true}', False: b'{"head": {}, "boolean": false}'}
# How it says that it gave no more rows than its ResultSetMaxRows, with status 200.
_CUT = "X-SPARQL-MaxRows"


class Address:
    """Where a service is, with a name and password if it wants them."""

    def __init__(self, url: str, user: str = "", password: str = "") -> None:
        """`KgError` for what is no http or https address."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise KgError(f"{url!r} is not the address of a service: write http://… or https://…")
        self.url = url
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        name = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {name}"} if user else {}

    @contextmanager
    def send(
        self,
        method: str,
        body: bytes | IO[bytes] | None,
        headers: Mapping[str, str],
        *,
        seconds: float,
        parameters: str = "",
    ) -> Iterator[http.client.HTTPResponse]:
        """The service's response, whatever its status.

        Raises `OSError` or `HTTPException` if there is none. No redirect is followed: an answer
        comes from the address that was given.
        """
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=seconds)
        separator = "&" if "?" in self._path else "?"
        path = f"{self._path or '/'}{separator}{parameters}" if parameters else self._path or "/"
        try:
            connection.request(method, path, body, {**self._headers, **headers})
            with connection.getresponse() as response:
                yield response
        finally:
            connection.close()


class RemoteEngine:
    """Answers by asking another service.

    `seconds` is the longest that it may take, and `most` the MiB that it may send. `base` resolves
    relative IRIs of a query without BASE.
    """

    name = "remote"

    def __init__(
        self,
        address: Address,
        folder: Path | None = None,
        *,
        base: str | None = None,
        seconds: float = 30.0,
        most: int = 1024,
    ) -> None:
        self._address = address
        self._folder = folder
        self._base = base
        self._prefixes = prefixes(urljoin(base or BASE, "."))
        self._seconds = seconds
        self._most = most
        self._grammar = LocalEngine(Store(), folder, base=base)

    def answer(self, request: Request) -> Answer:
        """The service's answer in the form wanted.

        Raises what `kg.query.local.LocalEngine` raises for the text of a query; `QueryRefused` for
        SERVICE; `QueryTimeout`, `ResultTooLarge`, `ServiceBusy`; `QueryCrashed` for an answer that
        is none.
        """
        if guard.services(request.text):
            raise QueryRefused("SERVICE is not available here: this endpoint asks a remote engine.")
        self._grammar.answer(request).file.close()
        folder = str(self._folder) if self._folder else None
        file = tempfile.SpooledTemporaryFile(wire.INLINE, dir=folder)  # noqa: SIM115
        failure = None
        try:
            if request.media_type:
                self._fetch(request, cast(BinaryIO, file))
                file.flush()
        except BaseException as error:
            failure = self._failure(error, request)
        if failure:
            # Raised here, it does not keep the results alive, which only this thread may drop.
            with contextlib.suppress(OSError):  # what is left to be written has no room either
                file.close()
            raise failure
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        return Answer(request.media_type, cast(BinaryIO, file), size)

    def _fetch(self, request: Request, file: BinaryIO) -> None:
        graph = request.media_type in GRAPH_FORMATS
        seconds = self._limit(request)
        with self._address.send(
            "POST",
            self._body(request),
            {
                "Accept": GRAPHS["nt"] if graph else RESULTS["json"],
                "Content-Type": "application/x-www-form-urlencoded",
            },
            seconds=seconds,
        ) as response:
            if response.status != http.HTTPStatus.OK:
                raise _refusal(response.status, response.read(PEEK))
            if response.headers[_CUT]:
                raise ResultTooLarge("The result has more rows than the remote engine gives.")
            body = cast(IO[bytes], _Body(response, time.monotonic() + seconds, self._most * MIB))
            if graph:
                triples = (quad.triple for quad in parse(body, format=RdfFormat.N_TRIPLES))
                serialize(triples, file, GRAPH_FORMATS[request.media_type], prefixes=self._prefixes)
            else:
                results = parse_query_results(body, format=_JSON)
                if isinstance(results, QuerySolutions) and guard.form(request.text) == "ASK":
                    results = parse_query_results(_TRUTH[any(True for _ in results)], format=_JSON)
                results.serialize(file, RESULT_FORMATS[request.media_type])

    def _body(self, request: Request) -> bytes:
        """The form of the protocol (SPARQL 1.1 Protocol, section 2.1.2)."""
        text = bind(parser.in_order(request.text, self._base), request.bindings)
        if self._base and not any(word.upper() == "BASE" for _, word in guard.tokens(text)):
            text = f"BASE <{self._base}>\n{text}"
        named = request.default_graphs or request.named_graphs or guard.names_dataset(text)
        return urlencode(
            [
                ("query", text),
                *(("default-graph-uri", graph) for graph in request.default_graphs),
                *(("named-graph-uri", graph) for graph in request.named_graphs),
                *([] if named else [_UNION]),
            ]
        ).encode()

    def _limit(self, request: Request) -> float:
        return min(request.seconds or self._seconds, self._seconds)

    def _failure(self, error: BaseException, request: Request) -> BaseException:
        """What went wrong, without a word of what the service said."""
        if isinstance(error, QueryError):
            return error
        if isinstance(error, TimeoutError):
            return QueryTimeout.after(self._limit(request))
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return ResultTooLarge.over(self._most)
        if isinstance(error, OSError | http.client.BadStatusLine):
            return ServiceBusy("The remote engine cannot be reached.")
        if isinstance(error, SyntaxError | http.client.HTTPException):
            return QueryCrashed("The remote engine's answer is incomplete or cannot be read.")
        return error


class _Body:
    """A response's body, for a parser: no more of it than may be, no longer than may be."""

    def __init__(self, response: http.client.HTTPResponse, deadline: float, most: int) -> None:
        self._response = response
        self._deadline = deadline
        self._most = self._left = most

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none at the end, which must be where the service said it would be."""
        if time.monotonic() > self._deadline:
            raise TimeoutError
        data = self._response.read1(size)
        if not data and self._response.length:
            raise http.client.IncompleteRead(b"")
        self._left -= len(data)
        if self._left < 0:
            raise ResultTooLarge.over(self._most // MIB)
        return data


def _refusal(status: int, beginning: bytes) -> QueryError:
    """Our error for a status that is none of success."""
    if status in {408, 504} or _TIME.search(beginning):
        return QueryTimeout("The remote engine stopped the query, which took too long.")
    if status in {400, 413, 414, 422}:
        return QueryRefused(
            f"The remote engine does not take this query (HTTP {status}), though it is well formed."
        )
    if status == http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return QueryCrashed("The remote engine could not cope with this query; simplify it.")
    return ServiceBusy(f"The remote engine does not answer queries now (HTTP {status}).")
