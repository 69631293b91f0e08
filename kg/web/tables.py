"""Query results as tables for people: the beginning of a result, and whether there is more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from kg.iri import try_parse
from kg.query import Answer
from kg.vocab import RDF, XSD
from kg.web import urls
from kg.web.i18n import Text, _, as_text, lang, pick, text
from kg.web.site import site

SHOWN = 1000


@dataclass(frozen=True)
class Cell:
    """A term in the table of results."""

    text: str
    lang: str = ""
    href: str | None = None
    iri: str = ""
    term: object = None
    number: bool = False


@dataclass(frozen=True)
class Table:
    """The beginning of a result, for people; `more` when there are more rows than shown."""

    names: list[str]
    rows: list[list[Cell]]
    more: bool
    truth: bool | None = None


def rows(answer: Answer) -> Table:
    """The beginning of a SELECT's result, or the truth of an ASK's; from JSON."""
    results = parse_query_results(answer.file, format=QueryResultsFormat.JSON)
    if isinstance(results, QueryBoolean):
        return Table([], [], False, bool(results))
    assert isinstance(results, QuerySolutions)
    return _solutions(results, SHOWN)


def stored(result: bytes, most: int) -> Table:
    """The first rows of a SELECT's result in TSV."""
    results = parse_query_results(result, format=QueryResultsFormat.TSV)
    assert isinstance(results, QuerySolutions)
    return _solutions(results, most)


def _solutions(results: QuerySolutions, most: int) -> Table:
    names = [variable.value for variable in results.variables]
    found = [[_cell(row[name]) for name in names] for row in islice(results, most + 1)]
    return Table(names, found[:most], len(found) > most)


def of_question(table: Table) -> Table:
    """The table as our questions are read: every name beside its thing as one column, for
    `?personLabel` is the name of `?person`, and `?sourceTitle` of `?source`; columns with their
    headings; values as people write them, properties and things by their names.
    """
    named = {
        name: label
        for name in table.names
        for label in (f"{name}Label", f"{name}Title")
        if label in table.names
    }
    kept = [name for name in table.names if name not in named.values()]
    rows = []
    for row in table.rows:
        cells = dict(zip(table.names, row, strict=True))
        for name, label in named.items():
            if cells[label].text:
                cells[name] = replace(cells[label], href=cells[name].href, iri=cells[name].iri)
        rows.append([_worded(cells[name]) for name in kept])
    return Table([heading(name) for name in kept], rows, table.more, table.truth)


def heading(variable: str) -> str:
    """What the column of a variable is called."""
    return site.columns.get(variable, {}).get(lang(), variable)


def _worded(cell: Cell) -> Cell:
    """A cell in the language of the page. A year is no number: its type is `xsd:gYear`, and codes
    are text.
    """
    if isinstance(cell.term, Literal):
        number = cell.term.datatype in {XSD.integer, XSD.decimal}
        return replace(cell, text=text(cell.term).text, number=number)
    if isinstance(cell.term, NamedNode) and (name := _called(cell.term.value)):
        return replace(cell, text=name.text, lang=name.lang)
    return cell


def _called(iri: str) -> Text | None:
    """The name of a property, a class or a thing; a part goes by its owner's and its own key."""
    layout, thing = site.layout, try_parse(iri, site.release.base)
    if thing:
        name = as_text(*site.index.called(f"{thing.kind}/{thing.key}", lang()))
        part = f" #{thing.fragment}" if thing.fragment else ""
        return replace(name, text=name.text + part) if name.text else None
    if iri == RDF.type.value:
        return Text(_("Nature"))
    place = layout.anywhere.get(iri)
    return pick(
        (place.names if place else []) or site.properties.get(iri) or layout.classes.get(iri, [])
    )


def triples(answer: Answer) -> Table:
    """The beginning of a CONSTRUCT's result; from N-Triples."""
    quads = islice(parse(answer.file, format=RdfFormat.N_TRIPLES), SHOWN + 1)
    return statements([quad.triple for quad in quads])


def statements(triples: Iterable[Triple]) -> Table:
    """The beginning of some triples."""
    found = [[_cell(term) for term in triple] for triple in triples]
    names = [_("sujet"), _("propriété"), _("valeur")]
    return Table(names, found[:SHOWN], len(found) > SHOWN)


def _cell(term: object) -> Cell:
    if isinstance(term, NamedNode):
        base = site.release.base
        short, href = urls.short(term.value, base), urls.link(term.value, base)
        return Cell(short, "", href, term.value, term)
    if isinstance(term, Literal):
        return Cell(term.value, text(term).lang, term=term)
    return Cell(str(term) if isinstance(term, BlankNode) else "")
