"""A real headless Chromium, and the default release served to it over loopback."""

import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from kg.query.local import LocalEngine, open_store
from kg.search.index import Index
from kg.settings import ROOT, Settings
from kg.web import bundle
from kg.web.app import create_app
from kg.web.translations import compile_all
from tests.loopback import running
from tests.web.conftest import app as tiny
from tests.web.conftest import release, store

__all__ = ["release", "store", "tiny"]

MODULES = ROOT / "kg" / "web" / "frontend" / "node_modules"
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
# Whatever a page asks for elsewhere is not found; a test then sees that it asked.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address where a site is served meanwhile.

    Each answer is read and closed before it is sent: werkzeug leaves the file of an answer open
    when the browser resets the connection, as it does for a page that is closed before its time.
    """

    def whole(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return Response.from_app(app, environ, buffered=True)(environ, start)

    with running(make_server("127.0.0.1", 0, whole, threaded=True)) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Closed before other tests run: its event loop runs on meanwhile, and they have their own."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        pytest.skip("there is no chromium: apt-get install chromium, or name one in CHROMIUM")
    if not bundle.manifest():
        pytest.skip("there is no front-end bundle: run 'make bundle'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def default_app(default_release):
    compile_all()
    index = Index(default_release.folder / "search", default_release.base)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return create_app(default_release, LocalEngine(open_store(default_release)), index, Settings())


@pytest.fixture(scope="session")
def root(default_app):
    with served(default_app) as address:
        yield address


@pytest.fixture(scope="session")
def tiny_root(tiny):
    with served(tiny) as address:
        yield address


@dataclass
class Visits:
    """What pages asked for, and what they complained about."""

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def visits():
    return Visits()


@pytest.fixture
def open_page(browser, root, visits):
    """`open_page(path, width=…, …)`: the page, in a context of its own."""
    contexts = []

    def visit(path, width=1200, height=900, address=root, **options):
        options = {"locale": "fr-FR", "reduced_motion": "reduce", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: visits.asked.append(request.url))
        page.on("console", lambda message: visits.complaints.append(message.text))
        page.on("pageerror", lambda error: visits.complaints.append(str(error)))
        page.goto(f"{address}{path}")
        return page

    yield visit
    for context in contexts:
        context.close()
