"""The Atom feeds, read with feedparser and held to the rules of RFC 4287 and RFC 5005."""

import json

import feedparser
import pytest
from lxml import etree

from kg.changes.log import Log, Scope
from kg.iri import BASE
from kg.web.harvest import atom
from tests.web.conftest import assert_canonical_error
from tests.web.releases import served

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
RTES = "/feeds/thing/organization/rtes.atom"
XHTML = "{http://www.w3.org/1999/xhtml}"
NAMED = "organizations-without-identifier"


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    return served(tmp_path_factory.mktemp("feeds"))


@pytest.fixture
def client(releases):
    return releases.app.test_client()


def read(client, path, **given):
    """A feed that is valid, as feedparser reads it."""
    response = client.get(path.removeprefix("http://localhost"), **given)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = etree.fromstring(response.data)
    assert root.tag == f"{ATOM}feed"
    for element in [root, *root.findall(f"{ATOM}entry")]:
        for tag in ("id", "title", "updated"):
            assert len(element.findall(ATOM + tag)) == 1, tag
        assert element.find(f"{ATOM}updated").text.endswith("Z")
        assert ":" in element.find(f"{ATOM}id").text
        if element is not root:
            (alternate,) = element.findall(f"{ATOM}link[@rel='alternate']")
            assert alternate.get("href").startswith("http://localhost/")
    assert root.findall(f"{ATOM}author/{ATOM}name")
    assert len(root.findall(f"{ATOM}link[@rel='self']")) == 1
    ids = [each.text for each in root.findall(f"{ATOM}entry/{ATOM}id")]
    assert len(set(ids)) == len(ids)
    found = feedparser.parse(response.data)
    assert not found.bozo, found.bozo_exception
    return found


def link(feed, relation):
    return next((each.href for each in feed.feed.links if each.rel == relation), None)


def test_releases_are_entries_with_what_they_changed(client, releases):
    feed = read(client, "/feeds/releases.atom")
    ids = [each.id for each in releases.all]
    assert [each.title for each in feed.entries] == [f"Version {each}" for each in ids[:0:-1]]
    assert feed.entries[0].link.endswith(f"/changes/{ids[2]}/{ids[3]}")
    assert "énoncés" in feed.entries[0].summary
    english = read(client, "/feeds/releases.atom", headers={"Accept-Language": "en"})
    assert english.entries[0].title == f"Release {ids[3]}"
    assert [each.id for each in english.entries] == [each.id for each in feed.entries]


def test_one_thing_has_its_own_feed(client, releases):
    feed = read(client, RTES)
    assert [each.title for each in feed.entries] == [
        "Modification : Réseau RTES",
        "Modification : Le RTES",
    ]
    assert feed.entries[0].id == f"{BASE}ldes/version/{releases.all[3].id}/organization/rtes"
    assert client.get(feed.entries[0].link.removeprefix("http://localhost")).status_code == 200
    assert link(feed, "prev-archive") is None


def test_accents_are_whole(client):
    (entry,) = read(client, "/feeds/thing/organization/ecole.atom").entries
    assert entry.title == "Création : École d’été, œuvre"


def test_what_merged_leads_to_what_took_its_place(client):
    (entry,) = read(client, "/feeds/thing/organization/avise.atom").entries
    assert entry.title == "Fusion : Avise"
    assert entry.link.endswith("/doc/organization/siren-301463253")


def archives(client, path):
    """The ids of a feed and of all of its archives."""
    feed = read(client, path)
    found = [each.id for each in feed.entries]
    while before := link(feed, "prev-archive"):
        response = client.get(before.removeprefix("http://localhost"))
        assert "immutable" in response.headers["Cache-Control"]
        assert etree.fromstring(response.data).findall(f"{HISTORY}archive")
        feed = read(client, before)
        assert link(feed, "current") == f"http://localhost{path}"
        found += [each.id for each in feed.entries]
    return found


@pytest.mark.parametrize("path", ["/feeds/kind/organization.atom", RTES])
@pytest.mark.parametrize("size", [1, 2, 50])
def test_a_feed_and_its_archives_have_every_change(client, releases, monkeypatch, path, size):
    monkeypatch.setattr(atom, "SIZE", size)
    kind = path.split("/")[3].removesuffix(".atom")
    scope = Scope(kind=kind) if "/kind/" in path else Scope(iri=f"{BASE}id/organization/rtes")
    events = Log(releases.all[-1]).events(scope, 10_000)
    assert events
    expected = {
        f"{BASE}ldes/version/{e.release}/{e.iri.removeprefix(f'{BASE}id/')}" for e in events
    }
    found = archives(client, path)
    assert set(found) == expected
    assert len(found) <= len(expected) + size


