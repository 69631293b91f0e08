"""The one place that builds addresses: between the IRIs of a release and the pages of this host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from urllib.parse import quote, urlencode, urlsplit

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from kg.iri import try_parse
from kg.vocab import prefixes


def page(iri: str, base: str) -> str | None:
    """The local page about a thing of ours, fragment included; None for any other IRI."""
    thing = try_parse(iri, base)
    if thing is None:
        return None
    return url_for(
        "entities.document", kind=thing.kind, name=thing.key, _anchor=thing.fragment or None
    )


def outside(address: str) -> str | None:
    """An address that a link may lead to: http, https or mailto; None for everything else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    return address if web or parts.scheme == "mailto" else None


def sound(address: str) -> str | None:
    """An address that a player may load: only https, and nothing that means more to a policy."""
    plain = re.fullmatch(r"https://[\w.-]+(:\d+)?/[^\s;,'\"]*", address)
    return address if plain and outside(address) else None


def origin(address: str) -> str:
    """The origin of an address, as a Content-Security-Policy names it.

    >>> origin("https://audio.example:8443/1.mp3")
    'https://audio.example:8443'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def link(iri: str, base: str) -> str | None:
    """Where a page leads for an IRI: our page, else outside; our names without a page, nowhere."""
    return page(iri, base) or (None if iri.startswith(base) else outside(iri))


def contact(address: str) -> str | None:
    """A link to the configured contact, an e-mail address or a page."""
    return outside(address if "://" in address or not address else f"mailto:{address}")


def email(contact: str) -> str:
    """The configured contact if it is an e-mail address; "" if it is a page.

    >>> email("team@example.org"), email("https://example.org/@team")
    ('team@example.org', '')
    """
    return contact if "@" in contact and "/" not in contact else ""


def report(contact: str, statement: str, release: str) -> str | None:
    """Where to report an error in a statement: a mail that quotes it, or a form that is given it.

    >>> report("team@example.org", "<a> <b> 1 .", "2026-11-23-1")
    'mailto:team@example.org?subject=Erreur%20%282026-11-23-1%29&body=%3Ca%3E%20%3Cb%3E%201%20.'
    """
    if "://" in contact:
        mark = "&" if "?" in contact else "?"
        return f"{contact}{mark}{urlencode({'statement': statement, 'release': release})}"
    if not contact:
        return None
    subject = quote(f"Erreur ({release})", "")
    return f"mailto:{quote(contact, '@')}?subject={subject}&body={quote(statement, '')}"


def shares(address: str, title: str) -> dict[str, str]:
    """Where a reader may tell others of a page; each is an address, and nothing is loaded from it.

    >>> shares("https://ess.example/doc/person/ada", "Ada")["mail"]
    'mailto:?subject=Ada&body=https%3A%2F%2Fess.example%2Fdoc%2Fperson%2Fada'
    """
    page, name = quote(address, ""), quote(title, "")
    return {
        "mail": f"mailto:?subject={name}&body={page}",
        "Mastodon": f"https://share.joinmastodon.org/#text={name}%20{page}",
        "LinkedIn": f"https://www.linkedin.com/sharing/share-offsite/?url={page}",
    }


def host(address: str) -> str:
    """The host of an address, as people say it.

    >>> host("https://www.avise.org/etude?x=1")
    'avise.org'
    """
    return (urlsplit(address).hostname or address).removeprefix("www.")


def shown(address: str) -> str:
    """An address as people read it.

    >>> shown("https://www.avise.org/")
    'www.avise.org'
    """
    return address.removeprefix("https://").removeprefix("http://").removesuffix("/")


def short(iri: str, base: str) -> str:
    """An IRI with its prefix, where it has one and needs no escapes behind it.

    >>> short("http://xmlns.com/foaf/0.1/Person", "https://w3id.org/ess-kg/")
    'foaf:Person'
    """
    table = _table(base)
    known = [space for space in table if iri.startswith(space)]
    space = max(known, key=len, default="")
    local = iri[len(space) :]
    return f"{table[space]}:{local}" if space and re.fullmatch(r"[\w-]+", local) else iri


@cache
def _table(base: str) -> dict[str, str]:
    return {space: name for name, space in prefixes(base).items()}


def toggled(name: str, value: str, **changes: str) -> str:
    """The current page with one value of a parameter added, or taken away; from its first page."""
    pairs = [(n, v) for n, v in request.args.items(multi=True) if n != "page" and n not in changes]
    found = (name, value) in pairs
    pairs = [pair for pair in pairs if pair != (name, value)]
    pairs += [] if found else [(name, value)]
    return _path([*pairs, *changes.items()])


def toggles(name: str, values: Iterable[str]) -> list[str]:
    """`toggled` for each of many values of a parameter."""
    pairs = [(n, v) for n, v in request.args.items(multi=True) if n != "page"]
    chosen = {v for n, v in pairs if n == name}
    start = _path(pairs) + ("&" if pairs else "?")
    return [
        toggled(name, value) if value in chosen else start + _parameter(name, value)
        for value in values
    ]


def here(**changes: str | int) -> str:
    """The current page with some of its parameters changed."""
    values = MultiDict(request.args)
    for name, value in changes.items():
        values[name] = str(value)
    return _path(values.items(multi=True))


@lru_cache(maxsize=1024)
def _parameter(name: str, value: str) -> str:
    """A list has hundreds of links that differ in one parameter."""
    return f"{quote(name, '')}={quote(value, '')}"


def _path(pairs: Iterable[tuple[str, str]]) -> str:
    query = "&".join(_parameter(*pair) for pair in pairs)
    return quote(request.script_root + request.path) + (f"?{query}" if query else "")
