"""The tables of `data/`: their columns, what each cell may hold, what makes a claim unique.

docs/model.md says what the columns mean. A column's `read` turns the text of a cell into a term or
a clean string, or raises `ValueError`; `cells.py` reads every cell through it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode

from kg import clean, iri
from kg.sources.concepts import concepts

Term: TypeAlias = NamedNode | Literal
CURATED = "curated"  # the source that is the project itself


@dataclass(frozen=True)
class Column:
    """What a cell of the column holds. `refers` is the kind whose keys it takes, or the column
    of the same row that names the kind."""

    read: Callable[[str], Term | str]
    mend: str | None = None
    refers: str = ""
    needed: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its columns in order, and the columns that, with the source, make a row unique."""

    columns: dict[str, Column]
    key: tuple[str, ...] = ("key",)


def nearest(value: str, known: Collection[str], where: str) -> str:
    """How to mend a key that is not known: the keys that resemble it, or where they are listed."""
    alike = get_close_matches(value, sorted(known), n=3)
    return f"write {' or '.join(map(repr, alike))}" if alike else f"add it to {where}"


class UnknownConcept(ValueError):
    """A key that the scheme does not have; `mend` suggests the nearest ones."""

    def __init__(self, value: str, scheme: str) -> None:
        super().__init__(f"is not a concept of the scheme {scheme!r}")
        self.mend = nearest(value, concepts(scheme), f"ontology/schemes/{scheme}.ttl")


def _concept(scheme: str) -> Callable[[str], NamedNode]:
    def read(value: str) -> NamedNode:
        try:
            return concepts(scheme)[value]
        except KeyError:
            raise UnknownConcept(value, scheme) from None

    return read


def _key(value: str) -> str:
    if not iri.KEY.fullmatch(value):
        raise ValueError("is not a key: letters, digits, '.', '_' and '-' only")
    return value


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return value

    return read


