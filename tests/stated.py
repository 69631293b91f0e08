"""A working database whose statements are written in short, for the tests of what is made of them.

    organization/a label "A"@fr
    organization/a ess:commune territory/insee-69123

A name with a colon has its prefix, one with a stroke is a thing, and the others are listed here.
Literals and IRIs may also be written out.
"""

from contextlib import contextmanager

from kg.iri import BASE
from kg.statements import connect
from kg.vocab import prefixes

SHORT = {"a": "rdf:type", "label": "rdfs:label"}


def term(text):
    if text.startswith(('"', "<")):
        return text
    if "/" in text:
        return f"<{BASE}id/{text}>"
    prefix, _, name = SHORT.get(text, text).partition(":")
    return f"<{prefixes()[prefix]}{name}>"


@contextmanager
def stated(folder, text):
    """A connection with the table `statement`, filled; everything is stated by `test`."""
    lines = [map(term, line.strip().split(" ", 2)) for line in text.strip().splitlines()]
    columns = [list(column) for column in zip(*lines, strict=True)]
    with connect(folder / "work") as connection:
        connection.execute(
            "CREATE TABLE statement AS SELECT unnest($1) AS subject, unnest($2) AS predicate, "
            "unnest($3) AS object, ['test'] AS sources",
            columns,
        )
        yield connection
