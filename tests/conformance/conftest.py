"""The route under test, and the report on it (EARL 1.0).

The option belongs to this folder: `pytest tests/conformance --earl=PATH`.
A test says which W3C test it stands for with `record_property`: under `W3C` its own outcome is
the W3C test's, under `INAPPLICABLE` that test asks for what the service does not offer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from flask import Flask
from pyoxigraph import Store
from rdflib import DCTERMS, DOAP, RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rich.console import Console
from werkzeug.test import Client

from kg import build, sources
from kg.iri import BASE
from kg.query.local import LocalEngine, open_store
from kg.release import Release
from kg.settings import Settings
from kg.web.app import create_app
from kg.web.cache import Cache
from kg.web.front import Front

W3C, INAPPLICABLE = "w3c", "w3c-inapplicable"
HOST = "http://localhost/"
EARL = Namespace("http://www.w3.org/ns/earl#")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--earl", metavar="PATH", help="write an EARL report (Turtle) to PATH")


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the ontology alone, whose IRIs are those of the test client's host."""
    settings = Settings(var=tmp_path_factory.mktemp("var"), base_iri=HOST)
    plan = build.Plan([sources.load("ontology")])
    return build.build(settings, plan, "2026-01-31", Console(quiet=True))


@pytest.fixture(scope="session")
def app(release: Release) -> Flask:
    app = create_app(release, LocalEngine(Store()), None, Settings())
    app.testing = True
    return app


Over = Callable[..., Client]


@pytest.fixture
def over(app: Flask, tmp_path: Path) -> Over:
    """`over(store, base, union=False)` is a client of the site with this store behind it, and
    nothing kept.

    The suites speak of a store's own default graph; the service's is the union of all graphs.
    """

    def client(store: Store, base: str, union: bool = False) -> Client:
        engine = LocalEngine(store, base=base, union=union)
        app.extensions["kg"] = replace(app.extensions["kg"], service=engine)
        return Client(Front(app, Cache(tmp_path, memory=0, disk=0)))

    return client


@pytest.fixture
def described(over: Over, release: Release) -> Client:
    """The site with the release's own statements, its description among them."""
    return over(open_store(release), f"{HOST}sparql", union=True)


class Report:
    """Collects the outcomes, of all processes, and writes them when the session ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._outcomes: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call":
            return
        outcome = "passed" if report.passed else "failed"
        for name, iri in report.user_properties:
            if name == W3C:
                self._outcomes[str(iri)] = (outcome, getattr(report, "wasxfail", ""))
            elif name == INAPPLICABLE:
                self._outcomes[str(iri)] = ("inapplicable", "")

    def pytest_sessionfinish(self) -> None:
        graph = Graph()
        graph.bind("earl", EARL)
        for triple in self._triples():
            graph.add(triple)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        graph.serialize(self._path, format="turtle", encoding="utf-8")

    def _triples(self) -> Iterator[tuple[URIRef | BNode, URIRef, URIRef | BNode | Literal]]:
        subject, revision = URIRef(BASE), BNode("version")
        now = Literal(datetime.now(UTC).isoformat(timespec="seconds"), datatype=XSD.dateTime)
        yield subject, RDF.type, DOAP.Project
        yield subject, RDF.type, EARL.Software
        yield subject, RDF.type, EARL.TestSubject
        yield subject, RDF.type, EARL.Assertor
        yield subject, DOAP.name, Literal("ESS knowledge graph")
        yield subject, DOAP["programming-language"], Literal("Python")
        yield subject, DOAP.release, revision
        yield revision, RDF.type, DOAP.Version
        yield revision, DOAP.revision, Literal(version("kg"))
        for number, (iri, (outcome, reason)) in enumerate(sorted(self._outcomes.items())):
            assertion, result = BNode(f"assertion{number:04}"), BNode(f"result{number:04}")
            yield assertion, RDF.type, EARL.Assertion
            yield assertion, EARL.assertedBy, subject
            yield assertion, EARL.mode, EARL.automatic
            yield assertion, EARL.subject, subject
            yield assertion, EARL.test, URIRef(iri)
            yield assertion, EARL.result, result
            yield result, RDF.type, EARL.TestResult
            yield result, EARL.outcome, EARL[outcome]
            yield result, DCTERMS.date, now
            if reason:
                yield result, DCTERMS.description, Literal(reason, lang="en")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--earl", None)
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report(Path(path)))
