"""Things and the documents about them: `/id/…` leads to `/doc/…`, which comes in every form."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from flask import Blueprint, Response, redirect, render_template, request, url_for
from jinja2 import Template
from pyoxigraph import NamedNode
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from kg.web import citations, facts, jsonld, signposting, urls
from kg.web.citations import FORMS
from kg.web.errors import Missing, Withdrawn
from kg.web.i18n import lang
from kg.web.negotiate import DOCUMENTS, choose, content_type, not_acceptable
from kg.web.signposting import Link
from kg.web.site import LICENCE, site
from kg.web.thing import (
    cube,
    episode,
    establishment,
    event,
    person,
    places,
    podcast,
    publication,
    scheme,
    spans,
    structured,
    summary,
    territory,
)
from kg.web.thing.credits import credits
from kg.web.thing.incoming import COUNTED, MANY, SHOWN, Incoming, Links, by_property, in_time
from kg.web.thing.mentions import mentions
from kg.web.thing.neighbours import outgoing
from kg.web.thing.network import MOST, drawings
from kg.web.thing.parts import others, roles
from kg.web.thing.view import View

RDF = tuple(form for form in DOCUMENTS if form != "html")

entities = Blueprint("entities", __name__)


# What the page of a kind shows first; its template is `templates/entity/<kind>.html`.
SHOWN_FIRST: dict[str, Callable[[View, list[Links]], dict[str, object]]] = {
    "cube": cube.shown,
    "episode": episode.shown,
    "establishment": establishment.shown,
    "event": event.shown,
    "person": person.shown,
    "podcast": podcast.shown,
    "publication": publication.shown,
    "territory": territory.shown,
}


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
    _describe(response, iri, kind, key, chosen)
    if not form:
        response.vary.add("Accept")
    if response.get_etag()[0] in request.if_none_match.as_set():
        response.status_code = 304
        return response
    found = _facts(iri, key)
    signposting.sign(response.headers, signposting.told(found))
    response.data = _html(found, kind, key) if chosen == "html" else _rdf(found, chosen)
    return response.make_conditional(request)


@entities.get("/linkset/<kind>/<name>")
def linkset(kind: str, name: str) -> Redirect:
    """The typed links of the documents about a thing, also those too many for their headers."""
    iri = _iri(kind, name)
    if better := _successor(iri, name):
        return redirect(_moved(better, "entities.linkset"), 301)
    told = signposting.told(_facts(iri, name))
    paths = {
        form: url_for("entities.document", kind=kind, name=f"{name}.{form}", _external=True)
        for form in DOCUMENTS
    }
    page = url_for("entities.document", kind=kind, name=name, _external=True)
    described = [Link("describedby", paths[form], DOCUMENTS[form]) for form in RDF]
    anchored = {page: [*_standing(iri), *told, *described]}
    anchored |= {paths[form]: [Link("describes", page, DOCUMENTS["html"])] for form in RDF}
    return Response(signposting.linkset(anchored), content_type=signposting.MEDIA_TYPE)


def _standing(iri: NamedNode) -> list[Link]:
    """The links that need no look at what is said of a thing."""
    return [Link("cite-as", iri.value), Link("license", LICENCE)]


def _iri(kind: str, key: str) -> NamedNode:
    iri = site.thing(kind, key)
    if iri is None:
        raise Missing(_words(key))
    return iri


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


def _describe(response: Response, iri: NamedNode, kind: str, key: str, chosen: str) -> None:
    """Validators and links of one representation (FIELD: RFC 9110, RFC 8288, Signposting)."""
    paths = {
        form: url_for("entities.document", kind=kind, name=f"{key}.{form}") for form in DOCUMENTS
    }
    response.headers["Content-Location"] = paths[chosen]
    links = [
        Link("alternate" if form == "html" else "alternate describedby", paths[form], media_type)
        for form, media_type in DOCUMENTS.items()
        if form != chosen
    ]
    if chosen != "html":
        page = url_for("entities.document", kind=kind, name=key)
        links.append(Link("describes", page, DOCUMENTS["html"]))
    own = url_for("entities.linkset", kind=kind, name=key)
    links += [*_standing(iri), Link("linkset", own, signposting.MEDIA_TYPE)]
    signposting.sign(response.headers, links)
    language = lang() if chosen == "html" else ""
    parts = (site.release.id, site.edition, request.full_path, chosen, language)
    response.set_etag(sha256("\n".join(parts).encode()).hexdigest()[:32])
    response.last_modified = site.modified


def _facts(iri: NamedNode, key: str) -> facts.Facts:
    found = facts.gather(iri.value, site.rows("entity", entity=iri), site.release.base)
    if not found.statements:
        raise Missing(_words(key))
    return found


def _rdf(found: facts.Facts, form: str) -> bytes:
    if form == "jsonld":
        return jsonld.document(facts.triples(found), site.release.base)
    return facts.document(found, DOCUMENTS[form], site.release.base)


def _html(found: facts.Facts, kind: str, key: str) -> bytes:
    iri = NamedNode(found.entity)
    view = View(site, found)
    if by := request.args.get("by", ""):
        return _links(iri, kind, key, view, by).encode()
    counted = summary.of(kind, key, places.level(view))
    tree = scheme.tree(iri) if kind == "scheme" else None
    # What points to a scheme is its concepts, and to a cube its observations, however many.
    without = tree is not None or kind == "cube"
    lists = [] if without else Incoming(site, iri).lists()
    templates: list[str | Template] = [f"entity/{kind}.html", "entity.html"]
    shown = {
        "iri": iri.value,
        "kind": kind,
        "key": key,
        "view": view,
        "lists": lists,
        "shown": SHOWN,
        "in_time": in_time,
        "tree": tree,
        "roles": roles(view),
        "drawn": lambda roles: spans.drawing(roles, site.release.manifest["date"]),
        "parts": [*others(view)],
        "credits": credits(view),
        "mentions": mentions(view),
        "place": places.place(view, (item.iri for each in lists for item in each.items)),
        "point": places.own_point(view),
        "mapped": _mapped(view, lists),
        "settings": site.settings,
        "summary": counted,
        "structured": structured.script(found),
        "citations": FORMS,
        "citation": citations.text(citations.reference(view, kind, key)),
        "shares": urls.shares(request.base_url, view.title().text),
        "forms": {form: DOCUMENTS[form] for form in RDF},
    }
    first = SHOWN_FIRST[kind](view, lists) if kind in SHOWN_FIRST else {}
    return render_template(templates, **shown | first).encode()


def _links(iri: NamedNode, kind: str, key: str, view: View, by: str) -> str:
    """All that points to a thing with one property, page by page."""
    page, parts = request.args.get("page", 1, int), bool(view.known.parts())
    links, pages = by_property(site, iri, by, page, parts) if page > 0 else (None, 0)
    if links is None or not links.items:
        raise NotFound
    return render_template(
        "links.html",
        kind=kind,
        key=key,
        view=view,
        links=links,
        page=page,
        pages=pages,
        counted=COUNTED,
    )


def _mapped(view: View, lists: list[Links]) -> bool:
    shown = (item.point for each in lists for item in each.items[:SHOWN])
    return places.mapped([places.own_point(view), *shown])


@entities.get("/graph/<kind>/<key>")
def network(kind: str, key: str) -> str:
    """What a thing is linked to, in both directions: as a drawing, and as a table."""
    iri = _iri(kind, key)
    found = _facts(iri, key)
    view = View(site, found)
    neighbours = [*outgoing(view), *Incoming(site, iri, many=MANY).neighbours()]
    return render_template(
        "network.html",
        iri=iri.value,
        kind=kind,
        key=key,
        view=view,
        neighbours=neighbours,
        drawings=drawings(view.title(), kind, neighbours),
        most=MOST,
    )
