"""A podcast or a season: its episodes in order, what it draws on, what is only announced."""

from __future__ import annotations

from kg.vocab import SCHEMA
from kg.web.thing.incoming import Linking, Links
from kg.web.thing.view import View


def shown(view: View, lists: list[Links]) -> dict[str, object]:
    """What the page of a podcast shows first; its episodes are no list like others."""
    episodes = next((each for each in lists if each.is_of("partOfSeries", "episode")), None)
    told = view.first(SCHEMA.numberOfEpisodes)
    announced = int(told) if told.isdecimal() else 0
    documented = len(episodes.items) if episodes else 0
    return {
        "lists": [each for each in lists if each is not episodes],
        "episodes": episodes,
        "in_order": in_order(episodes.items) if episodes else [],
        "announced": announced,
        "documented": documented,
        "missing": max(announced - documented, 0),
        "study": view.values(SCHEMA.isBasedOn),
        "told": [SCHEMA.isBasedOn],
    }


def in_order(episodes: list[Linking]) -> list[Linking]:
    """The latest first; those of one day, or without a date, by their number."""

    def number(each: Linking) -> tuple[float, str]:
        return float(each.number) if each.number.isdecimal() else float("inf"), each.text.text

    return sorted(sorted(episodes, key=number), key=lambda each: each.began, reverse=True)
