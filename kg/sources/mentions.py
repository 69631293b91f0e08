"""Candidate mentions: names of known people and organisations found in the texts of a source.

A mention is a W3C Web Annotation, a part of the thing whose text it was found in: it says which
name stands where, and whom it may mean. That it is meant, no one has judged: the status is
"candidate", the statements are those of a source of their own, `mentions`, and no rule uses them.

    <episode#mention-title-12-organization-avise>   oa:hasBody organization:avise ; oa:hasTarget
    <episode#passage-title-12>                      oa:hasSource <episode> ; oa:hasSelector
    <episode#passage-title-12-selector>             the words, their context and their place

Names are compared word by word, blind to accents and case, the longest first: of names that begin
at the same word the one with the most words. What several bear is a candidate for each of them.
To keep common words out:

- articles and prepositions do not count, and a name needs a word of three letters besides them;
- where one word is left, the text must write it as a name: in capitals, if the name is written so
  (`MES`, not `mes`), else with a capital (`Avise`, not `avise`); a text that is all in capitals
  shows neither, and is searched for longer names only;
- `COMMON` are words that name so much else that nothing can be concluded from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg import iri
from kg.clean import text, words
from kg.sources import Triple
from kg.sources.rows import Row
from kg.vocab import ESS, FOAF, OA, RDF, RDFS, SKOS, XSD

SOURCE = "mentions"
AROUND = 32  # characters of context on either side
SMALL_WORDS = frozenset(
    {
        *("a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "pour"),
        *("un", "une", "and", "of", "the"),
    }
)
COMMON = frozenset({"ess", "europe", "france", "paris"})
_NAMES = (RDFS.label, SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel, ESS.acronym, ESS.formerName)
_KINDS = ("organization", "person")


@dataclass
class Names:
    """Known names by their words: a tree in which each name is a path. `bearers` end here."""

    bearers: list[tuple[str, str]] = field(default_factory=list)  # (name, IRI)
    following: dict[str, Names] = field(default_factory=dict)

    def add(self, name: str, bearer: str) -> None:
        """Add a name, unless it is too short or too common to be looked for."""
        kept = [word for word, _, _ in words(name) if word not in SMALL_WORDS]
        if not any(len(word) >= 3 for word in kept) or (len(kept) == 1 and kept[0] in COMMON):
            return
        node = self
        for word, _, _ in words(name):
            node = node.following.setdefault(word, Names())
        if (name, bearer) not in node.bearers:
            node.bearers.append((name, bearer))


@dataclass(frozen=True)
class Found:
    """A name in a text, from character to character, and whom it may mean."""

    start: int
    end: int
    bearers: tuple[str, ...]


def known(converted: Path) -> Names:
    """The names of the people and organisations of a converted source."""
    with duckdb.connect() as connection:
        lines = connection.execute(
            """SELECT DISTINCT subject || ' ' || predicate || ' ' || object || ' .'
            FROM read_parquet($file)
            WHERE list_contains($names, predicate) AND NOT contains(subject, '#')
              AND list_contains($kinds, regexp_extract(subject, '/id/([a-z-]+)/', 1))
            ORDER BY ALL""",
            {
                "file": str(converted),
                "names": [str(each) for each in (*_NAMES, FOAF.name)],
                "kinds": list(_KINDS),
            },
        ).fetchall()
    names = Names()
    for quad in parse("\n".join(line for (line,) in lines), format=RdfFormat.N_TRIPLES):
        assert isinstance(quad.subject, NamedNode)
        assert isinstance(quad.object, Literal)
        names.add(quad.object.value, quad.subject.value)
    return names


def find(names: Names, content: str) -> Iterator[Found]:
    """The names in a text, from left to right, none within another."""
    said = _Text(content, list(words(content)), any(char.islower() for char in content))
    place = 0
    while place < len(said.words):
        length, bearers = _longest(names, said, place)
        if bearers:
            yield Found(said.words[place][1], said.words[place + length - 1][2], bearers)
        place += max(length, 1)


@dataclass(frozen=True)
class _Text:
    """A text, its words, and whether small letters and capitals tell something in it."""

    content: str
    words: list[tuple[str, int, int]]
    shows_case: bool


def _longest(names: Names, said: _Text, place: int) -> tuple[int, tuple[str, ...]]:
    """The most words from a place on that are a name: how many, and who bears it."""
    node = names
    best: tuple[int, tuple[str, ...]] = (0, ())
    for last in range(place, len(said.words)):
        word, _, end = said.words[last]
        if word not in node.following:
            break
        node = node.following[word]
        passage = said.content[said.words[place][1] : end]
        bearers = {bearer for name, bearer in node.bearers if _fits(name, passage, said.shows_case)}
        if bearers:
            best = (last + 1 - place, tuple(sorted(bearers)))
    return best


def _fits(name: str, passage: str, shows_case: bool) -> bool:
    """Whether a passage with the words of a name writes them as that name must be written."""
    own, written = (_weighty(each) for each in (name, passage))
    if len(own) > 1:
        return True
    return shows_case and (written[0].isupper() if own[0].isupper() else written[0][0].isupper())


def _weighty(phrase: str) -> list[str]:
    """The words of a phrase as they are written, without the small ones."""
    return [phrase[a:b] for word, a, b in words(phrase) if word not in SMALL_WORDS]


def rows(
    names: Names, thing: NamedNode, texts: Iterable[tuple[NamedNode, str, str]], origin: Row
) -> Iterator[Row]:
    """A row for each candidate in the texts of a thing: (property, text, language)."""
    for predicate, content, language in texts:
        for found in find(names, content):
            for bearer in found.bearers:
                values = {
                    "mention": bearer,
                    "thing": thing.value,
                    "field": predicate.value,
                    "language": language,
                    "start": str(found.start),
                    "end": str(found.end),
                    "exact": content[found.start : found.end],
                    "prefix": content[max(found.start - AROUND, 0) : found.start],
                    "suffix": content[found.end : found.end + AROUND],
                }
                yield Row(values, origin.file, origin.line)


def is_mention(row: Mapping[str, str]) -> bool:
    """Whether a row is a candidate mention, which `triples` here describes."""
    return "mention" in row


def triples(row: Row) -> Iterator[Triple]:
    """The annotation of a candidate mention, the passage and where that stands."""
    bearer, thing = NamedNode(row.take("mention")), NamedNode(row.take("thing"))
    predicate = NamedNode(row.take("field"))
    start, end, language = row.take("start"), row.take("end"), row.take("language")
    before, exact, after = row.take("prefix"), row.take("exact"), row.take("suffix")
    owner, _, fragment = thing.value.partition("#")
    spot = "-".join(filter(None, (fragment, re.split("[/#]", predicate.value)[-1], start)))
    whom = iri.parse(bearer.value)
    me = iri.part(NamedNode(owner), f"mention-{spot}-{whom.kind}-{whom.key}")
    passage = iri.part(NamedNode(owner), f"passage-{spot}")
    selector = iri.part(NamedNode(owner), f"passage-{spot}-selector")
    yield me, RDF.type, OA.Annotation
    yield me, RDFS.label, Literal(text(f"…{before}{exact}{after}…"), language=language or None)
    yield me, OA.motivatedBy, OA.identifying
    yield me, OA.hasBody, bearer
    yield me, OA.hasTarget, passage
    yield me, ESS.mentionStatus, Literal("candidate")
    yield passage, RDF.type, OA.SpecificResource
    yield passage, OA.hasSource, thing
    yield passage, ESS.field, predicate
    yield passage, OA.hasSelector, selector
    yield selector, RDF.type, OA.TextQuoteSelector
    yield selector, RDF.type, OA.TextPositionSelector
    yield selector, OA.prefix, Literal(before)
    yield selector, OA.exact, Literal(exact)
    yield selector, OA.suffix, Literal(after)
    yield selector, OA.start, Literal(start, datatype=XSD.integer)
    yield selector, OA.end, Literal(end, datatype=XSD.integer)
