"""The SPARQL 1.1 Protocol (section 2.1): the query that a request brings, read without Flask.

Errors are werkzeug's, or a `QueryError`; their texts wait for the reader's language.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode
from werkzeug.exceptions import (
    BadRequest,
    NotAcceptable,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from werkzeug.wrappers import Request

from kg import query
from kg.errors import QueryMalformed, QueryRefused
from kg.query import guard
from kg.query.departure import Departure
from kg.query.forms import GRAPHS, RESULTS
from kg.settings import Networks, Settings
from kg.web.i18n import later
from kg.web.negotiate import ALIASES, HTML, choose, not_acceptable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
# Where the environment of a request has the departure of its client (`kg.query.departure`).
DEPARTURE = "kg.departure"
# These may stand once. An unknown parameter is ignored.
ONCE = ("query", "timeout")
# Other names that clients give to forms, for the first of them that the query has.
SYNONYMS = {
    "turtle": ("ttl",),
    "n3": ("ttl",),
    "ntriples": ("nt",),
    "n-triples": ("nt",),
    "nquads": ("nq",),
    "n-quads": ("nq",),
    "json-ld": ("jsonld",),
    "json": ("json", "jsonld"),
    "xml": ("xml", "rdf"),
    "rdf+xml": ("rdf",),
    "rdfxml": ("rdf",),
}
FIELDS = 1000
# Longer texts are read one at a time: others must have their part of the processor meanwhile.
LONG = 50_000
_long = threading.Lock()
Pairs: TypeAlias = list[tuple[str, str]]
Values: TypeAlias = dict[str, list[str]]
# What there is for a graph, and for other results.
OFFERED = {True: {**GRAPHS, **HTML}, False: {**RESULTS, **HTML}}
# What the time, chance, or somebody else decides.
_VOLATILE = {"NOW", "RAND", "UUID", "STRUUID", "SERVICE"}


@dataclass(frozen=True)
class Asked:
    """A query as the protocol brought it.

    `form` is one of `offers`, or `html`; `named` says that a parameter named it, so that the Accept
    header had no say. It is "" when nothing fits: `refusal` says so, but what is wrong with the
    query comes first. `steady` says that a release always gives the same answer.
    """

    text: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    seconds: float | None
    client: str
    offers: dict[str, str]
    form: str
    named: bool
    steady: bool
    departure: Departure | None = None
    refusal: NotAcceptable | None = None

    @cached_property
    def request(self) -> query.Request:
        """What to ask the query service; for a page, a result that it can be made of."""
        shown = next(iter(RESULTS)) if self.offers is RESULTS else "nt"
        return query.Request(
            self.text,
            self.offers[shown if self.form == "html" else self.form] if self.form else "",
            default_graphs=self.default_graphs,
            named_graphs=self.named_graphs,
            seconds=self.seconds,
            client=self.client,
            departure=self.departure,
        )


def read(environ: WSGIEnvironment, settings: Settings) -> Asked | None:
    """The query of a request, which can be read again; None for a bare GET. Refuses what the
    protocol does not know.
    """
    values = _values(environ, settings.longest_body)
    for name in ONCE:
        if len(values.get(name, ())) > 1:
            raise BadRequest(later("Le paramètre « %(n)s » est donné plusieurs fois.", n=name))
    if "update" in values:
        raise QueryRefused("This service is read-only: it takes queries, no updates.")
    if "query" not in values:
        if environ["REQUEST_METHOD"] == "POST":
            raise BadRequest(later("Il manque le paramètre « query »."))
        return None
    [text] = values["query"]
    if len(text) > settings.query_length:
        limit = settings.query_length
        raise RequestEntityTooLarge(later("Une requête a au plus %(n)s caractères.", n=limit))
    if "\0" in text:
        raise QueryMalformed("The query contains a NUL character.")
    with _long if len(text) > LONG else nullcontext():
        graph = guard.form(text, settings.endpoints) in {"CONSTRUCT", "DESCRIBE"}
        steady = _steady(text)
    offers = GRAPHS if graph else RESULTS
    named = _named(values)
    form, refusal = "", None
    try:
        form = chosen(environ.get("HTTP_ACCEPT", ""), OFFERED[graph], named)
    except NotAcceptable as error:
        refusal = error
    return Asked(
        text,
        tuple(_graphs(values.get("default-graph-uri", ()))),
        tuple(_graphs(values.get("named-graph-uri", ()))),
        _seconds(*values.get("timeout", ())),
        nearest(
            environ.get("REMOTE_ADDR") or "unknown",
            environ.get("HTTP_X_FORWARDED_FOR", ""),
            settings.trusted_proxies,
        ),
        offers,
        form,
        bool(named),
        steady,
        environ.get(DEPARTURE),
        refusal,
    )


def _values(environ: WSGIEnvironment, longest: int) -> Values:
    """The parameters: of the address, and of the body that is a form or the query itself."""
    pairs = _pairs(environ["QUERY_STRING"].encode("latin-1"))
    if environ["REQUEST_METHOD"] == "POST":
        pairs += _posted(environ, longest)
    values: Values = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _posted(environ: WSGIEnvironment, longest: int) -> Pairs:
    request = Request(environ)
    request.max_content_length = longest
    if request.mimetype == UPDATE:
        raise QueryRefused("This service is read-only: it takes queries, no updates.")
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in {FORM, QUERY} or charset not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(
            later("Envoyez la requête en %(a)s ou en %(b)s, en UTF-8.", a=FORM, b=QUERY)
        )
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(later("Envoyez la requête sans la compresser."))
    body = request.get_data()
    environ["wsgi.input"] = BytesIO(body)
    return _pairs(body) if request.mimetype == FORM else [("query", _text(body))]


def _pairs(data: bytes) -> Pairs:
    text = _text(data)
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except UnicodeDecodeError:
        raise _not_utf8() from None
    except ValueError:
        raise BadRequest(later("Il y a plus de %(n)s paramètres.", n=FIELDS)) from None


def _text(data: bytes) -> str:
    """SPARQL is UTF-8 (section 2.1.3)."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> BadRequest:
    return BadRequest(later("La requête n’est pas en UTF-8."))


