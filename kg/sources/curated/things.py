"""Sources, themes, territories, and the names and identifiers of things of any kind."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.sources import Triple
from kg.sources.curated.cells import bilingual, facts, kinds, named, notes, text
from kg.sources.curated.tables import IDENTIFIERS, territory
from kg.sources.identifiers import current, former
from kg.sources.rows import Row, RowError
from kg.vocab import DCTERMS, ESS, FOAF, PROV, RDFS, SCHEMA, SKOS

USES = {
    "alternative": SKOS.altLabel,
    "acronym": ESS.acronym,
    "former": ESS.formerName,
    "misspelling": SKOS.hiddenLabel,
}
WIKIDATA = "http://www.wikidata.org/entity/"


def sources(row: Row) -> Iterator[Triple]:
    """A page or document that was read."""
    me = named(row, "source")
    yield from kinds(me, PROV.Entity, SCHEMA.WebPage)
    title = Literal(text(row, "title"), language="fr")
    yield me, RDFS.label, title
    yield me, DCTERMS.title, title
    columns = {
        "url": SCHEMA.url,
        "publisher": DCTERMS.publisher,
        "published": DCTERMS.issued,
        "read": DCTERMS.date,
        "license": DCTERMS.license,
    }
    yield from facts(me, row, columns)
    yield from notes(me, row)


def schemes(row: Row) -> Iterator[Triple]:
    """A publisher's own set of themes."""
    me = named(row, "scheme")
    yield from kinds(me, SKOS.ConceptScheme)
    yield from bilingual(me, row, "label", RDFS.label, SKOS.prefLabel)
    yield from facts(me, row, {"homepage": FOAF.homepage})
    yield from notes(me, row)


def themes(row: Row) -> Iterator[Triple]:
    """A theme of a publisher's scheme. The themes of ours are in ontology/schemes/theme.ttl."""
    me = named(row, "theme")
    yield from kinds(me, SKOS.Concept)
    if scheme := text(row, "scheme"):
        yield me, SKOS.inScheme, iri.named("scheme", scheme)
    yield from bilingual(me, row, "label", RDFS.label, SKOS.prefLabel)
    yield from facts(me, row, {"broader": SKOS.broader, "close_match": SKOS.closeMatch})
    yield from notes(me, row)


def territories(row: Row) -> Iterator[Triple]:
    """A territory that the official lists lack."""
    me = territory(text(row, "key"))
    yield from kinds(me, DCTERMS.Location, SCHEMA.AdministrativeArea)
    yield from bilingual(me, row, "label", RDFS.label, SKOS.prefLabel)
    columns = {
        "level": ESS.territoryLevel,
        "code": ESS.inseeCode,
        "part_of": DCTERMS.isPartOf,
        "replaced_by": DCTERMS.isReplacedBy,
    }
    yield from facts(me, row, columns)
    yield from notes(me, row)


def names(row: Row) -> Iterator[Triple]:
    """Another name of a thing. Without a language it is a person's."""
    me = iri.named(text(row, "kind"), text(row, "key"))
    name, language = text(row, "name"), text(row, "lang")
    yield me, USES[text(row, "use")], Literal(name, language=language or None)


def identifiers(row: Row) -> Iterator[Triple]:
    """An identifier: as a string for lookup while it is current, and with its scheme and status."""
    me = iri.named(text(row, "kind"), text(row, "key"))
    scheme = text(row, "scheme")
    value = identifier(row, scheme)
    stated = {"current": current, "former": former}[text(row, "status")]
    if scheme == "wikidata":
        yield me, SCHEMA.sameAs, NamedNode(WIKIDATA + value)
        return
    yield from stated(me, scheme, value)


def identifier(row: Row, scheme: str) -> str:
    """Pop the value of an identifier, checked as its scheme demands (check digits included)."""
    value = text(row, "value")
    try:
        return IDENTIFIERS[scheme](value)
    except ValueError as error:
        raise RowError("value", value, str(error), "compare it with the source") from None
