"""The full-text index: names of everything, blind to accents, case, ligatures and apostrophes.

One Tantivy document per entity. `names` holds every name and identifier, folded; a query matches
when each of its words begins a word there. Exact words and labels rank before beginnings.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg import iri
from kg.clean import fold
from kg.iri import BASE, rebase
from kg.vocab import ESS, RDFS, SKOS

if TYPE_CHECKING:
    import duckdb

WRITER_HEAP = 64 << 20
WORDS, WORD_LENGTH = 24, 64
_LABELS = (RDFS.label, SKOS.prefLabel)
_DETAILS = (ESS.acronym, ESS.inseeCode, ESS.siren)
_NAMES = (*_LABELS, *_DETAILS, SKOS.altLabel, SKOS.hiddenLabel, SKOS.notation, ESS.formerName)


@dataclass(frozen=True)
class Entry:
    """What the index knows of an entity."""

    iri: str
    kind: str
    label_fr: str
    label_en: str
    detail: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A found entity, its label in the reader's language."""

    iri: str
    kind: str
    label: str
    detail: str


@dataclass(frozen=True)
class Hits:
    """A page of hits and how many there are in all."""

    total: int
    items: list[Hit]


def entries(connection: duckdb.DuckDBPyConnection, base: str) -> Iterator[Entry]:
    """An entry for every entity of the table `statement` that has a label, by IRI."""
    lines = connection.execute(
        """SELECT subject || ' ' || predicate || ' ' || object || ' .' FROM statement
        WHERE starts_with(subject, $start) AND NOT contains(subject, '#')
          AND list_contains($names, predicate)
        ORDER BY subject, predicate, object""",
        {"start": f"<{BASE}id/", "names": [str(name) for name in _NAMES]},
    ).fetchall()
    quads = parse("\n".join(line for (line,) in lines), format=RdfFormat.N_TRIPLES)
    for subject, group in itertools.groupby(quads, key=lambda quad: quad.subject):
        assert isinstance(subject, NamedNode)
        named = [(quad.predicate, quad.object) for quad in group]
        literals = [(name, value) for name, value in named if isinstance(value, Literal)]
        labels = {v.language or "": v.value for name, v in literals if name in _LABELS}
        if labels:
            yield Entry(
                iri=rebase(subject.value, base),
                kind=iri.parse(subject.value).kind,
                label_fr=labels.get("fr") or labels.get("") or next(iter(labels.values())),
                label_en=labels.get("en", ""),
                detail=next((v.value for d in _DETAILS for n, v in literals if n == d), ""),
                names=tuple(v.value for _, v in literals),
            )


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("iri", "kind"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw")
    for name in ("label_fr", "label_en", "detail"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw")
    builder.add_text_field("label", tokenizer_name="raw")
    builder.add_text_field("names", tokenizer_name="whitespace")
    builder.add_text_field("order", stored=True, fast=True, tokenizer_name="raw")
    return builder.build()


def write(entries: Iterable[Entry], folder: Path) -> int:
    """Write the index into a new folder; how many entities it holds."""
    folder.mkdir(parents=True)
    index = tantivy.Index(_schema(), path=str(folder))
    writer = index.writer(WRITER_HEAP, num_threads=1)
    count = 0
    for entry in entries:
        label = fold(entry.label_fr)
        writer.add_document(
            tantivy.Document(
                iri=entry.iri,
                kind=entry.kind,
                label_fr=entry.label_fr,
                label_en=entry.label_en,
                detail=entry.detail,
                label=label,
                names=" ".join(sorted({fold(name) for name in entry.names})),
                order=f"{label} {entry.iri}",
            )
        )
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    return count


class Index:
    """An index, open for reading."""

    def __init__(self, folder: Path) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._schema = _schema()

    def search(
        self,
        text: str,
        lang: str,
        kinds: tuple[str, ...] = (),
        limit: int = 20,
        offset: int = 0,
    ) -> Hits:
        """Entities that have a word beginning with each word of `text`, best first.

        Empty text finds everything of the kinds, in alphabetical order. Of a very long text only
        the first words, and of a very long word only the beginning, are looked for.
        """
        words = [word[:WORD_LENGTH] for word in fold(text).split()[:WORDS]]
        clauses = [(tantivy.Occur.Must, self._word(word)) for word in words]
        if words:
            whole = tantivy.Query.term_query(self._schema, "label", " ".join(words))
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(whole, 20.0)))
        else:
            clauses.append((tantivy.Occur.Must, tantivy.Query.all_query()))
        if kinds:
            clauses.append((tantivy.Occur.Must, self._any_kind(kinds)))
        searcher = self._index.searcher()
        found = searcher.search(
            tantivy.Query.boolean_query(clauses),
            limit=limit,
            offset=offset,
            order_by_field=None if words else "order",
            order=tantivy.Order.Asc,
        )
        documents = [searcher.doc(address) for _, address in found.hits]
        total: int = found.count  # type: ignore[attr-defined]
        return Hits(total, [_hit(document, lang) for document in documents])

    def _word(self, word: str) -> tantivy.Query:
        exact = tantivy.Query.term_query(self._schema, "names", word)
        begins = tantivy.Query.regex_query(self._schema, "names", f"{word}.*")
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, exact), (tantivy.Occur.Should, begins)]
        )

    def _any_kind(self, kinds: tuple[str, ...]) -> tantivy.Query:
        terms = [tantivy.Query.term_query(self._schema, "kind", kind) for kind in kinds]
        return tantivy.Query.const_score_query(
            tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms]), 0.0
        )


def _hit(document: tantivy.Document, lang: str) -> Hit:
    def first(field: str) -> str:
        return str(document.get_first(field) or "")

    label = first("label_en") if lang == "en" and first("label_en") else first("label_fr")
    return Hit(first("iri"), first("kind"), label, first("detail"))
