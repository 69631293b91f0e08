"""The values of statements as pages show them: in words, with where they lead and who says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from kg.iri import rebase, try_parse
from kg.query import Term
from kg.vocab import DCTERMS, ESS, SKOS
from kg.web import urls
from kg.web.facts import Facts, Statement
from kg.web.i18n import Text, as_text, is_date, lang, language, pick, text
from kg.web.site import Site
from kg.web.sources import Source, source

# Registers whose address of a value is sure, by the name of our property or identifier scheme.
REGISTERS = {
    "siren": "https://annuaire-entreprises.data.gouv.fr/entreprise/{}",
    "doi": "https://doi.org/{}",
    "hal": "https://hal.science/{}",
    "halId": "https://hal.science/{}",
    "orcid": "https://orcid.org/{}",
}


@dataclass(frozen=True)
class Value:
    """A value, where it leads, and who states it; `kind` where it is one of our things, `report`
    where an error in it can be told, if anywhere.
    """

    text: Text
    href: str | None
    date: str
    sources: list[Source]
    kind: str = ""
    report: str | None = None


class Values:
    """Turns statements about one thing and its parts into values."""

    def __init__(self, site: Site, known: Facts) -> None:
        self._site, self._known = site, known
        self._base = site.release.base
        self._own = rebase(ESS.attestedOn.value, self._base).removesuffix("attestedOn")

    def of(self, statement: Statement) -> Value:
        """The value of a statement."""
        value, sources = statement.value, self._sources(statement.graph)
        report = self._report(statement)
        if isinstance(value, NamedNode):
            thing = try_parse(value.value, self._base)
            kind = thing.kind if thing else ""
            href = urls.link(value.value, self._base)
            return Value(self.name(value), href, "", sources, kind, report)
        if statement.property == DCTERMS.language.value:
            return Value(Text(language(value.value)), None, "", sources, "", report)
        date = value.value if is_date(value.datatype) else ""
        href = self._in_register(statement, value)
        return Value(text(value), href, date, sources, "", report)

    def name(self, iri: NamedNode) -> Text:
        """What a thing or a property is called; its address, where nothing names it.

        What the facts do not name is looked for in the index.
        """
        place = self._site.layout.anywhere.get(iri.value)
        names = self._known.names.get(iri.value) or (place.names if place else [])
        return pick(names) or self._indexed(iri.value) or Text(urls.shown(iri.value))

    def _indexed(self, iri: str) -> Text | None:
        thing = try_parse(iri, self._base)
        if thing is None or thing.fragment:
            return None
        found, code = self._site.index.called(f"{thing.kind}/{thing.key}", lang())
        return as_text(found, code) if found else None

    def _in_register(self, statement: Statement, value: Literal) -> str | None:
        scheme = statement.property.removeprefix(self._own)
        if statement.property == SKOS.notation.value:
            scheme = self._known.literal(statement.subject, DCTERMS.type.value)
        register = REGISTERS.get(scheme)
        return register.format(quote(value.value, safe="/")) if register else None

    def _report(self, statement: Statement) -> str | None:
        """Where to tell of an error, with the statement quoted."""
        quoted = f"<{statement.subject}> <{statement.property}> {statement.value} ."
        return urls.report(self._site.settings.contact, quoted, self._site.release.id)

    def _sources(self, graph: str) -> list[Source]:
        """Who states the statements of a graph; the same for all pages in a language."""
        key = lang(), graph
        if key not in self._site.told:
            provenance = self._site.provenance
            self._site.told[key] = [
                source(iri, provenance.sources.get(iri, {}), self._base)
                for iri in provenance.graphs.get(graph, [])
            ]
        return self._site.told[key]


def in_language(statements: list[Statement]) -> list[Statement]:
    """Of texts told in several languages (notes, definitions), the reader's, if it is there."""
    if not any(_mine(each.value) for each in statements):
        return statements
    return [each for each in statements if _mine(each.value) or not _tagged(each.value)]


def mine_first(statement: Statement) -> tuple[bool, str]:
    """The place of a statement among others: what is in the reader's language comes first."""
    return not _mine(statement.value), str(statement.value)


def _tagged(value: Term) -> bool:
    return isinstance(value, Literal) and bool(value.language)


def _mine(value: Term) -> bool:
    return isinstance(value, Literal) and value.language == lang()


def disagree(values: Iterable[Term]) -> bool:
    """Whether values cannot all be true of one thing; a coarser date agrees with a finer one.

    >>> disagree([Literal("2021"), Literal("2021-11")])
    False
    >>> disagree([Literal("2019"), Literal("2021")])
    True
    """
    ordered = sorted({value.value for value in values})
    return any(not b.startswith(a) for a, b in pairwise(ordered))
