"""The site's world, passed in, never looked for: a release, who answers queries, the index."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from pyoxigraph import Literal, NamedNode
from werkzeug.exceptions import NotFound
from werkzeug.local import LocalProxy

from kg import queryfile
from kg.changes.log import Log
from kg.fragments import FILE as STATEMENTS
from kg.fragments import Fragments
from kg.history import FILE, History
from kg.iri import KEY, kinds
from kg.query import Service, Term
from kg.query.results import Row, select
from kg.queryfile import QueryFile
from kg.release import Release, Releases, moment
from kg.settings import Settings
from kg.vocab import QB, RDF
from kg.web import urls
from kg.web.i18n import later
from kg.web.layout import Layout
from kg.web.sources import Source

if TYPE_CHECKING:
    from kg.search.index import Index

FOLDER = Path(__file__).parent
LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"


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
    def told(self) -> dict[tuple[str, str], list[Source]]:
        """By language and graph, the sources as pages show them: filled when they are first shown.

        There are as many graphs as there are sets of sources, some thousands at most.
        """
        return {}

    @cached_property
    def queries(self) -> dict[str, str]:
        """The queries of pages, `queries/<name>.rq`, for the release's base."""
        found = queryfile.read_all(FOLDER / "queries", self.release.base)
        return {query.name: query.text for query in found}

    @cached_property
    def questions(self) -> dict[str, QueryFile]:
        """The competency questions of the release."""
        found = queryfile.read_all(
            self.release.folder / "ontology" / "questions", self.release.base
        )
        return {question.name: question for question in found}

    @cached_property
    def columns(self) -> dict[str, dict[str, str]]:
        """What the columns of the questions' answers are called, by variable and language."""
        path = self.release.folder / "ontology" / "columns.csv"
        if not path.is_file():
            return {}
        with path.open(encoding="utf-8", newline="") as file:
            return {row["variable"]: row for row in csv.DictReader(file)}

    @cached_property
    def layout(self) -> Layout:
        """How the release's ontology names and groups properties on a page."""
        return Layout.read(self.release.folder / "ontology", self.release.base)

    def rows(self, query: str, **bindings: Term) -> list[Row]:
        """The rows of a page's query; values are bound."""
        return self.ask(self.queries[query], **bindings)

    def ask(self, text: str, **bindings: Term) -> list[Row]:
        """The rows of a query whose text is ours; values are bound."""
        return select(self.service, text, **bindings)

    @cached_property
    def properties(self) -> dict[str, list[Literal]]:
        """The properties of the release, with their names; asked once."""
        found: dict[str, list[Literal]] = defaultdict(list)
        for row in self.rows("properties"):
            label = row.get("label")
            found[row["property"].value].extend([label] if isinstance(label, Literal) else [])
        return dict(found)

    @cached_property
    def linking_properties(self) -> list[str]:
        """The properties that may lead to a thing from what pages list, as the shapes say: all but
        those of texts and of observations, of which a thing may have any number.
        """
        observed = self.layout.places.get(QB.Observation.value, {})
        return sorted(set(self.properties) - self.layout.texts - {RDF.type.value, *observed})

    @cached_property
    def by_short_name(self) -> dict[str, str]:
        """The properties by the names that they have in addresses (`org:member`)."""
        return {urls.short(iri, self.release.base): iri for iri in self.properties}

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
    def kept(self) -> dict[str, Release]:
        """The releases that are still here, by their id."""
        return {each.id: each for each in Releases(self.release.folder.parent).all()}

    @cached_property
    def modified(self) -> datetime:
        """When the data changed."""
        return moment(self.release.id).replace(tzinfo=UTC)

    @cached_property
    def history(self) -> History:
        """When every entity came, changed and went; a 404 of a release that was built without."""
        if not (path := self.release.folder / FILE).is_file():
            raise NotFound(later("Cette version a été construite sans dates : « kg build »."))
        return History(path)

    @cached_property
    def log(self) -> Log:
        """Which release changed what."""
        return Log(self.release)

    @cached_property
    def fragments(self) -> Fragments:
        """The statements by pattern, page by page."""
        return Fragments(self.release.folder / STATEMENTS)

    def thing(self, kind: str, key: str) -> NamedNode | None:
        """The IRI that a thing of this kind and key has in this release; None if none can."""
        if kind not in kinds() or not KEY.fullmatch(key):
            return None
        return NamedNode(f"{self.release.base}id/{kind}/{key}")


site: Site = LocalProxy(lambda: current_app.extensions["kg"])  # type: ignore[assignment]
