"""Before the site of a release: what answers by itself whatever it can, and leaves Flask the rest.

request ── the client has it    ── 304
        ── given before         ── from the cache
        ── a program's query    ── from the query workers; the same at the same time, only once
        ── anything else        ── Flask; a whole page is kept
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import FileWrapper

from kg.errors import QueryAbandoned, QueryError, ServiceBusy, TooManyQueries
from kg.web import encoding, i18n, protocol
from kg.web.app import CURRENT, ERROR, house
from kg.web.cache import MIB, Cache, Flights, Kept
from kg.web.delivery import Content, Large, held, keep, not_modified, send
from kg.web.negotiate import content_type
from kg.web.protocol import Asked
from kg.web.site import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# A larger answer is made anew each time.
LARGEST = 64 * MIB


class Front:
    """The site of one release behind its cache: a WSGI application (PEP 3333)."""

    def __init__(self, app: Flask, cache: Cache) -> None:
        self._app = app
        self._cache = cache
        self._site: Site = app.extensions["kg"]
        self._flights: Flights[Content | QueryError] = Flights()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; what is wrong with it already is Flask's to tell."""
        if ERROR in environ:
            return self._app(environ, start_response)
        request = Request(environ)
        try:
            response = self._respond(request)
        except Exception as error:  # Flask's handler answers for all of them
            environ[ERROR] = error
            response = None
        if response is None:
            return self._app(environ, start_response)
        body = response(environ, start_response)
        if request.method == "HEAD":
            response.close()
        return body

    def _respond(self, request: Request) -> Response | None:
        """The answer; None where it is Flask's to give, without a look at it."""
        if "Range" in request.headers:
            return None
        coding = encoding.choose(request.headers.get("Accept-Encoding"))
        if request.path == "/sparql" and request.method in {"GET", "HEAD", "POST"}:
            request.max_content_length = self._app.config["MAX_CONTENT_LENGTH"]
            request.environ["wsgi.input"] = BytesIO(request.get_data())
            asked = protocol.read(request, self._site.settings)
            if asked and asked.form != "html":
                return self._program(request, asked, coding)
        return self._page(request, coding) if request.method in {"GET", "HEAD"} else None

    def _key(self, *parts: object) -> str:
        identity = json.dumps([self._site.edition, *parts])
        return sha256(identity.encode()).hexdigest()

    def _page(self, request: Request, coding: str) -> Response:
        """A page, or whatever else the site has for a GET."""
        place = [request.environ.get(name) for name in ("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")]
        accept = request.headers.get("Accept", "")
        key = self._key("page", request.host_url, *place, accept, i18n.choose(request))
        if kept := self._cache.get(key, coding):
            return send(request, kept, coding, self._cache.folder)
        response = Response.from_app(self._app, _plain(request.environ, coding))
        if response.status_code == 304:
            etag = str(response.get_etag()[0])
            return not_modified(response.headers, held(request, etag, coding) or etag)
        size = response.content_length
        if size is None or size > LARGEST or not encoding.is_text(response.content_type or ""):
            response.direct_passthrough = True
            return response
        kept = keep(response.headers, [response.get_data()], size)
        response.close()
        if response.status_code == 200 and response.cache_control.public:
            self._cache.put(key, kept)
        return send(request, kept, coding, self._cache.folder, response.status_code)

    def _program(self, request: Request, asked: Asked, coding: str) -> Response:
        """The answer to a query: the release and the query are all that its key needs."""
        wanted = asked.request
        graphs = (wanted.default_graphs, wanted.named_graphs)
        key = self._key("query", wanted.text, *graphs, wanted.media_type)
        if not asked.steady:
            response = send(request, self._evaluate(asked, key), coding, self._cache.folder)
        elif tag := held(request, key, coding):
            response = not_modified(self._headers(asked, key), tag)
        else:
            content = self._cache.get(key, coding) or self._shared(asked, key)
            response = send(request, content, coding, self._cache.folder)
        if not asked.named:
            response.vary.add("Accept")
        return response

    def _shared(self, asked: Asked, key: str) -> Content:
        """The workers' answer; of those who ask the same at the same time, all get one."""

        def work() -> Content | QueryError:
            try:
                return self._cache.get(key, "") or self._evaluate(asked, key)
            except (TooManyQueries, ServiceBusy, QueryAbandoned) as error:
                return error  # this client's, or this moment's: nothing to share

        outcome, own = self._flights.once((key, asked.seconds), work)
        while isinstance(outcome, QueryAbandoned) and not own:
            outcome, own = self._flights.once((key, asked.seconds), work)
        if isinstance(outcome, Kept):
            return outcome
        if not own:
            return self._evaluate(asked, key)
        if isinstance(outcome, QueryError):
            raise outcome
        return outcome

    def _evaluate(self, asked: Asked, key: str) -> Content:
        answer = self._site.service.answer(asked.request)
        headers = self._headers(asked, key)
        if answer.size > LARGEST:
            return Large(headers, answer.file, answer.size)
        with answer.file as file:
            kept = keep(headers, FileWrapper(file, encoding.CHUNK), answer.size)
        if asked.steady:
            self._cache.put(key, kept)
        return kept

    def _headers(self, asked: Asked, key: str) -> Headers:
        response = Response(content_type=content_type(asked.request.media_type))
        house(response, "")
        response.headers["Cache-Control"] = CURRENT if asked.steady else "no-store"
        if asked.steady:
            response.set_etag(key)
            response.last_modified = self._site.modified
        return response.headers


def _plain(environ: WSGIEnvironment, coding: str) -> WSGIEnvironment:
    """The request for the site itself, which knows of no codings and whose dates are ours."""
    plain = {**environ, "REQUEST_METHOD": "GET"}
    plain.pop("HTTP_IF_MODIFIED_SINCE", None)
    if tags := environ.get("HTTP_IF_NONE_MATCH"):
        plain["HTTP_IF_NONE_MATCH"] = tags.replace(f'-{coding}"', '"')
    return plain
