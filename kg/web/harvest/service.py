"""What robots ask of the service as a whole: what it is, whether it lives."""

from __future__ import annotations

from flask import Blueprint, Response, request
from pyoxigraph import RdfFormat, parse, serialize

from kg.query import Request
from kg.query.forms import GRAPH_FORMATS
from kg.vocab import prefixes
from kg.web import protocol
from kg.web.negotiate import content_type
from kg.web.site import site
from kg.web.sparql import DESCRIPTION

service = Blueprint("service", __name__)


@service.get("/.well-known/void")
def void() -> Response:
    """What the release says of itself, directly (VoID, section 7.2): `description.ttl`, in the form
    that is asked for.
    """
    media_type = DESCRIPTION[protocol.chosen(request.headers.get("Accept", ""), DESCRIPTION)]
    quads = parse(path=site.release.folder / "description.ttl", format=RdfFormat.TURTLE)
    body = serialize(
        (quad.triple for quad in quads),
        format=GRAPH_FORMATS[media_type],
        prefixes=prefixes(site.release.base),
    )
    response = Response(body, content_type=content_type(media_type))
    response.vary.add("Accept")
    return response


@service.get("/health")
def health() -> tuple[dict[str, object], dict[str, str]]:
    """Whether queries are answered, and from which release; the error of the query if not."""
    site.service.answer(Request("ASK {}")).file.close()
    state = {"ok": True, "release": site.release.id, "engine": site.engine}
    return state, {"Cache-Control": "no-store"}
