"""Asking the index: search, suggestions, counts by facet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import tantivy
from tantivy import Occur, Order, Query

from kg.search.entries import Shown
from kg.search.fields import BEGINNING, FACETS
from kg.search.fold import codes, fold

Filters: TypeAlias = Mapping[str, Sequence[str]]
Sort: TypeAlias = Literal["relevance", "name", "newest"]
# Of a very long text only the first words, and of a very long word only the beginning, are asked.
WORDS, WORD_LENGTH = 24, 64
VALUES = 200
# A facet with as many values as this (communes) is never counted by what is left.
ALL = 10_000


@dataclass(frozen=True)
class Hit:
    """A found entity, its label in a language ("" for none), and all that a row can show."""

    iri: str
    kind: str
    label: str
    language: str
    shown: Shown

    @property
    def detail(self) -> str:
        """What tells homonyms apart: acronym, place and years."""
        began, ended = self.shown.began[:4], self.shown.ended[:4]
        years = f"{began}–{ended}" if ended else began
        return ", ".join(filter(None, (self.shown.acronym, self.shown.place, years)))


@dataclass(frozen=True)
class Value:
    """A value of a facet: its key, its label where it is a thing, and how many hits have it."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class Hits:
    """A page of hits, how many there are in all, and the values of the facets that were asked."""

    total: int = 0
    items: Sequence[Hit] = ()
    facets: Mapping[str, Sequence[Value]] = field(default_factory=dict)


