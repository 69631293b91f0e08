"""Things and the documents about them: `/id/…` leads to `/doc/…`, which comes in every form."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from jinja2 import Template
from pyoxigraph import NamedNode
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from kg.vocab import DCTERMS, ESS, SCHEMA
from kg.web import facts, france, jsonld, signposting, spans, structured, summary, urls
from kg.web.citations import FORMS
from kg.web.errors import Missing, Withdrawn
from kg.web.i18n import lang
from kg.web.incoming import COUNTED, SHOWN, Incoming, Links, by_property, in_time
from kg.web.negotiate import DOCUMENTS, choose, content_type, not_acceptable
from kg.web.page import View
from kg.web.signposting import Link
from kg.web.site import LICENCE, site

RDF = tuple(form for form in DOCUMENTS if form != "html")

entities = Blueprint("entities", __name__)


@dataclass(frozen=True)
class Place:
    """Where a thing is: départements of the map of France by their codes, and words for it."""

    map: france.France
    codes: list[str]
    name: str


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
    lists = Incoming(site, iri).lists()
    templates: list[str | Template] = [f"entity/{kind}.html", "entity.html"]
    return render_template(
        templates,
        iri=iri.value,
        kind=kind,
        key=key,
        view=view,
        lists=lists,
        shown=SHOWN,
        in_time=in_time,
        drawn=lambda roles: spans.drawing(roles, site.release.manifest["date"]),
        place=_place(view, kind, lists),
        point=view.point(),
        mapped=_mapped(view, lists),
        tiles=site.settings.tiles,
        attribution=site.settings.tiles_attribution,
        audio=_audio(view),
        chapters=view.chapters(),
        summary=summary.of(kind, key, _level(view)),
        announced=_announced(view),
        documented=sum(len(e.items) for e in lists if e.kind == "episode"),
        structured=structured.script(found),
        citations=FORMS,
        forms={form: DOCUMENTS[form] for form in RDF},
    ).encode()


def _links(iri: NamedNode, kind: str, key: str, view: View, by: str) -> str:
    """All that points to a thing with one property, page by page."""
    page = request.args.get("page", 1, int)
    links, pages = by_property(site, iri, by, page) if page > 0 else (None, 0)
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


def _place(view: View, kind: str, lists: list[Links]) -> Place | None:
    """Where a thing is, on the map of France: its own outline, or that of its départements."""
    if _level(view) == "departement":
        codes = [view.value_of(ESS.inseeCode)]
    elif _level(view) == "region":
        within = [item.iri for each in lists for item in each.items]
        codes = [iri.rpartition("-")[2] for iri in within if "insee-departement-" in iri]
    else:
        found = (view.value_of(each) for each in (ESS.departement, DCTERMS.isPartOf))
        codes = [iri.rpartition("-")[2] for iri in found if "insee-departement-" in iri]
    map_ = france.drawing({}, lambda _code: None) if codes else None
    if map_ is None or not {shape.code for shape in map_.shapes} & set(codes):
        return None
    return Place(map_, codes, view.place_name())


def _level(view: View) -> str:
    """The level of a territory; empty for everything else."""
    return view.value_of(ESS.territoryLevel).rpartition("/")[2]


def _mapped(view: View, lists: list[Links]) -> bool:
    """Whether the page has points for a map: with tiles any, without them those on the drawing."""
    shown = [view.point(), *(item.point for each in lists for item in each.items[:SHOWN])]
    points = [point for point in shown if point]
    if site.settings.tiles:
        g.images = urls.origin(site.settings.tiles)
        return bool(points)
    return any(france.spans(point.latitude, point.longitude) for point in points)


def _audio(view: View) -> list[str]:
    """The addresses of the sound of an episode, from whose hosts alone the page may play it."""
    found = [address for each in view.sounds() if (address := urls.sound(each))]
    g.sound = sorted({urls.origin(address) for address in found})
    return found


def _announced(view: View) -> int:
    value = view.value_of(SCHEMA.numberOfEpisodes)
    return int(value) if value.isdecimal() else 0


@entities.get("/graph/<kind>/<key>")
def network(kind: str, key: str) -> str:
    """What a thing is linked to, in both directions: as a table, which a script draws."""
    iri = _iri(kind, key)
    found = _facts(iri, key)
    view = View(site, found)
    neighbours = [*view.neighbours(), *Incoming(site, iri).neighbours()]
    return render_template(
        "network.html", iri=iri.value, kind=kind, key=key, view=view, neighbours=neighbours
    )
