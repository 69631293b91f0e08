"""An establishment: whose it is, what is done there, where, and whether it is open."""

from __future__ import annotations

from kg.vocab import ESS, ORG, SCHEMA
from kg.web.i18n import period
from kg.web.thing.incoming import Links
from kg.web.thing.view import View


def shown(view: View, lists: list[Links]) -> dict[str, object]:
    """What the page of an establishment shows first."""
    return {
        "organizations": view.values(ORG.siteOf),
        "seat": any(each.is_of("hasRegisteredSite", "organization") for each in lists),
        "activities": view.values(ESS.activity),
        "communes": view.values(ESS.commune),
        "status": view.values(ESS.administrativeStatus),
        "when": period(
            view.literals(SCHEMA.foundingDate), view.literals(SCHEMA.dissolutionDate), []
        ),
        "lists": [each for each in lists if not each.is_of("hasRegisteredSite", "organization")],
        "told": [ORG.siteOf, ESS.activity, ESS.commune, ESS.administrativeStatus],
    }