class _Matching(NamedTuple):
    """What is looked for: words, whether its place must be known, and keys of facets."""

    text: str
    placed: bool
    filters: tuple[tuple[str, tuple[str, ...]], ...]

    def only(self, name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple(each for each in self.filters if each[0] == name)

    def without(self, *names: str) -> _Matching:
        return self._replace(filters=tuple(each for each in self.filters if each[0] not in names))

    def narrowed(self, name: str, key: str) -> _Matching:
        return self._replace(filters=(*self.filters, (name, (key,))))


class Index:
    """The index of a release, open for reading; `base` is that of the release's IRIs."""

    def __init__(self, folder: Path, base: str) -> None:
        index = tantivy.Index.open(str(folder))
        self._schema, self._searcher = index.schema, index.searcher()
        self._start = f"{base}id/"
        self._thing = lru_cache(maxsize=1 << 16)(self._look_up)
        # The next page of a list has the same counts.
        self._counted = lru_cache(maxsize=1 << 8)(self._count)
        # Of facets with more values than are shown, what `_whole` counted of them.
        self._all_counts: dict[str, dict[str, int]] = {}

    def search(  # noqa: PLR0913 - what a list is made of
        self,
        text: str,
        lang: str,
        filters: Filters | None = None,
        *,
        sort: Sort | None = None,
        limit: int = 20,
        offset: int = 0,
        facets: Sequence[str] = (),
        placed: bool = False,
    ) -> Hits:
        """Entities that have a word beginning with each word of `text`, or it as an identifier.

        `filters` is facet to keys, one of which an entity must have; `placed` keeps those that are
        a point on a map. Without `sort` the best come first, and without words all come by name.
        The counts of a facet leave its own filter out, so that they tell what another choice would
        give; there are at most `VALUES` of them, the greatest, and those that are chosen.
        `ValueError` names a facet that is none.
        """
        chosen = {facet: keys for facet, keys in (filters or {}).items() if keys}
        if unknown := [each for each in (*chosen, *facets) if each not in FACETS]:
            raise ValueError(f"{unknown[0]!r} is not a facet; there are: {', '.join(FACETS)}")
        by: Sort = sort or ("relevance" if fold(text) else "name")
        text = text[: WORDS * WORD_LENGTH]
        matching = _Matching(text, placed, tuple((f, tuple(keys)) for f, keys in chosen.items()))
        found = self._searcher.search(
            self._scored(matching) if by == "relevance" else self._query(matching),
            limit=limit,
            offset=offset,
            weight_by_field="weight" if by == "relevance" else None,
            order_by_field=_order(by, lang),
            order=Order.Asc,
        )
        total: int = found.count  # type: ignore[attr-defined]
        items = [self._hit(self._shown(address), lang) for _, address in found.hits]
        return Hits(total, items, self._counts(matching, total, facets, lang))

    def suggest(
        self, text: str, lang: str, limit: int = 8, filters: Filters | None = None
    ) -> Sequence[Hit]:
        """What `search` would give first; nothing without words."""
        return self.search(text, lang, filters, limit=limit).items if fold(text) else ()

    def called(self, path: str, lang: str) -> tuple[str, str]:
        """What the thing `<kind>/<key>` is called, and in which language; "" for none."""
        thing = self._thing(path)
        return _called(thing, lang) if thing else ("", "")

    def _asked(self, text: str) -> Query | None:
        """What a text asks for, each match scored by the best reason for it; None without words.

        The reasons outweigh one another: of the weights (`together.sql`), among sources and among
        all others, none is more than twice another.
        """
        words = _words(text)
        if not words:
            return None
        name = " ".join(words)
        exact, *others = codes(text)
        begun = self._begun(words)
        # Of a short name all words are there when a label begins with it.
        whole = self._term("begins", name[:BEGINNING])
        reasons = [
            begun,
            self._all(self._term("words", word) for word in words),
            whole if len(name) <= BEGINNING else self._all([begun, whole]),
            self._term("name", name),
            self._term("label", name),
            Query.term_set_query(self._schema, "code", others),
            self._term("code", exact),
        ]
        return Query.disjunction_max_query(
            [Query.const_score_query(each, 2.0**rank) for rank, each in enumerate(reasons)]
        )

    def _found(self, text: str) -> Query | None:
        """The same without a score: all other reasons are within these two."""
        words = _words(text)
        if not words:
            return None
        code = Query.term_set_query(self._schema, "code", codes(text))
        return Query.boolean_query([(Occur.Should, self._begun(words)), (Occur.Should, code)])

    def _placed(self) -> Query:
        """Those with a point; none in the index of a release that was built before it had any."""
        try:
            return self._term("placed", True)
        except ValueError:
            return Query.empty_query()

    def _term(self, field: str, value: str | bool) -> Query:
        return Query.term_query(self._schema, field, value)

    def _begun(self, words: Iterable[str]) -> Query:
        """Those that have a word beginning with each of these."""
        starts = (f"{word[:WORD_LENGTH]}.*" for word in words)
        return self._all(Query.regex_query(self._schema, "words", start) for start in starts)

    def _all(self, queries: Iterable[Query]) -> Query:
        return Query.boolean_query([(Occur.Must, query) for query in queries])

    def _query(self, matching: _Matching) -> Query:
        """What matches, for counts and other orders than that of the score."""
        parts = [self._found(matching.text) or Query.all_query(), *self._narrow(matching)]
        return self._all(parts) if len(parts) > 1 else parts[0]

    def _scored(self, matching: _Matching) -> Query:
        """The same with the score of the words; nothing else counts for that."""
        narrow = [Query.const_score_query(each, 0.0) for each in self._narrow(matching)]
        parts = [self._asked(matching.text) or Query.all_query(), *narrow]
        return self._all(parts) if len(parts) > 1 else parts[0]

    def _narrow(self, matching: _Matching) -> list[Query]:
        placed = [self._placed()] if matching.placed else []
        return placed + [
            self._term(facet, keys[0])
            if len(keys) == 1
            else Query.term_set_query(self._schema, facet, list(keys))
            for facet, keys in matching.filters
        ]

    def _counts(
        self, matching: _Matching, total: int, facets: Sequence[str], lang: str
    ) -> dict[str, list[Value]]:
        """The values of facets. Those without a filter of their own are counted together; those
        that nothing of this kind has are not, which would take as long.
        """
        chosen = dict(matching.filters)
        had = self._counted(_Matching("", False, matching.only("kind")), tuple(FACETS))
        free = [facet for facet in facets if had[facet] and facet not in chosen]
        counts: dict[str, list[Value]] = {facet: [] for facet in facets}
        for group in filter(None, (free, *([facet] for facet in facets if facet in chosen))):
            others = matching.without(*group)
            found = self._counted(others, tuple(group), total if group is free else 0)
            for facet in group:
                numbers = dict(found[facet])
                for key in chosen.get(facet, ()):
                    if key not in numbers:
                        numbers[key] = self._number(others.narrowed(facet, key))
                counts[facet] = self._values(facet, numbers, lang)
        return counts

    def _count(
        self, matching: _Matching, facets: tuple[str, ...], total: int = 0
    ) -> dict[str, dict[str, int]]:
        """How many have each value of these facets, for the most frequent values of each.

        Where it is known that most match (`total`), those are counted that do not: they are fewer.
        """
        query = self._query(matching)
        whole = self._whole(facets) if 2 * total > self._searcher.num_docs else {}
        if not whole or any(len(each) == ALL for each in whole.values()):
            return self._aggregated(query, facets, VALUES)
        rest = [(Occur.Must, Query.all_query()), (Occur.MustNot, query)]
        left = self._aggregated(Query.boolean_query(rest), facets, ALL)
        counts = {}
        for facet, numbers in whole.items():
            counted = [(key, number - left[facet].get(key, 0)) for key, number in numbers.items()]
            most = sorted(counted, key=lambda each: (-each[1], each[0]))[:VALUES]
            counts[facet] = {key: number for key, number in most if number}
        return counts

    def _whole(self, facets: tuple[str, ...]) -> dict[str, dict[str, int]]:
        """How many of all have each value of these facets, counted once."""
        most = self._counted(_Matching("", False, ()), tuple(FACETS))
        missing = tuple(f for f in facets if len(most[f]) == VALUES and f not in self._all_counts)
        if missing:
            self._all_counts |= self._aggregated(Query.all_query(), missing, ALL)
        return {facet: self._all_counts.get(facet, most[facet]) for facet in facets}

    def _aggregated(
        self, query: Query, facets: tuple[str, ...], most: int
    ) -> dict[str, dict[str, int]]:
        asked = {facet: {"terms": {"field": facet, "size": most}} for facet in facets}
        found = self._searcher.aggregate(query, asked)
        return {
            facet: {each["key"]: int(each["doc_count"]) for each in found[facet]["buckets"]}
            for facet in facets
        }

    def _number(self, matching: _Matching) -> int:
        found = self._searcher.search(self._query(matching), limit=1)
        return int(found.count)  # type: ignore[attr-defined]

    def _values(self, facet: str, numbers: Mapping[str, int], lang: str) -> list[Value]:
        """Years from the latest, other values from the most frequent."""
        values = [
            Value(key, self._label(facet, key, lang), count) for key, count in numbers.items()
        ]
        if facet == "year":
            return sorted(values, key=lambda value: value.key, reverse=True)
        return sorted(values, key=lambda value: (-value.count, value.label, value.key))

    def _label(self, facet: str, key: str, lang: str) -> str:
        """What a value is called, where it is a thing that has a name."""
        things = filter(None, (self._thing(f"{kind}/{key}") for kind in FACETS[facet]))
        return next((_called(thing, lang)[0] for thing in things), "")

    def _look_up(self, path: str) -> Shown | None:
        found = self._searcher.search(self._term("path", path), limit=1).hits
        return self._shown(found[0][1]) if found else None

    def _shown(self, address: tantivy.DocAddress) -> Shown:
        return Shown(*json.loads(bytes(self._searcher.doc(address)["shown"][0])))

    def _hit(self, shown: Shown, lang: str) -> Hit:
        label, language = _called(shown, lang)
        return Hit(f"{self._start}{shown.path}", shown.kind, label, language, shown)


def _words(text: str) -> list[str]:
    return fold(text).split()[:WORDS]


def _called(shown: Shown, lang: str) -> tuple[str, str]:
    """The label in the reader's language, else in none, else in the other; and its language."""
    languages = ("en", "", "fr") if lang == "en" else ("fr", "", "en")
    labels = {"fr": shown.fr, "en": shown.en, "": shown.plain}
    return next(((labels[each], each) for each in languages if labels[each]), ("", ""))


def _order(sort: Sort, lang: str) -> str | None:
    """The field that lists are ordered by; None for the score."""
    orders = {"name": "name_en" if lang == "en" else "name_fr", "newest": "newest"}
    return orders.get(sort)
