"""A server over a small release, and what the engine itself says about it."""

from __future__ import annotations

import pytest

from kg.query import Request
from kg.query.local import LocalEngine, open_store
from kg.release import Releases
from tests.served import build_two, serve


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with serve(build_two(tmp_path_factory.mktemp("clients"))) as server:
        yield server


@pytest.fixture(scope="session")
def endpoint(server):
    return f"{server.root}/sparql"


@pytest.fixture(scope="session")
def direct(server):
    """`direct(query, media_type)` is the engine's own answer."""
    release = Releases(server.var / "releases").current()
    engine = LocalEngine(open_store(release), base=f"{release.base}sparql")
    return lambda text, media_type: engine.answer(Request(text, media_type)).read()
