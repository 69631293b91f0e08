"""The competency questions, each as a page with a form and its answer, and as an API.

A question is a query file of the release (`ontology/questions/`). Its header's `parameter` names a
variable and the kind of its value, whose one line `VALUES ?x { … }` is the example that is used
when none is given; a given value, which is the IRI of a thing, takes its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wsgi import wrap_file

from kg.changes import answers
from kg.iri import try_parse
from kg.query import Request
from kg.query.bind import bind
from kg.query.forms import RESULTS
from kg.queryfile import QueryFile
from kg.web import tables
from kg.web.i18n import _, lang, later
from kg.web.negotiate import content_type
from kg.web.site import site

# Why a release does not hold an answer, by the name of the limit (`kg.ask`).
_LIMITS = {
    "time": later("elle demande trop de temps"),
    "memory": later("elle demande trop de mémoire"),
    "rows": later("elle a trop de lignes"),
    "result-size": later("elle a trop de lignes"),
    "engine": later("c’est un autre service qui répond"),
}

questions = Blueprint("questions", __name__)


@dataclass(frozen=True)
class Asked:
    """A question with the value of its parameter, if it has one, which is in the text."""

    question: QueryFile
    variable: str
    kind: str
    value: NamedNode | None
    text: str


def title(question: QueryFile) -> str:
    """A question in the reader's language."""
    return question.get("title", lang())


@questions.get("/questions")
def index() -> str:
    """All questions."""
    return render_template("questions.html", questions=site.questions, title=title)


@questions.get("/questions/<name>")
def page(name: str) -> str:
    """A question, its form, its answer as a table, and the query."""
    asked = _asked(name)
    answer = site.service.answer(Request(asked.text))
    with answer.file:
        table = tables.of_question(tables.rows(answer))
    label = ""
    if asked.value:
        path = asked.value.value.removeprefix(f"{site.release.base}id/")
        label, _language = site.index.called(path, lang())
        hits = site.index.suggest(label, lang(), 1, {"kind": [asked.kind]})
        # A name that would lead to a namesake does not say which thing it is.
        label = label if hits and hits[0].iri == asked.value.value else asked.value.value
    return render_template(
        "question.html",
        asked=asked,
        title=title(asked.question),
        text=_text(asked.question),
        table=table,
        shown=tables.SHOWN,
        label=label,
        held=answers.held(site.release, name),
        limit=_LIMITS.get(answers.given_up(site.release, name), ""),
        forms=RESULTS,
    )


def _text(question: QueryFile) -> str:
    """A question's explanation, in which a column goes by its heading instead of its `variable`."""
    quotes = {"fr": "«\u00a0{}\u00a0»", "en": "“{}”"}[lang()]
    told = question.header.get(f"text@{lang()}", "")
    return re.sub(r"`(\w+)`", lambda named: quotes.format(tables.heading(named[1])), told)


@questions.get("/questions/<name>.<form>")
def answer(name: str, form: str) -> Response:
    """The whole answer in one of the forms of SPARQL results."""
    if form not in RESULTS:
        raise NotFound
    asked = _asked(name)
    found = site.service.answer(Request(asked.text, RESULTS[form]))
    response = Response(
        wrap_file(request.environ, found.file),
        content_type=content_type(found.media_type),
        direct_passthrough=True,
    )
    response.content_length = found.size
    return response


def _asked(name: str) -> Asked:
    question = site.questions.get(name)
    if question is None:
        raise NotFound
    variable, _space, kind = question.header.get("parameter", "").partition(" ")
    given = request.args.get(variable, "").strip() if variable else ""
    line = re.search(rf"^\s*VALUES \?{variable} \{{ [\w-]+:([\w-]+) \}}\n", question.text, re.M)
    if not variable or not line:
        return Asked(question, "", "", None, question.text)
    if not given:
        return Asked(question, variable, kind, site.thing(kind, line[1]), question.text)
    value = _meant(given, kind)
    text = question.text.replace(line[0], "")
    return Asked(question, variable, kind, value, bind(text, {variable: value}))


def _meant(given: str, kind: str) -> NamedNode:
    """The thing of a kind that a reader means: by its IRI, its key, or the words of its name."""
    thing = try_parse(given, site.release.base)
    if thing and thing.kind == kind and not thing.fragment:
        return NamedNode(given)
    hits = site.index.search(given, lang(), {"kind": [kind]}, limit=1).items
    if not hits:
        raise BadRequest(_("Rien ici ne s’appelle « %(name)s ».", name=given[:200]))
    return NamedNode(hits[0].iri)
