"""The embedded engine: pyoxigraph, in memory or read-only on disk."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urljoin

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Variable,
    serialize,
)

from kg.errors import (
    EndpointFailed,
    QueryError,
    QueryMalformed,
    QueryOutOfMemory,
    QueryRefused,
    ResultTooLarge,
)
from kg.iri import BASE
from kg.query import Answer, Request, guard, joins, parser, wire
from kg.query.forms import GRAPH_FORMATS, RESULT_FORMATS, UNPREFIXED, needed
from kg.release import Release
from kg.vocab import prefixes

MIB = 1 << 20
# A longer graph declares all prefixes: those that it needs are only known at its end.
LOOKED_AT = 10_000
_UNKNOWN_FUNCTION = "The custom function"


class LocalEngine:
    """Answers from a store. Large results go to unnamed files in `folder`, which the kernel frees.

    `base` resolves relative IRIs of a query without BASE (SPARQL 1.1 Query, section 4.1.1). The
    default graph is the union of all graphs unless `union` is false; a dataset that the request
    or the query itself names takes the place of either. `services` are the endpoints that SERVICE
    may name, with their addresses (`kg.query.federation`); `known` the prefixes that a query need
    not declare.
    """

    def __init__(  # noqa: PLR0913 - what an engine is told once
        self,
        store: Store,
        folder: Path | None = None,
        *,
        base: str | None = None,
        name: str = "memory",
        union: bool = True,
        services: Mapping[str, str] | None = None,
        known: parser.Prefixes = None,
    ) -> None:
        self.name = name
        self._store = store
        self._folder = folder
        self._base = base
        self._home = urljoin(base or BASE, ".")
        self._union = union
        self._services = services or {}
        self._known = known
        self._sizes = joins.Sizes(store, joins.REACH[name])

    def answer(self, request: Request) -> Answer:
        """Evaluate and serialise completely.

        Raises `QueryMalformed` with the parser's line and column, `QueryRefused` for a function
        that SPARQL does not define, `ResultTooLarge` when the file meets the process's file-size
        limit, `EndpointFailed` when SERVICE got no usable answer.
        """
        folder = str(self._folder) if self._folder else None
        file = tempfile.SpooledTemporaryFile(wire.INLINE, dir=folder)  # noqa: SIM115
        failure = None
        try:
            self._serialise(self._parsed(request), request.media_type, cast(BinaryIO, file))
        except BaseException as error:
            failure = _failure(error, request)
        if failure:
            # Raised here, it does not keep the results alive, which only this thread may drop.
            with contextlib.suppress(OSError):  # what is left to be written has no room either
                file.close()
            raise failure
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        return Answer(request.media_type, cast(BinaryIO, file), size)

    def _parsed(self, request: Request) -> QuerySolutions | QueryTriples | QueryBoolean:
        """The results, to be computed while they are read; `QueryMalformed` if it is no query."""
        dataset = bool(request.default_graphs or request.named_graphs)
        # The engine's union would overrule FROM, without a word.
        union = self._union and not dataset and not guard.names_dataset(request.text)
        try:
            return (self._store if request.media_type else Store()).query(
                self._asked(request, union),
                base_iri=self._base,
                prefixes=self._known,
                substitutions={Variable(name): term for name, term in request.bindings.items()},
                use_default_graph_as_union=union,
                default_graph=[NamedNode(g) for g in request.default_graphs] if dataset else None,
                named_graphs=[NamedNode(g) for g in request.named_graphs] if dataset else None,
            )
        except SyntaxError:
            cause = parser.explain(request.text, self._base, self._known)
            raise QueryMalformed(cause) from None

    def _asked(self, request: Request, union: bool) -> str:
        """The query in the words that the engine is asked in; `SyntaxError` if it is none."""
        text = request.text
        if not request.bindings:
            text = parser.in_order(text, self._base, self._known)
        if request.federated:
            return guard.federate(text, self._services)
        if request.bindings or not (union and request.media_type):
            return text
        planned = joins.planned(text, self._sizes, self._known)
        if planned != text:  # it is written anew, which must not make a query of what is none
            Store().query(text, base_iri=self._base, prefixes=self._known)
        return planned

    def _serialise(
        self, results: QuerySolutions | QueryTriples | QueryBoolean, media_type: str, file: BinaryIO
    ) -> None:
        if not media_type:
            return
        if media_type in UNPREFIXED and isinstance(results, QueryTriples):
            results.serialize(file, GRAPH_FORMATS[media_type])
        elif isinstance(results, QueryTriples):
            known = list(islice(results, LOOKED_AT))
            few = len(known) < LOOKED_AT
            table = needed(known, self._home) if few else prefixes(self._home)
            serialize(chain(known, results), file, GRAPH_FORMATS[media_type], prefixes=table)
        else:
            results.serialize(file, RESULT_FORMATS[media_type])
        file.flush()


def _failure(error: BaseException, request: Request) -> BaseException:
    """What went wrong while the results were computed, as one of our errors if it can be."""
    if isinstance(error, MemoryError):
        return QueryOutOfMemory("The query needed more memory than one may have.")
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return ResultTooLarge.over(resource.getrlimit(resource.RLIMIT_FSIZE)[0] // MIB)
    if isinstance(error, RuntimeError) and _UNKNOWN_FUNCTION in str(error):
        return QueryRefused(f"{error}: this service knows no functions of its own.")
    if request.federated and not isinstance(error, QueryError):
        # The engine's message may hold what the other side said.
        asked = ", ".join(guard.services(request.text))
        return EndpointFailed(f"An endpoint gave no usable answer: {asked}.")
    return error


def open_store(release: Release) -> Store:
    """The release's statements in memory.

    They come predicate by predicate. The engine's records lie in memory in the order in which they
    came, and most queries read many of one predicate: as neighbours they are read two to three
    times as fast as when those of a subject stand together, and of one subject there are few.
    """
    store = Store()
    by_predicate: dict[bytes, bytearray] = defaultdict(bytearray)
    with release.quads() as quads:
        for line in quads:
            by_predicate[line.split(b" ", 2)[1]] += line
    while by_predicate:
        _, lines = by_predicate.popitem()
        store.bulk_load(bytes(lines), RdfFormat.N_QUADS)
    return store
