"""Links by address and by identifiers of works and authors: deterministic, and never by guess."""

import duckdb
import pytest

from kg.iri import BASE, hashed, mint, named
from kg.link import link
from kg.link.decisions import Decision
from kg.vocab import ESS, SCHEMA

GUID = "917393e3-1b1e-5cef-ace4-edaa54e1f810"
FEED = mint("podcast", "guid", GUID)
ITEM, OTHER = hashed("episode", "item", "1"), hashed("episode", "item", "2")
CURATED = named("episode", "echos-urbains-1")
PAGE = "https://www.example.org/episode-1/"


def linked(*statements, made=()):
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE stated "
            "(subject VARCHAR, predicate VARCHAR, object VARCHAR, source VARCHAR)"
        )
        connection.executemany(
            "INSERT INTO stated VALUES (?, ?, ?, 's')",
            [
                (str(s), str(p), o if o.startswith(("<", '"')) else f"<{o}>")
                for s, p, o in statements
            ],
        )
        link(connection, list(made))
        found = connection.execute("SELECT old, new FROM link").fetchall()
    return {old.removeprefix(f"{BASE}id/"): new.removeprefix(f"{BASE}id/") for old, new in found}


def key(iri):
    return iri.value.removeprefix(f"{BASE}id/")


@pytest.mark.parametrize("address", [PAGE, "http://example.org/episode-1"])
def test_an_episode_of_a_feed_is_the_curated_one_that_has_the_same_page(address):
    found = linked((CURATED, SCHEMA.url, PAGE), (ITEM, SCHEMA.url, address))
    assert found == {key(ITEM): key(CURATED)}


def test_a_page_that_two_episodes_share_identifies_none():
    shared = [(each, SCHEMA.url, PAGE) for each in (CURATED, named("episode", "b"), ITEM)]
    assert linked(*shared) == {}
    assert (
        linked((CURATED, SCHEMA.url, PAGE), (ITEM, SCHEMA.url, PAGE), (OTHER, SCHEMA.url, PAGE))
        == {}
    )
    assert linked((CURATED, SCHEMA.url, PAGE), (named("episode", "b"), SCHEMA.url, PAGE)) == {}


def test_a_podcast_is_known_by_its_guid_or_its_feed():
    curated = named("podcast", "echos-urbains")
    assert linked((curated, ESS.podcastGuid, f'"{GUID}"')) == {key(FEED): key(curated)}
    feed = "https://feeds.example.org/echos.xml"
    found = linked((curated, SCHEMA.webFeed, feed), (FEED, SCHEMA.webFeed, feed))
    assert found == {key(FEED): key(curated)}


def test_an_address_joins_things_of_one_kind_only():
    assert linked((named("publication", "a"), SCHEMA.url, PAGE), (ITEM, SCHEMA.url, PAGE)) == {}


def test_a_decision_keeps_apart_what_an_address_would_join():
    apart = Decision(False, CURATED.value, ITEM.value)
    assert linked((CURATED, SCHEMA.url, PAGE), (ITEM, SCHEMA.url, PAGE), made=[apart]) == {}


def test_a_decision_joins_an_episode_to_a_feeds_item_and_the_curated_name_stays():
    same = Decision(True, ITEM.value, CURATED.value)
    assert linked((ITEM, SCHEMA.url, PAGE), made=[same]) == {key(ITEM): key(CURATED)}


def test_records_with_one_doi_are_one_work_named_by_hal():
    work, record = named("publication", "a"), mint("publication", "hal", "hal-00000001")
    doi = hashed("publication", "doi", "10.1000/x")
    found = linked(
        (work, ESS.doi, '"10.1000/x"'),
        (record, ESS.doi, '"10.1000/x"'),
        (doi, ESS.doi, '"10.1000/x"'),
    )
    assert found == {key(work): key(record), key(doi): key(record)}


def test_an_author_with_idhal_and_orcid_is_one_person():
    orcid = mint("person", "orcid", "0000-0002-1825-0097")
    found = linked((orcid, ESS.idHal, '"camille-exemple"'))
    assert found == {"person/idhal-camille-exemple": key(orcid)}
