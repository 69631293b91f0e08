"""A harvester that walks too fast is told to wait, does so, and has everything in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.adapters import HTTPAdapter
from sickle import Sickle
from sickle import app as sickle_app
from urllib3.util import Retry

from tests.clients.test_oai import COUNT, organizations, release
from tests.served import serve

AT_ONCE = 24


@pytest.fixture
def hasty(tmp_path):
    """A server that works on one request of a client at a time, and lets none wait for long."""
    release(tmp_path, organizations(), "2026-01-31")
    limits = {"KG_QUERY_SHARE": "1", "KG_QUERY_SECONDS": "0.4", "KG_CACHE_DISK": "0"}
    with serve(tmp_path / "var", **limits) as server:
        yield server
        assert server.client().get("/health").status == 200


@pytest.fixture
def waited(monkeypatch):
    """The seconds that clients were told to wait; they wait a part of them."""
    found = []
    rest = sickle_app.time.sleep

    def sleep(seconds):
        found.append(seconds)
        rest(seconds / 20)

    monkeypatch.setattr(sickle_app.time, "sleep", sleep)
    return found


def test_harvests_with_oai_pmh_wait_and_go_on_where_they_were(hasty, waited):
    def harvested(number):
        sickle = Sickle(f"{hasty.root}/oai", max_retries=1000)
        # A list for each, so that none is answered by what another was given.
        records = sickle.ListRecords(metadataPrefix="rdf", until=f"2026-03-{number + 1:02}")
        return [each.header.identifier for each in records]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(harvested, range(AT_ONCE)))
    assert len(found[0]) > COUNT and len(set(found[0])) == len(found[0])
    assert all(each == found[0] for each in found)
    assert set(waited) == {10}, "what Retry-After says of 503, which the protocol knows"


def test_harvests_of_documents_wait_and_go_on_where_they_were(hasty, waited):
    refused = []

    class Counted(Retry):
        def increment(self, *arguments, response=None, **named):
            if response:
                refused.append((response.status, response.headers["Retry-After"]))
            return super().increment(*arguments, response=response, **named)

    def harvested(number):
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=Counted(1000, status=1000)))
            documents = (
                session.get(f"{hasty.root}/doc/organization/org-{key:03}.ttl?walk={number}")
                for key in range(20)
            )
            return [(each.status_code, len(each.text)) for each in documents]

    with ThreadPoolExecutor(4 * AT_ONCE) as pool:
        found = list(pool.map(harvested, range(4 * AT_ONCE)))
    assert {status for each in found for status, _ in each} == {200}
    assert all(each == found[0] for each in found)
    assert ("429", "10") in {(str(status), seconds) for status, seconds in refused}
    assert set(waited) == {10}
