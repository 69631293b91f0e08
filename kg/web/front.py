"""Before the site of a release: what answers by itself whatever it can, and leaves Flask the rest.

request ── just like another    ── the same response again, unread
        ── the client has it    ── 304
        ── given before         ── from the cache
        ── a program's query    ── from the query workers; the same at the same time, only once
        ── anything else        ── Flask; a whole page is kept
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from hashlib import blake2b
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

from flask import Flask
from werkzeug.http import quote_etag
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import FileWrapper, get_content_length

from kg import query
from kg.errors import QueryAbandoned, QueryError, ServiceBusy, TooManyQueries
from kg.query import Answer
from kg.web import encoding, i18n, protocol
from kg.web.app import CURRENT, ERROR, house
from kg.web.cache import LONG, MIB, SMALL, Cache, Flights, Kept, Memory
from kg.web.connection import Run
from kg.web.delivery import Content, Fields, Large, Ready, held, keep, not_modified, send
from kg.web.negotiate import content_type
from kg.web.protocol import Asked
from kg.web.site import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A larger answer is made anew each time.
LARGEST = 64 * MIB
# What of a request an answer may depend on, besides the body of a query.
_SAID = (
    *("REQUEST_METHOD", "wsgi.url_scheme", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
    *("CONTENT_TYPE", "HTTP_HOST", "HTTP_COOKIE", "HTTP_CONTENT_ENCODING"),
    *("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE"),
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"),
)
SPARQL = "/sparql"
_METHODS = {"GET", "HEAD", "POST"}
_T = TypeVar("_T")
# Where the environment of a request has what it says, once that was looked up.
SAID = "kg.said"
# Responses that are ready to be sent again take this part of what the cache may take, besides it.
READY = 1 / 4


@dataclass(frozen=True)
class Loop:
    """How an event loop has queries answered, and what takes long done in a thread: neither keeps
    it waiting.
    """

    ask: Callable[[query.Request], Awaitable[Answer]]
    run: Run


async def _here(function: Callable[..., _T], *given: object) -> _T:
    """Calls a function on an event loop of which nobody else has need."""
    return function(*given)


class Front:
    """The site of one release behind its cache: a WSGI application (PEP 3333)."""

    def __init__(self, app: Flask, cache: Cache) -> None:
        self.app = app
        self._cache = cache
        self._site: Site = app.extensions["kg"]
        self._here = Loop(partial(_here, self._site.service.answer), _here)
        self._flights: Flights[Content | QueryError] = Flights()
        self._ready: Memory[Ready] = Memory(int(self._site.settings.cache_memory * MIB * READY))

    def ready(self, environ: WSGIEnvironment) -> Ready | None:
        """The response that the same request got before, if it waits here: that takes no time."""
        said = environ[SAID] = _said(environ)
        return self._ready.get(said)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer any request."""
        answer: WSGIApplication | None = self.ready(environ)
        answer = answer or asyncio.run(self.program(environ, self._here)) or self.rest
        return answer(environ, start_response)

    async def program(self, environ: WSGIEnvironment, loop: Loop) -> WSGIApplication | None:
        """The answer to a program's query, in a form that it takes, and to nothing else.

        An error is Flask's to tell; it stands in the environment then.
        """
        if environ["PATH_INFO"] != SPARQL or environ["REQUEST_METHOD"] not in _METHODS:
            return None
        if ERROR in environ or "HTTP_RANGE" in environ:
            return None
        try:
            long = len(environ["QUERY_STRING"]) + (get_content_length(environ) or 0) > protocol.LONG
            given = (environ, self._site.settings)
            asked = await loop.run(protocol.read, *given) if long else protocol.read(*given)
            if asked is None or asked.form in {"", "html"}:
                return None
            return self._finish(environ, await self._program(environ, asked, loop))
        except Exception as error:
            environ[ERROR] = error
            return None

    def rest(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer what is no program's query; what is wrong with it already is Flask's to tell."""
        answer: WSGIApplication = self.app
        if (
            ERROR not in environ
            and "HTTP_RANGE" not in environ
            and environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        ):
            try:
                answer = self._finish(environ, self._page(Request(environ)))
            except Exception as error:
                environ[ERROR] = error
        return answer(environ, start_response)

    def _finish(self, environ: WSGIEnvironment, response: Ready | Response) -> WSGIApplication:
        """The response; one that lasts is ready for the next who ask the same."""
        head = environ["REQUEST_METHOD"] == "HEAD"
        if isinstance(response, Ready):
            if head:
                response = replace(response, body=b"")
            if (said := environ.get(SAID)) and _lasting(response):
                self._ready.put(said, response)
        elif head:
            response.close()
        return response

    def _key(self, *parts: object) -> str:
        identity = repr((self._site.edition, *parts))
        return blake2b(identity.encode(), digest_size=32).hexdigest()

    def _page(self, request: Request) -> Ready | Response:
        """A page, or whatever else the site has for a GET."""
        coding = encoding.choose(request.headers.get("Accept-Encoding"))
        place = [request.environ.get(name) for name in ("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")]
        accept = request.headers.get("Accept", "")
        key = self._key("page", request.host_url, *place, accept, i18n.choose(request))
        if kept := self._cache.get(key, coding):
            return send(request.environ, kept, coding, self._cache.folder)
        start = time.perf_counter()
        response = Response.from_app(self.app, _plain(request.environ, coding))
        if response.status_code == 304:
            etag = str(response.get_etag()[0])
            return not_modified(list(response.headers), held(request.environ, etag, coding) or etag)
        size = response.content_length
        if size is None or size > LARGEST or not encoding.is_text(response.content_type or ""):
            response.direct_passthrough = True
            return response
        kept = keep(list(response.headers), [response.get_data()], size)
        response.close()
        if response.status_code == 200 and response.cache_control.public:
            self._cache.put(key, kept, time.perf_counter() - start)
        return send(request.environ, kept, coding, self._cache.folder, response.status_code)

    async def _program(
        self, environ: WSGIEnvironment, asked: Asked, loop: Loop
    ) -> Ready | Response:
        """The answer to a query: the release and the query are all that its key needs."""
        coding = encoding.choose(environ.get("HTTP_ACCEPT_ENCODING"))
        wanted = asked.request
        graphs = (wanted.default_graphs, wanted.named_graphs)
        key = self._key("query", wanted.text, *graphs, wanted.media_type)
        vary = [] if asked.named else [("Vary", "Accept")]
        if asked.steady and (tag := held(environ, key, coding)):
            return not_modified([*self._headers(asked, key), *vary], tag)
        content = await self._known(key, coding, loop) if asked.steady else None
        content = content or await self._shared(asked, key, loop)
        content = replace(content, headers=[*content.headers, *vary])
        sent = partial(send, environ, content, coding, self._cache.folder)
        if content.size <= SMALL:
            return sent()
        response: Ready | Response = await loop.run(sent)
        return response

    async def _known(self, key: str, coding: str, loop: Loop) -> Content | None:
        """The answer that was given before."""
        if kept := self._cache.at_hand(key, coding):
            return kept
        known: Content | None = None
        if self._cache.holds(key):
            known = await loop.run(self._cache.get, key, coding)
        return known

    async def _shared(self, asked: Asked, key: str, loop: Loop) -> Content:
        """The workers' answer; of those who ask the same at the same time, all get one, unless
        time or chance decides it.
        """
        if not asked.steady:
            return await self._evaluate(asked, key, loop)

        async def work() -> Content | QueryError:
            try:
                return self._cache.at_hand(key, "") or await self._evaluate(asked, key, loop)
            except (TooManyQueries, ServiceBusy, QueryAbandoned) as error:
                return error  # this client's, or this moment's: nothing to share

        outcome, own = await self._flights.once((key, asked.seconds), work)
        while isinstance(outcome, QueryAbandoned) and not own:
            outcome, own = await self._flights.once((key, asked.seconds), work)
        if isinstance(outcome, Kept):
            return outcome
        if not own:
            return await self._evaluate(asked, key, loop)
        if isinstance(outcome, QueryError):
            raise outcome
        return outcome

    async def _evaluate(self, asked: Asked, key: str, loop: Loop) -> Content:
        answer = await loop.ask(asked.request)
        if answer.size > LARGEST:
            return Large(self._headers(asked, key), answer.file, answer.size)
        if answer.size <= SMALL and answer.seconds < LONG:
            return self._keep(asked, key, answer)
        kept: Kept = await loop.run(self._keep, asked, key, answer)
        return kept

    def _keep(self, asked: Asked, key: str, answer: Answer) -> Kept:
        with answer.file as file:
            chunks = FileWrapper(file, encoding.CHUNK)
            kept = keep(self._headers(asked, key), chunks, answer.size)
        if asked.steady:
            self._cache.put(key, kept, answer.seconds)
        return kept

    def _headers(self, asked: Asked, key: str) -> Fields:
        if asked.steady:
            standing = _standing(asked.request.media_type, self._site.modified)
            return [*standing, ("ETag", quote_etag(key))]
        return _standing(asked.request.media_type, None)


@lru_cache
def _standing(media_type: str, modified: datetime | None) -> Fields:
    """What all answers in one form have in common; without a date, those that nobody may keep."""
    response = Response(content_type=content_type(media_type))
    house(response, "")
    response.headers["Cache-Control"] = CURRENT if modified else "no-store"
    if modified:
        response.last_modified = modified
    return list(response.headers)


def _said(environ: WSGIEnvironment) -> bytes | None:
    """All that a request says, if another may have said the same: a page's address, a query."""
    method, query = environ["REQUEST_METHOD"], environ["PATH_INFO"] == SPARQL
    if "HTTP_RANGE" in environ or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    if method == "POST" and query:
        size = environ.get("CONTENT_LENGTH", "")
        if not size.isdecimal() or int(size) > SMALL:
            return None
        body = environ["wsgi.input"].read(int(size))
        environ["wsgi.input"] = BytesIO(body)
    elif method in {"GET", "HEAD"}:
        body = b""
    else:
        return None
    # What is said may be long, and is no part of the room that the responses have.
    return blake2b(repr((*map(environ.get, _SAID), body)).encode()).digest()


def _lasting(response: Ready) -> bool:
    """Whether the same request would get this response again, and it is small enough to wait."""
    return (
        response.status in {200, 304}
        and len(response.body) <= SMALL
        and ("Cache-Control", CURRENT) in response.headers
    )


def _plain(environ: WSGIEnvironment, coding: str) -> WSGIEnvironment:
    """The request for the site itself, which knows of no codings and whose dates are ours."""
    plain = {**environ, "REQUEST_METHOD": "GET"}
    plain.pop("HTTP_IF_MODIFIED_SINCE", None)
    if tags := environ.get("HTTP_IF_NONE_MATCH"):
        plain["HTTP_IF_NONE_MATCH"] = tags.replace(f'-{coding}"', '"')
    return plain
