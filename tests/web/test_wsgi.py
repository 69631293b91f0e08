"""A new release is taken up without a restart, and nobody notices."""

import asyncio
import gc
import json
import multiprocessing
import shutil
import signal
import threading
import time
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyoxigraph import RdfFormat, Store

from kg.errors import ServiceBusy
from kg.query import Request
from kg.query.client import Client as QueryClient
from kg.query.local import LocalEngine
from kg.query.supervisor import Capacity, Supervisor
from kg.query.worker import Limits
from kg.settings import Settings
from kg.web import gateway, wsgi
from tests.web.conftest import MANIFEST
from tests.web.test_front import ADA, Client
from tests.web.test_gateway import ask, scope

NEXT = "2026-11-24-1"


def _supervise(data, path):
    store = Store()
    store.load(path=data, format=RdfFormat.N_QUADS)
    supervisor = Supervisor(
        LocalEngine(store), path, Capacity(workers=2), Limits(seconds=10, memory=500, result=10)
    )
    signal.signal(signal.SIGTERM, supervisor.stop)
    supervisor.run()


def wait_for(condition):
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.05)


def answers(path):
    try:
        QueryClient(path).answer(Request("ASK {}")).file.close()
    except ServiceBusy:
        return False
    return True


@pytest.fixture
def serving(tmp_path, release, store):
    """`add(name, id)` serves a release of that id; `point(name)` makes it the current one."""
    context = multiprocessing.get_context("spawn")
    data = tmp_path / "data.nq"
    data.write_bytes(store.dump(format=RdfFormat.N_QUADS))
    processes = {}

    def add(name, id_):
        folder = tmp_path / id_
        shutil.copytree(release.folder, folder, symlinks=True)
        (folder / "manifest.json").write_text(json.dumps({**MANIFEST, "id": id_}))
        target = tmp_path / name
        target.mkdir()
        (target / "release").symlink_to(folder)
        (target / "engine").write_text("memory")
        processes[name] = context.Process(target=_supervise, args=(data, target / "query.sock"))
        processes[name].start()
        wait_for(lambda: answers(target / "query.sock"))
        return processes[name]

    def point(name):
        fresh = tmp_path / ".current.new"
        fresh.symlink_to(name)
        fresh.replace(tmp_path / "current")

    yield add, point, tmp_path
    gc.unfreeze()
    for process in processes.values():
        process.terminate()
        process.join()


def release_of(client):
    return client.get("/health").json["release"]


def test_a_release_is_taken_up_without_one_failed_request(serving):
    add, point, folder = serving
    first = add("a", MANIFEST["id"])
    point("a")
    site = wsgi.Serving(folder, Settings(var=folder / "var"))
    client = Client(site)
    assert client.get("/health").json == {
        "ok": True,
        "release": MANIFEST["id"],
        "engine": "memory",
    }
    old = client.get(ADA).headers["ETag"]
    stop, statuses = threading.Event(), Counter()

    def hammer(number):
        own, n = Client(site), 0
        while not stop.is_set():
            n += 1
            for path in (
                ADA,
                "/health",
                f"/sparql?query=SELECT ({number}{n} AS ?x) {{ ?s ?p ?o }}",
            ):
                statuses[own.get(path).status_code] += 1

    with ThreadPoolExecutor(3) as pool:
        for number in range(3):
            pool.submit(hammer, number)
        try:
            time.sleep(0.5)
            add("b", NEXT)
            point("b")
            wait_for(lambda: release_of(client) == NEXT)
            first.terminate()
            first.join()
            time.sleep(0.5)
        finally:
            stop.set()
    assert set(statuses) == {200} and statuses[200] > 50
    assert client.get(ADA).headers["ETag"] != old
    assert client.get(ADA, headers={"If-None-Match": old}).status_code == 200


def test_the_site_of_a_release_that_went_takes_no_memory(serving, monkeypatch):
    add, point, folder = serving
    add("a", MANIFEST["id"])
    point("a")
    site = wsgi.Serving(folder, Settings(var=folder / "var"))
    client = Client(site)
    assert client.get(ADA).status_code == 200
    needed = site._now[0].app
    old = weakref.ref(needed)
    add("b", NEXT)
    point("b")
    wait_for(lambda: release_of(client) == NEXT)
    looks = []
    settle = wsgi._settle
    monkeypatch.setattr(wsgi, "AGAIN", 0)
    monkeypatch.setattr(wsgi, "_settle", lambda: looks.append(settle()))
    wait_for(lambda: looks)  # a request still needs the old site
    del needed
    wait_for(lambda: old() is None)


def test_a_release_that_cannot_be_opened_leaves_the_old_one_serving(serving, caplog):
    add, point, folder = serving
    add("a", MANIFEST["id"])
    point("a")
    client = Client(wsgi.Serving(folder, Settings(var=folder / "var")))
    (folder / "broken").mkdir()
    point("broken")
    wait_for(lambda: "cannot be taken up" in caplog.text)
    assert release_of(client) == MANIFEST["id"]
    point("a")
    assert release_of(client) == MANIFEST["id"]


def test_the_web_server_finds_what_to_serve_in_its_environment(serving, monkeypatch):
    add, point, folder = serving
    add("a", MANIFEST["id"])
    point("a")
    monkeypatch.setenv("KG_SERVING", str(folder))
    monkeypatch.setenv("KG_VAR", str(folder / "var"))
    application = gateway.Application()
    application.__rsgi_init__(None)
    protocols = asyncio.run(ask(application.__rsgi__, *[scope(target="/health")] * 4))
    assert {json.loads(each.body)["release"] for each in protocols} == {MANIFEST["id"]}


def test_a_query_with_the_address_of_its_client_reaches_the_workers(serving, monkeypatch):
    add, point, folder = serving
    add("a", MANIFEST["id"])
    point("a")
    asked = []
    answer = QueryClient.answer
    monkeypatch.setattr(
        QueryClient, "answer", lambda self, request: asked.append(request) or answer(self, request)
    )
    client = Client(wsgi.Serving(folder, Settings(var=folder / "var")))
    client.get("/sparql?query=ASK {}", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert asked[-1].client == "192.0.2.1"
