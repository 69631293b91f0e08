"""The parts of a thing: its roles over time, its editions, appearances, identifiers…"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.vocab import ADMS, DCTERMS, ESS, FABIO, GEO, OA, ORG, SCHEMA, SKOS, TIME
from kg.web.i18n import Text, _, period, pick
from kg.web.thing.values import Value
from kg.web.thing.view import Fact, View

BACK_TO_OWNER = {ORG.member.value, SCHEMA.exampleOfWork.value}
# Parts that are no more than a detail of another, and those that have a layout of their own.
DETAILS = (
    *(TIME.Interval, TIME.Instant, SCHEMA.Clip, GEO.Geometry),
    *(OA.SpecificResource, OA.TextQuoteSelector),
)
LAID_OUT = (
    *(ORG.Membership, ESS.Appearance, ESS.Credit, FABIO.Expression, OA.Annotation),
    *(SCHEMA.AudioObject, SCHEMA.MediaObject),
)


@dataclass(frozen=True)
class Span:
    """When a part began and ended, as far as that is known, and when it was seen."""

    starts: tuple[str, ...]
    ends: tuple[str, ...]
    seen: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A part of the thing; `other` is with whom or what it is."""

    iri: str
    title: Text
    kind: Text
    when: str
    began: str
    other: Value | None
    facts: list[Fact]
    disputed: bool
    span: Span

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return self.iri.rpartition("#")[2]


def of_class(view: View, class_: NamedNode) -> list[Part]:
    """The parts of a class, in the order of time."""
    parts = [part(view, iri) for iri in view.known.parts() if view.is_a(iri, class_)]
    return sorted(parts, key=_in_time)


def roles(view: View) -> list[Part]:
    """The roles and memberships of the thing."""
    return of_class(view, ORG.Membership)


def others(view: View) -> Iterator[tuple[Text, list[Part]]]:
    """All parts without a layout of their own that say more than the thing itself, by class."""
    plain = {each.value.value for each in view.known.of(view.known.entity)}
    without = {view.name(each) for each in (*DETAILS, *LAID_OUT)}
    found: dict[str, list[Part]] = defaultdict(list)
    for iri in view.known.parts():
        told = view.is_a(iri, ADMS.Identifier) and view.first(SKOS.notation, of=iri) in plain
        if not (told or view.known.classes(iri) & without):
            each = part(view, iri)
            found[each.kind.text].append(each)
    for _name, parts in sorted(found.items()):
        yield parts[0].kind, sorted(parts, key=_in_time)


def part(view: View, iri: str) -> Part:
    """A part as a page shows it."""
    hidden = BACK_TO_OWNER | {ORG.memberDuring.value}
    facts = [fact for fact in view.facts(iri) if fact.property not in hidden]
    starts, ends, seen = (
        view.literals(each, iri) for each in (SCHEMA.startDate, SCHEMA.endDate, ESS.attestedOn)
    )
    known = [*starts, *seen, *ends]
    known += [date for each in (DCTERMS.issued, DCTERMS.date) for date in view.literals(each, iri)]
    with_whom = (ORG.organization, ESS.guest, OA.hasBody)
    values = (value for each in with_whom for value in view.values(each, iri))
    classes = view.classes(iri)
    return Part(
        iri=iri,
        title=_title(view, iri),
        kind=classes[0] if classes else Text(_("Autres parties")),
        when=period(starts, ends, seen),
        began=min((date.value for date in known), default=""),
        other=next(values, None),
        facts=facts,
        disputed=any(fact.disputed for fact in facts),
        span=Span(*(tuple(d.value for d in each) for each in (starts, ends, seen))),
    )


def _title(view: View, iri: str) -> Text:
    """A role by its title, since its organisation stands beside it; else the part's name."""
    names = view.known.names
    return (
        pick(view.literals(ESS.roleTitle, iri))
        or pick(name for role in view.terms(ORG.role, iri) for name in names.get(role.value, []))
        or pick(names.get(iri, []))
        or Text(iri.rpartition("#")[2])
    )


def _in_time(part: Part) -> tuple[bool, str, str]:
    return not part.began, part.began, part.title.text
