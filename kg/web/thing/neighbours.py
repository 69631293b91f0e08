"""What a thing is linked to, for its neighbourhood as a table and a graph."""

from __future__ import annotations

from dataclasses import dataclass

from kg.web.i18n import Text
from kg.web.thing.values import Value
from kg.web.thing.view import View


@dataclass(frozen=True)
class Neighbour:
    """Another thing that a thing is linked to, with what; `out` if the link begins at the thing."""

    out: bool
    link: Text
    text: Text
    value: Value


def outgoing(view: View) -> list[Neighbour]:
    """The things of ours that it, or a role of its, leads to."""
    found = {
        (fact.name.text, value.text.text): Neighbour(True, fact.name, value.text, value)
        for subject in [view.known.entity, *view.known.parts()]
        for fact in view.facts(subject, own_parts=False)
        for value in fact.values
        if value.kind and value.href and not view.leads_back(value.href)
    }
    return list(found.values())
