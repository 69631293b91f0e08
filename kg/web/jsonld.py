"""Documents in JSON-LD with a context of ours, which is published by its version and never changes.

    /context/<version>.jsonld    ontology/contexts/<version>.jsonld, for the base of the release

A context has prefixes, `id` and `type`, and the properties whose values are IRIs. A property or a
class is written with its prefix where the context has one. Documents name the newest context; who
kept an older document goes on reading it with its own.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from flask import Blueprint, Response, url_for
from pyoxigraph import NamedNode, Triple
from werkzeug.exceptions import NotFound

from kg.iri import rebase
from kg.query import Term
from kg.settings import ONTOLOGY
from kg.vocab import RDF, XSD
from kg.web.delivery import FOREVER
from kg.web.negotiate import content_type
from kg.web.site import site

FOLDER = ONTOLOGY / "contexts"

contexts = Blueprint("contexts", __name__)


@contexts.get("/context/<int:version>.jsonld")
def context(version: int) -> Response:
    """A context, for ever the same."""
    path = FOLDER / f"{version}.jsonld"
    if not path.is_file():
        raise NotFound
    body = rebase(path.read_text(encoding="utf-8"), site.release.base)
    response = Response(body, content_type=content_type("application/ld+json"))
    response.headers["Cache-Control"] = FOREVER
    return response


def document(triples: Iterable[Triple], base: str) -> bytes:
    """The triples as a flat JSON-LD document that names the newest context of this host."""
    newest = max(int(path.stem) for path in FOLDER.glob("*.jsonld"))
    names = _Names(newest, base)
    nodes: dict[str, dict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, value in triples:
        assert isinstance(subject, NamedNode) and isinstance(predicate, NamedNode)
        node = nodes[subject.value]
        if predicate == RDF.type and isinstance(value, NamedNode):
            node["type"].append(names.short(value.value))
        else:
            node[names.short(predicate.value)].append(names.value(predicate.value, value))
    graph = [
        {"id": iri} | {name: v[0] if len(v) == 1 else v for name, v in node.items()}
        for iri, node in nodes.items()
    ]
    address = url_for("contexts.context", version=newest, _external=True)
    return json.dumps({"@context": address, "@graph": graph}, ensure_ascii=False).encode()


class _Names:
    """What a context calls things (JSON-LD 1.1, section 3.2)."""

    def __init__(self, version: int, base: str) -> None:
        terms = _terms(version)
        known = ((rebase(v, base), k) for k, v in terms.items() if isinstance(v, str))
        self._spaces = {space: prefix for space, prefix in known if space[0] != "@"}
        self._leading = {rebase(v["@id"], base) for v in terms.values() if isinstance(v, dict)}

    def short(self, iri: str) -> str:
        """A term with its prefix, if that is all that stands before its last part."""
        end = max(iri.rfind("/"), iri.rfind("#")) + 1
        prefix = self._spaces.get(iri[:end])
        return f"{prefix}:{iri[end:]}" if prefix else iri

    def value(self, property_: str, value: Term) -> object:
        """A value of a property, no less exact than it is."""
        leading = property_ in self._leading
        if isinstance(value, NamedNode):
            return value.value if leading else {"id": value.value}
        if value.language:
            return {"@value": value.value, "@language": value.language}
        if value.datatype != XSD.string:
            return {"@value": value.value, "@type": self.short(value.datatype.value)}
        return {"@value": value.value} if leading else value.value


@cache
def _terms(version: int) -> dict[str, str | dict[str, str]]:
    text = (FOLDER / f"{version}.jsonld").read_text(encoding="utf-8")
    terms: dict[str, str | dict[str, str]] = json.loads(text)["@context"]
    return terms
