"""Triple Pattern Fragments: the statements that match a pattern, in pages with what leads on.

    /fragments?subject=…&predicate=…&object=…[&from=…&release=…]

A fragment says how many statements it has and where its next page is; a client joins fragments by
itself. Formats: https://linkeddatafragments.org/specification/triple-pattern-fragments/. In TriG
and N-Quads the data are in the default graph, and what is said of the page in one of its own.

A fragment that fits on one page is asked of the query service. A larger one is read from the
release's file, where a page costs the same wherever it stands. `from` is a place in that file, and
holds for one `release` only: whoever walks on when another is served is told so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import Literal, NamedNode, Quad, Triple, serialize
from werkzeug.exceptions import BadRequest, Gone, NotFound

from kg.fragments import Pattern, triples
from kg.query import Term
from kg.query.forms import GRAPH_FORMATS, needed
from kg.vocab import DCTERMS, FOAF, HYDRA, RDF, VOID, XSD, prefixes
from kg.web import tables
from kg.web.facts import WITH_GRAPHS
from kg.web.i18n import _
from kg.web.negotiate import DOCUMENTS, choose, content_type, not_acceptable
from kg.web.site import LICENCE, site

# `queries/fragment.rq` asks for one more.
SIZE = 1000
_LITERAL = re.compile(r'"(.*)"(?:@([A-Za-z0-9-]+)|\^\^<?([^<>"\s]+)>?)?', re.DOTALL)

fragments = Blueprint("fragments", __name__)


@dataclass(frozen=True)
class Page:
    """A page of a fragment: addresses of both, and of the next page; `total` is the fragment's."""

    fragment: str
    address: str
    triples: list[Triple]
    total: int
    next: str | None


@fragments.get("/fragments")
def fragment() -> Response:
    """A page of the fragment of a pattern; without one, of everything."""
    form = choose(request.headers.get("Accept", ""), DOCUMENTS)
    if form is None:
        raise not_acceptable(DOCUMENTS)
    page = _page(_pattern(), _place())
    body = _html(page) if form == "html" else _rdf(page, DOCUMENTS[form])
    response = Response(body, content_type=content_type(DOCUMENTS[form]))
    response.vary.add("Accept")
    return response


def _pattern() -> Pattern:
    subject, predicate, object_ = (_term(name) for name in Pattern._fields)
    for name, term in (("subject", subject), ("predicate", predicate)):
        if isinstance(term, Literal):
            raise BadRequest(_("« %(name)s » est un IRI, pas un texte.", name=name))
    return Pattern(subject, predicate, object_)  # type: ignore[arg-type]


def _term(name: str) -> Term | None:
    """The term that a parameter gives, as clients write it: an IRI as it is, a literal in quotation
    marks with `@` and its language or `^^` and its datatype; nothing or a variable for any.
    """
    given = request.args.getlist(name)
    if len(given) > 1:
        raise BadRequest(_("Le paramètre « %(n)s » est donné plusieurs fois.", n=name))
    text = given[0].strip() if given else ""
    if not text or text.startswith("?"):
        return None
    try:
        return _literal(text) if text.startswith('"') else NamedNode(_iri(text))
    except ValueError:
        raise BadRequest(
            _(
                "« %(name)s » n’est ni un IRI ni un texte entre guillemets : %(value)s",
                name=name,
                value=text[:200],
            )
        ) from None


def _literal(text: str) -> Literal:
    match = _LITERAL.fullmatch(text)
    if match is None:
        raise ValueError("is not a literal")
    value, language, datatype = match.groups()
    if language:
        return Literal(value, language=language)
    return Literal(value, datatype=NamedNode(_iri(datatype))) if datatype else Literal(value)


def _iri(text: str) -> str:
    """An IRI that may stand between < and >, or be short: `rdfs:label`."""
    text = text.removeprefix("<").removesuffix(">")
    prefix, colon, local = text.partition(":")
    if not colon or text.startswith("_:"):
        raise ValueError("is not an IRI")
    space = prefixes(site.release.base).get(prefix)
    return space + local if space else text


def _place() -> int:
    """Where the page begins."""
    text = request.args.get("from", "0")
    if not re.fullmatch(r"\d{1,12}", text):
        raise BadRequest(_("« from » est le rang d’un énoncé : %(value)s", value=text[:200]))
    release = request.args.get("release", site.release.id)
    if release != site.release.id or (int(text) and "release" not in request.args):
        raise Gone(
            _(
                "Cette page n’est pas de la version servie, %(id)s : repartez de la première.",
                id=site.release.id,
            )
        )
    return int(text)


