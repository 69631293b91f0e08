"""The errors that people see.

Every error says what is wrong, where, and how to mend it. `cli.py` and `web/` each render them in
one place; nothing else prints or formats them.

    KgError
      InputError          a file that a person can mend: file, line, column, value
        MissingColumn
        MissingFile
      FetchFailed         a publisher's file could not be had; nothing half of it is used
      BuildFailed         the release was not published; its report says why
      QueryError          an answer of the query service: HTTP status and a name for the reason
        QueryMalformed, QueryRefused, QueryTimeout, QueryOutOfMemory, ResultTooLarge,
        QueryCrashed, EndpointFailed, TooManyQueries, ServiceBusy, QueryAbandoned
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self


class KgError(Exception):
    """Base of all errors meant for users; `str(error)` is a message in plain words."""

    exit_code: ClassVar[int] = 1


@dataclass(eq=False)
class InputError(KgError):
    """Something in an input file is wrong, or in an option, which stands for the column then.

    >>> print(InputError("is not a date", Path("roles.csv"), 7, "start", "2019-13", "write YYYY"))
    roles.csv, line 7, column 'start': '2019-13' is not a date. To mend it: write YYYY
    """

    problem: str
    file: Path | None = None
    line: int | None = None
    column: str | None = None
    value: str | None = None
    mend: str | None = None
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        place = [str(self.file)] if self.file else []
        place += [f"line {self.line}"] if self.line else []
        column = self.column or ""
        place += [column if column.startswith("--") else f"column {column!r}"] if column else []
        what = f"{self.value!r} {self.problem}" if self.value is not None else self.problem
        text = f"{', '.join(place)}: {what}" if place else what
        return f"{text}. To mend it: {self.mend}" if self.mend else text


class MissingColumn(InputError):
    """A table lacks a column that its importer reads: nothing of it can be trusted."""


class MissingFile(InputError):
    """A source's file is not there or cannot be read."""


class FetchFailed(KgError):
    """A publisher's file could not be had: nothing that is not whole and sound is ever used."""


@dataclass(eq=False)
class BuildFailed(KgError):
    """The build ended without a release; the previous one stays current."""

    message: str
    report: Path | None = None
    problems: list[str] = field(default_factory=list)
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        lines = [self.message, *(f"  - {problem}" for problem in self.problems)]
        if self.report:
            lines.append(f"The report: {self.report}")
        return "\n".join(lines)


@dataclass(eq=False)
class QueryError(KgError):
    """A query that got no answer. `status` is the HTTP status, `reason` a stable name for it."""

    message: str
    status: ClassVar[int] = 500
    reason: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 4

    def __str__(self) -> str:
        return self.message


class QueryMalformed(QueryError):
    """The text is not a SPARQL 1.1 query."""

    status, reason = 400, "syntax"


class QueryRefused(QueryError):
    """The query asks for something that this service does not do."""

    status, reason = 400, "refused"


class QueryTimeout(QueryError):
    """The query ran longer than the limit."""

    status, reason = 503, "time"

    @classmethod
    def after(cls, seconds: float) -> Self:
        """In the words for a limit of so many seconds."""
        return cls(
            f"The query ran longer than {seconds:g} s. Ask for less at a time (one territory, one "
            "kind, LIMIT with ORDER BY and OFFSET), or take a dump."
        )


class QueryOutOfMemory(QueryError):
    """The query needed more memory than the limit."""

    status, reason = 503, "memory"

    @classmethod
    def over(cls, most: int) -> Self:
        """In the words for a limit of so many MiB."""
        return cls(
            f"The query needed more than {most} MiB of memory. Aggregate or filter earlier, ask "
            "for less at a time, or take a dump."
        )


class ResultTooLarge(QueryError):
    """The result is larger than the limit; it was not cut but refused."""

    status, reason = 503, "result-size"

    @classmethod
    def over(cls, most: int) -> Self:
        """In the words for a limit of so many MiB."""
        return cls(
            f"The result is larger than {most} MiB. Take it in parts with ORDER BY, LIMIT and "
            "OFFSET, or take a dump."
        )


class QueryCrashed(QueryError):
    """The engine ended abnormally while it evaluated the query."""

    status, reason = 500, "crash"


class EndpointFailed(QueryError):
    """Another endpoint, which the query asks with SERVICE, gave no answer."""

    status, reason = 502, "federation"


class TooManyQueries(QueryError):
    """This client has more queries waiting than its share."""

    status, reason = 429, "queue"


class ServiceBusy(QueryError):
    """Too many queries are waiting, or the query service is not there."""

    status, reason = 503, "busy"


class QueryAbandoned(QueryError):
    """Who asked left before the answer; nobody reads this."""

    status, reason = 503, "abandoned"
