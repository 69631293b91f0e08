"""What stands in our SQL as text, since DuckDB binds no names of files, tables and columns.

Values of rows are bound; these are words and paths of our own.
"""

from __future__ import annotations


def quoted(value: object) -> str:
    """A text or a path, to stand between single quotes.

    >>> quoted("l'ESS")
    "l''ESS"
    """
    return str(value).replace("'", "''")


def text(value: object) -> str:
    """A text or a path as a literal.

    >>> text("l'ESS")
    "'l''ESS'"
    """
    return f"'{quoted(value)}'"


def name(value: str) -> str:
    """A column's name as an identifier.

    >>> name("a b")
    '"a b"'
    """
    return '"' + value.replace('"', '""') + '"'
