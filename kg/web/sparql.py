"""The SPARQL endpoint for researchers (SPARQL 1.1 Protocol, section 2.1): queries only."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from pyoxigraph import NamedNode
from werkzeug.wsgi import wrap_file

from kg.query import Answer, Request
from kg.query.forms import GRAPHS, RESULTS
from kg.vocab import SD
from kg.web import protocol, tables, urls
from kg.web.negotiate import HTML, content_type
from kg.web.protocol import Asked
from kg.web.site import site

DESCRIPTION = {name: GRAPHS[name] for name in ("ttl", "nt", "jsonld", "rdf")}

sparql = Blueprint("sparql", __name__)


@sparql.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, describe the service or show the form."""
    asked = protocol.read(request.environ, site.settings)
    if asked is None:
        return _introduce()
    answer = site.service.answer(asked.request)
    if asked.refusal:
        answer.file.close()
        raise asked.refusal
    response = _page(asked, answer) if asked.form == "html" else _body(answer)
    if not asked.named:
        response.vary.add("Accept")
    if not asked.steady:
        response.headers["Cache-Control"] = "no-store"
    return response


def _introduce() -> Response:
    """A bare GET: the form for browsers, the service description for programs."""
    chosen = protocol.chosen(request.headers.get("Accept", ""), {**DESCRIPTION, **HTML})
    if chosen == "html":
        response = Response(
            _render(site.queries["example"]), content_type="text/html; charset=utf-8"
        )
    else:
        known = {"service": NamedNode(f"{site.release.base}sparql")}
        if site.settings.endpoints:
            known["federated"] = SD.BasicFederatedQuery
        asked = Request(site.queries["service"], DESCRIPTION[chosen], known)
        response = _body(site.service.answer(asked))
    response.vary.add("Accept")
    return response


def _body(answer: Answer) -> Response:
    """The complete result, straight from its file."""
    response = Response(
        wrap_file(request.environ, answer.file),
        content_type=content_type(answer.media_type),
        direct_passthrough=True,
    )
    response.content_length = answer.size
    return response


def _page(asked: Asked, answer: Answer) -> Response:
    """The form again, with the result below it."""
    with answer.file:
        table = (
            tables.triples(answer) if answer.media_type in GRAPHS.values() else tables.rows(answer)
        )
    forms = asked.offers if request.method == "GET" else ()
    downloads = {form: urls.here(query=asked.text, format=form) for form in forms}
    page = _render(asked.text, asked=asked, table=table, downloads=downloads)
    return Response(page, content_type="text/html; charset=utf-8")


def _render(query: str, **more: object) -> str:
    return render_template(
        "sparql.html", query=query, forms=[*RESULTS, *GRAPHS], shown=tables.SHOWN, **more
    )
