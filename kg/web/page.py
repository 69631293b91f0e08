"""The page of a thing: its facts as a reader sees them, in the reader's language."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from kg.iri import rebase, try_parse
from kg.query import Term
from kg.vocab import ADMS, DCTERMS, ESS, GEO, OA, ORG, RDF, RDFS, SCHEMA, SKOS, TIME
from kg.web import urls
from kg.web.facts import NAMING, Facts, Statement
from kg.web.i18n import Text, _, is_date, lang, language, period, pick, text
from kg.web.site import Site

# Registers whose address of a value is sure, by the name of our property or identifier scheme.
REGISTERS = {
    "siren": "https://annuaire-entreprises.data.gouv.fr/entreprise/{}",
    "doi": "https://doi.org/{}",
    "hal": "https://hal.science/{}",
    "halId": "https://hal.science/{}",
}
# What people call the licences that sources are under.
LICENCES = {
    "https://www.etalab.gouv.fr/licence-ouverte-open-licence": "Licence Ouverte 2.0",
    "https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0",
    "https://creativecommons.org/licenses/by-sa/4.0/": "CC BY-SA 4.0",
    "https://opendatacommons.org/licenses/odbl/1-0/": "ODbL 1.0",
}
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
BACK_TO_OWNER = {ORG.member.value, SCHEMA.exampleOfWork.value}
NOT_PAGES = {
    *(each.value for each in (TIME.Interval, TIME.Instant, SCHEMA.Clip, GEO.Geometry)),
    *(each.value for each in (OA.SpecificResource, OA.TextQuoteSelector)),
}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


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


@dataclass(frozen=True)
class Point:
    """A place on the earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float


def point(latitudes: Iterable[Term], longitudes: Iterable[Term]) -> Point | None:
    """The place, if both numbers are there and are degrees."""
    found = []
    for values, most in ((latitudes, 90), (longitudes, 180)):
        texts = [each.value for each in values if re.fullmatch(r"-?\d+(\.\d+)?", each.value)]
        found += [float(texts[0])] if texts and abs(float(texts[0])) <= most else []
    return Point(*found) if len(found) == 2 else None