def test_what_never_was_has_no_feed(client, releases):
    oldest = releases.all[0].id
    for path in (
        "kind/nothing.atom",
        "thing/organization/nothing.atom",
        "thing/nothing/rtes.atom",
        "place/insee-99999.atom",
        f"thing/organization/rtes.atom?release={oldest}",
        f"kind/organization.atom?release={releases.all[1].id}&page=0",
        f"kind/organization.atom?release={releases.all[1].id}&page=99",
        "kind/organization.atom?release='&page=1",
        "question/nothing.atom",
        "question/../question.atom",
    ):
        assert_canonical_error(client.get(f"/feeds/{path}"), 404)


def test_pages_name_their_feeds(client):
    text = client.get("/doc/organization/rtes", headers={"Accept": "text/html"}).text
    assert f'href="{RTES}"' in text
    assert 'href="/feeds/releases.atom"' in text
    assert 'href="/feeds/kind/organization.atom"' in client.get("/browse/organization").text


def tables(client, path, **given):
    """By entry's release, the captions of its tables with their rows as text."""
    root = etree.fromstring(client.get(path, **given).data)
    found = {}
    for entry in root.findall(f"{ATOM}entry"):
        release = entry.find(f"{ATOM}id").text.partition("#")[0].rpartition("/")[2]
        found[release] = {
            each.findtext(f"{XHTML}caption"): [
                "".join(row.itertext()) for row in each.findall(f"{XHTML}tbody/{XHTML}tr")
            ]
            for each in entry.iter(f"{XHTML}table")
        }
    return found


def test_the_answer_of_a_question_has_its_feed(client, releases):
    ids = [each.id for each in releases.all]
    feed = read(client, f"/feeds/question/{NAMED}.atom")
    assert [(each.title, each.link) for each in feed.entries] == [
        (f"Version {ids[3]} : lignes +1, −2", f"http://localhost/questions/{NAMED}"),
        (f"Version {ids[2]} : lignes +1, −1", f"http://localhost/questions/{NAMED}"),
        (f"Version {ids[1]} : lignes +2, −2", f"http://localhost/questions/{NAMED}"),
    ]
    found = tables(client, f"/feeds/question/{NAMED}.atom")
    assert found[ids[1]] == {
        "Lignes ajoutées": ["École d’été, œuvre", "Le RTES"],
        "Lignes retirées": ["Avise", "RTES"],
    }
    assert found[ids[2]] == {"Lignes ajoutées": ["UDES"], "Lignes retirées": ["MES"]}
    english = {"headers": {"Accept-Language": "en"}}
    assert set(tables(client, f"/feeds/question/{NAMED}.atom", **english)[ids[2]]) == {
        "Rows added",
        "Rows removed",
    }
    again = read(client, f"/feeds/question/{NAMED}.atom", **english)
    assert [each.id for each in again.entries] == [each.id for each in feed.entries]
    assert again.entries[0].title == f"Release {ids[3]}: rows +1, −2"


def test_rows_lead_to_their_things_and_many_are_counted(client, releases, monkeypatch):
    text = client.get(f"/feeds/question/{NAMED}.atom").text
    assert '<a href="http://localhost/doc/organization/udes">UDES</a>' in text
    assert "autre" not in text
    monkeypatch.setattr(atom, "ROWS", 1)
    text = client.get(f"/feeds/question/{NAMED}.atom").text
    assert text.count("<p>Et 1 autre.</p>") == 3


def test_an_answer_that_never_changed_has_an_empty_feed(client):
    assert read(client, "/feeds/question/publications-without-date.atom").entries == []


def test_a_question_names_its_feed_and_says_when_its_answer_is_not_held(client, releases):
    path = f"/questions/{NAMED}"
    feed = f'href="/feeds/question/{NAMED}.atom"'
    text = client.get(path).text
    assert text.count(feed) == 2
    assert "ne garde pas la réponse" not in text
    folder = releases.all[-1].folder / "answers"
    kept, told = folder / f"{NAMED}.tsv", folder / "given-up.json"
    body, reasons = kept.read_bytes(), told.read_text()
    try:
        kept.unlink()
        assert "ne garde pas la réponse : le flux" in client.get(path).text
        told.write_text(json.dumps({NAMED: "rows"}))
        assert "car elle a trop de lignes : le flux" in client.get(path).text
        assert "for it has too many rows: the feed" in client.get(f"{path}?lang=en").text
    finally:
        kept.write_bytes(body)
        told.write_text(reasons)


def test_the_page_of_changes_lists_the_answers_that_changed(client, releases):
    old, new = releases.all[1].id, releases.all[2].id
    text = client.get(f"/changes/{old}/{new}", headers={"Accept": "text/html"}).text
    assert f'<tr id="question-{NAMED}">' in text
    assert f'href="/feeds/question/{NAMED}.atom"' in text
    far = client.get(f"/changes/{releases.all[0].id}/{new}", headers={"Accept": "text/html"})
    assert far.status_code == 200 and "question-" not in far.text
