"""Credits: names in a role, of which no identifier tells whose they are; see docs/model.md."""

from __future__ import annotations

from dataclasses import dataclass

from kg.vocab import ESS, SCHEMA
from kg.web.i18n import Text, later, pick
from kg.web.thing.parts import Part, of_class
from kg.web.thing.values import Value
from kg.web.thing.view import View

# The roles that sources name in English by convention (podcast taxonomy, archives), in lower case.
ROLES = {
    "host": later("présentation"),
    "guest": later("invité·e"),
    "author": later("autrice ou auteur"),
    "editor": later("édition"),
    "producer": later("production"),
    "executive producer": later("production exécutive"),
    "cover art designer": later("illustration"),
    "supervisor": later("direction"),
    "laboratory": later("laboratoire"),
    "institution": later("institution"),
}


@dataclass(frozen=True)
class Credit:
    """A name, its role as the source words it, and on what basis that role is known."""

    part: Part
    name: Text
    role: Text | None
    basis: list[Value]
    href: str | None


def credits(view: View) -> list[Credit]:
    """The credits of the thing, in the order of the source."""
    found = [_credit(view, part) for part in of_class(view, ESS.Credit)]
    return sorted(found, key=lambda each: (len(each.part.anchor), each.part.anchor))


def _credit(view: View, part: Part) -> Credit:
    names = view.literals(ESS.creditedName, part.iri)
    role = pick(view.literals(SCHEMA.roleName, part.iri))
    known = ROLES.get(role.text.casefold()) if role else None
    links = view.values(SCHEMA.url, part.iri)
    return Credit(
        part,
        pick(names) or part.title,
        Text(str(known)) if known else role,
        view.values(ESS.creditBasis, part.iri),
        links[0].href if links else None,
    )
