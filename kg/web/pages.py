"""Pages for people: home, search, lists, what this is."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from math import ceil

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import Literal
from werkzeug.exceptions import BadRequest, NotFound

from kg.iri import kinds
from kg.search import Hits
from kg.web import france, urls
from kg.web.citations import FORMS
from kg.web.errors import REASONS, Missing
from kg.web.i18n import _, lang, later, pick
from kg.web.page import source
from kg.web.questions import title
from kg.web.site import site

HITS = 20
LISTED = 100
DEEPEST = 100_000
QUESTION = 200
SUGGESTED = 8
# The questions that the home page proposes.
TO_TRY = (
    "guest-capacity-then-and-office-now",
    "presidents-of-an-organization",
    "contradictions-between-sources",
)

# One and many, in the order of the home page. Other kinds bear the name that the ontology gives.
NAMES = {
    "organization": (later("organisation"), later("organisations")),
    "person": (later("personne"), later("personnes")),
    "publication": (later("publication"), later("publications")),
    "podcast": (later("podcast"), later("podcasts")),
    "episode": (later("épisode"), later("épisodes")),
    "event": (later("événement"), later("événements")),
    "theme": (later("thème"), later("thèmes")),
    "territory": (later("territoire"), later("territoires")),
    "source": (later("source"), later("sources")),
    "scheme": (later("vocabulaire"), later("vocabulaires")),
}

pages = Blueprint("pages", __name__)


@pages.app_template_global()
def kind_name(kind: str, count: int = 1) -> str:
    """What a kind of thing is called, for one or for many."""
    if kind in NAMES:
        return str(NAMES[kind][count > 1])
    name = pick(site.layout.kinds.get(kind, []))
    return name.text if name else kind.replace("-", " ")


@pages.get("/")
def home() -> str:
    """What is in here, how much, and where to begin."""
    labels: dict[str, list[Literal]] = {}
    for row in site.rows("starting-points"):
        if isinstance(label := row["label"], Literal):
            labels.setdefault(row["entity"].value, []).append(label)
    base = site.release.base
    examples = [(pick(names), urls.page(iri, base), iri) for iri, names in sorted(labels.items())]
    counts = site.by_departement
    return render_template(
        "home.html",
        manifest=site.release.manifest,
        kinds=_counted(site.layout.things),
        vocabularies=_counted(kinds() - site.layout.things),
        examples=examples,
        questions=[site.questions[name] for name in TO_TRY if name in site.questions],
        title=title,
        map=france.drawing(counts, _departement),
        departements=sorted(counts.items()),
        departement=_departement,
    )


def _departement(code: str) -> str:
    """The page about a département."""
    name = f"insee-departement-{code}"
    return url_for("entities.document", kind="territory", name=name)


def _counted(among: frozenset[str]) -> dict[str, int]:
    """How many there are of these kinds of things."""
    counts: dict[str, int] = site.release.manifest["counts"]["entities"]
    ranks = {kind: rank for rank, kind in enumerate(NAMES)}
    ordered = sorted(counts, key=lambda kind: (ranks.get(kind, len(ranks)), kind))
    return {kind: counts[kind] for kind in ordered if kind in among}


@pages.get("/search")
def search() -> str:
    """Full text: names and identifiers, accent-blind."""
    words = request.args.get("q", "").strip()
    kind = request.args.get("kind", "")
    if len(words) > QUESTION:
        raise BadRequest(_("La recherche prend au plus %(n)s caractères.", n=QUESTION))
    if kind and kind not in kinds():
        raise BadRequest(_("Il n’y a pas de choses de cette sorte : %(kind)s.", kind=kind))
    page = _page_number(HITS)
    hits = Hits(0, [])
    if words:
        found = (kind,) if kind else ()
        hits = site.index.search(words, lang(), found, limit=HITS, offset=(page - 1) * HITS)
    return render_template(
        "search.html",
        words=words,
        kind=kind,
        choices=_counted(kinds()),
        **_listing(hits, page, HITS),
    )


@pages.get("/search/suggest")
def suggest() -> Response:
    """What a reader may mean, while typing: the first few hits."""
    words = request.args.get("q", "").strip()[:QUESTION]
    kind = request.args.get("kind", "")
    hits = site.index.search(words, lang(), (kind,) if kind else (), limit=SUGGESTED)
    items = [
        {
            "label": hit.label,
            "kind": hit.kind,
            "kind_name": kind_name(hit.kind),
            "detail": hit.detail,
            "href": urls.page(hit.iri, site.release.base),
        }
        for hit in (hits.items if words else [])
    ]
    response = Response(json.dumps({"words": words, "items": items}, ensure_ascii=False))
    response.content_type = "application/json"
    response.vary.update(["Accept-Language", "Cookie"])
    return response


@pages.get("/browse/<kind>")
def browse(kind: str) -> str:
    """Everything of a kind, in alphabetical order."""
    if kind not in kinds():
        raise Missing(kind)
    page = _page_number(LISTED)
    hits = site.index.search("", lang(), (kind,), limit=LISTED, offset=(page - 1) * LISTED)
    return render_template("browse.html", kind=kind, **_listing(hits, page, LISTED))


def _page_number(size: int) -> int:
    page = request.args.get("page", 1, int)
    if page < 1:
        raise NotFound
    if page * size > DEEPEST:
        raise BadRequest(
            _(
                "Les listes s’arrêtent au rang %(n)s : cherchez un nom, "
                "ou prenez les fichiers complets.",
                n=DEEPEST,
            )
        )
    return page


def _listing(hits: Hits, page: int, size: int) -> dict[str, object]:
    pages = ceil(hits.total / size)
    if page > max(pages, 1):
        raise NotFound
    reachable = min(pages, DEEPEST // size)
    found = [(hit, urls.page(hit.iri, site.release.base)) for hit in hits.items]
    return {"found": found, "total": hits.total, "page": page, "pages": reachable}


@pages.get("/about")
def about() -> str:
    """Method, sources, licence, limits, accessibility."""
    base = site.release.base
    found = [source(iri, told, base) for iri, told in site.provenance.sources.items()]
    return render_template(
        "about.html",
        manifest=site.release.manifest,
        sources=sorted(found, key=lambda each: each.title.text.casefold()),
        reasons=REASONS,
        settings=site.settings,
        contact=urls.contact(site.settings.contact),
        citations=FORMS,
    )


@pages.get("/accessibility")
def accessibility() -> str:
    """How far the site can be used by everybody, and what is not known of that."""
    return render_template("accessibility.html", settings=site.settings)


@pages.get("/report")
def report() -> Response:
    """The report of the build, as the release holds it; its own style sheet is allowed by hash."""
    body = (site.release.folder / "report.html").read_bytes()
    styles = re.findall(rb"<style>(.*?)</style>", body, re.DOTALL)
    hashes = [f"'sha256-{b64encode(sha256(style).digest()).decode()}'" for style in styles]
    response = Response(body, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {' '.join(hashes)}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    response.headers["Content-Language"] = "fr"
    return response
