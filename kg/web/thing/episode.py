"""An episode: how to hear it, who speaks in which capacity, what it draws on, what is not known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import g
from pyoxigraph import NamedNode

from kg.vocab import DCTERMS, ESS, SCHEMA
from kg.web import urls
from kg.web.i18n import Text, later, period
from kg.web.thing.credits import credits
from kg.web.thing.incoming import Links
from kg.web.thing.parts import Part, of_class, part
from kg.web.thing.values import Value
from kg.web.thing.view import View

# What one expects to know of an episode, in the words of "no source says …".
EXPECTED = {
    "title": later("son titre"),
    "published": later("le jour de sa mise en ligne"),
    "duration": later("sa durée"),
    "sound": later("où l’écouter"),
    "guests": later("qui y parle"),
}
# When a role began and ended, and when it was seen.
DATES = (SCHEMA.startDate, SCHEMA.endDate, ESS.attestedOn)


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
class Guest:
    """Someone who speaks: in the capacity that was stated, by virtue of which roles held then,
    each with its dates in words.
    """

    part: Part
    capacities: list[Value]
    roles: list[tuple[Value, str]]


@dataclass(frozen=True)
class File:
    """A file that goes with it: its address, its format, its language if that is known."""

    part: Part
    href: str
    format: str
    language: str


def shown(view: View, lists: list[Links]) -> dict[str, object]:
    """What the page of an episode shows first."""
    guests = [_guest(view, each) for each in of_class(view, ESS.Appearance)]
    sounds = [address for each in _sounds(view) if (address := urls.sound(each))]
    g.sound = sorted({urls.origin(address) for address in sounds})
    known = {
        "title": view.first(DCTERMS.title),
        "published": view.first(SCHEMA.datePublished),
        "duration": view.first(SCHEMA.duration),
        "sound": sounds or view.first(SCHEMA.url),
        "guests": guests or credits(view),
    }
    return {
        "guests": guests,
        "sounds": sounds,
        "chapters": chapters(view),
        "files": _files(view),
        "study": view.values(SCHEMA.isBasedOn),
        "told": [SCHEMA.isBasedOn, *([SCHEMA.contributor] if guests else [])],
        "unknown": [str(words) for what, words in EXPECTED.items() if not known[what]],
    }


def _guest(view: View, part: Part) -> Guest:
    roles = [
        (value, period(*(view.dates(iri.value, each) for each in DATES)))
        for iri in view.terms(ESS.inCapacityOf, part.iri)
        for value in view.linked([iri.value])
    ]
    return Guest(part, view.values(ESS.statedCapacity, part.iri), roles)


def _sounds(view: View) -> list[str]:
    """The addresses of its recordings: its own, or those of files that are parts of it."""
    files = [iri for iri in view.known.parts() if view.is_a(iri, SCHEMA.AudioObject)]
    found = (view.first(SCHEMA.contentUrl, of=each) for each in [view.known.entity, *files])
    return list(filter(None, found))


def chapters(view: View) -> list[Chapter]:
    """The chapters of its recording, in order."""
    found = []
    for iri in view.known.parts():
        start = view.first(SCHEMA.startOffset, of=iri) if view.is_a(iri, SCHEMA.Clip) else ""
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", start):
            found.append(Chapter(view.called(NamedNode(iri)), int(float(start))))
    return sorted(found, key=lambda chapter: chapter.start)


def _files(view: View) -> list[File]:
    """Its recordings, transcripts and other files, of which the address is safe to follow."""
    found = []
    for iri in view.known.parts():
        if view.is_a(iri, SCHEMA.AudioObject) or view.is_a(iri, SCHEMA.MediaObject):
            href = urls.outside(view.first(SCHEMA.contentUrl, of=iri))
            form = view.first(SCHEMA.encodingFormat, of=iri)
            language = view.first(SCHEMA.inLanguage, of=iri)
            if href:
                found.append(File(part(view, iri), href, form, language))
    return found
