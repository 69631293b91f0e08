"""Answering queries: one way for everybody's, a page's or a stranger's.

    web process                supervisor (small, single-threaded)        query worker (forked)
    Client.answer(Request) --> queue, hands the connection over ------->  Engine.answer(Request)
           Answer <------------------------------- result in a file descriptor, header first
                         <--- on a worker's death: which limit it hit

`guard` reads a query's text before anything is evaluated; `local` is the embedded engine, asked in
the words that `joins` finds best for the text's `patterns`; `worker`, `supervisor` and `client` are
the three ends of the Unix socket; `departure` ends what nobody waits for any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, TypeAlias

from pyoxigraph import Literal, NamedNode

from kg.query.departure import Departure

Term: TypeAlias = NamedNode | Literal


@dataclass(frozen=True)
class Request:
    """A query to answer. `media_type` is the form wanted, already negotiated; "" asks only whether
    it is a query, and has an empty answer.

    `bindings` are values for variables of the query, bound by the engine and never pasted into
    the text. Empty `default_graphs` and `named_graphs` mean the whole dataset, whose default
    graph is the union of all graphs. `seconds` can only lower the configured limit. `client` is who
    asks (an address): the workers are shared out fairly between clients. A `federated` query asks
    other endpoints too, and is answered by a worker that can reach them. Its evaluation ends with
    the `departure` of who asked, if that can be known.
    """

    text: str
    media_type: str = "application/sparql-results+json"
    bindings: Mapping[str, Term] = field(default_factory=dict)
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    seconds: float | None = None
    client: str = ""
    federated: bool = False
    departure: Departure | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Answer:
    """A complete result: `size` bytes in `file`, which stands at its beginning.

    `seconds`: how long a worker took for it, without the time that the query waited.
    """

    media_type: str
    file: BinaryIO
    size: int
    seconds: float = 0.0

    def read(self) -> bytes:
        """The whole body; closes the file."""
        with self.file:
            return self.file.read()


class Service(Protocol):
    """Whoever answers: the client of the workers, or an engine itself in tests."""

    def answer(self, request: Request) -> Answer:
        """Answer completely, or raise a `kg.errors.QueryError`."""
        ...
