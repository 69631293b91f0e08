"""SERVICE reaches listed endpoints, through the relay, and nothing else."""

import http.server
import json
import threading

import pytest
from pyoxigraph import Store

from kg.errors import EndpointFailed, InputError, QueryRefused
from kg.query import Request, guard
from kg.query.federation import Relay
from kg.query.local import LocalEngine

ROWS = {
    "head": {"vars": ["x"]},
    "results": {"bindings": [{"x": {"type": "literal", "value": "from afar"}}]},
}


class Endpoint(http.server.BaseHTTPRequestHandler):
    """A stranger's endpoint; the path says how it behaves."""

    def do_POST(self):
        self.server.asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        status, kind, body = {
            "/sparql": (200, "application/sparql-results+json", json.dumps(ROWS).encode()),
            "/redirect": (302, "text/plain", b""),
            "/error": (500, "text/plain", b"SECRET of the remote side"),
            "/rubbish": (200, "application/sparql-results+json", b"SECRET {"),
            "/large": (200, "application/sparql-results+json", b" " * (3 << 20)),
        }[self.path]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Location", "/sparql")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(endpoint):
    """Ask with SERVICE <{path}> through a relay whose list has these paths."""
    root = f"http://127.0.0.1:{endpoint.server_address[1]}"
    paths = ("/sparql", "/redirect", "/error", "/rubbish", "/large")
    relay = Relay([root + path for path in paths], seconds=5, most=1)
    thread = threading.Thread(target=relay.serve, daemon=True)
    thread.start()
    engine = LocalEngine(Store(), services=relay.addresses)

    def run(query):
        text = query.replace("ROOT", root)
        guard.form(text, relay.addresses)
        return engine.answer(Request(text, media_type="text/csv", federated=True)).read()

    yield run
    relay.stop()
    thread.join()


def test_a_listed_endpoint_answers(ask, endpoint):
    assert ask("SELECT ?x { SERVICE <ROOT/sparql> { ?x ?y ?z } }") == b"x\r\nfrom afar\r\n"
    assert [path for path, _ in endpoint.asked] == ["/sparql"]


@pytest.mark.parametrize("path", ["redirect", "error", "rubbish", "large"])
def test_a_failing_endpoint_is_told_in_our_words(ask, path):
    with pytest.raises(EndpointFailed) as raised:
        ask(f"SELECT ?x {{ SERVICE <ROOT/{path}> {{ ?x ?y ?z }} }}")
    assert "SECRET" not in str(raised.value)
    assert f"/{path}" in str(raised.value)


def test_a_redirect_is_not_followed(ask, endpoint):
    with pytest.raises(EndpointFailed):
        ask("SELECT ?x { SERVICE <ROOT/redirect> { ?x ?y ?z } }")
    assert [path for path, _ in endpoint.asked] == ["/redirect"]


def test_a_silent_service_may_fail(ask):
    assert ask("SELECT ?x { SERVICE SILENT <ROOT/error> { ?x ?y ?z } }") == b"x\r\n\r\n"


@pytest.mark.parametrize(
    "service",
    [
        "<ROOT/other>",
        "?endpoint",
        "<ROOT/sparql/>",
        "<sparql>",
        "local:sparql",
        "<ROOT/sp\\u0061rql>",
    ],
)
def test_what_is_not_on_the_list_is_refused_before_anybody_is_asked(ask, endpoint, service):
    with pytest.raises(QueryRefused, match="/sparql"):
        ask(
            "PREFIX local: <ROOT/> SELECT ?x "
            f"{{ BIND(<ROOT/sparql> AS ?endpoint) SERVICE {service} {{ ?x ?y ?z }} }}"
        )
    assert endpoint.asked == []


def test_the_relay_answers_only_at_its_secret_paths(ask, endpoint):
    relay = Relay(["http://127.0.0.1:9/"], 1, 1)
    assert relay.ask("/0", {}, b"")[0] == 404
    relay._server.server_close()


@pytest.mark.parametrize(
    "address", ["ftp://x/", "file:///etc/passwd", "x", "https://", "https://u:p@x/"]
)
def test_an_endpoint_that_is_none_is_named_with_the_setting(address):
    with pytest.raises(InputError, match="KG_FEDERATION"):
        Relay([address], 1, 1)
