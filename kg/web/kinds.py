"""What kinds of things are called, and how many there are of each."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask

from kg.web.i18n import later, pick
from kg.web.site import site

# One and many, in the order of the home page. Other kinds bear the name that the ontology gives.
NAMES = {
    "organization": (later("organisation"), later("organisations")),
    "establishment": (later("établissement"), later("établissements")),
    "person": (later("personne"), later("personnes")),
    "publication": (later("publication"), later("publications")),
    "podcast": (later("podcast"), later("podcasts")),
    "episode": (later("épisode"), later("épisodes")),
    "event": (later("événement"), later("événements")),
    "theme": (later("thème"), later("thèmes")),
    "territory": (later("territoire"), later("territoires")),
    "source": (later("source"), later("sources")),
    "scheme": (later("vocabulaire"), later("vocabulaires")),
}
# The marks of kinds, as paths in a square of 24; `other` for those without one of their own.
SHAPES: dict[str, str] = json.loads(
    (Path(__file__).parent / "frontend" / "shapes.json").read_text(encoding="utf-8")
)


def install(app: Flask) -> None:
    """Let templates name kinds and draw their marks."""
    app.jinja_env.globals |= {"kind_name": name, "shapes": SHAPES}


def name(kind: str, count: int = 1) -> str:
    """What a kind of thing is called, for one or for many."""
    if kind in NAMES:
        return str(NAMES[kind][count > 1])
    found = pick(site.layout.kinds.get(kind, []))
    return found.text if found else kind.replace("-", " ")


def counted(among: frozenset[str]) -> dict[str, int]:
    """How many there are of these kinds of things, in the order of the home page."""
    counts: dict[str, int] = site.release.manifest["counts"]["entities"]
    ranks = {kind: rank for rank, kind in enumerate(NAMES)}
    ordered = sorted(counts, key=lambda kind: (ranks.get(kind, len(ranks)), kind))
    return {kind: counts[kind] for kind in ordered if kind in among}
