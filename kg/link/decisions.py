"""Decisions: what a person settled about two things of one kind (`data/links.csv`)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from kg.iri import named


@dataclass(frozen=True)
class Decision:
    """What a person decided about two IRIs of one kind."""

    same: bool
    first: str
    second: str


def read(path: Path) -> list[Decision]:
    """The curated decisions of `links.csv`; none if there is no such file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Decision(
                row["relation"] == "same",
                named(row["kind"], row["key"]).value,
                named(row["kind"], row["other"]).value,
            )
            for row in csv.DictReader(file)
        ]
