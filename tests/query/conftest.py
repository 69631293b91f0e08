"""A supervisor with two workers over a small store."""

import asyncio
import faulthandler
import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.errors import ServiceBusy
from kg.query import Request
from kg.query.client import Channel, Client
from kg.query.local import LocalEngine
from kg.query.supervisor import Capacity, Supervisor
from kg.query.worker import Limits

SECONDS = 4.5


def small_store() -> Store:
    store = Store()
    store.extend(
        Quad(
            NamedNode(f"http://example.org/{number}"),
            NamedNode("http://example.org/p"),
            Literal(str(number)),
            NamedNode(f"http://example.org/graph/{number % 3}"),
        )
        for number in range(3000)
    )
    return store


def _answers(client):
    try:
        client.answer(Request("ASK {}")).file.close()
    except ServiceBusy:
        return False
    return True


class Looping:
    """The channel of an event loop, which runs in a thread."""

    def __init__(self, path):
        self._path = path
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.channel = Channel(path)

    def start(self, request):
        return asyncio.run_coroutine_threadsafe(self.channel.answer(request), self._loop)

    def answer(self, request):
        return self.start(request).result(30)

    def end(self):
        """When the other side has ended."""
        while self.channel._connection:
            time.sleep(0.01)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


LIMITS = Limits(seconds=SECONDS, memory=100, result=1)


@contextmanager
def supervised(engine, folder, limits=LIMITS):
    """The socket and the pid of a supervisor with two workers over an engine."""
    path = folder / "query.sock"
    pid = os.fork()
    if pid == 0:
        faulthandler.disable()  # workers are meant to crash here
        supervisor = Supervisor(
            engine,
            path,
            Capacity(workers=2, queue=2, longest=100_000),
            limits,
        )
        signal.signal(signal.SIGTERM, supervisor.stop)
        supervisor.run()
        os._exit(0)
    while not _answers(Client(path, patience=30)):
        time.sleep(0.01)
    yield path, pid
    os.kill(pid, signal.SIGTERM)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.fixture(scope="module", params=["threads", "loop"])
def service(request, tmp_path_factory):
    """(client, pid of the supervisor)."""
    folder = tmp_path_factory.mktemp("query")
    with supervised(LocalEngine(small_store(), folder), folder) as (path, pid):
        client = Client(path, patience=30) if request.param == "threads" else Looping(path)
        yield client, pid
    if isinstance(client, Looping):
        client.end()
