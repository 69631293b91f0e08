"""Queries through the socket: answers, limits, and life after each."""

import asyncio
import io
import mmap
import os
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from kg.errors import (
    QueryAbandoned,
    QueryCrashed,
    QueryMalformed,
    QueryOutOfMemory,
    QueryRefused,
    QueryTimeout,
    ResultTooLarge,
    ServiceBusy,
)
from kg.query import Answer, Request, wire
from kg.query.client import Channel, Client
from kg.query.departure import Departure
from kg.query.local import LocalEngine
from kg.query.results import construct, select

from .conftest import LIMITS, SECONDS, Looping, small_store, supervised

RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def lookup(client):
    rows = select(client, "SELECT ?s ?o { ?s ?p ?o }", s=NamedNode("http://example.org/7"))
    return [row["o"].value for row in rows]


def open_files(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def soon(holds):
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def settled(pid):
    """The workers, when none is being replaced."""
    time.sleep(0.3)
    soon(lambda: len(children(pid)) == 2)
    return set(children(pid))


def computes(pid):
    """Whether a worker does."""
    stats = [Path(f"/proc/{child}/stat").read_text() for child in children(pid)]
    return any(stat.rpartition(")")[2].split()[0] == "R" for stat in stats)


def assert_one_was_replaced(pid, before):
    """Of the two workers."""
    soon(lambda: len(before & set(children(pid))) == 1 and len(children(pid)) == 2)


def test_a_bound_value_selects_its_rows(service):
    client, _ = service
    assert lookup(client) == ["7"]


def test_the_default_graph_is_the_union_of_all_graphs(service):
    client, _ = service
    (row,) = select(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert row["n"].value == "3000"


def test_a_given_default_graph_holds_alone(service):
    client, _ = service
    request = Request(
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        media_type="text/csv",
        default_graphs=("http://example.org/graph/1",),
    )
    assert client.answer(request).read() == b"n\r\n1000\r\n"


def test_a_construct_gives_triples(service):
    client, _ = service
    triples = construct(client, "CONSTRUCT WHERE { <http://example.org/7> ?p ?o }")
    assert [t.object.value for t in triples] == ["7"]


def test_the_size_of_an_answer_is_known(service):
    client, _ = service
    answer = client.answer(Request("ASK {}"))
    assert answer.size == len(answer.read())


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (QueryMalformed, "SELECT * { ?s"),
        (QueryTimeout, RUNAWAY),
        (QueryOutOfMemory, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a"),
        (ResultTooLarge, "SELECT * { ?a ?b ?c . ?d ?b ?f }"),
        (QueryCrashed, "SELECT * {" + "{" * 45_000 + "}" * 45_000 + "}"),
    ],
)
def test_a_limit_ends_one_query_and_nothing_else(service, error, text):
    client, pid = service
    with pytest.raises(error):
        client.answer(Request(text))
    assert lookup(client) == ["7"]
    assert len(children(pid)) == 2


def test_a_syntax_error_names_line_and_column_and_shows_the_line(service):
    client, _ = service
    with pytest.raises(QueryMalformed, match=r"Line 2, column \d+: [^\n]*\n  \?s \?p \}\n"):
        client.answer(Request("SELECT * {\n  ?s ?p }"))


def test_a_shorter_limit_can_be_asked_for_and_a_longer_one_cannot(service):
    client, _ = service
    for asked, given in ((0.2, 0.2), (3600.0, SECONDS)):
        start = time.monotonic()
        with pytest.raises(QueryTimeout, match=f"longer than {given} s"):
            client.answer(Request(RUNAWAY, seconds=asked))
        assert time.monotonic() - start >= given


def test_a_request_over_the_longest_is_refused(service):
    client, _ = service
    with pytest.raises(QueryRefused):
        client.answer(Request("ASK {} #" + "x" * 200_000))
    assert lookup(client) == ["7"]


def test_a_full_queue_says_so_and_the_waiting_are_answered(service):
    client, _ = service
    outcomes = []

    def ask():
        try:
            client.answer(Request(RUNAWAY, seconds=0.5))
        except (QueryTimeout, ServiceBusy) as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("QueryTimeout") >= 4
    assert len(outcomes) == 8
    assert "ServiceBusy" in outcomes
    assert lookup(client) == ["7"]


def test_a_client_that_leaves_stops_its_query(service):
    client, pid = service
    before = settled(pid)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(client._path))
        connection.sendall(wire.write_request(1, Request(RUNAWAY)))
        soon(lambda: computes(pid))
    assert_one_was_replaced(pid, before)
    assert lookup(client) == ["7"]


