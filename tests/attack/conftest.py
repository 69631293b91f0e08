"""One server with short limits for all attacks. After each it answers; after all of them it holds
no more than before.
"""

from __future__ import annotations

import socket
from collections import Counter

import pytest

from kg.query.client import IDLE
from tests.attack import LIMITS
from tests.attack.balance import balance
from tests.served import build_two, serve, wait

MIB = 1 << 20
# What Python and the C library keep of memory that was used.
SLACK = 100 * MIB
PAGE = "/doc/organization/siren-301463253"


@pytest.fixture(scope="session")
def var(tmp_path_factory):
    return build_two(tmp_path_factory.mktemp("attack"))


@pytest.fixture(scope="session")
def server(var):
    with serve(var, **LIMITS) as server:
        _normal(server)
        before = balance(server)
        yield server
        wait(lambda: _no_more(before, balance(server)), "something is left behind")


def _no_more(before, after):
    assert (after.workers, after.processes) == (before.workers, before.processes)
    assert after.left <= before.left
    for name, memory in after.memory.items():
        assert memory < before.memory[name] + SLACK, f"{name}: {memory / MIB:.0f} MiB"
    # Both ends of the connections on which pages are asked for, and those of the channel.
    kept = Counter({"socket": 2 * (IDLE + 1)})
    return after.files <= before.files + kept


def _normal(server):
    """A query and a page, of another client than those that attack."""
    client = server.client("127.0.0.9")
    assert client.look_up() == ["Avise"]
    page = client.get(PAGE, Accept="text/html", Cache_Control="no-cache")
    assert page.status == 200 and b"Avise" in page.body
    client.close()


@pytest.fixture(autouse=True)
def alive(server):
    """Whatever a test does, a normal query and a page are answered after it."""
    yield
    _normal(server)
    wait(lambda: len(server.workers) == int(LIMITS["KG_QUERY_WORKERS"]), "workers are missing")


@pytest.fixture
def client(server):
    client = server.client("127.0.0.2")
    yield client
    client.close()


@pytest.fixture(scope="session")
def listener():
    """Somebody on this host whom no query may reach, in either version of IP."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening
        with pytest.raises(BlockingIOError):
            listening.accept()
