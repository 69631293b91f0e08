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
        QueryCrashed, EndpointFailed, TooManyQueries, ServiceBusy
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar


class KgError(Exception):
    """Base of all errors meant for users; `str(error)` is a message in plain words."""

    exit_code: ClassVar[int] = 1


@dataclass(eq=False)
class InputError(KgError):
    """Something in an input file is wrong.

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
        place += [f"column {self.column!r}"] if self.column else []
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


class QueryOutOfMemory(QueryError):
    """The query needed more memory than the limit."""

    status, reason = 503, "memory"


class ResultTooLarge(QueryError):
    """The result is larger than the limit; it was not cut but refused."""

    status, reason = 503, "result-size"


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
