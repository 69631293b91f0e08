"""Between the web server and the site: connections on an event loop, pages in threads.

    granian ─RSGI─ the body, read whole ─ the client's turn ┬ a program's query: the workers
                                                            └ a thread ─WSGI─ the site
                   the answer, as it is taken (`connection.py`) ───────────── its answer

A client that sends or reads slowly, or not at all, costs a connection and no thread. A few requests
of one client are worked on at a time; the others wait here for their turn, as long as a query may
run. A query whose client leaves is ended.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias
from weakref import WeakValueDictionary

from granian.rsgi import Scope
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import FileWrapper

from kg.errors import TooManyQueries
from kg.query.departure import Departure
from kg.settings import Settings
from kg.web import connection
from kg.web.app import ERROR
from kg.web.connection import SMALL, Reply, Run, Watch
from kg.web.delivery import Ready
from kg.web.encoding import CHUNK
from kg.web.protocol import DEPARTURE, nearest, within
from kg.web.wsgi import Serving

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from granian._granian import RSGIHTTPProtocol

_SERVER: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
    "wsgi.file_wrapper": lambda file, _=0: FileWrapper(file, CHUNK),
}
Program: TypeAlias = "Callable[[WSGIEnvironment, Run], Awaitable[WSGIApplication | None]]"
# Of these no more is read: what is made of them is remembered.
LONGEST = 1000
_MOST = {
    "HTTP_ACCEPT": slice(LONGEST),
    "HTTP_ACCEPT_ENCODING": slice(LONGEST),
    "HTTP_ACCEPT_LANGUAGE": slice(LONGEST),
    "HTTP_X_FORWARDED_FOR": slice(-LONGEST, None),
}


async def _none(_: WSGIEnvironment, __: Run) -> None:
    """There are no programs."""


class Gateway:
    """An RSGI application that has a WSGI application answer in a thread, unless its answer is
    `ready`, or it is the answer to a `program`, which needs none.
    """

    def __init__(
        self,
        site: WSGIApplication,
        settings: Settings,
        ready: Callable[[WSGIEnvironment], Ready | None] = lambda _: None,
        program: Program = _none,
    ) -> None:
        self._site = site
        self._settings = settings
        self._folder = settings.var / "cache"
        self._longest = settings.longest_body
        self._ready = ready
        self._program = program
        self._threads = ThreadPoolExecutor(settings.web_threads)
        self._watch = Watch()
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, scope: Scope, protocol: RSGIHTTPProtocol) -> None:
        """Answer a request."""
        environ = _environ(scope)
        said = environ.get("HTTP_X_FORWARDED_PROTO")
        proxies = self._settings.trusted_proxies
        if said in {"http", "https"} and within(environ["REMOTE_ADDR"], proxies):
            environ["wsgi.url_scheme"] = said  # the scheme that our proxy's client used
        try:
            body = await connection.body(protocol, scope.headers, self._longest, self._folder)
        except HTTPException as error:
            body = BytesIO()
            environ |= {ERROR: error, "CONTENT_LENGTH": "0", "wsgi.input": body}
            await self._answer(environ, body, protocol)
            await connection.linger(protocol)
        else:
            environ["wsgi.input"] = body
            if ready := self._ready(environ):
                protocol.response_bytes(ready.status, ready.headers, ready.body)
                body.close()
            else:
                await self._answer(environ, body, protocol)

    async def _answer(
        self, environ: WSGIEnvironment, body: IO[bytes], protocol: RSGIHTTPProtocol
    ) -> None:
        """Let the site answer, when it is the client's turn, and send what it says."""
        run = partial(asyncio.get_running_loop().run_in_executor, self._threads)
        with self._watch.over(protocol) as departure, body:
            environ[DEPARTURE] = departure
            turn = self._turn(environ)
            in_time = await self._comes(turn)
            try:
                if not in_time:
                    share = self._settings.query_share
                    environ[ERROR] = TooManyQueries(
                        f"You have {share} requests under way; wait for their answers."
                    )
                reply = await self._reply(environ, departure, run)
                if departure.happened:
                    await run(reply.close)
                else:
                    await connection.send(protocol, reply, run)
            finally:
                if in_time:
                    turn.release()

    async def _comes(self, turn: asyncio.Semaphore) -> bool:
        """Wait for a turn; whether it came in time."""
        if not turn.locked():
            return await turn.acquire()
        try:
            async with asyncio.timeout(self._settings.query_seconds):
                return await turn.acquire()
        except TimeoutError:
            return False

    def _turn(self, environ: WSGIEnvironment) -> asyncio.Semaphore:
        """What the requests of one client wait for."""
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
        name = nearest(environ["REMOTE_ADDR"], forwarded, self._settings.trusted_proxies)
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = asyncio.Semaphore(self._settings.query_share)
        return turn

    async def _reply(self, environ: WSGIEnvironment, departure: Departure, run: Run) -> Reply:
        if departure.happened:  # while it waited for its turn
            return Reply(503, [])
        answer = await self._program(environ, run)
        if isinstance(answer, Ready):
            return Reply(answer.status, answer.headers, answer.body)
        return await run(_called, answer or self._site, environ, departure)  # type: ignore[no-any-return]


def _called(app: WSGIApplication, environ: WSGIEnvironment, departure: Departure) -> Reply:
    """What a WSGI application answers, a short answer whole."""
    if departure.happened:
        return Reply(503, [])
    head = _Head()
    result = app(environ, head)
    close = getattr(result, "close", lambda: None)
    pieces, size = [], 0
    rest = iter(result)
    for piece in rest:
        pieces.append(piece)
        size += len(piece)
        if size > SMALL:
            return Reply(head.status, head.headers, chain(pieces, rest), close)
    close()
    return Reply(head.status, head.headers, b"".join(pieces))


class _Head:
    """Is told the head of an answer (PEP 3333, `start_response`)."""

    status: int
    headers: list[tuple[str, str]]

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        self.status, self.headers = int(status[:3]), headers
        return _write


def _write(data: bytes) -> None:
    raise NotImplementedError("The site returns its answers.")


def _environ(scope: Scope) -> WSGIEnvironment:
    """The head of a request as WSGI has it: a character for each byte of the address (PEP 3333).

    A header with an underscore in its name could pass for another one, and is left out.
    """
    host, _, port = scope.server.rpartition(":")
    environ = {
        **_SERVER,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value
    for key, most in _MOST.items():
        if len(environ.get(key, "")) > LONGEST:
            environ[key] = environ[key][most]
    return environ


class Application:
    """The target of `granian --interface rsgi`, in a process that `kg serve` starts."""

    def __rsgi_init__(self, _: asyncio.AbstractEventLoop) -> None:
        """Open what `KG_SERVING` names, before there are connections."""
        settings = Settings.from_environment()
        serving = Serving(Path(os.environ["KG_SERVING"]), settings)
        self._gateway = Gateway(serving.rest, settings, serving.ready, serving.program)

    async def __rsgi__(self, scope: Scope, protocol: RSGIHTTPProtocol) -> None:
        """Answer a request."""
        connection.limit_stalls()
        await self._gateway(scope, protocol)


application = Application()
