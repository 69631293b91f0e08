"""How to cite a thing, or the whole: BibTeX, RIS (Reference Manager) and CSL-JSON (citeproc).

A publication is cited as itself; of everything else it is the page here that is cited, and its
author is the project. Formats: https://www.bibtex.com/format/,
https://en.wikipedia.org/wiki/RIS_(file_format), https://docs.citationstyles.org/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response
from pyoxigraph import NamedNode
from werkzeug.exceptions import NotFound

from kg.vocab import DC, DCTERMS, ESS, SCHEMA
from kg.web import facts, urls
from kg.web.errors import Missing
from kg.web.i18n import _
from kg.web.negotiate import content_type
from kg.web.site import LICENCE, site
from kg.web.thing.view import View

citations = Blueprint("citations", __name__)

FORMS = {"bib": "BibTeX", "ris": "RIS", "json": "CSL JSON"}
MEDIA_TYPES = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "json": "application/vnd.citationstyles.csl+json",
}
# Of a publication's class: its name in BibTeX, RIS and CSL.
TYPES = {
    "ScholarlyArticle": ("article", "JOUR", "article-journal"),
    "Article": ("article", "JOUR", "article-magazine"),
    "NewsArticle": ("article", "NEWS", "article-newspaper"),
    "Book": ("book", "BOOK", "book"),
    "Chapter": ("incollection", "CHAP", "chapter"),
    "Report": ("techreport", "RPRT", "report"),
    "Legislation": ("misc", "STAT", "legislation"),
    "Dataset": ("misc", "DATA", "dataset"),
}
OTHER = ("misc", "ELEC", "webpage")
_SPECIAL = re.compile(r"([\\{}$&#_%~^])")


@dataclass(frozen=True)
class Reference:
    """What is cited."""

    key: str
    type: tuple[str, str, str]
    title: str
    authors: list[str]
    publishers: list[str]
    date: str
    url: str
    doi: str = ""
    language: str = ""
    version: str = ""


@citations.get("/cite/<kind>/<key>.<form>")
def entity(kind: str, key: str, form: str) -> Response:
    """A reference to a thing."""
    iri = site.thing(kind, key)
    if form not in FORMS or iri is None:
        raise NotFound
    found = facts.gather(iri.value, site.rows("entity", entity=iri), site.release.base)
    if not found.statements:
        raise Missing(key)
    return _answer(reference(View(site, found), kind, key), form)


@citations.get("/cite/dataset.<form>")
def dataset(form: str) -> Response:
    """A reference to this release of the whole graph."""
    if form not in FORMS:
        raise NotFound
    release = site.release
    name = _("Le graphe de l’ESS")
    url = f"{release.base}dataset"
    whole = Reference(
        f"ess-kg-{release.id}",
        TYPES["Dataset"],
        name,
        [name],
        [],
        release.manifest["date"],
        url,
        version=release.id,
    )
    return _answer(whole, form)


def reference(view: View, kind: str, key: str) -> Reference:
    """How to cite a thing: a publication as itself, else what the graph says of it."""

    def names(property_: NamedNode) -> list[str]:
        return [view.called(value).text for value in view.terms(property_)]

    classes = {each.rpartition("/")[2] for each in view.known.classes(view.known.entity)}
    release = site.release
    if kind != "publication":
        name = _("Le graphe de l’ESS")
        title, date = view.title().text, release.manifest["date"]
        # The lasting IRI, as in `rel="cite-as"`: not where this server happens to stand.
        url = view.known.entity
        return Reference(key, OTHER, title, [name], [], date, url, version=release.id)
    addresses = (urls.outside(each.value) for each in view.terms(SCHEMA.url))
    known = next((TYPES[each] for each in TYPES if each in classes), OTHER)
    return Reference(
        key,
        known,
        view.title().text,
        [*names(DCTERMS.creator), *names(DC.creator), *names(SCHEMA.editor)],
        names(DCTERMS.publisher),
        view.first(DCTERMS.issued, SCHEMA.datePublished),
        next(filter(None, addresses), view.known.entity),
        view.first(ESS.doi),
        view.first(DCTERMS.language),
    )


def _answer(reference: Reference, form: str) -> Response:
    write: dict[str, Callable[[Reference], str]] = {"bib": bibtex, "ris": ris, "json": csl}
    response = Response(write[form](reference), content_type=content_type(MEDIA_TYPES[form]))
    response.headers["Content-Disposition"] = f'attachment; filename="{reference.key}.{form}"'
    response.headers["Link"] = f'<{LICENCE}>; rel="license"'
    return response


def text(reference: Reference) -> str:
    """A reference as people write it.

    >>> text(Reference("a", OTHER, "Étude", ["Ada", "Bo"], ["Avise"], "2021-11", "https://a.example"))
    'Ada, Bo (2021). Étude. Avise. https://a.example'
    """
    who = ", ".join(reference.authors or reference.publishers)
    publishers = ", ".join(reference.publishers) if reference.authors else ""
    year = f"({reference.date[:4]})" if reference.date else ""
    parts = [" ".join(filter(None, [who, year])), reference.title, publishers, reference.version]
    return ". ".join([*filter(None, parts), reference.url])


def bibtex(reference: Reference) -> str:
    """A BibTeX entry; what is special to TeX is escaped."""
    fields = {
        "title": f"{{{_tex(reference.title)}}}",
        "author": " and ".join(f"{{{_tex(name)}}}" for name in reference.authors),
        "publisher": _tex(", ".join(reference.publishers)),
        "year": reference.date[:4],
        "url": reference.url,
        "doi": reference.doi,
        "version": reference.version,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{reference.type[0]}{{{reference.key},\n" + ",\n".join(lines) + "\n}\n"


def _tex(text: str) -> str:
    names = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return _SPECIAL.sub(lambda m: names.get(m[1], f"\\{m[1]}"), " ".join(text.split()))


def ris(reference: Reference) -> str:
    """A RIS record; a value has no line breaks."""
    lines = [("TY", reference.type[1]), ("TI", reference.title)]
    lines += [("AU", name) for name in reference.authors]
    lines += [("PB", name) for name in reference.publishers]
    lines += [
        ("PY", reference.date[:4]),
        ("DA", reference.date.replace("-", "/")),
        ("UR", reference.url),
        ("DO", reference.doi),
        ("LA", reference.language),
        ("ET", reference.version),
    ]
    shown = [f"{tag}  - {' '.join(value.split())}" for tag, value in lines if value]
    return "\r\n".join([*shown, "ER  - ", ""])


def csl(reference: Reference) -> str:
    """A CSL-JSON array of one item."""
    parts = [int(part) for part in reference.date.split("-") if part.isdecimal()]
    item = {
        "id": reference.key,
        "type": reference.type[2],
        "title": reference.title,
        "author": [{"literal": name} for name in reference.authors],
        "publisher": ", ".join(reference.publishers),
        "issued": {"date-parts": [parts]} if parts else None,
        "URL": reference.url,
        "DOI": reference.doi,
        "language": reference.language,
        "version": reference.version,
    }
    kept = {name: value for name, value in item.items() if value}
    return json.dumps([kept], ensure_ascii=False, indent=1) + "\n"