def _pattern(pattern: str, what: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(f"is not {what}")
        return value

    return read


# What makes an identifier valid in each scheme.
IDENTIFIERS: dict[str, Callable[[str], str]] = {
    **{scheme: iri.SCHEMES[scheme] for scheme in ("siren", "siret", "rna", "insee", "hal")},
    "doi": _pattern(r"10\.\d{4,9}/\S+", "a DOI: it begins with 10."),
    "isbn": _pattern(r"97[89][0-9-]{10,14}", "an ISBN: thirteen digits are needed"),
    "nor": _pattern(r"[A-Z]{4}\d{7}[A-Z]", "a NOR number"),
    "celex": _pattern(r"\d[0-9A-Z]{5,}", "a CELEX number"),
    "eli": _pattern(r"https?://\S+/eli/\S+", "an ELI address"),
    "wikidata": _pattern(r"Q[1-9]\d*", "a Wikidata item"),
    "document-number": clean.text,
}


def authority(kind: str, value: str) -> NamedNode | None:
    """The IRI of a key that begins with an authority's scheme (`insee-69123`), check digits tested;
    None for a key of our own."""
    for scheme in sorted(iri.SCHEMES, key=len, reverse=True):
        if value.startswith(f"{scheme}-"):
            return iri.mint(kind, scheme, value.removeprefix(f"{scheme}-"))
    return None


def decided(value: str) -> str:
    """The key of a thing that a decision is about: ours, an authority's (check digits tested), or a
    UUID that another source made of an identifier that cannot stand in a path."""
    authority("organization", value)
    return _key(value)


def territory(value: str) -> NamedNode:
    """The IRI of a territory by its key: an authority's code with its scheme, or a name of ours."""
    return authority("territory", value) or iri.named("territory", value)


def _entity(kind: str) -> Callable[[str], NamedNode]:
    return lambda value: iri.named(kind, value)


TEXT = Column(clean.text)
TITLE = Column(clean.text, needed=True)
KEY = Column(_key, "use a-z, 0-9 and hyphens", needed=True)
DAY = Column(clean.day, "write the date with the precision that the source gives")
WEB = Column(clean.web, "copy the full address from the browser")
LANG = Column(_one_of("fr", "en"))
NUMBER = Column(clean.integer)
AMOUNT = Column(clean.decimal)
DURATION = Column(clean.duration)
COMMUNE = Column(lambda value: iri.mint("territory", "insee", value), "give the INSEE code")
TERRITORY = Column(territory, refers="territory", needed=True)
OWN_KEY = Column(_key, "use a-z, 0-9 and hyphens", refers="kind", needed=True)
DECIDED = Column(decided, refers="kind", needed=True)
SOURCE = Column(_key, "use a key of sources.csv", refers="source", needed=True)
NOTES = {"note_fr": TEXT, "note_en": TEXT}


def entity(kind: str, needed: bool = True) -> Column:
    """A column that holds the key of a thing of that kind."""
    return Column(_entity(kind), refers=kind, needed=needed)


def concept(scheme: str, needed: bool = False) -> Column:
    """A column that holds the notation of a concept of our own scheme."""
    return Column(_concept(scheme), needed=needed)


def kind(*kinds: str) -> Column:
    """A column that names the kind of the row's thing."""
    return Column(_one_of(*kinds), needed=True)


def word(*words: str) -> Column:
    """A column that holds one of a few words."""
    return Column(_one_of(*words), needed=True)


THINGS = ("organization", "person", "publication", "podcast", "episode", "event", "theme")
CONTRIBUTIONS = [
    "author",
    "editor",
    "publisher",
    "producer",
    "partner",
    "host",
    "sponsor",
    "organizer",
]
WORKS = ("publication", "podcast", "episode", "event")

TABLES: dict[str, Table] = {
    "sources": Table(
        {"key": KEY, "url": WEB, "title": TITLE, "publisher": TEXT, "published": DAY}
        | {"read": DAY, "license": WEB, **NOTES}
    ),
    "organizations": Table(
        {"key": KEY, "source": SOURCE, "nature": word("formal", "unit", "collaboration", "other")}
        | {"name_fr": TEXT, "name_en": TEXT, "type": concept("organization-type")}
        | {"legal_form": concept("legal-form"), "family": concept("legal-family")}
        | {"family_basis": concept("family-basis")}
        | {"founded": DAY, "dissolved": DAY, "commune": COMMUNE, "seat": TEXT, "homepage": WEB}
        | NOTES
    ),
    "people": Table(
        {"key": KEY, "source": SOURCE, "given_name": TEXT, "family_name": TITLE}
        | {"homepage": WEB, **NOTES}
    ),
    "publications": Table(
        {"key": KEY, "source": SOURCE, "title": TEXT, "lang": LANG}
        | {"subject_fr": TEXT, "subject_en": TEXT, "type": concept("publication-type")}
        | {"issued": DAY, "homepage": WEB, **NOTES}
    ),
    "podcasts": Table(
        {"key": KEY, "source": SOURCE, "nature": word("series", "season"), "title": TEXT}
        | {"lang": LANG, "part_of": entity("podcast", needed=False), "start": DAY}
        | {"episodes": NUMBER, "host_platform": TEXT, "homepage": WEB, **NOTES}
    ),
    "episodes": Table(
        {"key": KEY, "source": SOURCE, "podcast": entity("podcast"), "number": TEXT}
        | {"title": TEXT, "lang": LANG, "subject_fr": TEXT, "subject_en": TEXT}
        | {"published": DAY, "duration": DURATION, "homepage": WEB, **NOTES}
    ),
    "events": Table(
        {"key": KEY, "source": SOURCE, "title_fr": TEXT, "title_en": TEXT, "edition": TEXT}
        | {"start": DAY, "end": DAY, "place": TEXT, "attendance": NUMBER, "homepage": WEB}
        | NOTES
    ),
    "schemes": Table(
        {"key": KEY, "source": SOURCE, "label_fr": TITLE, "label_en": TEXT, "homepage": WEB} | NOTES
    ),
    "themes": Table(
        {"key": KEY, "source": SOURCE, "scheme": Column(_key, refers="scheme")}
        | {"label_fr": TEXT, "label_en": TEXT, "broader": entity("theme", needed=False)}
        | {"close_match": entity("theme", needed=False), **NOTES}
    ),
    "territories": Table(
        {"key": KEY, "source": SOURCE, "level": concept("territory-level"), "label_fr": TEXT}
        | {"label_en": TEXT, "code": TEXT, "part_of": Column(territory, refers="territory")}
        | {"replaced_by": Column(territory, refers="territory"), **NOTES}
    ),
    "names": Table(
        {"kind": kind(*THINGS, "territory"), "key": OWN_KEY, "name": TITLE, "lang": LANG}
        | {"use": word("alternative", "acronym", "former", "misspelling"), "source": SOURCE},
        key=("kind", "key", "name", "lang", "use"),
    ),
    "identifiers": Table(
        {"kind": kind(*THINGS), "key": OWN_KEY, "scheme": word(*IDENTIFIERS)}
        | {"value": TITLE}
        | {"status": word("current", "former"), "source": SOURCE},
        key=("kind", "key", "scheme", "value"),
    ),
    "roles": Table(
        {"person": entity("person"), "key": KEY, "role": concept("role", needed=True)}
        | {"title": TITLE, "organization": entity("organization"), "start": DAY, "end": DAY}
        | {"attested": DAY, "source": SOURCE, **NOTES},
        key=("person", "key", "attested"),
    ),
    "memberships": Table(
        {"member": entity("organization"), "organization": entity("organization")}
        | {"role": concept("role", needed=True), "start": DAY, "end": DAY, "attested": DAY}
        | {"source": SOURCE},
        key=("member", "organization", "role", "attested"),
    ),
    "units": Table(
        {"unit": entity("organization"), "organization": entity("organization"), "source": SOURCE},
        key=("unit", "organization"),
    ),
    "changes": Table(
        {"organization": entity("organization"), "key": KEY, "type": concept("change-type", True)}
        | {"result": entity("organization", needed=False), "date": DAY, "source": SOURCE},
        key=("organization", "key", "type", "date"),
    ),
    "areas": Table(
        {"organization": entity("organization"), "territory": TERRITORY}
        | {"relation": word("serves", "governs"), "source": SOURCE},
        key=("organization", "territory", "relation"),
    ),
    "grants": Table(
        {"organization": entity("organization"), "key": KEY, "name": TITLE, "amount": AMOUNT}
        | {"currency": Column(_one_of("EUR")), "date": DAY, "source": SOURCE},
        key=("organization", "key"),
    ),
    "editions": Table(
        {"publication": entity("publication"), "key": KEY, "title": TEXT, "lang": LANG}
        | {"issued": DAY, "translation_of": Column(_key), "homepage": WEB, "source": SOURCE},
        key=("publication", "key"),
    ),
    "contributors": Table(
        {"kind": kind(*WORKS), "key": OWN_KEY}
        | {"role": word(*CONTRIBUTIONS)}
        | {"agent_kind": kind("person", "organization")}
        | {"agent": Column(_key, refers="agent_kind", needed=True), "source": SOURCE},
        key=("kind", "key", "role", "agent_kind", "agent"),
    ),
    "subjects": Table(
        {"kind": kind(*WORKS), "key": OWN_KEY, "theme": entity("theme"), "source": SOURCE},
        key=("kind", "key", "theme"),
    ),
    "coverage": Table(
        {"kind": kind(*WORKS), "key": OWN_KEY, "territory": TERRITORY, "source": SOURCE},
        key=("kind", "key", "territory"),
    ),
    "appearances": Table(
        {"episode": entity("episode"), "agent_kind": kind("person", "organization")}
        | {"agent": Column(_key, refers="agent_kind", needed=True), "capacity": TEXT}
        | {"roles": TEXT, "source": SOURCE},
        key=("episode", "agent_kind", "agent"),
    ),
    "based_on": Table(
        {"kind": kind(*WORKS), "key": OWN_KEY, "publication": entity("publication")}
        | {"source": SOURCE},
        key=("kind", "key", "publication"),
    ),
    "links": Table(
        {"kind": kind(*THINGS, "territory"), "key": DECIDED}
        | {"relation": word("same", "not-same"), "other": DECIDED, "reason": TITLE}
        | {"author": TITLE, "date": replace(DAY, needed=True)},
        key=("kind", "key", "other"),
    ),
}
