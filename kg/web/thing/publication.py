"""A publication: who made it in which role, its editions, where to read it."""

from __future__ import annotations

from dataclasses import dataclass

from kg.vocab import DC, DCTERMS, ESS, FABIO, SCHEMA
from kg.web.i18n import Text, later
from kg.web.thing.credits import credits
from kg.web.thing.incoming import Links
from kg.web.thing.parts import Part, of_class
from kg.web.thing.values import Value
from kg.web.thing.view import View

# Who made it, by role: those who wrote it apart from those who edit, publish or support it.
MAKERS = (
    (later("Autrices et auteurs"), (DCTERMS.creator, DC.creator)),
    (later("Direction éditoriale"), (SCHEMA.editor,)),
    (later("Édité par"), (DCTERMS.publisher, DC.publisher)),
    (later("Paru dans"), (DC.source,)),
    (later("En partenariat avec"), (ESS.partner,)),
)
ADDRESSES = (ESS.doi, ESS.halId, SCHEMA.url)


@dataclass(frozen=True)
class Edition:
    """An edition in a language: when it came out, where it is read, of what it is a translation."""

    part: Part
    title: Text
    languages: list[Value]
    issued: list[Value]
    addresses: list[Value]
    translation_of: list[Value]


def shown(view: View, lists: list[Links]) -> dict[str, object]:
    """What the page of a publication shows first."""
    made = [
        (str(role), [value for each in properties for value in view.values(each)])
        for role, properties in MAKERS
    ]
    addresses = [value for each in ADDRESSES for value in view.values(each) if value.href]
    return {
        "makers": [(role, values) for role, values in made if values],
        "credited": credits(view),
        "addresses": addresses,
        "editions": [_edition(view, part) for part in of_class(view, FABIO.Expression)],
        "themes": view.values(DCTERMS.subject),
        "told": [DCTERMS.subject, *(each for _role, properties in MAKERS for each in properties)],
    }


def _edition(view: View, part: Part) -> Edition:
    return Edition(
        part,
        part.title,
        view.values(DCTERMS.language, part.iri),
        view.values(DCTERMS.issued, part.iri),
        [value for value in view.values(SCHEMA.url, part.iri) if value.href],
        view.values(SCHEMA.translationOfWork, part.iri),
    )
