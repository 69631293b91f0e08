"""Content negotiation: which of several forms a request prefers (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_accept_header

from kg.query.forms import GRAPHS, RESULTS
from kg.web.i18n import later

HTML = {"html": "text/html"}
DOCUMENTS = {**HTML, **GRAPHS}
# Other names under which clients ask for a form. They count only when they are named outright.
ALIASES = {
    "application/xhtml+xml": ("html",),
    "application/json": ("jsonld", "json", "problem"),
    "application/xml": ("rdf", "xml"),
    "text/xml": ("rdf", "xml"),
    "text/n3": ("ttl",),
    "application/x-turtle": ("ttl",),
    "text/plain": ("nt",),
}
WITHOUT_CHARSET = {RESULTS["json"], RESULTS["xml"], "application/problem+json"}


def choose(accept: str, offers: dict[str, str]) -> str | None:
    """The preferred of `offers` (name to media type, the server's favourite first), or None.

    Among equals the one that the client named more exactly wins, then the server's order.

    >>> choose("text/turtle, */*;q=0.1", DOCUMENTS)
    'ttl'
    >>> choose("text/html;q=0, */*", DOCUMENTS)
    'ttl'
    >>> choose("image/png", DOCUMENTS) is None
    True
    """
    return _choose(accept, tuple(offers.items()))


@lru_cache(maxsize=1024)
def _choose(accept: str, offered: tuple[tuple[str, str], ...]) -> str | None:
    offers = dict(offered)
    if not accept.strip():
        return next(iter(offers))
    ranges = list(parse_accept_header(accept, MIMEAccept))
    ranks = {name: _rank(name, media_type, ranges) for name, media_type in offers.items()}
    best = max(offers, key=lambda name: ranks[name])
    return best if ranks[best][0] > 0 else None


def _rank(name: str, media_type: str, ranges: Iterable[tuple[str, float]]) -> tuple[float, int]:
    """Quality and exactness; the most exact range decides the quality, zero included."""
    wanted = {media_type: 3, f"{media_type.partition('/')[0]}/*": 1, "*/*": 0}
    wanted |= {alias: 2 for alias, names in ALIASES.items() if name in names}
    found = [
        (wanted[given], quality)
        for value, quality in ranges
        if (given := value.partition(";")[0].strip().lower()) in wanted
    ]
    exactness, quality = max(found, default=(0, 0.0))
    return quality, exactness


def content_type(media_type: str) -> str:
    """The header's value, with the charset where readers would otherwise guess one."""
    return media_type if media_type in WITHOUT_CHARSET else f"{media_type}; charset=utf-8"


def not_acceptable(offers: dict[str, str]) -> NotAcceptable:
    """None of the forms that there are is among those that the request accepts."""
    forms = ", ".join(f"{media_type} ({name})" for name, media_type in offers.items())
    return NotAcceptable(later("Formats disponibles : %(forms)s.", forms=forms))