def test_a_client_that_leaves_takes_nobody_with_it(service):
    """The worker that is ended with it is given no other query before."""
    client, pid = service
    for _ in range(30):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(client._path))
            connection.sendall(wire.write_request(1, Request(RUNAWAY)))
            assert lookup(client) == ["7"]
        assert lookup(client) == lookup(client) == ["7"]
    assert len(children(pid)) == 2


def test_rubbish_on_the_socket_costs_at_most_its_connection(service):
    client, pid = service
    for rubbish in (b"", b"\xff", struct.pack("!I", 5) + b"{nope", struct.pack("!I", 2) + b"{}"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(client._path))
            connection.sendall(rubbish)
            time.sleep(0.05)
    assert lookup(client) == ["7"]
    assert len(children(pid)) == 2


def test_many_lookups_leave_no_file_open(service):
    client, pid = service
    lookup(client)
    before = open_files(pid)
    workers = set(children(pid))
    for _ in range(200):
        lookup(client)
    assert open_files(pid) <= before + 1
    assert set(children(pid)) == workers


def test_a_large_result_comes_whole_in_a_file(service):
    client, pid = service
    request = Request("SELECT * { ?s ?p ?o }", media_type="text/csv")
    lookup(client)
    before = open_files(os.getpid()), open_files(pid)
    for _ in range(5):
        answer = client.answer(request)
        assert answer.size > wire.INLINE
        body = answer.read()
        assert len(body) == answer.size and body.count(b"\r\n") == 3001
    soon(lambda: (open_files(os.getpid()), open_files(pid)) == before)


def test_many_at_once_get_each_their_own_answer(service):
    client, _ = service

    def ask(number):
        time.sleep(number % 7 / 1000)
        text = f"SELECT ?o {{ <http://example.org/{number}> ?p ?o }}"
        try:
            if number % 5 == 0:  # in a file, between others that are not
                whole = Request(f"SELECT ({number} AS ?n) ?s {{ ?s ?p ?o }}", "text/csv")
                lines = client.answer(whole).read().splitlines()[1:]
                assert len(lines) == 3000
                return int({line.split(b",")[0] for line in lines}.pop())
            (row,) = select(client, text)
        except ServiceBusy:  # of two that may wait
            return number
        return int(row["o"].value)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(300))) == list(range(300))


def test_who_leaves_ends_the_query_and_nothing_else(service):
    client, pid = service
    before, departure = settled(pid), Departure()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.answer, Request(RUNAWAY, departure=departure))
        soon(lambda: computes(pid))
        departure.happen()
        with pytest.raises(QueryAbandoned):
            asked.result(30)
    assert_one_was_replaced(pid, before)
    assert lookup(client) == ["7"]


def test_who_has_left_already_is_not_waited_for(service):
    client, pid = service
    before = settled(pid)
    departure = Departure()
    departure.happen()
    with pytest.raises(QueryAbandoned):  # and not when its time is over
        client.answer(Request(RUNAWAY, departure=departure))
    assert_one_was_replaced(pid, before)


def test_a_task_that_is_cancelled_ends_its_query(service):
    client, pid = service
    if not isinstance(client, Looping):
        pytest.skip("only event loops have tasks")
    before = settled(pid)
    task = client.start(Request(RUNAWAY))
    soon(lambda: computes(pid))
    task.cancel()
    assert_one_was_replaced(pid, before)
    assert lookup(client) == ["7"]


