"""A person: what they hold today, and where they spoke, in which capacity then."""

from __future__ import annotations

from kg.vocab import ESS
from kg.web.thing.incoming import Links, in_time
from kg.web.thing.view import View


def shown(view: View, lists: list[Links]) -> dict[str, object]:
    """What the page of a person shows first."""
    heard = next((each for each in lists if each.is_of("guest", "episode")), None)
    return {
        "lists": [each for each in lists if each is not heard],
        "offices": view.values(ESS.holdsOffice),
        "heard": heard,
        "appearances": in_time(heard.items) if heard else [],
    }
