"""Requests that contradict themselves or the rules of HTTP, UTF-8, or good measure."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attack import assert_sound
from tests.attack.raw import Raw, head
from tests.served import FORM, JSON

QUERY = "application/sparql-query"
MILLION = 1_000_000
CHUNKED = {"Transfer_Encoding": "chunked"}


def post(server, body, kind=QUERY, **headers):
    """What the server says to a body."""
    with Raw(server) as raw:
        length = {} if "Transfer_Encoding" in headers else {"Content_Length": str(len(body))}
        raw.send(head(b"/sparql", b"POST", Content_Type=kind, **length, **headers), body)
        return raw.reply()


# Encodings


@pytest.mark.parametrize(
    "broken",
    [
        b"\xff",
        b"\xc3",
        b"\xc0\x80",
        b"\xe0\x80\xaf",
        b"\xf0\x82\x82\xac",
        b"\xed\xa0\x80",
        b"\xed\xa0\x80\xed\xb0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\x80",
        "é".encode("latin-1"),
        "é".encode("utf-16"),
    ],
    ids=bytes.hex,
)
def test_what_is_not_utf_8_is_refused(server, broken):
    query = b"SELECT ('%s' AS ?x) {}" % broken
    assert_sound(post(server, query), "bad-request")
    escaped = b"query=" + b"".join(b"%%%02X" % byte for byte in query)
    assert_sound(post(server, escaped, FORM), "bad-request")
    with Raw(server) as raw:
        assert_sound(raw.send(head(b"/sparql?" + escaped)).reply(), "bad-request")


@pytest.mark.parametrize("text", ["\0", "\ufeff", "\u202e", "\U0010ffff", "\x7f", "\u2028", "\x85"])
def test_odd_characters_are_text_or_refused_and_nothing_else(server, text):
    for query in (f"SELECT ('{text}' AS ?x) {{}}", f"{text}ASK {{}}", f"ASK {{ ?{text} ?p ?o }}"):
        reply = post(server, query.encode(), Accept=JSON)
        assert_sound(reply)
        if reply.status == 200 and "'" in query:
            assert json.loads(reply.body)["results"]["bindings"][0]["x"]["value"] == text


def test_escapes_of_half_a_character_are_refused(server):
    for escape in (r"\uD800", r"\uDC00\uD800", r"\UFFFFFFFF", r"\U00110000", r"\u12", r"\x41"):
        assert_sound(post(server, f"SELECT ('{escape}' AS ?x) {{}}".encode()), "syntax")


def test_the_longest_query_is_taken_in_any_script(server):
    for sign in ("a", "é", "€", "𝔼", "\n", '"', "\x01"):
        query = f"ASK {{}} #{sign}".ljust(MILLION, sign)
        reply = post(server, query.encode())
        assert (assert_sound(reply), reply.status) == ("", 200), sign


# Bodies


@pytest.mark.parametrize("headers", [{}, CHUNKED, {"Expect": "100-continue"}])
def test_a_body_of_10_mb_is_refused(server, headers):
    body = b"ASK {} #".ljust(10 * MILLION, b"x")
    if headers is CHUNKED:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    assert_sound(post(server, body, **headers), "request-entity-too-large")


def test_a_body_that_is_announced_as_too_large_is_refused_before_it_comes(server):
    with Raw(server) as raw:
        raw.send(head(b"/sparql", b"POST", Content_Type=QUERY, Content_Length=str(10**15)))
        assert_sound(raw.reply(), "request-entity-too-large")


@pytest.mark.parametrize("path", [b"/", b"/search", b"/doc/person/x", b"/nowhere", b"/health"])
def test_a_body_where_none_is_expected_does_no_harm(server, path):
    for method in (b"GET", b"HEAD", b"POST", b"OPTIONS", b"PUT", b"DELETE", b"BREW"):
        with Raw(server) as raw:
            raw.send(head(path, method, Content_Length="6"), b"ASK {}")
            assert raw.reply(method.decode()).status < 500
            raw.send(head(b"/health"))
            assert raw.reply().status == 200, "the body is not taken for another request"


def test_a_form_is_read_once(server):
    for body in (b"&" * MILLION, b"query=ASK{}&" + b"x=1&" * 990, b"=&=&=query=ASK{}", b"%" * 1000):
        assert_sound(post(server, body, FORM))
    assert_sound(post(server, b"query=ASK{}&" + b"x=1&" * 100_000, FORM), "bad-request")


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nASK {}\r\n0\r\n\r\n",
        b"6\r\nASK {}zz\r\n0\r\n\r\n",
        b"-6\r\nASK {}\r\n0\r\n\r\n",
        b"6\r\nASK {}\r\nffffffffffffffffff\r\n",
        b"6\nASK {}\n0\n\n",
        b"7\r\nASK {} \r\n1\r\n#\r\n\xff\r\n",
        b"6" + b";x=y" * 20_000 + b"\r\nASK {}\r\n0\r\n\r\n",
    ],
)
def test_bad_chunks_are_no_query(server, chunks):
    """The query before them is not answered as if it were whole."""
    with Raw(server) as raw:
        raw.send(head(b"/sparql", b"POST", Content_Type=QUERY, **CHUNKED), chunks)
        reply = raw.reply()
        assert reply is None or reply.status == 400
        assert raw.closed()


def test_good_chunks_are_a_query(server):
    chunks = b"3\r\nASK\r\n4;x=y\r\n {} \r\n0\r\n\r\n"
    with Raw(server) as raw:
        for _ in range(2):
            raw.send(head(b"/sparql", b"POST", Content_Type=QUERY, **CHUNKED), chunks)
            assert raw.reply().status == 200


# Heads


@pytest.mark.parametrize(
    ("lines", "statuses"),
    [
        (["Content-Length: 6", "Content-Length: 7"], {400}),
        (["Content-Length: 6", "Content-Length: 6"], {200, 400}),
        (["Content-Length: 6, 7"], {400}),
        (["Content-Length: +6"], {400}),
        (["Content-Length: -6"], {400}),
        (["Content-Length: 0x6"], {400}),
        (["Content-Length: 99999999999999999999999999"], {400, 413}),
        (["Content-Length: 6", "Transfer-Encoding: chunked"], {400}),
        (["Transfer-Encoding: chunked", "Content-Length: 6"], {400}),
        (["Transfer-Encoding: gzip", "Content-Length: 6"], {400}),
        (["Transfer-Encoding: chunked, gzip"], {400}),
        (["Transfer-Encoding: chunked, identity"], {400}),
        (["Transfer-Encoding : chunked", "Content-Length: 6"], {400}),
        (["Transfer_Encoding: chunked", "Content-Length: 6"], {200}),
        (["Content-Length : 6"], {400}),
        (["Content-Length: 6", " folded: x"], {200, 400}),
        (["Content-Length: 6", "Content-Type: text/plain"], {200, 400, 415}),
        (["Content-Length: 6", "Content-Encoding: gzip"], {415}),
        (["Content-Length: 6", "Host: other.example"], {200, 400}),
        (["Content-Length: 6", "Upgrade: websocket", "Connection: Upgrade"], {200}),
        (["Content-Length: 6", "Connection: close, keep-alive"], {200}),
        (["Content-Length: 6", "X-HTTP-Method-Override: DELETE"], {200}),
    ],
)
def test_heads_that_contradict_themselves(server, lines, statuses):
    first = ["POST /sparql HTTP/1.1", "Host: kg.example", f"Content-Type: {QUERY}"]
    with Raw(server) as raw:
        raw.send("\r\n".join([*first, *lines, "", ""]).encode(), b"ASK {}")
        assert raw.reply().status in statuses


@pytest.mark.parametrize(
    "start",
    [
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET  /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\n: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nX: \0\r\n\r\n",
        b"\0" * 100 + b"\r\n\r\n",
        b"\r\n" * 1000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"CONNECT other.example:443 HTTP/1.1\r\n\r\n",
        b"GET http://other.example/health HTTP/1.1\r\nHost: kg.example\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: kg.example\r\n\r\n",
    ],
)
def test_what_is_hardly_http_gets_an_error_or_nothing(server, start):
    with Raw(server) as raw:
        raw.send(start)
        raw.socket.shutdown(1)
        reply = raw.reply()
        assert reply is None or reply.status < 500


@pytest.mark.parametrize(
    ("target", "headers", "statuses"),
    [
        (b"/health", {"X_Long": "a" * 100_000}, {200, 431}),
        (b"/health", {"X_Long": "a" * 2_000_000}, {431}),
        (b"/health", {f"X_{number}": "a" for number in range(1000)}, {431}),
        (b"/?" + b"a" * 60_000, {}, {200}),
        (b"/" + b"a" * 60_000, {}, {404}),
        (b"/?" + b"a" * 70_000, {}, {414}),
        (b"/search?q=" + b"a+" * 25_000, {}, {400}),
        (b"/search?" + b"q=a&" * 15_000, {}, {200, 400}),
        (b"/sparql?query=ASK{}&" + b"&x=1" * 15_000, {}, {400}),
    ],
)
def test_heads_without_measure(server, target, headers, statuses):
    with Raw(server) as raw:
        assert raw.send(head(target, **headers)).reply().status in statuses


@pytest.mark.parametrize("name", ["Accept", "Accept_Language", "Accept_Encoding", "Accept_Charset"])
@pytest.mark.parametrize(
    "value",
    [
        "text/turtle;q=" + "9" * 1000,
        "*/*;q=-1, a/b;q=nan, c/d;q=inf, e/f;q=1e308, g/h;q=",
        ",".join(f"a/b{number};q=0.{number}" for number in range(4000)),
        "," * 60_000,
        "text/html;" + 'a="' * 15_000,
        '"' * 30_000,
        ";q=1" * 15_000,
        'text/html;charset="\\"',
        "a" * 60_000 + "/b",
        "en-" * 20_000,
        "\xe9\xff\x80",
    ],
    ids=lambda value: value[:12],
)
def test_wishes_without_measure(server, name, value):
    for target in (b"/", b"/sparql?query=ASK%7B%7D", b"/doc/organization/siren-301463253"):
        with Raw(server) as raw:
            reply = raw.send(head(target, **{name: value})).reply()
            assert reply.status in {200, 406}


@pytest.mark.parametrize(
    "headers",
    [
        {"If_None_Match": '"a", ' * 10_000},
        {"If_None_Match": '"' * 10_000},
        {"If_Modified_Since": "Mon, 99 Foo 99999999999 99:99:99 GMT"},
        {"If_Modified_Since": "1" * 5_000},
        {"Range": "bytes=" + "0-0," * 10_000},
        {"Range": "bytes=99999999999999999999-"},
        {"Range": "bytes=-0"},
        {"Range": "lines=1-2"},
        {"Cookie": "lang=" + "x" * 50_000},
        {"Cookie": ";" * 50_000},
        {"Cookie": 'lang="\\\\'},
        {"Host": "a" * 5_000},
        {"Host": "kg.example:99999999"},
        {"Host": "<script>"},
        {"Host": "[::1"},
        {"X_Forwarded_For": "1.2.3.4, " * 10_000},
        {"Content_Type": "multipart/form-data; boundary=" + "x" * 50_000},
        {"Content_Type": ";" * 50_000},
        {"Content_Type": 'a/b; c="' + "\\" * 50_000},
        {"Referer": "\xff" * 1000},
        {"Origin": "null"},
    ],
    ids=lambda headers: "{}: {:.12}".format(*next(iter(headers.items()))),
)
def test_other_headers_without_sense(server, headers):
    for target in (
        b"/",
        b"/sparql?query=ASK%7B%7D",
        b"/robots.txt",
        b"/dumps/latest/all.nq.zst",
        b"/x",
    ):
        with Raw(server) as raw:
            reply = raw.send(head(target, **headers)).reply()
            assert reply.status in {200, 206, 302, 304, 400, 404, 416}, target


def test_http_1_0_has_its_answer_and_is_hung_up(server):
    with Raw(server) as raw:
        reply = raw.send(b"GET /sparql?query=ASK%7B%7D HTTP/1.0\r\n\r\n").reply()
        assert reply.status == 200 and json.loads(reply.body)["boolean"] is True
        assert raw.closed()


def test_requests_in_a_row_are_answered_in_their_order(server):
    with Raw(server) as raw:
        for number in range(30):
            raw.send(head(b"/sparql?format=csv&query=SELECT+(%d+AS+%%3Fx)%%7B%%7D" % number))
        for number in range(30):
            assert raw.reply().body == b"x\r\n%d\r\n" % number
        broken = head(b"/sparql?query=ASK", b"POST", Content_Length="3")
        raw.send(broken, b"abc", head(b"/health"), b"rubbish\r\n\r\n", head(b"/health"))
        assert [raw.reply().status for _ in range(3)] == [415, 200, 400]
        assert raw.closed()


# Addresses

PARTS = st.sampled_from(
    [
        *("doc", "id", "organization", "siren-301463253", "sparql", "search", "browse", "dumps"),
        *("static", "suggest", "catalog", "fragments", "oai", "reconcile", "questions", "changes"),
        *("..", ".", "", "//", "%2e%2e", "%2F", "%00", "%FF", "%C3", "%C3%A9", "é", "\\", "-1"),
        *(".ttl", ".jsonld", "?", "?lang=en", "?q=%", "#", "&", "=", "all.nq.zst", "9" * 30),
        *("kind=person", "page=0", "page=-1", "page=" + "9" * 20, "<script>", "{{7*7}}", "'"),
    ]
)


@settings(
    max_examples=400,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(PARTS, max_size=7),
    st.sampled_from(["/", "?", "&", ""]),
    st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT"]),
    st.sampled_from(["*/*", "text/html", "text/turtle", "application/json", "image/png"]),
)
def test_no_address_is_too_much(server, parts, separator, method, accept):
    target = f"/{separator.join(parts)}".encode().replace(b" ", b"")
    with Raw(server) as raw:
        raw.send(head(target, method.encode(), Accept=accept, Content_Length="0"))
        reply = raw.reply(method)
        assert reply.status < 500, (target, reply.body[:300])