def _steady(text: str) -> bool:
    upper = text.upper()
    if not any(word in upper for word in _VOLATILE):
        return True
    words = (word.upper() for terminal, word in guard.tokens(text) if terminal == "word")
    return _VOLATILE.isdisjoint(words)


def _graphs(iris: Iterable[str]) -> Iterable[str]:
    for iri in iris:
        try:
            NamedNode(iri)
        except ValueError:
            raise BadRequest(later("Ce n’est pas un IRI : %(iri)s", iri=iri)) from None
        yield iri


def _seconds(value: str = "") -> float | None:
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise BadRequest(later("« timeout » est un nombre de secondes, plus grand que zéro."))
    return seconds


def _named(values: Values) -> list[str]:
    """The forms that parameters name; `output` is what other services call `format`."""
    return [each for name in ("format", "output") for each in values.get(name, ()) if each]


def chosen(accept: str, offers: dict[str, str], named: Sequence[str] = ()) -> str:
    """The form to answer in: the one that is named, else the one that the Accept header prefers.

    Some clients name a form in several ways at once; one that is known is enough.
    """
    if named:
        forms = {form for name in named if (form := _form(name, offers))}
    else:
        forms = {form for form in [choose(accept, offers)] if form}
    if len(forms) > 1:
        raise BadRequest(later("« format » et « output » se contredisent."))
    if not forms:
        raise not_acceptable(offers)
    return forms.pop()


def _form(name: str, offers: dict[str, str]) -> str | None:
    """The form of a name: a short one, a media type, or what some clients call it."""
    by_type = {media_type: form for form, media_type in offers.items()}
    names = (name, by_type.get(name), *SYNONYMS.get(name, ()), *ALIASES.get(name, ()))
    return next((each for each in names if each in offers), None)


@lru_cache(maxsize=1024)
def nearest(address: str, forwarded: str, proxies: Networks) -> str:
    """Who asks: the nearest address that is no proxy of ours, an IPv6 network as a whole.

    Each proxy adds to `X-Forwarded-For` whom it heard; what stands before is hearsay.
    """
    hops = [each.strip() for each in forwarded.split(",")]
    while hops and within(address, proxies):
        address = hops.pop() or address
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return f"{found.exploded[:19]}::/64"
    return str(getattr(found, "ipv4_mapped", None) or found)


def within(address: str, networks: Networks) -> bool:
    """Whether an address is in one of these networks."""
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False
