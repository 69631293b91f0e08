"""Reading the cells of a curated row, and the statements that many tables share.

Each function pops the columns that it uses and reads them as `tables.py` declares.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg import clean, iri
from kg.sources import Triple
from kg.sources.curated.tables import TABLES, Term
from kg.sources.rows import Row, RowError
from kg.vocab import ESS, ORG, RDF, RDFS, SCHEMA, SKOS

LANGUAGES = ("fr", "en")


def read(row: Row, column: str, value: str) -> Term | str:
    """What the text of a cell stands for; the empty string for an empty cell.

    Raises `RowError` when it is not what the table declares.
    """
    declared = TABLES[row.file.stem].columns[column]
    value = clean.text(value)
    try:
        if value:
            return declared.read(value)
        if declared.needed:
            raise ValueError("is empty, and this column may not be")
    except ValueError as error:
        mend = getattr(error, "mend", declared.mend)
        raise RowError(column, value, str(error), mend) from None
    return ""


def term(row: Row, column: str) -> Term | None:
    """Pop a cell that holds an IRI, a date, a number…; None when it is empty."""
    value = read(row, column, row.take(column))
    return None if isinstance(value, str) else value


def node(row: Row, column: str) -> NamedNode:
    """Pop a cell that holds an IRI and may not be empty."""
    value = term(row, column)
    if not isinstance(value, NamedNode):
        raise RowError(column, "", "is empty, and this column may not be")
    return value


def text(row: Row, column: str) -> str:
    """Pop a cell that holds text, a key or a word."""
    value = read(row, column, row.take(column))
    return value if isinstance(value, str) else value.value


def named(row: Row, kind: str, column: str = "key") -> NamedNode:
    """The IRI of the thing of that kind whose key stands in the column."""
    return iri.named(kind, text(row, column))


def facts(me: NamedNode, row: Row, properties: dict[str, NamedNode]) -> Iterator[Triple]:
    """One statement for each column that is not empty; text has no language."""
    for column, predicate in properties.items():
        value = read(row, column, row.take(column))
        if value != "":
            yield me, predicate, Literal(value) if isinstance(value, str) else value


def bilingual(me: NamedNode, row: Row, stem: str, *predicates: NamedNode) -> Iterator[Triple]:
    """The text of `<stem>_fr` and `<stem>_en` with its language."""
    for language in LANGUAGES:
        if value := text(row, f"{stem}_{language}"):
            for predicate in predicates:
                yield me, predicate, Literal(value, language=language)


def notes(me: NamedNode, row: Row) -> Iterator[Triple]:
    """What the editor says about the reliability of the row."""
    yield from bilingual(me, row, "note", SKOS.editorialNote)


def titled(me: NamedNode, row: Row, *predicates: NamedNode) -> Iterator[Triple]:
    """The title, in the language that `lang` gives."""
    if title := text(row, "title"):
        literal = Literal(title, language=str(read(row, "lang", row["lang"])) or "fr")
        for predicate in (RDFS.label, *predicates):
            yield me, predicate, literal


def untitled(me: NamedNode, row: Row, predicate: NamedNode) -> Iterator[Triple]:
    """What a thing is about whose title was not seen; it is then also its label."""
    yield from bilingual(me, row, "subject", predicate, RDFS.label)


def in_order(row: Row, first: str, last: str) -> None:
    """Raise `RowError` when the second date comes before the first, at the coarser's precision."""
    start, end = (str(row[column]).strip() for column in (first, last))
    if start and end and end < start[: len(end)]:
        raise RowError(last, end, f"comes before the {first}, {start}", "swap or correct the dates")


def period(me: NamedNode, row: Row) -> Iterator[Triple]:
    """Start and end."""
    in_order(row, "start", "end")
    yield from facts(me, row, {"start": SCHEMA.startDate, "end": SCHEMA.endDate})


def kinds(me: NamedNode, *classes: NamedNode) -> Iterator[Triple]:
    """The classes of a thing."""
    for each in classes:
        yield me, RDF.type, each


def tenure(me: NamedNode, row: Row, member: NamedNode) -> Iterator[Triple]:
    """A membership: who, where, as what, when."""
    yield from kinds(me, ORG.Membership)
    yield me, ORG.member, member
    yield from facts(me, row, {"organization": ORG.organization, "role": ORG.role})
    yield from period(me, row)
    yield from facts(me, row, {"attested": ESS.attestedOn})
