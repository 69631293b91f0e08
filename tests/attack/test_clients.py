"""Clients that are slow, many, rude or gone: nobody else notices."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.attack import assert_sound
from tests.attack.balance import balance
from tests.attack.raw import Raw, head
from tests.served import JSON, PATIENCE, serve, start, wait

MIB = 1 << 20
QUERY = {"Content_Type": "application/sparql-query"}
# About seven MiB, which is nearly as much as a result may have.
LARGE = "SELECT ?a ?b ?c ?d { ?a ?b ?c . ?d ?b ?c } LIMIT 20000"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_numbers = count()


def target(query):
    """The address of a query that was never asked before."""
    text = f"{query} #{next(_numbers)}".encode()
    return b"/sparql?format=json&query=" + b"".join(b"%%%02X" % byte for byte in text)


def others_are_served(server, source="127.0.0.8"):
    client = server.client(source)
    try:
        for _ in range(3):
            assert client.look_up() == ["Avise"]
            assert client.get("/health").status == 200
    finally:
        client.close()


@pytest.fixture
def crowd(server):
    """`crowd(number, part, …)` is so many connections of one client, which have sent that much."""
    with ExitStack() as stack:

        def gather(number, *parts, buffer=0):
            opened = [stack.enter_context(Raw(server, "127.0.0.3", buffer)) for _ in range(number)]
            for raw in opened:
                raw.send(*parts)
            return opened

        yield gather


# Slow


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"G"],
        [b"GET /sparql HTTP/1.1\r\nHost: "],
        [head()],
        [head(b"/sparql", b"POST", Content_Length="100", **QUERY)],
        [head(b"/sparql", b"POST", Content_Length="100", **QUERY), b"ASK"],
        [head(b"/sparql", b"POST", Transfer_Encoding="chunked", **QUERY), b"3\r\nASK\r\n"],
        [head(b"/sparql", b"POST", Content_Length="3000000", **QUERY), b"#" * 2_000_000],
        [head(b"/nowhere", b"POST", Content_Length="100"), b"x"],
    ],
    ids=[
        *("nothing", "a letter", "half a head", "a head", "no body", "a part of a body"),
        *("a chunk", "most of a long body", "a body for nobody"),
    ],
)
def test_who_says_no_more_keeps_nobody_waiting(server, crowd, parts):
    number = 40 if len(b"".join(parts)) > MIB else 300
    before = balance(server).memory["web"]
    opened = crowd(number, *parts)
    others_are_served(server)
    others_are_served(server, "127.0.0.3")
    assert balance(server).memory["web"] < before + 50 * MIB
    assert len(opened) == number


def test_who_sends_a_byte_at_a_time_is_answered_at_the_end(server, crowd):
    body = b"ASK {}"
    opened = crowd(50, head(b"/sparql", b"POST", Content_Length=str(len(body)), **QUERY))
    for byte in body:
        for raw in opened:
            raw.send(bytes([byte]))
        others_are_served(server)
    assert {raw.reply().status for raw in opened} == {200}


def test_who_does_not_read_a_large_answer_keeps_no_other_client_waiting(server, crowd):
    """Not even for a large answer; and what is not read is in no memory."""
    before = balance(server).memory["web"]
    opened = crowd(100, head(target(LARGE)), buffer=4096)
    others_are_served(server)
    with Raw(server, "127.0.0.4") as raw:
        reply = raw.send(head(target(LARGE))).reply()
        assert len(reply.body) > 5 * MIB
    time.sleep(1)
    assert balance(server).memory["web"] < before + 100 * MIB
    assert len(opened) == 100


def test_a_large_answer_is_whole_however_slowly_it_is_read(server):
    address = target(LARGE)
    with Raw(server) as raw, Raw(server, buffer=4096) as slow:
        slow.send(head(address))
        time.sleep(0.5)
        expected = raw.send(head(address)).reply()
        assert slow.reply().body == expected.body
        assert len(json.loads(expected.body)["results"]["bindings"]) == 20_000
        assert slow.send(head()).reply().status == 200, "the connection goes on"


# Gone

STAGES = {
    "at once": [],
    "in the head": [b"GET /sparql HTTP/1.1\r\nHo"],
    "before the body": [head(b"/sparql", b"POST", Content_Length="100", **QUERY)],
    "in the body": [head(b"/sparql", b"POST", Content_Length="100", **QUERY), b"ASK"],
    "in a chunk": [head(b"/sparql", b"POST", Transfer_Encoding="chunked", **QUERY), b"9\r\nASK"],
    "before the answer": [head(target(RUNAWAY))],
    "before a page": [head(b"/search?q=organisation", Accept="text/html")],
    "in a row": [head(target("ASK {}")) * 20],
}


@pytest.mark.parametrize("reset", [False, True], ids=["closes", "resets"])
@pytest.mark.parametrize("stage", STAGES)
def test_who_leaves_is_forgotten(server, stage, reset):
    for _ in range(20):
        with Raw(server, "127.0.0.3") as raw:
            raw.send(*STAGES[stage])
            if reset:
                linger = struct.pack("ii", 1, 0)
                raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    others_are_served(server)
    others_are_served(server, "127.0.0.3")


@pytest.mark.parametrize("read", [1, 100_000, 3_000_000])
def test_who_leaves_in_the_middle_of_an_answer_is_forgotten(server, crowd, read):
    for raw in crowd(20, head(target(LARGE))):
        left = read
        while left > 0 and (data := raw.socket.recv(min(left, MIB))):
            left -= len(data)
        raw.__exit__()
    others_are_served(server, "127.0.0.3")


# Many


def at_once(server, number, ask):
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(ask, range(number)))


def test_200_connections_at_once_are_answered_or_told_to_come_again(server):
    """At the most, the threads of the web server and the queue before the workers are full."""

    def ask(number):
        with Raw(server, f"127.0.1.{number // 8 + 1}") as raw:
            return raw.send(head(target("ASK {}"))).reply()

    replies = at_once(server, 200, ask)
    reasons = Counter(assert_sound(reply) for reply in replies)
    assert reasons[""] > 60 and set(reasons) <= {"", "busy"}


def test_200_connections_of_one_client_wait_for_their_turn(server):
    """All get the same answer; who had no turn in time is told so."""

    def ask(_):
        with Raw(server, "127.0.0.3") as raw:
            return raw.send(head(address)).reply()

    address = target(LARGE.replace("20000", "3000"))
    replies = at_once(server, 200, ask)
    reasons = Counter(assert_sound(reply) for reply in replies)
    assert reasons[""] >= 8 and set(reasons) <= {"", "queue"}
    assert len({reply.body for reply in replies if reply.status == 200}) == 1


def test_200_runaways_at_once_are_told_that_they_are_too_many(server):
    """One client has its share of the queue, and no other client waits for it."""

    def ask(_):
        with Raw(server, "127.0.0.3") as raw:
            return raw.send(head(target(RUNAWAY))).reply()

    with ThreadPoolExecutor(200) as pool:
        asked = [pool.submit(ask, number) for number in range(200)]
        while not all(each.done() for each in asked):
            others_are_served(server, "127.0.0.4")
    reasons = Counter(assert_sound(each.result(), "time", "queue") for each in asked)
    assert reasons["time"] >= 4 and reasons["queue"] > 0


# Leaving ends a query


@pytest.fixture
def patient(var):
    """A server whose queries may run for minutes."""
    with serve(var, KG_QUERY_SECONDS="600", KG_QUERY_WORKERS="2") as server:
        yield server


def busy(server):
    """The workers that compute."""
    return [pid for pid in server.workers if _state(pid) == "R"]


def _state(pid):
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0]


@pytest.mark.parametrize("accept", [JSON, "text/html"])
def test_a_query_ends_when_its_client_leaves(patient, accept):
    for _ in range(3):
        workers = set(patient.workers)
        with Raw(patient) as raw:
            raw.send(head(target(RUNAWAY), Accept=accept))
            wait(lambda: busy(patient), "the query does not run")
        wait(lambda w=workers: len(w & set(patient.workers)) == 1, "its worker goes on")
        wait(lambda: len(patient.workers) == 2, "the worker is not replaced")
        others_are_served(patient)


def test_a_query_that_somebody_else_waits_for_goes_on(patient):
    address = target(RUNAWAY)
    with Raw(patient) as first, Raw(patient, "127.0.0.3") as second:
        workers = set(patient.workers)
        first.send(head(address))
        wait(lambda: busy(patient), "the query does not run")
        second.send(head(address))
        time.sleep(0.3)
        first.__exit__()
        wait(lambda: len(workers & set(patient.workers)) == 1, "the first one's worker goes on")
        wait(lambda: busy(patient), "it is not asked again, for the second")
    wait(lambda: not busy(patient), "nobody waits for it any more")


def test_what_waits_for_its_turn_when_its_client_leaves_is_never_asked(patient):
    workers = set(patient.workers)
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(Raw(patient)).send(head(target(RUNAWAY)))
        wait(lambda: busy(patient), "no query runs")
    wait(lambda: not busy(patient), "queries run for nobody")
    others_are_served(patient)
    # One was answering; another may have been handed on before its own client was seen to leave.
    assert 1 <= len(set(patient.workers) - workers) <= 3


def test_a_second_server_does_not_take_a_part_of_the_requests(server, var):
    """Two could share an address; the one that comes later says that it is taken."""
    second = start(var, port=server.port)
    assert second.process.wait(PATIENCE) == 1
    second.end(code=1)
    assert f"port {server.port}: Address already in use" in second.said()
