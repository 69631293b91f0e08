"""An event: when and where it is, who holds it."""

from __future__ import annotations

from kg.vocab import DCTERMS, ESS, SCHEMA
from kg.web.i18n import period
from kg.web.thing.incoming import Links
from kg.web.thing.view import View


def shown(view: View, lists: list[Links]) -> dict[str, object]:
    """What the page of an event shows first."""
    return {
        "when": period(view.literals(SCHEMA.startDate), view.literals(SCHEMA.endDate), []),
        "where": [*view.values(ESS.place), *view.values(DCTERMS.spatial)],
        "organizers": view.values(SCHEMA.organizer),
        "themes": view.values(DCTERMS.subject),
        "told": [ESS.place, DCTERMS.spatial, SCHEMA.organizer, DCTERMS.subject],
    }
