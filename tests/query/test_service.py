"""Queries through the socket: answers, limits, and life after each."""

import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from kg.errors import (
    QueryCrashed,
    QueryMalformed,
    QueryOutOfMemory,
    QueryRefused,
    QueryTimeout,
    ResultTooLarge,
    ServiceBusy,
)
from kg.query import Request
from kg.query.client import Client
from kg.query.results import construct, select

from .conftest import SECONDS

RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def lookup(client):
    rows = select(client, "SELECT ?s ?o { ?s ?p ?o }", s=NamedNode("http://example.org/7"))
    return [row["o"].value for row in rows]


def open_files(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


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
    for asked, least, most in ((0.2, 0.2, SECONDS), (3600.0, SECONDS, 3 * SECONDS + 2)):
        start = time.monotonic()
        with pytest.raises(QueryTimeout):
            client.answer(Request(RUNAWAY, seconds=asked))
        assert least <= time.monotonic() - start < most


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
    before = set(children(pid))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(client._path))
        from kg.query import wire

        connection.sendall(wire.write_request(Request(RUNAWAY)))
        time.sleep(0.3)
    time.sleep(0.3)
    assert len(children(pid)) == 2
    assert len(before & set(children(pid))) == 1
    assert lookup(client) == ["7"]


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


def test_nobody_at_the_socket_is_a_busy_service(tmp_path):
    with pytest.raises(ServiceBusy):
        Client(tmp_path / "none.sock").answer(Request("ASK {}"))
