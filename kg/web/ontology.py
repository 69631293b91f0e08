"""The ontology: what its terms mean, for people and as RDF, of this release and of earlier ones.

    /ontology              the current one, negotiated; a term is a fragment of it
    /ontology.<form>       …, in that form
    /ontology/<release>    that of a release, for ever (…/<release>.<form> too)
    /ontology/shapes       its SHACL shapes, in RDF

A release holds the files of `ontology/` as they were, with `version.ttl`, its stamp.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from kg.query.forms import GRAPHS
from kg.release import Release
from kg.web import rdf, terms
from kg.web.delivery import FOREVER
from kg.web.i18n import pick
from kg.web.negotiate import HTML, choose, not_acceptable
from kg.web.site import site

FORMS = {**HTML, **{form: GRAPHS[form] for form in ("ttl", "jsonld", "rdf", "nt")}}

ontology = Blueprint("ontology", __name__)


@ontology.get("/ontology")
def current() -> Response:
    """The ontology of the current release."""
    form = _chosen()
    response = _in_form(site.release, form)
    _tell_alternatives(response, form, {each: f"/ontology.{each}" for each in FORMS})
    return response


@ontology.get("/ontology.<form>")
def current_form(form: str) -> Response:
    """The same in one form."""
    return _in_form(site.release, form)


@ontology.get("/ontology/<version>")
def versioned(version: str) -> Response:
    """The ontology of any release that is still here; its RDF never changes."""
    name, _, form = version.partition(".")
    if name not in site.kept:
        raise NotFound
    asked = form or _chosen()
    response = _in_form(site.kept[name], asked)
    if not form:
        _tell_alternatives(response, asked, {each: f"/ontology/{name}.{each}" for each in FORMS})
    if asked != "html":
        response.headers["Cache-Control"] = FOREVER
    return response


@ontology.get("/ontology/shapes")
def shapes() -> Answer:
    """The shapes of the current release, in RDF; browsers are led to the page of the ontology."""
    form = _chosen()
    if form == "html":
        response: Answer = redirect(url_for("ontology.current"), 303)
    else:
        response = rdf.respond(terms.triples(site.release, terms.SHAPES), form)
    response.vary.add("Accept")
    return response


def _chosen() -> str:
    """The form that the client prefers; Turtle if it has no wish."""
    chosen = choose(request.headers.get("Accept", "") or GRAPHS["ttl"], FORMS)
    if chosen is None:
        raise not_acceptable(FORMS)
    return chosen


def _tell_alternatives(response: Response, chosen: str, paths: dict[str, str]) -> None:
    response.vary.add("Accept")
    response.headers["Content-Location"] = paths[chosen]
    for form, media_type in FORMS.items():
        if form != chosen:
            link = f'<{paths[form]}>; rel="alternate"; type="{media_type}"'
            response.headers.add("Link", link)


def _in_form(release: Release, form: str) -> Response:
    if form not in FORMS:
        raise NotFound
    if form != "html":
        return rdf.respond(terms.triples(release, terms.TERMS), form)
    page = render_template(
        "ontology.html",
        version=release,
        told=terms.read(release.folder / "ontology", release.base),
        versions=sorted(site.kept, reverse=True),
        forms=[form for form in FORMS if form != "html"],
        pick=pick,
    )
    return Response(page, content_type="text/html; charset=utf-8")