def test_word_that_comes_in_pieces_is_understood():
    frames, sent = wire.Frames(longest=1000), b""
    for ticket, size in ((1, 0), (2, 2000), (3, 10)):
        sent += wire.write_request(ticket, Request("ASK {}" + " " * size))
    sent += wire.abandon(3)
    found = [frame for byte in sent for frame in frames.feed(bytes([byte]))]
    assert [(f.ticket, f.too_long, bool(f.head)) for f in found] == [
        (1, False, True),
        (2, True, False),
        (3, False, True),
        (3, False, False),
    ]
    assert wire.read_request(found[2]).text == "ASK {}" + " " * 10
    assert [f.ticket for f in wire.Frames(1000).feed(sent)] == [1, 2, 3, 3]


@pytest.mark.parametrize(
    ("clients", "order"), [("aab", [3, 1, 2]), ("aaa", [1, 2, 3]), ("abb", [2, 3, 1])]
)
def test_of_two_workers_a_client_has_one_and_its_queries_their_order(tmp_path, clients, order):
    with supervised(LocalEngine(small_store()), tmp_path) as (path, _):
        sent = b""
        for ticket, client in enumerate(clients, 1):
            text = RUNAWAY if ticket == 1 else "ASK {}"
            sent += wire.write_request(ticket, Request(text, client=client, seconds=1))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(sent)
            frames, found = wire.Frames(), []
            while len(found) < len(order):
                found += [frame.ticket for frame in frames.feed(*wire.receive(connection))]
    assert found == order


class Hoarding:
    """An engine of whose memory 40 of the 100 MiB that a query may have never come free again."""

    def __init__(self):
        self.hoard = []

    def answer(self, request):
        self.hoard.append(mmap.mmap(-1, 40 << 20))
        pid = str(os.getpid()).encode()
        return Answer(request.media_type, io.BytesIO(pid), len(pid))


def test_a_query_has_its_whole_memory_whatever_came_before(tmp_path):
    with supervised(Hoarding(), tmp_path) as (path, pid), ThreadPoolExecutor(3) as pool:
        client = Client(path, patience=30)
        before = settled(pid)
        asked = [pool.submit(client.answer, Request("ASK {}")) for _ in range(30)]
        answered = [each.result().read().decode() for each in asked]
        assert len(set(answered)) == len(answered) == 30
        assert not before & settled(pid)


def test_where_the_processor_is_what_counts_a_query_ends_after_its_seconds(tmp_path):
    limits = replace(LIMITS, seconds=300, processor=1)
    with supervised(LocalEngine(small_store()), tmp_path, limits) as (path, _):
        with pytest.raises(QueryTimeout, match="longer than 1 s"):
            Client(path).answer(Request(RUNAWAY))
        assert lookup(Client(path)) == ["7"]


def test_after_the_service_was_begun_anew_it_is_asked_again(tmp_path):
    path = tmp_path / "query.sock"
    client = Client(path, patience=30)

    def answer_once(expected):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            ready.set()
            connection, _ = listener.accept()
            with connection:
                (frame,) = wire.Frames().feed(connection.recv(10_000))
                about = Answer("text/plain", io.BytesIO(expected), len(expected))
                connection.sendall(wire.write_answer(frame.ticket, about)[0])
        path.unlink()

    for expected in (b"first", b"second"):
        ready = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(answer_once, expected)
            assert ready.wait(60)
            assert client.answer(Request("ASK {}")).read() == expected
            done.result()
    with pytest.raises(ServiceBusy):
        client.answer(Request("ASK {}"))


def test_nobody_at_the_socket_is_a_busy_service(tmp_path):
    with pytest.raises(ServiceBusy):
        Client(tmp_path / "none.sock").answer(Request("ASK {}"))
    with pytest.raises(ServiceBusy):
        asyncio.run(Channel(tmp_path / "none.sock").answer(Request("ASK {}")))
