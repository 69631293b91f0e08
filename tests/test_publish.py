"""Publishing a release: all of it arrives, what is gone goes, and what is wrong is said."""

import pytest
from rich.console import Console

from kg import build, sources
from kg.errors import KgError
from kg.iri import BASE
from kg.publish import publish
from kg.query import Request
from kg.query.engines import held, open_engine
from kg.settings import Settings

from . import tiny
from .query import servers

FOREIGN = "http://example.org/foreign"


def make(tmp_path, *rows):
    what = build.Plan([sources.load("ontology"), tiny.source(tmp_path / "tiny", *rows)])
    return build.build(Settings(var=tmp_path / "var"), what, "2026-01-31", Console(quiet=True))


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Two releases; a graph of the first is not in the second."""
    folder = tmp_path_factory.mktemp("releases")
    return make(folder, "avise,Avise,,a", "mes,MES,,b"), make(folder, "avise,Avise,,a")


@pytest.fixture
def service(tmp_path):
    with servers.oxigraph(tmp_path, "serve", "--location", str(tmp_path / "db")) as running:
        yield running


def graphs(engine):
    text = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    rows = engine.answer(Request(text, media_type="text/csv")).read().decode().split()
    return set(rows[1:])


def test_a_release_takes_the_place_of_the_one_before(releases, service, tmp_path):
    settings = Settings(engine="remote", remote_url=service.query)
    for release in releases:
        with pytest.raises(KgError, match="kg publish"):
            open_engine(settings, release)
        count = publish(settings, release, tmp_path / "files", service.store, None)
        assert count == release.manifest["counts"]["statements"]
        engine = open_engine(settings, release)
        assert held(engine, release.base) == release.id
        assert len(graphs(engine)) == release.manifest["counts"]["graphs"]
    assert f"{BASE}graph/b" not in graphs(engine)
    assert not list((tmp_path / "files").iterdir())


def test_other_statements_in_the_service_are_left_and_told_of(releases, service, tmp_path):
    from kg.query.remote import Address

    put = Address(service.store).send(
        "PUT",
        b"<a:b> <a:c> <a:d> .",
        {"Content-Type": "application/n-triples"},
        seconds=5,
        parameters=f"graph={FOREIGN}",
    )
    with put as response:
        assert response.status == 201
    settings = Settings(engine="remote", remote_url=service.query)
    with pytest.raises(KgError, match="and of no others"):
        publish(settings, releases[0], tmp_path / "files", service.store, None)
    assert FOREIGN in graphs(open_engine(settings, releases[0]))


def test_a_service_that_refuses_is_named_with_its_status(releases, service, tmp_path):
    settings = Settings(remote_url=service.query)
    with pytest.raises(KgError, match=r"/nothing answers 404 to PUT of .*kg publish"):
        publish(settings, releases[0], tmp_path, service.store.replace("store", "nothing"), None)
    with pytest.raises(KgError, match="cannot be reached"):
        publish(settings, releases[0], tmp_path, "http://127.0.0.1:1/store", None)


def test_a_virtuoso_that_is_not_there_is_named(releases, service, tmp_path):
    settings = Settings(remote_url=service.query)
    with pytest.raises(KgError, match=r"isql is not installed|127\.0\.0\.1:1 says"):
        publish(settings, releases[0], tmp_path, None, "127.0.0.1:1")


def test_a_virtuoso_takes_one_release_after_the_other(releases, tmp_path):
    with servers.virtuoso(tmp_path) as service:
        settings = Settings(engine="remote", remote_url=service.query)
        for release in releases:
            publish(settings, release, tmp_path / "files", None, service.sql)
            engine = open_engine(settings, release)
            assert len(graphs_of_virtuoso(engine)) == release.manifest["counts"]["graphs"]
        with pytest.raises(KgError, match="DirsAllowed"):
            publish(settings, release, build.DATA.parent / "var", None, service.sql)
        assert held(engine, release.base) == release.id


def graphs_of_virtuoso(engine):
    text = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    rows = engine.answer(Request(text, media_type="text/csv")).read().decode().split()
    return rows[1:]
