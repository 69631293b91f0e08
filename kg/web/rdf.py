"""Triples that were put together here, as an answer in a form of RDF."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response
from pyoxigraph import Triple, serialize

from kg.query.forms import GRAPH_FORMATS, GRAPHS
from kg.vocab import prefixes
from kg.web.negotiate import content_type
from kg.web.site import site


def respond(triples: Iterable[Triple], form: str) -> Response:
    """The triples, those of one thing together, in one of `GRAPHS`."""
    ordered = sorted(set(triples), key=lambda triple: tuple(map(str, triple)))
    known = prefixes(site.release.base)
    body = serialize(ordered, format=GRAPH_FORMATS[GRAPHS[form]], prefixes=known)
    return Response(body, content_type=content_type(GRAPHS[form]))