def _page(pattern: Pattern, place: int) -> Page:
    found, total, next_ = (not place and _small(pattern)) or _large(pattern, place)
    if place and not found:
        raise NotFound
    given = {name: request.args[name] for name in Pattern._fields if request.args.get(name)}
    own = url_for("fragments.fragment", _external=True)
    query = request.query_string.decode("latin-1")
    more = {"from": next_, "release": site.release.id}
    return Page(
        fragment=own + (f"?{urlencode(given)}" if given else ""),
        address=own + (f"?{query}" if query else ""),
        triples=found,
        total=total,
        next=f"{own}?{urlencode({**given, **more})}" if next_ else None,
    )


def _small(pattern: Pattern) -> tuple[list[Triple], int, None] | None:
    """A fragment that fits on one page, whole."""
    bound = {name: term for name, term in pattern._asdict().items() if term is not None}
    rows = site.rows("fragment", **bound) if bound else []
    if not bound or len(rows) > SIZE:
        return None
    found = sorted(" ".join(str(row[name]) for name in Pattern._fields) for row in rows)
    return triples(f"{line} .\n" for line in found), len(found), None


def _large(pattern: Pattern, place: int) -> tuple[list[Triple], int, int | None]:
    found, next_ = site.fragments.page(pattern, SIZE, place)
    return found, site.fragments.count(pattern), next_


def _rdf(page: Page, media_type: str) -> bytes:
    form = GRAPH_FORMATS[media_type]
    told = list(_metadata(page))
    names = needed([*page.triples, *told], site.release.base)
    if form not in WITH_GRAPHS:
        return serialize([*page.triples, *told], format=form, prefixes=names) or b""
    graph = NamedNode(f"{page.address}#metadata")
    quads = [Quad(t.subject, t.predicate, t.object) for t in page.triples]
    quads += [Quad(t.subject, t.predicate, t.object, graph) for t in told]
    return serialize(quads, format=form, prefixes=names) or b""


def _metadata(page: Page) -> Iterator[Triple]:
    """What a client needs: how to ask for others, how many statements there are, the next page."""
    own = url_for("fragments.fragment", _external=True)
    dataset, search = NamedNode(f"{own}#dataset"), NamedNode(f"{own}#search")
    whole, this = NamedNode(page.fragment), NamedNode(page.address)
    yield Triple(NamedNode(f"{page.address}#metadata"), FOAF.primaryTopic, dataset)
    yield Triple(dataset, RDF.type, VOID.Dataset)
    yield Triple(dataset, DCTERMS.license, NamedNode(LICENCE))
    yield Triple(dataset, HYDRA.search, search)
    yield Triple(search, HYDRA.template, Literal(f"{own}{{?{','.join(Pattern._fields)}}}"))
    yield Triple(search, HYDRA.variableRepresentation, HYDRA.ExplicitRepresentation)
    for name in Pattern._fields:
        mapping = NamedNode(f"{own}#{name}")
        yield Triple(search, HYDRA.mapping, mapping)
        yield Triple(mapping, HYDRA.variable, Literal(name))
        yield Triple(mapping, HYDRA.property, RDF[name])
    yield Triple(dataset, VOID.subset, whole)
    if this != whole:
        yield Triple(dataset, VOID.subset, this)
    total = Literal(str(page.total), datatype=XSD.integer)
    yield Triple(whole, RDF.type, HYDRA.Collection)
    yield Triple(whole, HYDRA.totalItems, total)
    yield Triple(whole, VOID.triples, total)
    yield Triple(whole, HYDRA.view, this)
    yield Triple(this, RDF.type, HYDRA.PartialCollectionView)
    yield Triple(this, HYDRA.itemsPerPage, Literal(str(SIZE), datatype=XSD.integer))
    yield Triple(this, HYDRA.first, whole)
    if page.next:
        yield Triple(this, HYDRA.next, NamedNode(page.next))


def _html(page: Page) -> str:
    return render_template(
        "fragments.html",
        page=page,
        fields=dict(zip(Pattern._fields, (_("sujet"), _("propriété"), _("valeur")), strict=True)),
        table=tables.statements(page.triples),
    )