@dataclass(frozen=True)
class Chapter:
    """A chapter of a recording, and the second at which it begins."""

    title: Text
    start: int

    @property
    def clock(self) -> str:
        """When it begins, as players show it."""
        hours, minutes = divmod(self.start // 60, 60)
        seconds = f"{self.start % 60:02}"
        return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


@dataclass(frozen=True)
class Neighbour:
    """Another thing that a thing is linked to, with what; `out` if the link begins at the thing."""

    out: bool
    link: Text
    text: Text
    value: Value


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


@dataclass(frozen=True)
class Span:
    """When a part began and ended, as far as that is known, and when it was seen."""

    starts: tuple[str, ...]
    ends: tuple[str, ...]
    seen: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A part of the thing: a role, an edition, an appearance…"""

    anchor: str
    title: Text
    kind: Text
    when: str
    began: str
    other: Value | None
    facts: list[Fact]
    disputed: bool
    span: Span


class View:
    """Turns the facts about one thing into what its page shows."""

    def __init__(self, site: Site, facts: Facts) -> None:
        self._site, self._facts = site, facts
        self._base = site.release.base
        self._own = rebase(ESS.attestedOn.value, self._base).removesuffix("attestedOn")

    def title(self) -> Text:
        """The name of the thing."""
        names = [
            each.value
            for each in self._facts.of(self._facts.entity)
            if each.property in NAMING and isinstance(each.value, Literal)
        ]
        return pick(names) or Text(self._facts.entity.rpartition("/")[2])

    def gist(self, kind: str) -> list[Text]:
        """What it is, in one line: the values of a few properties."""
        found = self._own_facts
        by_name = {_local(fact.property): fact for fact in found}
        facts = [by_name[name] for name in GISTS.get(kind, ()) if name in by_name]
        return [value.text for fact in facts for value in fact.values[: 1 + (len(facts) == 1)]]

    def value_of(self, *properties: NamedNode) -> str:
        """The first value of the thing for one of these properties; empty if there is none."""
        found = (self._literal(self._facts.entity, self._name(each)) for each in properties)
        return next(filter(None, found), "")

    def values_of(self, property_: NamedNode) -> list[Term]:
        """All values of the thing for a property, in the order of their text."""
        return sorted((each.value for each in self._statements(property_)), key=str)

    def name_of(self, value: Term) -> str:
        """What a value of the thing is called."""
        names = self._facts.names.get(value.value, []) if isinstance(value, NamedNode) else []
        name = pick(names)
        return name.text if name else urls.shown(value.value)

    def point(self) -> Point | None:
        """Where it is, if its coordinates are known."""
        return point(self.values_of(SCHEMA.latitude), self.values_of(SCHEMA.longitude))

    def sounds(self) -> list[str]:
        """The addresses of its recordings: its own, or those of files that are parts of it."""
        files = [part for part in self._facts.parts() if self._is(part, SCHEMA.AudioObject)]
        found = (
            self._literal(each, SCHEMA.contentUrl.value) for each in [self._facts.entity, *files]
        )
        return list(filter(None, found))

    def chapters(self) -> list[Chapter]:
        """The chapters of its recording, in order."""
        parts = [part for part in self._facts.parts() if self._is(part, SCHEMA.Clip)]
        found = []
        for part in parts:
            start = self._literal(part, SCHEMA.startOffset.value)
            if re.fullmatch(r"[0-9]+(\.[0-9]+)?", start):
                found.append(Chapter(self._part_title(part), int(float(start))))
        return sorted(found, key=lambda chapter: chapter.start)

    def place_name(self) -> str:
        """Where it is, in words, from the nearest to the farthest."""
        places = (ESS.commune, ESS.departement, ESS.region, DCTERMS.isPartOf)
        found = [self._value(each) for p in places for each in self._statements(p)]
        return ", ".join(dict.fromkeys(value.text.text for value in found))

    def _statements(self, property_: NamedNode) -> list[Statement]:
        name = self._name(property_)
        return [s for s in self._facts.of(self._facts.entity) if s.property == name]

    def neighbours(self) -> list[Neighbour]:
        """The things of ours that it, or a role of its, leads to."""
        subjects = [self._facts.entity, *(part for part in self._facts.parts())]
        found = {
            (fact.name.text, value.text.text): Neighbour(True, fact.name, value.text, value)
            for subject in subjects
            for fact in self.facts(subject, own_parts=False)
            for value in fact.values
            if value.kind and value.href and not self._leads_back(value.href)
        }
        return list(found.values())

    def _leads_back(self, href: str) -> bool:
        own = urls.page(self._facts.entity, self._base) or ""
        return href == own or href.startswith(f"{own}#")

    def _name(self, property_: NamedNode) -> str:
        return rebase(property_.value, self._base)

    def classes(self, subject: str) -> list[Text]:
        """The names of its classes, each once."""
        known = self._site.layout.classes
        found = (
            pick([*self._facts.names.get(each, []), *known.get(each, [])])
            for each in sorted(self._facts.classes(subject))
        )
        return list({name.text.casefold(): name for name in found if name}.values())

    def groups(self) -> list[Group]:
        """Its own facts, under the headings that the ontology gives."""
        groups: dict[str, list[Fact]] = defaultdict(list)
        for fact in self._own_facts:
            groups[fact.group].append(fact)
        return [Group(name, facts) for name, facts in groups.items()]

    @cached_property
    def _own_facts(self) -> list[Fact]:
        return self.facts(self._facts.entity, own_parts=False)

    def facts(self, subject: str, own_parts: bool = True) -> list[Fact]:
        """The facts of the thing or a part, in the order of the ontology's layout."""
        classes = self._facts.classes(subject)
        by_property: dict[str, list[Statement]] = defaultdict(list)
        for each in self._facts.of(subject):
            if each.property not in NOT_SHOWN and (own_parts or not self._own_part(each.value)):
                by_property[each.property].append(each)
        found = [self._fact(name, each, classes) for name, each in by_property.items()]
        return sorted(found, key=lambda fact: fact.rank)

    def _own_part(self, value: Term) -> bool:
        return isinstance(value, NamedNode) and value.value.startswith(f"{self._facts.entity}#")

    def _fact(self, property_: str, statements: list[Statement], classes: set[str]) -> Fact:
        place = self._site.layout.place(property_, classes)
        names = [*(place.names if place else self._facts.names.get(property_, []))]
        name = pick(names) or Text(_words(property_), "en")
        group, order = self._site.layout.groups.get(place.group if place else "", ([], 1000.0))
        heading = pick(group) or Text(_("Autres faits"))
        shown = statements if place and place.names_things else _in_language(statements)
        values = [self._value(each) for each in sorted(shown, key=_mine_first)]
        disputed = property_ in self._facts.single and disagree([s.value for s in statements])
        rank = (order, place.order if place else 1000.0, name.text)
        return Fact(property_, name, values, disputed, rank, heading.text)

    def _value(self, statement: Statement) -> Value:
        value, sources = statement.value, self._sources(statement.graph)
        report = self._report(statement)
        if isinstance(value, NamedNode):
            name = pick(self._facts.names.get(value.value, [])) or Text(urls.shown(value.value))
            thing = try_parse(value.value, self._base)
            kind = thing.kind if thing else ""
            return Value(name, urls.link(value.value, self._base), "", sources, kind, report)
        if statement.property == DCTERMS.language.value:
            return Value(Text(language(value.value)), None, "", sources, "", report)
        scheme = statement.property.removeprefix(self._own)
        if statement.property == SKOS.notation.value:
            scheme = self._literal(statement.subject, DCTERMS.type.value)
        register = REGISTERS.get(scheme)
        href = register.format(quote(value.value, safe="/")) if register else None
        date = value.value if is_date(value.datatype) else ""
        return Value(text(value), href, date, sources, "", report)

    def _report(self, statement: Statement) -> str | None:
        """Where to tell of an error, with the statement quoted."""
        quoted = f"<{statement.subject}> <{statement.property}> {statement.value} ."
        return urls.report(self._site.settings.contact, quoted, self._site.release.id)

    def _literal(self, subject: str, property_: str) -> str:
        found = (s.value.value for s in self._facts.of(subject) if s.property == property_)
        return next(found, "")

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

    def roles(self) -> list[Part]:
        """The roles and memberships of the thing, in the order of time."""
        parts = [self._part(iri) for iri in self._facts.parts() if self._is(iri, ORG.Membership)]
        return sorted(parts, key=_in_time)

    def parts(self) -> dict[str, list[Part]]:
        """All other parts that say more than the thing itself, by the name of their class."""
        plain = {s.value.value for s in self._facts.of(self._facts.entity)}
        found: dict[str, list[Part]] = defaultdict(list)
        for iri in self._facts.parts():
            told = self._is(iri, ADMS.Identifier) and (
                self._literal(iri, SKOS.notation.value) in plain
            )
            hidden = self._facts.classes(iri) & (NOT_PAGES | {ORG.Membership.value})
            if not (told or hidden):
                part = self._part(iri)
                found[part.kind.text].append(part)
        return {name: sorted(parts, key=_in_time) for name, parts in sorted(found.items())}

    def _is(self, iri: str, class_: NamedNode) -> bool:
        return class_.value in self._facts.classes(iri)

    def _part_title(self, iri: str) -> Text:
        """A role by its title, since its organisation stands beside it; else the part's name."""
        own = rebase(ESS.roleTitle.value, self._base)
        titles = [s.value for s in self._facts.of(iri) if s.property == own]
        roles = [s.value.value for s in self._facts.of(iri) if s.property == ORG.role.value]
        return (
            pick(title for title in titles if isinstance(title, Literal))
            or pick(name for role in roles for name in self._facts.names.get(role, []))
            or pick(self._facts.names.get(iri, []))
            or Text(iri.rpartition("#")[2])
        )

    def _part(self, iri: str) -> Part:
        facts = [
            fact
            for fact in self.facts(iri)
            if fact.property not in BACK_TO_OWNER | {ORG.memberDuring.value}
        ]
        statements = self._facts.of(iri)

        def dates(property_: NamedNode) -> list[Literal]:
            wanted = rebase(property_.value, self._base)
            found = (s.value for s in statements if s.property == wanted)
            return [value for value in found if isinstance(value, Literal)]

        starts, ends, seen = map(dates, (SCHEMA.startDate, SCHEMA.endDate, ESS.attestedOn))
        known = [*starts, *seen, *ends, *dates(DCTERMS.issued), *dates(DCTERMS.date)]
        with_whom = {ORG.organization.value, rebase(ESS.guest.value, self._base), OA.hasBody.value}
        others = [self._value(s) for s in statements if s.property in with_whom]
        classes = self.classes(iri)
        return Part(
            anchor=iri.rpartition("#")[2],
            title=self._part_title(iri),
            kind=classes[0] if classes else Text(_("Autres parties")),
            when=period(starts, ends, seen),
            began=min((date.value for date in known), default=""),
            other=others[0] if others else None,
            facts=facts,
            disputed=any(fact.disputed for fact in facts),
            span=Span(*(tuple(sorted(d.value for d in each)) for each in (starts, ends, seen))),
        )


def _in_time(part: Part) -> tuple[bool, str, str]:
    return not part.began, part.began, part.title.text


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


def _in_language(statements: list[Statement]) -> list[Statement]:
    """Of texts told in several languages (notes, definitions), the reader's, if it is there."""
    if not any(_mine(each.value) for each in statements):
        return statements
    return [each for each in statements if _mine(each.value) or not _tagged(each.value)]


def _mine_first(statement: Statement) -> tuple[bool, str]:
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


def _words(iri: str) -> str:
    """A term's local name in words, where nothing names it.

    >>> _words("https://schema.org/episodeNumber")
    'episode number'
    """
    return _CAMEL.sub(" ", _local(iri)).lower()


def _local(iri: str) -> str:
    return re.split("[#/]", iri)[-1]
