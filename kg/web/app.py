"""The application: it is given a release and whoever answers queries, and finds nothing by itself.

    entities.py  /id/… /doc/… /linkset/…         things, in every form
    jsonld.py    /context/…                      the contexts of their JSON-LD
    citations.py /cite/…                         references to them
    lists.py     /search /browse/…               lists with facets, suggestions
    pages.py     / /about /accessibility         people
    questions.py /questions/…                    everybody: questions with their answers
    ontology.py  /ontology                       what terms mean, with `terms.py` and `rdf.py`
    sparql.py    /sparql                         researchers, with `protocol.py`
    harvest/     /dumps/… /health …              portals and robots

`front.py` stands before all of them with a cache, `wsgi.py` finds what is to be served. `site.py`
is what they share. Of the rows of one query `facts.py` makes a thing's RDF, and `thing/` its page;
`layout.py` reads from the ontology how pages name and order things.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request, url_for
from werkzeug.wrappers import Response as Answer

from kg.query import Service
from kg.release import Release
from kg.settings import Settings
from kg.web import bundle, errors, harvest, i18n, kinds, urls
from kg.web.citations import citations
from kg.web.delivery import FOREVER
from kg.web.entities import entities
from kg.web.jsonld import contexts
from kg.web.lists import lists
from kg.web.ontology import ontology
from kg.web.pages import pages
from kg.web.questions import questions
from kg.web.site import FOLDER, LICENCE, Site, site
from kg.web.sparql import sparql

if TYPE_CHECKING:
    from kg.search.index import Index

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; "
        "connect-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, ETag, Retry-After, Content-Location",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    # The star is for whatever else a client sends; older browsers want names.
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Content-Type, If-Modified-Since, If-None-Match, Range, *"
    ),
    "Access-Control-Max-Age": "86400",
}


# Our own pages: what the front (`front.py`) keeps. A release never changes, but another may follow.
CURRENT = "public, max-age=60, must-revalidate"
# Where the front leaves an error for the one handler.
ERROR = "kg.error"


def create_app(
    release: Release, service: Service, index: Index, settings: Settings, engine: str = "memory"
) -> Flask:
    """The site of one release; `engine` is the name of what answers its queries."""
    app = Flask(__name__)
    edition = _edition(release, engine, settings)
    app.extensions["kg"] = Site(release, service, index, settings, engine, edition)
    app.config["MAX_CONTENT_LENGTH"] = settings.longest_body
    app.jinja_env.globals |= {"licence": LICENCE, "release": release, "here": urls.here}
    app.jinja_env.globals |= {"asset": _asset}
    app.jinja_env.filters |= {"host": urls.host}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(_fail)
    app.after_request(_finish)
    i18n.install(app)
    errors.install(app)
    kinds.install(app)
    for blueprint in (pages, lists, entities, contexts, citations, questions, ontology, sparql):
        app.register_blueprint(blueprint)
    for blueprint in harvest.BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _edition(release: Release, engine: str, settings: Settings) -> str:
    """A checksum of all that an answer depends on, besides the request."""
    digest = sha256(f"{release.id} {engine} {settings} {version('pyoxigraph')}".encode())
    digest.update((release.folder / "SHA256SUMS").read_bytes())
    own = FOLDER.parent
    for path in sorted([*own.glob("*.py"), *own.glob("query/*.py"), *FOLDER.rglob("*")]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _asset(name: str) -> str | None:
    """The address of a file of the bundle, by the name of its source."""
    file = bundle.manifest().get(name)
    return url_for("static", filename=f"bundle/{file}") if file else None


def _fail() -> None:
    if error := request.environ.get(ERROR):
        raise error


def _policy() -> str:
    """What the page may load: our own files; the sound that it plays, and tiles of its map."""
    policy = SECURITY["Content-Security-Policy"]
    if images := g.get("images"):
        policy = policy.replace("img-src", f"img-src {images}")
    if sound := g.get("sound"):
        policy = f"{policy}; media-src {' '.join(sound)}"
    return policy


def house(response: Answer, method: str) -> None:
    """The headers of every answer, errors included."""
    extra = PREFLIGHT if method == "OPTIONS" else {}
    for name, value in (SECURITY | CROSS_ORIGIN | extra).items():
        response.headers.setdefault(name, value)


def _finish(response: Response) -> Response:
    """What every answer of the site has; validators where a page has none of its own."""
    response.headers.setdefault("Content-Security-Policy", _policy())
    house(response, request.method)
    if request.path.rpartition("/")[2] in bundle.manifest().values():
        response.headers["Cache-Control"] = FOREVER
    elif response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-cache")
    elif response.headers.get("Cache-Control", "no-cache") == "no-cache":
        private = "Set-Cookie" in response.headers
        response.headers["Cache-Control"] = "private, no-cache" if private else CURRENT
    plain = request.method in {"GET", "HEAD"} and not response.direct_passthrough
    if plain and response.status_code == 200:
        response.last_modified = response.last_modified or site.modified
        if "ETag" not in response.headers:
            response.add_etag()
        response.make_conditional(request)
    return response
