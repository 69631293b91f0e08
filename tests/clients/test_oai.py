"""Sickle harvests everything, goes on over a new release, and hears of what is gone."""

from __future__ import annotations

import pytest
from rich.console import Console
from sickle import Sickle
from sickle.oaiexceptions import BadArgument, IdDoesNotExist, NoRecordsMatch

from kg import build, sources
from kg.history import FILE, History
from kg.iri import BASE
from kg.settings import Settings
from tests import tiny
from tests.served import serve, wait

SIREN = "301463253"
COUNT = 120


def release(folder, rows, day):
    plan = build.Plan([sources.load("ontology"), tiny.source(folder / "tiny", *rows)])
    return build.build(Settings(var=folder / "var"), plan, day, Console(quiet=True))


def organizations(count=COUNT):
    return [f"org-{number:03},Organisation n° {number},,a" for number in range(count)]


@pytest.fixture
def changing(tmp_path):
    """A server, its release, and what brings the next: `bring(rows, day)`."""
    folder = tmp_path
    first = release(folder, organizations(), "2026-01-31")
    with serve(folder / "var") as server:
        client = server.client()

        def bring(rows, day):
            made = release(folder, rows, day)
            wait(
                lambda: made.id.encode() in client.get("/health").body,
                "the new release is not served",
            )
            return made

        yield server, first, bring


def history(made):
    return History(made.folder / FILE)


def keys(headers):
    return [each.identifier.removeprefix(f"{BASE}id/organization/") for each in headers]


def test_sickle_harvests_everything_and_reads_what_it_gets(changing):
    server, first, _ = changing
    sickle = Sickle(f"{server.root}/oai")
    assert sickle.Identify().deletedRecord == "persistent"
    assert [each.metadataPrefix for each in sickle.ListMetadataFormats()] == ["oai_dc", "rdf"]
    assert [each.setSpec for each in sickle.ListSets()] == [
        "publication",
        "episode",
        "organization",
    ]
    records = list(sickle.ListRecords(metadataPrefix="oai_dc"))
    names = {f"org-{number:03}": f"Organisation n° {number}" for number in range(COUNT)}
    found = dict(zip(keys(each.header for each in records), records, strict=True))
    assert len(found) == len(records) and names.keys() <= found.keys()
    assert {name: found[name].metadata["title"] for name in names} == {
        name: [title] for name, title in names.items()
    }
    headers = list(sickle.ListIdentifiers(metadataPrefix="rdf", set="organization"))
    assert [each.identifier for each in headers] == [
        each.iri for each in history(first).latest(1000, kinds=["organization"])
    ]
    posting = Sickle(f"{server.root}/oai", http_method="POST")
    posted = posting.ListIdentifiers(metadataPrefix="rdf", set="organization")
    assert [each.identifier for each in posted] == [each.identifier for each in headers]
    with pytest.raises(NoRecordsMatch):
        sickle.ListRecords(metadataPrefix="oai_dc", set="episode")
    with pytest.raises(IdDoesNotExist):
        sickle.GetRecord(identifier="oai:nobody", metadataPrefix="oai_dc")
    with pytest.raises(BadArgument):
        sickle.ListRecords(metadataPrefix="oai_dc", **{"from": "yesterday"})


def test_a_harvest_goes_on_over_a_new_release_and_hears_of_what_changed_and_went(changing):
    server, _, bring = changing
    harvest = Sickle(f"{server.root}/oai").ListRecords(metadataPrefix="oai_dc")
    begun = [next(harvest) for _ in range(50)]
    # One read already and one yet to come change, likewise go, and give way to their better names.
    rows = organizations()
    rows[3], rows[103] = "org-003,Autre nom,,a", "org-103,Autre nom,,a"
    rows[5] = f"org-005,Organisation n° 5,{SIREN},a"
    del rows[107], rows[7]
    made = bring([*rows, "new,Nouvelle,,a"], "2026-02-15")
    rest = list(harvest)
    state = {each.header.identifier: each for each in [*begun, *rest]}
    expected = {each.iri: each for each in history(made).latest(1000, kinds=["organization"])}
    assert set(state) == set(expected)
    for iri, record in state.items():
        assert record.header.deleted == (expected[iri].state != "live")
        assert record.header.datestamp == str(expected[iri].modified.date())
    deleted = {keys([each.header])[0] for each in state.values() if each.header.deleted}
    assert deleted == {"org-005", "org-007", "org-107"}
    for number in (3, 103):
        titles = state[f"{BASE}id/organization/org-{number:03}"].metadata["title"]
        assert titles == ["Autre nom"]


def test_the_next_harvest_takes_only_what_changed_since(changing):
    server, _, bring = changing
    sickle = Sickle(f"{server.root}/oai")
    bring([*organizations(COUNT - 1), "new,Nouvelle,,a"], "2026-02-15")
    changed = list(sickle.ListRecords(metadataPrefix="oai_dc", **{"from": "2026-02-01"}))
    found = {keys([each.header])[0]: each.header.deleted for each in changed}
    assert found == {"new": False, f"org-{COUNT - 1:03}": True}
    before = keys(sickle.ListIdentifiers(metadataPrefix="oai_dc", until="2026-01-31"))
    assert {f"org-{number:03}" for number in range(COUNT - 1)} <= set(before)
    assert not found.keys() & set(before)
