"""The site of what is served, as one WSGI application for the life of a process.

In a folder, `current` points to what is served (`kg/serve.py` draws it). When it points elsewhere,
the site of that release is made ready beside the one that answers, and takes its place; requests
under way end where they began.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

from kg.query import Request
from kg.query.client import Channel, Client
from kg.release import Release
from kg.search.index import Index
from kg.settings import Settings
from kg.web.app import create_app
from kg.web.cache import Cache
from kg.web.connection import Run
from kg.web.delivery import Ready
from kg.web.front import Front, Loop

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOOK_EVERY = 0.5
# Seconds until it is looked again for what is left of the site before: a look stops everybody.
AGAIN = 10.0
# So many new objects are looked at for garbage together. Most are answers that are kept, and no
# garbage: of every look-up's time the usual 700 took an eighth.
YOUNG = 10_000


class Serving:
    """Answers with the site of what `current` points to."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._current = folder / "current"
        self._settings = settings
        self._cache = Cache(settings.var / "cache", settings.cache_memory, settings.cache_disk)
        self._target = self._current.readlink()
        self._now = self._open(self._target)
        self._before: weakref.ref[Flask] | None = None
        self._settled = time.monotonic()
        _settle()
        threading.Thread(target=self._watch, daemon=True).start()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer any request."""
        return self._now[0](environ, start_response)

    async def program(self, environ: WSGIEnvironment, run: Run) -> WSGIApplication | None:
        """The answer to a program's query, and to nothing else (`Front.program`)."""
        front, channel = self._now
        return await front.program(environ, Loop(channel.answer, run))

    def rest(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer what is no program's query."""
        return self._now[0].rest(environ, start_response)

    def ready(self, environ: WSGIEnvironment) -> Ready | None:
        """The answer to a request, if it takes no time to give it."""
        return self._now[0].ready(environ)

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            try:
                self._look()
            except Exception:  # the old release goes on; the next look tries again
                logging.exception("The new release cannot be taken up yet")

    def _look(self) -> None:
        target = self._current.readlink()
        if target != self._target:
            self._before = weakref.ref(self._now[0].app)
            self._now = self._open(target)
            self._target = target
        elif not self._unsettled():
            return
        _settle()
        self._settled = time.monotonic()

    def _unsettled(self) -> bool:
        """Whether something is left of the site before, and it is time to look for it again."""
        left = self._before is not None and self._before() is not None
        return left and time.monotonic() - self._settled >= AGAIN

    def _open(self, target: Path) -> tuple[Front, Channel]:
        """The site of a target, and its query service for an event loop; once queries are answered.

        They change together: an answer is kept as that of the site's release.
        """
        folder = self._current.parent / target
        release = Release((folder / "release").resolve())
        service = Client(folder / "query.sock")
        service.answer(Request("ASK {}")).file.close()
        engine = (folder / "engine").read_text(encoding="utf-8").strip()
        index = Index(release.folder / "search", release.base)
        app = create_app(release, service, index, self._settings, engine)
        return Front(app, self._cache), Channel(folder / "query.sock")


def _settle() -> None:
    """Let the garbage collector leave alone what is here as long as the site. A look at all of it
    takes 30 ms, for which a page in fifty had to wait. What is left of the site before goes now, or
    with a later look if requests still need it.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
