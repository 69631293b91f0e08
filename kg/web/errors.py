"""Errors: one handler for all of them; a page for browsers, a problem document for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from flask import Flask, Response, current_app, redirect, render_template, request
from werkzeug.exceptions import (
    Gone,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    RequestTimeout,
)
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as Answer

from kg.errors import QueryError
from kg.query.forms import GRAPHS, RESULTS
from kg.search.index import Hit
from kg.web import urls
from kg.web.i18n import _, lang, later
from kg.web.negotiate import HTML, choose, content_type
from kg.web.site import site

FORMS = {"problem": "application/problem+json", **HTML, "text": "text/plain"}
RETRY_SECONDS = "10"
# How many searches a page that is not there may cost.
TRIES = 12
# By status, or by what went wrong with a query.
TITLES: dict[int | str, str] = {
    400: later("Requête incorrecte"),
    404: later("Page introuvable"),
    405: later("Méthode refusée"),
    406: later("Format non disponible"),
    408: later("Requête trop lente"),
    410: later("Ressource retirée"),
    413: later("Requête trop longue"),
    415: later("Type de contenu non reconnu"),
    416: later("Plage d’octets hors du fichier"),
    500: later("Erreur du serveur"),
    503: later("Réponse impossible pour le moment"),
    "syntax": later("Erreur de syntaxe"),
    "refused": later("Requête refusée"),
    "time": later("Temps dépassé"),
    "memory": later("Mémoire dépassée"),
    "result-size": later("Résultat trop grand"),
    "crash": later("Arrêt du moteur"),
    "federation": later("Autre service en défaut"),
    "queue": later("Trop de requêtes à la fois"),
    "busy": later("Service occupé"),
}
# The way round it; the about page lists them under these names.
REASONS = {
    "syntax": later(
        "Le texte n’est pas une requête SPARQL 1.1. Le message dit où la lecture bute."
    ),
    "refused": later(
        "La requête demande ce que ce service ne fait pas : écrire, appeler un service qui n’est "
        "pas sur sa liste, imbriquer trop profondément, ou employer une fonction inconnue."
    ),
    "time": later(
        "La requête a dépassé le temps permis. Aucune réponse partielle n’est envoyée : "
        "précisez-la, découpez-la avec LIMIT et OFFSET, ou partez des fichiers complets."
    ),
    "memory": later(
        "La requête a demandé trop de mémoire. Liez les motifs entre eux, agrégez dans une "
        "sous-requête, ou partez des fichiers complets."
    ),
    "result-size": later(
        "Le résultat est trop grand. Il n’a pas été coupé mais refusé : découpez-le avec LIMIT "
        "et OFFSET, ou partez des fichiers complets."
    ),
    "crash": later("Le moteur s’est arrêté pendant l’évaluation. Les autres requêtes continuent."),
    "federation": later(
        "Un service que la requête appelle n’a pas répondu comme il faut. Interrogez-le "
        "directement, ou réessayez plus tard."
    ),
    "queue": later(
        "Vous avez trop de requêtes en attente. Attendez leurs réponses avant d’en envoyer "
        "d’autres."
    ),
    "busy": later("Trop de requêtes attendent. Réessayez dans quelques secondes."),
}


@dataclass(frozen=True)
class Problem:
    """What is told of an error. `detail` may be in another `language` than the reader's; `words`
    may help to find what was meant.
    """

    status: int
    reason: str
    detail: str
    language: str = ""
    words: str = ""

    @property
    def title(self) -> str:
        """What went wrong, in the reader's language."""
        known = TITLES.get(self.reason) or TITLES.get(self.status)
        return str(known or HTTP_STATUS_CODES[self.status])

    @property
    def advice(self) -> str:
        """The way round it, in the reader's language, if there is one to tell."""
        return str(REASONS.get(self.reason, ""))


class Missing(NotFound):
    """There is no such thing; `words` may help to find the one that was meant."""

    def __init__(self, words: str) -> None:
        super().__init__(_("Rien n’est publié à cette adresse dans la version servie."))
        self.words = words


class Withdrawn(Gone):
    """There was such a thing, until the release `since`; `words` may help to find it."""

    def __init__(self, words: str, since: str) -> None:
        super().__init__(
            _(
                "Ce qui était publié à cette adresse ne l’est plus depuis la version %(release)s, "
                "et rien ne l’a remplacé.",
                release=since,
            )
        )
        self.words = words


