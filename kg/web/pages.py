"""Pages for people: home, what this is, what is known of its accessibility."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from flask import Blueprint, Response, render_template, url_for
from pyoxigraph import Literal

from kg.iri import kinds
from kg.web import france, urls
from kg.web.citations import FORMS
from kg.web.errors import REASONS
from kg.web.i18n import lang, pick
from kg.web.kinds import NAMES, counted
from kg.web.lists import code
from kg.web.questions import title
from kg.web.site import site
from kg.web.sources import source

# The questions that the home page proposes.
TO_TRY = (
    "guest-capacity-then-and-office-now",
    "presidents-of-an-organization",
    "contradictions-between-sources",
)

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> str:
    """What is in here, how much, and where to begin."""
    main = site.layout.things & NAMES.keys()
    labels: dict[str, list[Literal]] = {}
    for row in site.rows("starting-points"):
        if isinstance(label := row["label"], Literal):
            labels.setdefault(row["entity"].value, []).append(label)
    base = site.release.base
    examples = [(pick(names), urls.page(iri, base), iri) for iri, names in sorted(labels.items())]
    found = site.index.search("", lang(), {"kind": ["organization"]}, facets=["departement"])
    by_departement = found.facets["departement"]
    return render_template(
        "home.html",
        manifest=site.release.manifest,
        kinds=counted(main),
        vocabularies=counted(kinds() - main),
        examples=examples,
        questions=[site.questions[name] for name in TO_TRY if name in site.questions],
        title=title,
        map=france.drawing({code(v.key): v.count for v in by_departement}, _departement),
        departements=[
            (v.label or v.key, v.count, _departement(code(v.key))) for v in by_departement
        ],
    )


def _departement(code: str) -> str:
    """The organisations that have their seat in a département."""
    return url_for("lists.browse", kind="organization", departement=f"insee-departement-{code}")


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
