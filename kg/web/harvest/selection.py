"""What a list of OAI-PMH is of, and how far it was read: its resumption tokens.

A token is the selection, and the place reached in the order of (change, IRI), written plainly: it
gives no more than a request with `from` does, and every part of it is checked. Such a place
outlives releases: what changed meanwhile comes later in the list, and nothing is left out.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from kg.history import Entity
from kg.iri import try_parse
from kg.web.site import site

SETS = ("publication", "episode", "organization")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Refused(Exception):
    """An error of the protocol (section 3.6), by its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Selection:
    """What a list is of, and how far it was read; an empty text stands for no limit."""

    prefix: str
    set: str = ""
    first: str = ""
    last: str = ""
    place: tuple[datetime, str] | None = None

    def page(self, size: int) -> tuple[list[Entity], Selection | None]:
        """The next entities, and the selection behind them, if there are more."""
        start = datetime.combine(date.fromisoformat(self.first), time.min) if self.first else None
        end = datetime.combine(date.fromisoformat(self.last), time.max) if self.last else None
        found = site.history.latest(
            size + 1,
            self.place or (start or datetime.min, ""),
            end or datetime.max,
            [self.set] if self.set else SETS,
        )
        page = found[:size]
        more = len(found) > size
        return page, self.behind(page[-1]) if more else None

    def behind(self, entity: Entity) -> Selection:
        """The same, from behind an entity on."""
        return replace(self, place=(entity.modified, entity.iri))

    def token(self) -> str:
        """The selection in a resumption token."""
        assert self.place
        modified, iri = self.place
        name_ = iri.removeprefix(f"{site.release.base}id/")
        return ",".join([self.prefix, self.set, self.first, self.last, modified.isoformat(), name_])

    @classmethod
    def resumed(cls, token: str, prefixes: Container[str]) -> Selection:
        """The selection of a token, in one of these formats; `Refused` if it is none of ours."""
        try:
            prefix, set_, first, last, moment, name_ = token.split(",")
            iri = f"{site.release.base}id/{name_}"
            place = (datetime.fromisoformat(moment).replace(tzinfo=None), iri)
            if try_parse(iri, site.release.base) is None or "T" not in moment:
                raise ValueError
            if prefix not in prefixes or set_ not in {"", *SETS}:
                raise ValueError
            return cls(prefix, set_, day(first), day(last), place)
        except ValueError:
            raise Refused(
                "badResumptionToken", f"{token[:200]!r} is no resumption token of this repository."
            ) from None


def day(text: str) -> str:
    """A day as the protocol writes it (section 3.3), or no limit; else `ValueError`."""
    if text and not (_DAY.fullmatch(text) and date.fromisoformat(text)):
        raise ValueError
    return text
