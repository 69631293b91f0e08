"""The fields of the index, and writing it.

Text is folded (`kg.search.fold`) before it is indexed and before it is asked for. Each order of a
list is a number that an entity was given at build time, all different: sorting is sorting of
integers, and pages never overlap. Documents lie in the order of French names, which most lists ask
for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import tantivy
from tantivy import SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from kg.search.entries import Entry
from kg.search.fold import code, fold

# Facet to the kinds of things whose keys are its values; nothing where the values are no things.
FACETS: dict[str, tuple[str, ...]] = {
    "kind": (),
    "type": ("organization-type", "publication-type", "territory-level"),
    "region": ("territory",),
    "departement": ("territory",),
    "epci": ("territory",),
    "commune": ("territory",),
    "family": ("legal-family",),
    "form": ("legal-form",),
    "section": ("activity",),
    "division": ("activity",),
    "theme": ("theme",),
    "year": (),
    "size": ("size-class",),
    "status": ("administrative-status",),
}
ORDERS = ("name_fr", "name_en", "newest")
BEGINNING = 16
WRITER_HEAP = 1 << 30


def schema() -> tantivy.Schema:
    """The fields: `shown` is what a list shows, `weight` what raises a score, and the others are
    asked for; `placed` whether there is a point to show on a map. Only `words` and `begins` make
    several terms of a value.
    """
    builder = SchemaBuilder().add_bytes_field("shown", stored=True)
    for name in FACETS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("path", "label", "name", "code"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("begins", tokenizer_name="begins", index_option="basic")
    builder.add_boolean_field("placed", indexed=True)
    for name in ORDERS:
        builder.add_integer_field(name, fast=True)
    return builder.add_float_field("weight", fast=True).build()


def write(entries: Iterable[Entry], folder: Path) -> int:
    """Write the index into a new folder; how many entities it holds."""
    folder.mkdir(parents=True)
    index = tantivy.Index(schema(), path=str(folder), sort_by_field=ORDERS[0])
    begins = Tokenizer.ngram(1, BEGINNING, prefix_only=True)
    index.register_tokenizer("begins", TextAnalyzerBuilder(begins).build())
    writer = index.writer(WRITER_HEAP, num_threads=1)
    count = 0
    for entry in entries:
        writer.add_document(_document(entry))
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    return count


def _document(entry: Entry) -> tantivy.Document:
    labels = _each(fold, entry.labels)
    names = _each(fold, entry.names)
    codes = _each(code, entry.codes)
    return tantivy.Document(
        **{"kind": entry.shown.kind, **entry.facets},
        shown=json.dumps(entry.shown, ensure_ascii=False).encode(),
        path=entry.shown.path,
        label=labels,
        begins=labels,
        name=names,
        code=codes,
        placed=bool(entry.shown.latitude),
        words=" ".join([*labels, *names, *codes]),
        **dict(zip(ORDERS, entry.orders, strict=True)),
        weight=entry.weight,
    )


def _each(folding: Callable[[str], str], texts: Iterable[str]) -> list[str]:
    return list(filter(None, dict.fromkeys(map(folding, texts))))
