"""Candidate mentions: where a known name was read in a text or a credit; never facts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from kg.vocab import ESS, OA
from kg.web.i18n import Text, _
from kg.web.thing.parts import Part, of_class
from kg.web.thing.values import Value
from kg.web.thing.view import View


@dataclass(frozen=True)
class Passage:
    """Where the name stands: in which text, the words before, the name, the words behind."""

    part: Part
    field: Text
    before: str
    name: str
    behind: str


@dataclass(frozen=True)
class Mention:
    """Who or what may be meant, and the passages."""

    what: Value
    passages: list[Passage]


def mentions(view: View) -> list[Mention]:
    """The candidate mentions of a thing, by what may be meant."""
    found: dict[str, list[Part]] = defaultdict(list)
    for part in of_class(view, OA.Annotation):
        if part.other:
            found[part.other.text.text].append(part)
    return [
        Mention(parts[0].other, [_passage(view, part) for part in parts])
        for _name, parts in sorted(found.items())
        if parts[0].other
    ]


def _passage(view: View, part: Part) -> Passage:
    target = view.first(OA.hasTarget, of=part.iri)
    selector = view.first(OA.hasSelector, of=target)
    fields = view.terms(ESS.field, target) if target else []
    quoted = (OA.prefix, OA.exact, OA.suffix)
    before, name, behind = (view.first(each, of=selector) if selector else "" for each in quoted)
    field = view.property_name(fields[0].value) if fields else Text(_("texte"))
    return Passage(part, field, before, name, behind)
