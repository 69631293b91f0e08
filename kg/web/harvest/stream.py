"""A Linked Data Event Stream: every version of every entity, to replay and to follow.

    /ldes                                  the stream and its only entry: where each release begins
    /ldes/until/<release>/<page>           of the oldest release here, the latest version of all
                                           entities until then, those that are gone among them
    /ldes/in/<release>/<page>              the versions that came with a later release
    /ldes/version/<release>/<kind>/<key>   one of them

A member is a version: a creation, a change or the end of an entity (`as:Create`, `as:Update`,
`as:Delete`), at the moment of its release. What is stated of the entity and its parts from then on
is in the graph named after the version, with the IRIs that it always has. A consumer puts the
latest version that it got of an entity in the place of what it had. Pages never change. When older
releases are deleted, their versions are gone but for the last of each entity, which the retention
policy says.

Specification: https://w3id.org/ldes/specification (versions, retention, immutable nodes).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, request, url_for
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Triple, serialize
from werkzeug.exceptions import NotFound

from kg.changes.log import Version
from kg.iri import parse
from kg.query.forms import GRAPH_FORMATS, GRAPHS, needed
from kg.release import Release, moment
from kg.vocab import AS, DCTERMS, LDES, RDF, SH, TREE, XSD
from kg.web.delivery import FOREVER
from kg.web.negotiate import choose, content_type, not_acceptable
from kg.web.site import LICENCE, site

OFFERS = {form: GRAPHS[form] for form in ("trig", "nq", "jsonld")}
# Seconds; how often a follower need not ask more than once.
POLLING = 3600
ACTIVITIES = {
    "created": AS.Create,
    "changed": AS.Update,
    "merged": AS.Delete,
    "withdrawn": AS.Delete,
}

stream = Blueprint("stream", __name__, url_prefix="/ldes")


@stream.get("")
def root() -> Response:
    """The stream, and where each release begins."""
    *later, oldest = site.log.chain
    begins = [("until", oldest), *(("in", each) for each in reversed(later))]
    here = NamedNode(url_for("stream.root", _external=True))
    triples = [*_stream(here), *_retention(here)]
    for span, release in begins:
        if site.log.pages(release, span == "until"):
            triples += _relations(here, span, release, 1)
    return _answer([_quad(each, DefaultGraph()) for each in triples])


@stream.get("/<any(until, in):span>/<name>/<int:number>")
def page(span: str, name: str, number: int) -> Response:
    """A page of versions."""
    whole = span == "until"
    release = next((each for each in site.log.chain if each.id == name), None)
    if release is None or (not whole and release == site.log.chain[-1]):
        raise NotFound
    pages = site.log.pages(release, whole)
    if not 0 < number <= pages:
        raise NotFound
    here = NamedNode(request.base_url)
    triples = [
        Triple(here, RDF.type, TREE.Node),
        Triple(here, LDES.immutable, Literal(True)),
        Triple(_iri(), RDF.type, LDES.EventStream),
    ]
    if number < pages:
        triples += _relations(here, span, release, number + 1)
    quads = [_quad(each, DefaultGraph()) for each in triples]
    for version in site.log.versions(release, number, whole):
        quads.append(Quad(_iri(), TREE.member, _name(version)))
        quads += _member(version)
    return _closed(quads)


@stream.get("/version/<release>/<kind>/<key>")
def version(release: str, kind: str, key: str) -> Response:
    """One version of an entity."""
    iri = site.thing(kind, key)
    found = site.log.version(release, iri.value) if iri else None
    if found is None:
        raise NotFound
    return _closed(list(_member(found)))


def _iri() -> NamedNode:
    return NamedNode(f"{site.release.base}ldes#stream")


def _stream(here: NamedNode) -> Iterator[Triple]:
    """What the stream is, and how its versions are told."""
    own, shape = _iri(), NamedNode(f"{site.release.base}ldes#version")
    yield Triple(own, RDF.type, LDES.EventStream)
    yield Triple(
        own, DCTERMS.title, Literal("Le graphe de l’ESS, version par version", language="fr")
    )
    yield Triple(own, DCTERMS.title, Literal("The ESS graph, version by version", language="en"))
    yield Triple(own, DCTERMS.license, NamedNode(LICENCE))
    yield Triple(own, LDES.timestampPath, DCTERMS.created)
    yield Triple(own, LDES.versionOfPath, DCTERMS.isVersionOf)
    yield Triple(own, LDES.versionCreateObject, AS.Create)
    yield Triple(own, LDES.versionUpdateObject, AS.Update)
    yield Triple(own, LDES.versionDeleteObject, AS.Delete)
    yield Triple(own, LDES.pollingInterval, Literal(POLLING))
    yield Triple(own, TREE.view, here)
    yield Triple(own, TREE.shape, shape)
    yield Triple(here, RDF.type, TREE.Node)
    yield Triple(shape, RDF.type, SH.NodeShape)
    yield Triple(shape, SH.nodeKind, SH.IRI)
    for name, path, kind, value in (
        ("entity", DCTERMS.isVersionOf, SH.nodeKind, SH.IRI),
        ("moment", DCTERMS.created, SH.datatype, XSD.dateTime),
    ):
        own = NamedNode(f"{site.release.base}ldes#{name}")
        yield Triple(shape, SH.property, own)
        yield Triple(own, SH.path, path)
        yield Triple(own, kind, value)
        yield Triple(own, SH.minCount, Literal(1))
        yield Triple(own, SH.maxCount, Literal(1))


def _retention(here: NamedNode) -> Iterator[Triple]:
    """The last version of every entity stays, as a property, and as the older policy says it."""
    policy = NamedNode(f"{site.release.base}ldes#retention")
    yield Triple(here, RDF.type, LDES.EventSource)
    yield Triple(here, LDES.retentionPolicy, policy)
    yield Triple(policy, RDF.type, LDES.LatestVersionSubset)
    yield Triple(policy, LDES.amount, Literal(1))
    yield Triple(policy, LDES.versionAmount, Literal(1))


def _relations(here: NamedNode, span: str, release: Release, number: int) -> Iterator[Triple]:
    """The link to a page, and between which moments its versions are."""
    address = url_for("stream.page", span=span, name=release.id, number=number, _external=True)
    bounds = {"until": TREE.LessThanOrEqualToRelation}
    if span == "in":
        bounds["from"] = TREE.GreaterThanOrEqualToRelation
    for name, kind in bounds.items():
        relation = NamedNode(f"{here.value}#{span}-{release.id}-{name}")
        yield Triple(here, TREE.relation, relation)
        yield Triple(relation, RDF.type, kind)
        yield Triple(relation, TREE.node, NamedNode(address))
        yield Triple(relation, TREE.path, DCTERMS.created)
        yield Triple(relation, TREE.value, _time(moment(release.id)))


def _name(version: Version) -> NamedNode:
    thing = parse(version.iri, site.release.base)
    path = f"ldes/version/{version.release}/{thing.kind}/{thing.key}"
    return NamedNode(site.release.base + path)


def _member(version: Version) -> Iterator[Quad]:
    """A version: what it is, in the default graph; what it says, in its own."""
    own = _name(version)
    yield Quad(own, RDF.type, ACTIVITIES[version.action])
    yield Quad(own, DCTERMS.isVersionOf, NamedNode(version.iri))
    yield Quad(own, DCTERMS.created, _time(version.modified))
    if version.successor:
        yield Quad(own, DCTERMS.isReplacedBy, NamedNode(version.successor))
    for triple in version.statements:
        yield _quad(triple, own)


def _quad(triple: Triple, graph: NamedNode | DefaultGraph) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, graph)


def _time(when: datetime) -> Literal:
    return Literal(f"{when.isoformat()}Z", datatype=XSD.dateTime)


def _closed(quads: list[Quad]) -> Response:
    response = _answer(quads)
    response.headers["Cache-Control"] = FOREVER
    return response


def _answer(quads: list[Quad]) -> Response:
    """The statements in the form that is asked for."""
    form = choose(request.headers.get("Accept", ""), OFFERS)
    if form is None:
        raise not_acceptable(OFFERS)
    prefixes = needed((quad.triple for quad in quads), site.release.base)
    body = serialize(quads, format=GRAPH_FORMATS[OFFERS[form]], prefixes=prefixes)
    response = Response(body, content_type=content_type(OFFERS[form]))
    response.vary.add("Accept")
    return response