def install(app: Flask) -> None:
    """Let the one handler answer for every error."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(QueryError, unanswered)


def _http(error: HTTPException) -> Answer:
    if isinstance(request.routing_exception, NotFound) and (place := _without_slash()):
        return redirect(place, 308)
    status = error.code or 500
    own = error.description if error.description != type(error).description else None
    reason = HTTP_STATUS_CODES[status].lower().replace(" ", "-")
    words = getattr(error, "words", "")
    response = _answer(Problem(status, reason, str(own or _fallback(error)), words=words))
    for name, value in error.get_headers(request.environ):
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def _without_slash() -> str | None:
    """The address without the slashes at its end, if there is something; but the IRI of a thing
    with another end is another IRI.
    """
    path, adapter = request.path.rstrip("/"), current_app.create_url_adapter(request)
    if adapter is None or not request.path.endswith("/") or path.startswith("/id/"):
        return None
    try:
        _, names_something = adapter.match(path, method="GET")
    except HTTPException:
        return None
    if names_something and not _is_there(path):
        return None
    query = request.query_string.decode("latin-1")
    return f"{request.root_path}{quote(path)}{f'?{query}' if query else ''}"


def _is_there(path: str) -> bool:
    """Whether what an address names is there: its own page knows best."""
    asked = {**request.environ, "PATH_INFO": path, "REQUEST_METHOD": "GET"}
    with current_app.request_context(asked):
        try:
            current_app.make_response(current_app.dispatch_request()).close()
        except NotFound:
            return False
        except (HTTPException, QueryError):
            return True  # it says itself what is wrong
    return True


def _fallback(error: HTTPException) -> str:
    if isinstance(error, NotFound):
        return _("Il n’y a rien à cette adresse.")
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return _("Cette adresse n’accepte que : %(methods)s.", methods=allowed)
    if isinstance(error, RequestEntityTooLarge):
        return _("Une requête a au plus %(n)s caractères.", n=site.settings.query_length)
    if isinstance(error, RequestTimeout):
        return _("Le corps de la requête n’est pas arrivé à temps.")
    if (error.code or 500) >= 500:
        return _("Quelque chose s’est mal passé de notre côté. L’erreur est enregistrée.")
    return _("Le serveur ne peut pas donner suite à cette demande.")


def unanswered(error: QueryError) -> Response:
    """The answer to a query that got none; when to ask again, where that helps."""
    response = _answer(Problem(error.status, error.reason, str(error), language="en"))
    if error.status in {429, 503}:
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _suggestions(words: str) -> Sequence[Hit]:
    """What has all the words in its name; else as many of the first ones as possible; else what
    begins like the first one.
    """
    given = words.split()
    tries = [" ".join(given[:count]) for count in range(len(given), 0, -1)]
    tries += [given[0][:length] for length in range(len(given[0]) - 1, 2, -1)] if given else []
    for each in tries[:TRIES]:
        if hits := site.index.search(each, lang(), limit=5).items:
            return hits
    return ()


def _answer(problem: Problem) -> Response:
    form = choose(request.headers.get("Accept", ""), FORMS) or "problem"
    write = {"html": _page, "text": _lines}.get(form, _document)
    response = Response(write(problem), problem.status, content_type=content_type(FORMS[form]))
    response.vary.update(["Accept", "Accept-Language", "Cookie"])
    return response


def _page(problem: Problem) -> str:
    found = [(hit, urls.page(hit.iri, site.release.base)) for hit in _suggestions(problem.words)]
    asked = request.values.get("query", "") if request.endpoint == "sparql.endpoint" else ""
    return render_template(
        "error.html", problem=problem, found=found, query=asked, forms=[*RESULTS, *GRAPHS]
    )


def _lines(problem: Problem) -> str:
    first = f"{problem.status} {problem.title}"
    return "\n".join(filter(None, [first, problem.detail, problem.advice, ""]))


def _document(problem: Problem) -> str:
    """Problem details (RFC 9457); `reason` and `advice` are ours."""
    document = {
        "type": f"/about#{problem.reason}" if problem.advice else "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "reason": problem.reason,
    }
    if problem.advice:
        document["advice"] = problem.advice
    return json.dumps(document, ensure_ascii=False) + "\n"
