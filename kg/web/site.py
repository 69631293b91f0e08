"""The site's world, passed in, never looked for: a release, who answers queries, the index."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from pyoxigraph import NamedNode
from werkzeug.local import LocalProxy

from kg import queryfile
from kg.query import Service, Term
from kg.query.results import Row, select
from kg.release import Release
from kg.settings import Settings
from kg.web.layout import Layout

if TYPE_CHECKING:
    from kg.search.index import Index

FOLDER = Path(__file__).parent
LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
_ORDER = re.compile(r"ORDER BY [^\n]*")


@dataclass(frozen=True)
class Provenance:
    """Who says what: the sources of every graph, and each source's description."""

    graphs: dict[str, list[str]]
    sources: dict[str, dict[str, list[Term]]]


@dataclass(frozen=True)
class Site:
    """What all pages share. `edition` changes whenever an answer may: with release, code, engine,
    settings.
    """

    release: Release
    service: Service
    index: Index
    settings: Settings
    engine: str
    edition: str

    @cached_property
    def queries(self) -> dict[str, str]:
        """The queries of pages, `queries/<name>.rq`, for the release's base."""
        found = queryfile.read_all(FOLDER / "queries", self.release.base)
        return {query.name: query.text for query in found}

    @cached_property
    def layout(self) -> Layout:
        """How the release's ontology names and groups properties on a page."""
        return Layout.read(self.release.folder / "ontology", self.release.base)

    def rows(
        self, query: str, offset: int = 0, ordered: bool = True, **bindings: Term
    ) -> list[Row]:
        """The rows of a page's query; values are bound.

        SPARQL cannot bind an offset, so that a number takes the place of the file's `OFFSET 0`.
        Without `ordered` the rows come in the store's own order, which is steady within a release.
        """
        text = self.queries[query].replace("OFFSET 0", f"OFFSET {offset:d}")
        return select(self.service, text if ordered else _ORDER.sub("", text), **bindings)

    @cached_property
    def provenance(self) -> Provenance:
        """Asked once: a release never changes, and its sources are few beside its statements."""
        graphs: dict[str, list[str]] = defaultdict(list)
        sources: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for row in self.rows("sources"):
            source = row["source"].value
            if "graph" in row:
                graphs[row["graph"].value].append(source)
            else:
                sources[source][row["property"].value].append(row["value"])
        return Provenance(dict(graphs), {iri: dict(about) for iri, about in sources.items()})

    @property
    def modified(self) -> datetime:
        """When the data changed: the release's day, a second later for each release of that day."""
        day, _, number = self.release.id.rpartition("-")
        return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(seconds=int(number))

    def iri(self, kind: str, key: str) -> NamedNode:
        """The IRI of a thing of this release; only for kinds and keys that are well formed."""
        return NamedNode(f"{self.release.base}id/{kind}/{key}")


site: Site = LocalProxy(lambda: current_app.extensions["kg"])  # type: ignore[assignment]
