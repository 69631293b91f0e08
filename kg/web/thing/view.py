"""A thing as its reader sees it: its name, what it is, its facts in the order of the ontology."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import Literal, NamedNode

from kg.iri import rebase
from kg.query import Term
from kg.vocab import RDF, RDFS, SKOS
from kg.web import urls
from kg.web.facts import NAMING, Facts, Statement
from kg.web.i18n import Text, _, pick
from kg.web.site import Site
from kg.web.thing.values import Value, Values, disagree, in_language, mine_first

# What says in one line what a thing is, by its kind; properties of our own go by their short name.
GISTS = {
    "organization": (
        *("acronym", "classification", "legalForm", "commune", "seat", "foundingDate"),
    ),
    "establishment": ("activity", "commune", "administrativeStatus"),
    "person": ("holdsOffice",),
    "publication": ("type", "publisher", "issued"),
    "podcast": ("publisher", "partOfSeries", "startDate"),
    "episode": ("partOfSeries", "episodeNumber", "datePublished", "duration"),
    "event": ("startDate", "place", "organizer"),
    "territory": ("territoryLevel", "isPartOf", "population"),
    "theme": ("definition",),
}
NOT_SHOWN = {RDF.type.value, RDFS.label.value}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Fact:
    """A property with its values; `disputed` when the sources do not agree on its one value."""

    property: str
    name: Text
    values: list[Value]
    disputed: bool
    rank: tuple[float, float, str]
    group: str


@dataclass(frozen=True)
class Group:
    """Facts under a heading."""

    name: str
    facts: list[Fact]


class View:
    """Turns the facts about one thing (`known`) into what its page shows."""

    def __init__(self, site: Site, known: Facts) -> None:
        self.known = known
        self.base = site.release.base
        self._layout = site.layout
        self._values = Values(site, known)

    def title(self) -> Text:
        """The name of the thing."""
        names = [
            each.value
            for each in self.known.of(self.known.entity)
            if each.property in NAMING and isinstance(each.value, Literal)
        ]
        return pick(names) or Text(self.known.entity.rpartition("/")[2])

    def gist(self, kind: str) -> list[Text]:
        """What it is, in one line: the values of a few properties."""
        by_name = {local(fact.property): fact for fact in self._own_facts}
        facts = [by_name[name] for name in GISTS.get(kind, ()) if name in by_name]
        return [value.text for fact in facts for value in fact.values[: 1 + (len(facts) == 1)]]

    def first(self, *properties: NamedNode, of: str = "") -> str:
        """The first value of the thing, or a part, for one of these properties; else empty."""
        subject = of or self.known.entity
        found = (self.known.literal(subject, self.name(each)) for each in properties)
        return next(filter(None, found), "")

    def terms(self, property_: NamedNode, of: str = "") -> list[Term]:
        """All values of the thing, or a part, for a property, in the order of their text."""
        return sorted((each.value for each in self._statements(property_, of)), key=str)

    def literals(self, property_: NamedNode, of: str = "") -> list[Literal]:
        """Those of the values that are no things."""
        return [term for term in self.terms(property_, of) if isinstance(term, Literal)]

    def values(self, property_: NamedNode, of: str = "") -> list[Value]:
        """The same as a page shows them."""
        found = sorted(self._statements(property_, of), key=mine_first)
        return [self._values.of(each) for each in found]

    def dates(self, role: str, property_: NamedNode) -> list[Literal]:
        """The dates of a role that a guest speaks by virtue of."""
        return self.known.dates.get((role, self.name(property_)), [])

    def called(self, term: Term) -> Text:
        """What a value is called."""
        return self._values.name(term) if isinstance(term, NamedNode) else Text(term.value)

    def linked(self, iris: list[str]) -> list[Value]:
        """Things by their names, with where they lead; nobody states that."""
        nodes = [NamedNode(iri) for iri in iris]
        return [Value(self.called(n), urls.link(n.value, self.base), "", []) for n in nodes]

    def property_name(self, iri: str) -> Text:
        """What a property is called."""
        place = self._layout.anywhere.get(iri)
        return pick(place.names if place else self.known.names.get(iri, [])) or Text(
            words(iri), "en"
        )

    def is_a(self, iri: str, class_: NamedNode) -> bool:
        """Whether the thing, or a part of it, is of a class."""
        return self.name(class_) in self.known.classes(iri)

    def name(self, property_: NamedNode) -> str:
        """The IRI that a term of ours has in this release."""
        return rebase(property_.value, self.base)

    def leads_back(self, href: str) -> bool:
        """Whether a link leads to this very page."""
        own = urls.page(self.known.entity, self.base) or ""
        return href == own or href.startswith(f"{own}#")

    def classes(self, subject: str) -> list[Text]:
        """The names of its classes, each once; that it is a concept says nothing to people."""
        found = (
            pick([*self.known.names.get(each, []), *self._layout.classes.get(each, [])])
            for each in sorted(self.known.classes(subject) - {SKOS.Concept.value})
        )
        return list({name.text.casefold(): name for name in found if name}.values())

    def groups(self, told: Iterable[NamedNode] = ()) -> list[Group]:
        """Its own facts, but those told before, under the headings that the ontology gives."""
        groups: dict[str, list[Fact]] = defaultdict(list)
        before = {self.name(each) for each in told}
        for fact in self._own_facts:
            if fact.property not in before:
                groups[fact.group].append(fact)
        return [Group(name, facts) for name, facts in groups.items()]

    @cached_property
    def _own_facts(self) -> list[Fact]:
        return self.facts(self.known.entity, own_parts=False)

    def facts(self, subject: str, own_parts: bool = True) -> list[Fact]:
        """The facts of the thing or a part, in the order of the ontology's layout."""
        classes = self.known.classes(subject)
        by_property: dict[str, list[Statement]] = defaultdict(list)
        for each in self.known.of(subject):
            if each.property not in NOT_SHOWN and (own_parts or not self._own_part(each.value)):
                by_property[each.property].append(each)
        found = [self._fact(name, each, classes) for name, each in by_property.items()]
        return sorted(found, key=lambda fact: fact.rank)

    def _own_part(self, value: Term) -> bool:
        return isinstance(value, NamedNode) and value.value.startswith(f"{self.known.entity}#")

    def _fact(self, property_: str, statements: list[Statement], classes: set[str]) -> Fact:
        place = self._layout.place(property_, classes)
        names = [*(place.names if place else self.known.names.get(property_, []))]
        name = pick(names) or Text(words(property_), "en")
        group, order = self._layout.groups.get(place.group if place else "", ([], 1000.0))
        heading = pick(group) or Text(_("Autres faits"))
        shown = statements if place and place.names_things else in_language(statements)
        values = [self._values.of(each) for each in sorted(shown, key=mine_first)]
        disputed = property_ in self.known.single and disagree([s.value for s in statements])
        rank = (order, place.order if place else 1000.0, name.text)
        return Fact(property_, name, values, disputed, rank, heading.text)

    def _statements(self, property_: NamedNode, of: str) -> list[Statement]:
        name = self.name(property_)
        return [s for s in self.known.of(of or self.known.entity) if s.property == name]


def words(iri: str) -> str:
    """A term's local name in words, where nothing names it.

    >>> words("https://schema.org/episodeNumber")
    'episode number'
    """
    return _CAMEL.sub(" ", local(iri)).lower()


def local(iri: str) -> str:
    """The last part of an IRI.

    >>> local("https://schema.org/episodeNumber")
    'episodeNumber'
    """
    return re.split("[#/]", iri)[-1]
