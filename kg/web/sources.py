"""Who states something, as pages tell it: a source by its title, publisher, date and licence."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kg.query import Term
from kg.vocab import DCTERMS, SCHEMA
from kg.web import urls
from kg.web.i18n import Text, pick, text

# What people call the licences that sources are under.
LICENCES = {
    "https://www.etalab.gouv.fr/licence-ouverte-open-licence": "Licence Ouverte 2.0",
    "https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0",
    "https://creativecommons.org/licenses/by-sa/4.0/": "CC BY-SA 4.0",
    "https://opendatacommons.org/licenses/odbl/1-0/": "ODbL 1.0",
}


@dataclass(frozen=True)
class Source:
    """Who states a value."""

    title: Text
    href: str | None
    publisher: str
    issued: str
    address: str | None
    licence: str
    licence_href: str | None


def source(iri: str, about: dict[str, list[Term]], base: str) -> Source:
    """A source for a page, from what is known of it."""

    def first(property_: NamedNode) -> Term | None:
        return next(iter(about.get(property_.value, [])), None)

    titles = [term for term in about.get(DCTERMS.title.value, []) if isinstance(term, Literal)]
    publisher, issued, address = map(first, (DCTERMS.publisher, DCTERMS.issued, SCHEMA.url))
    told = first(DCTERMS.license)
    licence = told.value if told else ""
    return Source(
        title=pick(titles) or Text(iri.rpartition("/")[2]),
        href=urls.page(iri, base),
        publisher=publisher.value if isinstance(publisher, Literal) else "",
        issued=text(issued).text if isinstance(issued, Literal) else "",
        address=urls.outside(address.value) if address else None,
        licence=LICENCES.get(licence, urls.shown(licence)),
        licence_href=urls.outside(licence),
    )
