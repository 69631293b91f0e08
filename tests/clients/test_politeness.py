"""A harvester that asks where there is no turn left is told to wait, does so, and has everything in
the end.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count, takewhile

import pytest
import requests
from requests.adapters import HTTPAdapter
from sickle import Sickle
from sickle import app as sickle_app
from urllib3.util import Retry

from tests.clients.test_clients import RUNAWAY
from tests.clients.test_oai import COUNT, organizations, release
from tests.served import serve

CROWD = 8


@pytest.fixture
def hasty(tmp_path):
    """A server that works on one request of a client at a time, and lets none wait for long."""
    release(tmp_path, organizations(), "2026-01-31")
    limits = {
        "KG_QUERY_SHARE": "1",
        "KG_QUERY_SECONDS": "1",
        "KG_CACHE_MEMORY": "0",
        "KG_CACHE_DISK": "0",
    }
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


@contextmanager
def crowd(server, waited):
    """Others at the same address ask what takes long, until somebody was told to wait. A harvest
    may still be done before their questions have arrived: it is repeated until it had to wait.
    """
    begun, over, numbers = threading.Semaphore(0), threading.Event(), count()

    def ask():
        client = server.client()
        while not waited and not over.is_set():
            begun.release()
            client.ask(f"{RUNAWAY} # {next(numbers)}")

    with ThreadPoolExecutor(CROWD) as pool:
        asking = [pool.submit(ask) for _ in range(CROWD)]
        try:
            for _ in asking:
                begun.acquire()
            yield
        finally:
            over.set()
        for each in asking:
            each.result()


def until_told(waited):
    """Once, and again until somebody was told to wait; a hundred times at most."""
    yield
    yield from takewhile(lambda _: not waited, range(99))


def test_a_harvest_with_oai_pmh_waits_and_goes_on_where_it_was(hasty, waited):
    sickle = Sickle(f"{hasty.root}/oai", max_retries=1000)
    with crowd(hasty, waited):
        for _ in until_told(waited):
            records = list(sickle.ListRecords(metadataPrefix="rdf"))
    found = [each.header.identifier for each in records]
    assert len(found) > COUNT and len(set(found)) == len(found)
    assert set(waited) == {10}, "what Retry-After says of 503, which the protocol knows"


def test_a_harvest_of_documents_waits_and_goes_on_where_it_was(hasty, waited):
    refused = []

    class Counted(Retry):
        def increment(self, *arguments, response=None, **named):
            if response:
                refused.append((response.status, response.headers["Retry-After"]))
            return super().increment(*arguments, response=response, **named)

    with crowd(hasty, waited), requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Counted(1000, status=1000)))
        addresses = [f"{hasty.root}/doc/organization/org-{key:03}.ttl" for key in range(COUNT)]
        for _ in until_told(waited):
            documents = [session.get(address) for address in addresses]
    assert {each.status_code for each in documents} == {200}
    assert all(
        f'"Organisation n° {key}"@fr' in each.content.decode() for key, each in enumerate(documents)
    )
    assert refused and set(refused) == {(429, "10")}
    assert set(waited) == {10}
