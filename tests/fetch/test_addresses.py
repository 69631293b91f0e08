"""The addresses of the sources: all of them, and what is wrong in one."""

import re
from urllib.parse import urlsplit

import pytest

from kg import fetch, plan, sources
from kg.cli import main
from kg.errors import InputError
from kg.fetch import addresses
from kg.fetch.addresses import Addresses, File
from kg.settings import ROOT

from .. import tiny

DATE = "2026-11-24"


@pytest.mark.parametrize("source", sorted(addresses.known()))
def test_every_source_has_addresses_on_its_own_hosts_alone(source):
    found = addresses.read(addresses.known()[source])
    each = [*found.files, *found.searches, *found.archives]
    assert bool(each) + bool(found.instead) + found.feeds == 1
    for one in each:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", one.name)
        for url in (one.url, getattr(one, "page", "")):
            assert not url or urlsplit(url).scheme == "https"
            assert not url or urlsplit(url).hostname in found.hosts
    for file in found.files:
        assert [bool(file.url), bool(file.resource), bool(file.dataset), bool(file.page)].count(
            True
        ) == 1
        assert bool(file.like) == bool(file.dataset) and bool(file.link) == bool(file.page)
        assert re.compile(file.like) and re.compile(file.link)
        if file.resource or file.dataset:
            assert urlsplit(found.api).hostname in found.hosts
    assert len({one.name for one in each}) == len(each)


def test_every_source_that_can_be_fetched_is_in_the_docs():
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    for source in addresses.known():
        assert f"| `{source}` |" in text


def test_the_territories_say_how_they_are_got():
    assert "npm" in addresses.of("territories").instead


def test_a_source_that_is_not_known_is_named_with_those_that_are():
    with pytest.raises(InputError, match="'nope' is not a source to fetch.*sirene"):
        addresses.of("nope")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hosts = [", "is not TOML"),
        ("host = []", "'host' is not known here.*hosts"),
        ("hosts = []\n[[files]]\nurl = 'x'", "column 'files': name is missing"),
        ("hosts = []\n[[files]]\nname = 'x'\nurls = 'x'", "column 'files': 'urls' is not known"),
    ],
)
def test_what_is_wrong_in_a_file_of_addresses_is_named(tmp_path, text, problem):
    path = tmp_path / "fetch.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        addresses.read(path)


def test_feeds_are_those_of_the_curated_podcasts(tmp_path):
    table = tmp_path / "identifiers.csv"
    head = "kind,key,scheme,value,status,source\n"
    rows = (
        "podcast,a,feed,https://feeds.example/a?x=1,current,s\n"
        "podcast,a,feed,https://feeds.example/a?x=1,current,t\n"
        "podcast,b,feed,https://other.example/b,former,s\n"
        "organization,c,siren,301463253,current,s\n"
    )
    table.write_text(head + rows, encoding="utf-8")
    empty = Addresses(frozenset({"cdn.example"}), feeds=True)
    found = addresses.with_feeds(empty, table)
    assert found.files == (File("a.xml", url="https://feeds.example/a?x=1"),)
    assert found.hosts == {"cdn.example", "feeds.example"}
    table.write_text(head, encoding="utf-8")
    with pytest.raises(InputError, match="there is no feed.*add a row"):
        addresses.with_feeds(empty, table)


# What a build reads


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """A source `tiny` with addresses, fetched twice; the later file has one row more."""
    source = tiny.source(tmp_path / "source", "a,A,,")
    monkeypatch.setattr(addresses, "known", lambda: {"tiny": tmp_path / "fetch.toml"})
    monkeypatch.setattr(sources, "names", lambda: ["ontology", "tiny"])
    load = sources.load
    monkeypatch.setattr(sources, "load", lambda name: source if name == "tiny" else load(name))
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "test.toml").write_text('sources = ["ontology", "tiny"]')
    monkeypatch.setattr(plan, "DATA", tmp_path)
    raw = tmp_path / "raw"
    for date, rows in ((f"{DATE}-10", "x,X,,\n"), (DATE, ""), ("2025-12-31", "")):
        folder = raw / "tiny" / date
        folder.mkdir(parents=True)
        (folder / "tiny.csv").write_text(f"{tiny.HEADER}\nb,B,,\n{rows}", encoding="utf-8")
    partial = raw / "tiny" / ".partial"
    partial.mkdir()
    (partial / "tiny.csv.part").write_text("half")
    return raw


def test_a_build_reads_what_was_fetched_last(fetched):
    newest = fetched / "tiny" / f"{DATE}-10" / "tiny.csv"
    assert fetch.newest(fetched, "tiny") == newest
    assert plan.read("test", {}, fetched).given == {"tiny": newest}
    assert plan.read("test", {}).given == {}


def test_a_path_that_is_given_comes_before_what_was_fetched(fetched, tmp_path):
    own = tmp_path / "own.csv"
    assert plan.read("test", {"tiny": own}, fetched).given == {"tiny": own}


def test_kg_fetch_names_what_it_does_not_know(capfdbinary, monkeypatch, tmp_path):
    monkeypatch.setenv("KG_VAR", str(tmp_path))
    for arguments, message in (
        (("fetch", "nope"), "'nope' is not a source to fetch"),
        (("fetch", "territories"), "run 'make build'"),
        (("fetch", "territories", "--date", "today"), "'today' is not a date"),
        (("fetch",), "Missing argument"),
    ):
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        assert end.value.code == 2
        assert message in capfdbinary.readouterr().err.decode()
