"""The SPARQL endpoint for researchers (SPARQL 1.1 Protocol, section 2.1): queries only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from flask import Blueprint, Response, render_template, request
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)
from werkzeug.wsgi import wrap_file

from kg.query import Answer, Request
from kg.query.forms import GRAPHS, RESULTS
from kg.vocab import SD
from kg.web import protocol, urls
from kg.web.i18n import _, text
from kg.web.negotiate import HTML, content_type
from kg.web.protocol import Asked
from kg.web.site import site

DESCRIPTION = {name: GRAPHS[name] for name in ("ttl", "nt", "jsonld", "rdf")}
ROWS_SHOWN = 1000

sparql = Blueprint("sparql", __name__)


@dataclass(frozen=True)
class Cell:
    """A term in the table of results."""

    text: str
    lang: str = ""
    href: str | None = None
    iri: str = ""


@dataclass(frozen=True)
class Table:
    """The beginning of a result, for people; `more` when there are more rows than shown."""

    names: list[str]
    rows: list[list[Cell]]
    more: bool
    truth: bool | None = None


@sparql.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, describe the service or show the form."""
    asked = protocol.read(request, site.settings)
    if asked is None:
        return _introduce()
    answer = site.service.answer(asked.request)
    response = _page(asked, answer) if asked.form == "html" else _body(answer)
    if not asked.named:
        response.vary.add("Accept")
    if not asked.steady:
        response.headers["Cache-Control"] = "no-store"
    return response


def _introduce() -> Response:
    """A bare GET: the form for browsers, the service description for programs."""
    chosen = protocol.chosen(request, {**DESCRIPTION, **HTML})
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
        table = _triples(answer) if answer.media_type in GRAPHS.values() else _rows(answer)
    forms = asked.offers if request.method == "GET" else ()
    downloads = {form: urls.here(query=asked.text, format=form) for form in forms}
    page = _render(asked.text, asked=asked, table=table, downloads=downloads)
    return Response(page, content_type="text/html; charset=utf-8")


def _render(query: str, **more: object) -> str:
    return render_template(
        "sparql.html", query=query, forms=[*RESULTS, *GRAPHS], shown=ROWS_SHOWN, **more
    )


def _rows(answer: Answer) -> Table:
    results = parse_query_results(answer.file, format=QueryResultsFormat.JSON)
    if isinstance(results, QueryBoolean):
        return Table([], [], False, bool(results))
    assert isinstance(results, QuerySolutions)
    names = [variable.value for variable in results.variables]
    rows = [[_cell(row[name]) for name in names] for row in islice(results, ROWS_SHOWN + 1)]
    return Table(names, rows[:ROWS_SHOWN], len(rows) > ROWS_SHOWN)


def _triples(answer: Answer) -> Table:
    quads = islice(parse(answer.file, format=RdfFormat.N_TRIPLES), ROWS_SHOWN + 1)
    rows = [[_cell(quad.subject), _cell(quad.predicate), _cell(quad.object)] for quad in quads]
    names = [_("sujet"), _("propriété"), _("valeur")]
    return Table(names, rows[:ROWS_SHOWN], len(rows) > ROWS_SHOWN)


def _cell(term: object) -> Cell:
    if isinstance(term, NamedNode):
        base = site.release.base
        return Cell(urls.short(term.value, base), "", urls.link(term.value, base), term.value)
    if isinstance(term, Literal):
        return Cell(term.value, text(term).lang)
    return Cell(str(term) if isinstance(term, BlankNode) else "")
