"""Typed links of an entity's documents, for robots (https://signposting.org/FAIR/).

    cite-as      its lasting IRI
    license      of what is said of it
    type         what it is, in schema.org's words; its page is an AboutPage
    author       who made it
    item         the recordings of an episode
    collection   its series, season or scheme
    describedby  its RDF documents, and `describes` from these back to its page
    linkset      all of these links, in a document of their own (RFC 9264)

A header has all links of a relation or, where they are too many for it, none; the link set always
has all. Relations: https://www.iana.org/assignments/link-relations
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode
from werkzeug.datastructures import Headers
from werkzeug.urls import iri_to_uri

from kg.vocab import DCTERMS, RDF, SCHEMA, SKOS, prefixes
from kg.web import urls
from kg.web.facts import Facts

MEDIA_TYPE = "application/linkset+json"
# How many links of one relation a header may hold.
MOST = 10
_SCHEMA = prefixes()["schema"]
# The relation that a property tells: of the thing itself, or of one of its parts.
_OWN = {
    DCTERMS.creator.value: "author",
    SCHEMA.author.value: "author",
    SCHEMA.partOfSeries.value: "collection",
    SCHEMA.partOfSeason.value: "collection",
    SKOS.inScheme.value: "collection",
}
_PARTS = {SCHEMA.contentUrl.value: "item"}


@dataclass(frozen=True, order=True)
class Link:
    """A link of some relation; `type` is the media type of its target, where that is known."""

    relation: str
    href: str
    type: str = ""


def told(found: Facts) -> list[Link]:
    """The links that the statements about a thing and its parts tell, in a steady order."""
    links = {Link("type", f"{_SCHEMA}AboutPage")}
    for each in found.statements:
        own = each.subject == found.entity
        relation = (_OWN if own else _PARTS).get(each.property)
        if own and each.property == RDF.type.value and each.value.value.startswith(_SCHEMA):
            relation = "type"
        if relation and isinstance(each.value, NamedNode) and urls.outside(each.value.value):
            links.add(Link(relation, each.value.value))
    return sorted(links)


def sign(headers: Headers, links: Iterable[Link]) -> None:
    """Add links to the headers of an answer (RFC 8288, section 3): ASCII, the IRIs as URIs."""
    for relation, group in _grouped(links).items():
        for each in group if len(group) <= MOST else ():
            media_type = f'; type="{each.type}"' if each.type else ""
            headers.add("Link", f'<{iri_to_uri(each.href)}>; rel="{relation}"{media_type}')


def linkset(anchored: dict[str, list[Link]]) -> str:
    """A link set (RFC 9264, section 4.2): the links of each anchor; all addresses are absolute."""
    contexts = [
        {"anchor": anchor}
        | {
            relation: [
                {"href": each.href} | ({"type": each.type} if each.type else {}) for each in group
            ]
            for relation, group in _grouped(links).items()
        }
        for anchor, links in anchored.items()
    ]
    return json.dumps({"linkset": contexts}, ensure_ascii=False)


def _grouped(links: Iterable[Link]) -> dict[str, list[Link]]:
    groups: dict[str, list[Link]] = defaultdict(list)
    for each in links:
        groups[each.relation].append(each)
    return groups
