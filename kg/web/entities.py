"""Things and the documents about them: `/id/…` leads to `/doc/…`, which comes in every form."""

from __future__ import annotations

from hashlib import sha256
from math import ceil

from flask import Blueprint, Response, redirect, render_template, request, url_for
from pyoxigraph import NamedNode
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from kg.iri import KEY, kinds
from kg.query.results import Row
from kg.web import facts, urls
from kg.web.errors import Missing, Withdrawn
from kg.web.i18n import lang
from kg.web.negotiate import DOCUMENTS, choose, content_type, not_acceptable
from kg.web.page import View, links
from kg.web.site import LICENCE, site

PAGE = 50
# More links than this are listed in the store's order: sorting them would take seconds.
SORTED = 20_000

entities = Blueprint("entities", __name__)


@entities.get("/id/<kind>/<name>")
def thing(kind: str, name: str) -> Redirect:
    """A thing cannot be sent: 303 to the document about it (Cool URIs, section 4.2)."""
    iri = _iri(kind, name)
    if better := _successor(iri, name):
        return redirect(_moved(better, "entities.thing"), 301)
    if not site.rows("known", entity=iri):
        raise Missing(_words(name))
    path = url_for("entities.document", kind=kind, name=name)
    response = redirect(path, 303)
    response.headers.add("Link", f'<{path}>; rel="describedby"')
    response.vary.add("Accept")
    return response


@entities.get("/doc/<kind>/<name>")
def document(kind: str, name: str) -> Redirect:
    """The document about a thing: `name` is its key, with an ending for one form of it."""
    key, form = _split(name)
    iri = _iri(kind, key)
    if better := _successor(iri, key):
        return redirect(_moved(better, "entities.document", form), 301)
    chosen = form or choose(request.headers.get("Accept", ""), DOCUMENTS)
    if chosen is None:
        raise not_acceptable(DOCUMENTS)
    response = Response(content_type=content_type(DOCUMENTS[chosen]))
    _describe(response, kind, key, chosen)
    if not form:
        response.vary.add("Accept")
    if response.get_etag()[0] in request.if_none_match.as_set():
        response.status_code = 304
        return response
    response.data = _html(iri, kind, key) if chosen == "html" else _rdf(iri, key, chosen)
    return response.make_conditional(request)


def _iri(kind: str, key: str) -> NamedNode:
    if kind not in kinds() or not KEY.fullmatch(key):
        raise Missing(_words(key))
    return site.iri(kind, key)


def _successor(iri: NamedNode, key: str) -> str | None:
    """The IRI that took the place of one that gave way; `Withdrawn` if nothing did."""
    if since := site.release.withdrawn(iri.value):
        raise Withdrawn(_words(key), since)
    return site.release.successor(iri.value)


def _words(key: str) -> str:
    return " ".join(word for word in key.replace("-", " ").split() if word.isalnum())


def _split(name: str) -> tuple[str, str | None]:
    key, dot, ending = name.rpartition(".")
    return (key, ending) if dot and ending in DOCUMENTS else (name, None)


def _moved(iri: str, endpoint: str, form: str | None = None) -> str:
    """Where the thing with a better key is found, in the form that was asked for."""
    path, _, fragment = iri.removeprefix(f"{site.release.base}id/").partition("#")
    kind, _, key = path.partition("/")
    name = f"{key}.{form}" if form else key
    return url_for(endpoint, kind=kind, name=name, _anchor=fragment or None)


def _describe(response: Response, kind: str, key: str, chosen: str) -> None:
    """Validators and links of one representation (FIELD: RFC 9110, RFC 8288, Signposting)."""
    paths = {
        form: url_for("entities.document", kind=kind, name=f"{key}.{form}") for form in DOCUMENTS
    }
    response.headers["Content-Location"] = paths[chosen]
    for form, media_type in DOCUMENTS.items():
        if form != chosen:
            relation = "alternate" if form == "html" else "alternate describedby"
            response.headers.add("Link", f'<{paths[form]}>; rel="{relation}"; type="{media_type}"')
    response.headers.add("Link", f'<{site.iri(kind, key).value}>; rel="cite-as"')
    response.headers.add("Link", f'<{LICENCE}>; rel="license"')
    language = lang() if chosen == "html" else ""
    parts = (site.release.id, site.edition, request.full_path, chosen, language)
    response.set_etag(sha256("\n".join(parts).encode()).hexdigest()[:32])
    response.last_modified = site.modified


def _facts(iri: NamedNode, key: str) -> facts.Facts:
    found = facts.gather(iri.value, site.rows("entity", entity=iri), site.release.base)
    if not found.statements:
        raise Missing(_words(key))
    return found


def _rdf(iri: NamedNode, key: str, form: str) -> bytes:
    return facts.document(_facts(iri, key), DOCUMENTS[form], site.release.base)


def _html(iri: NamedNode, kind: str, key: str) -> bytes:
    view = View(site, _facts(iri, key))
    counts = site.rows("links", entity=iri)
    total = sum({row["property"].value: int(row["count"].value) for row in counts}.values())
    pages = ceil(total / PAGE)
    page = request.args.get("page", 1, int)
    if page != 1 and not 1 <= page <= pages:
        raise NotFound
    return render_template(
        "entity.html",
        iri=iri.value,
        kind=kind,
        key=key,
        view=view,
        links=links(site, counts, _linking(iri, page, total)) if total else [],
        total=total,
        page=page,
        pages=pages,
        forms={form: media_type for form, media_type in DOCUMENTS.items() if form != "html"},
        urls=urls,
    ).encode()


def _linking(iri: NamedNode, page: int, total: int) -> list[Row]:
    offset = (page - 1) * PAGE
    return site.rows("linking", offset=offset, ordered=total <= SORTED, entity=iri)
