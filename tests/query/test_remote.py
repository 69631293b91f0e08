"""A remote engine that fails, lies or is slow: every way has its own error, and no words of its."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from pyoxigraph import NamedNode

from kg.errors import (
    QueryCrashed,
    QueryRefused,
    QueryTimeout,
    ResultTooLarge,
    ServiceBusy,
)
from kg.query import Request
from kg.query.remote import Address, RemoteEngine

SECRET = "what the service says"
JSON = "application/sparql-results+json"
ROWS = {"head": {"vars": ["s"]}, "results": {"bindings": [{"s": {"type": "uri", "value": "a:b"}}]}}
TRIPLE = b"<a:s> <a:p> <a:o> .\n"
SELECT = "SELECT ?s { ?s ?p ?o }"
GRAPH = Request("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", media_type="application/n-triples")


class Service(ThreadingHTTPServer):
    """Answers every request with what it was told, and keeps the requests."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.tell()

    def tell(self, body=None, status=200, headers=(), declared=None, wait=0.0):
        self.body = json.dumps(ROWS).encode() if body is None else body
        self.status, self.headers, self.wait = status, dict(headers), wait
        self.declared = len(self.body) if declared is None else declared

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/sparql"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
        self.server.asked.append((self.path, dict(self.headers), form))
        time.sleep(self.server.wait)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(self.server.declared))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def engine(service):
    return RemoteEngine(Address(service.url), base="http://base/", seconds=5, most=1)


def test_a_query_is_a_form_with_the_dataset_and_the_form_that_is_read_well(service, engine):
    engine.answer(Request(SELECT, media_type="text/csv", default_graphs=("a:g",))).read()
    engine.answer(Request(SELECT)).read()
    (path, headers, form), (_, _, plain) = service.asked
    assert path == "/sparql"
    assert headers["Accept"] == JSON
    assert form == {"query": [f"BASE <http://base/>\n{SELECT}"], "default-graph-uri": ["a:g"]}
    assert plain.keys() == {"query", "union-default-graph"}


def test_values_are_bound_in_the_text(service, engine):
    engine.answer(Request(SELECT, bindings={"s": NamedNode("a:b")})).read()
    assert service.asked[0][2]["query"][0].endswith(
        "SELECT ?s { VALUES (?s) { (<a:b>) } ?s ?p ?o }"
    )


def test_a_name_and_password_are_sent(service):
    RemoteEngine(Address(service.url, "me", "pass")).answer(Request(SELECT)).read()
    sent = service.asked[0][1]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"me:pass"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, SECRET, QueryRefused),
        (403, SECRET, ServiceBusy),
        (404, SECRET, ServiceBusy),
        (408, SECRET, QueryTimeout),
        (413, SECRET, QueryRefused),
        (429, SECRET, ServiceBusy),
        (500, SECRET, QueryCrashed),
        (500, f"Virtuoso S1T00 Error SR171: {SECRET}", QueryTimeout),
        (500, f"Virtuoso 42000 Error The estimated execution time 9 {SECRET}", QueryTimeout),
        (502, SECRET, ServiceBusy),
        (503, SECRET, ServiceBusy),
        (504, SECRET, QueryTimeout),
    ],
)
def test_a_status_becomes_our_error_without_the_services_words(
    service, engine, status, body, expected
):
    service.tell(body.encode(), status)
    with pytest.raises(expected) as caught:
        engine.answer(Request(SELECT))
    assert type(caught.value) is expected
    assert SECRET not in str(caught.value)


def test_a_redirect_is_not_followed(service, engine):
    service.tell(b"", 307, {"Location": f"{service.url}/elsewhere"})
    with pytest.raises(ServiceBusy, match="307"):
        engine.answer(Request(SELECT))
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("request_", "body", "declared"),
    [
        (Request(SELECT), json.dumps(ROWS).encode()[:-1], None),
        (Request(SELECT), b"", None),
        (Request(SELECT), SECRET.encode(), None),
        (GRAPH, TRIPLE, 2 * len(TRIPLE)),
        (GRAPH, TRIPLE + b"<a:s> <a:p> ", None),
    ],
)
def test_a_cut_or_unreadable_body_is_an_error(service, engine, request_, body, declared):
    service.tell(body, declared=declared)
    with pytest.raises(QueryCrashed, match="incomplete") as caught:
        engine.answer(request_)
    assert SECRET not in str(caught.value)


def test_rows_that_the_service_says_it_cut_are_an_error(service, engine):
    service.tell(headers={"X-SPARQL-MaxRows": "10000"})
    with pytest.raises(ResultTooLarge):
        engine.answer(Request(SELECT))


def test_more_than_the_limit_is_an_error(service, engine):
    service.tell(TRIPLE * 60_000)
    with pytest.raises(ResultTooLarge):
        engine.answer(GRAPH)


def test_a_service_that_takes_longer_than_the_limit_is_left(service, engine):
    service.tell(wait=0.5)
    with pytest.raises(QueryTimeout, match=r"0\.1 s"):
        engine.answer(Request(SELECT, seconds=0.1))


def test_a_service_that_is_not_there_is_busy(service):
    engine = RemoteEngine(Address("http://127.0.0.1:1/sparql"))
    with pytest.raises(ServiceBusy, match="reached"):
        engine.answer(Request(SELECT))


@pytest.mark.parametrize(
    ("body", "truth"),
    [
        (b'{"head": {}, "boolean": true}', b"true"),
        (b'{"head": {}, "boolean": false}', b"false"),
        (json.dumps(ROWS).encode(), b"true"),
        (b'{"head": {"vars": ["x"]}, "results": {"bindings": []}}', b"false"),
    ],
)
def test_the_truth_may_come_as_a_table(service, engine, body, truth):
    service.tell(body)
    request = Request("ASK { ?s ?p ?o }", media_type="text/csv")
    assert engine.answer(request).read() == truth
