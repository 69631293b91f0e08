"""Keywords: what a work says it is about, and what of it we know as a theme or a territory.

A keyword is kept as it is written. Only `data/keywords.csv` leads from one to a theme or a
territory: a row for each spelling, compared blind to accents and case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.clean import fold, words
from kg.settings import DATA
from kg.sources import Triple
from kg.sources.curated.tables import territory
from kg.sources.rows import read_csv
from kg.vocab import DCTERMS, SCHEMA

TABLE = DATA / "keywords.csv"
Known: TypeAlias = dict[str, list[tuple[NamedNode, NamedNode]]]


@cache
def known(path: Path = TABLE) -> Known:
    """A keyword, folded, to what it stands for: (`dcterms:subject` or `dcterms:spatial`, IRI)."""
    table: Known = {}
    for row in read_csv(path):
        place = row["kind"] == "territory"
        thing = territory(row["key"]) if place else iri.named("theme", row["key"])
        about = (DCTERMS.spatial if place else DCTERMS.subject, thing)
        table.setdefault(fold(row["keyword"]), []).append(about)
    return table


def about(work: NamedNode, given: Iterable[str], language: str = "") -> Iterator[Triple]:
    """The keywords of a work as they are, and the themes and territories that they stand for."""
    for keyword in given:
        yield work, SCHEMA.keywords, Literal(keyword, language=language or None)
        for predicate, thing in known().get(fold(keyword), []):
            yield work, predicate, thing


def split(line: str) -> list[str]:
    """A line of keywords from which a copy lost the separators; itself if it is not all known.

    >>> split("Métropole Politiques publiques")
    ['Métropole', 'Politiques publiques']
    """
    found, place = list(words(line)), 0
    parts: list[str] = []
    while place < len(found):
        ends = range(len(found), place, -1)
        end = next((e for e in ends if " ".join(w for w, _, _ in found[place:e]) in known()), 0)
        if not end:
            return [line]
        parts.append(line[found[place][1] : found[end - 1][2]])
        place = end
    return parts
