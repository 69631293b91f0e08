"""Between the web server and the site: bodies, answers, turns, and who has left."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace

import pytest
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout
from werkzeug.wrappers import Request, Response

from kg.errors import TooManyQueries
from kg.query.departure import Departure
from kg.settings import Settings
from kg.web import connection
from kg.web.app import ERROR
from kg.web.connection import SMALL, Reply, Watch
from kg.web.delivery import Ready
from kg.web.gateway import LONGEST, Gateway
from kg.web.protocol import DEPARTURE

PLENTY = b"x" * (8 * SMALL)


class Protocol:
    """What granian gives for a request: chunks of its body; it takes one answer.

    `takes` reads what a pipe holds, in a thread of its own, like the server.
    """

    def __init__(self, chunks=(), pause=None, takes=None):
        self.chunks, self.pause, self.takes = [*chunks, b""], pause, takes
        self.answer = self.body = None
        self.left = asyncio.Event()
        self.reading = None

    async def __aiter__(self):
        for chunk in self.chunks:
            yield chunk
            if self.pause:
                await self.pause.wait()

    async def client_disconnect(self):
        await self.left.wait()

    def response_bytes(self, status, headers, body):
        self.answer, self.body = (status, headers), body

    def response_file(self, status, headers, path):
        self.answer = status, headers
        self.reading = threading.Thread(target=lambda: setattr(self, "body", self.takes(path)))
        self.reading.start()


def whole(path):
    return Path(path).read_bytes()


def scope(method="GET", target="/", client="192.0.2.1:1234", **headers):
    path, _, query = target.partition("?")
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return SimpleNamespace(
        method=method,
        path=path,
        query_string=query,
        client=client,
        server="127.0.0.1:8000",
        scheme="http",
        http_version="1.1",
        headers=named,
    )


def read(tmp_path, protocol, **headers):
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    with asyncio.run(connection.body(protocol, named, 1000, tmp_path)) as file:
        return file.read()


async def soon(holds):
    """Let the other tasks run until something is so."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


async def in_thread(function, *arguments):
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


def send(body, takes, close=bytes):
    """The answer that a server takes in a way of its own."""

    async def run():
        protocol = Protocol(takes=takes)
        await connection.send(protocol, Reply(200, [], body, close), in_thread)
        await in_thread(protocol.reading.join)
        return protocol.body

    return asyncio.run(run())


# Bodies


def test_a_body_is_read_to_its_end(tmp_path):
    assert read(tmp_path, Protocol([b"ASK", b" {}"]), Content_Length="6") == b"ASK {}"
    assert read(tmp_path, Protocol([b"ASK", b" {}"]), Transfer_Encoding="chunked") == b"ASK {}"
    assert read(tmp_path, Protocol([b"not ours"])) == b""


@pytest.mark.parametrize(
    ("chunks", "headers"),
    [
        ([b"ASK"], {"Content_Length": "6"}),
        ([b"ASK", b""], {"Content_Length": "6"}),
        ([b"ASK", b""], {"Transfer_Encoding": "chunked"}),
    ],
)
def test_a_body_that_ends_early_is_no_body(tmp_path, chunks, headers):
    with pytest.raises(BadRequest):
        read(tmp_path, Protocol(chunks), **headers)


@pytest.mark.parametrize("headers", [{"Content_Length": "1001"}, {"Transfer_Encoding": "chunked"}])
def test_a_body_over_the_limit_is_refused(tmp_path, headers):
    with pytest.raises(RequestEntityTooLarge):
        read(tmp_path, Protocol([b"x" * 600, b"x" * 600]), **headers)


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.05)
    protocol = Protocol([b"ASK", b" {}"], pause=asyncio.Event())
    with pytest.raises(RequestTimeout):
        read(tmp_path, protocol, Content_Length="6")


def test_what_is_refused_is_read_on_for_a_while(monkeypatch):
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.05)
    asyncio.run(connection.linger(Protocol([b"x"] * 3)))
    asyncio.run(connection.linger(Protocol([b"x"] * 3, pause=asyncio.Event())))


# Answers


def test_a_short_answer_goes_out_at_once():
    protocol = Protocol()
    asyncio.run(connection.send(protocol, Reply(404, [("a", "b")], b"no"), in_thread))
    assert (protocol.answer, protocol.body) == ((404, [("a", "b")]), b"no")


def test_a_long_answer_goes_out_whole_and_is_closed():
    closed = []

    def late(path):
        time.sleep(0.1)
        return whole(path)

    for takes in (whole, late):
        assert send(iter([PLENTY, b"", PLENTY[:7]]), takes) == PLENTY + PLENTY[:7]
    send(iter([PLENTY]), whole, lambda: closed.append(True))
    assert closed == [True]


def test_an_answer_waits_in_no_memory():
    """Pieces are made as they are taken."""
    made, seen = [], []

    def pieces():
        for number in range(10):
            made.append(number)
            yield PLENTY

    def slowly(path):
        with Path(path).open("rb") as file:
            file.read(len(PLENTY))
            time.sleep(0.2)
            seen.append(len(made))
            return file.read()

    assert len(send(pieces(), slowly)) == 9 * len(PLENTY)
    assert seen[0] <= 3


def test_an_answer_that_is_not_taken_any_more_ends(monkeypatch):
    def leaves(path):
        with Path(path).open("rb") as file:
            return file.read(10)

    closed = []
    assert send(iter([PLENTY] * 10), leaves, lambda: closed.append(1))
    assert closed == [1]
    monkeypatch.setattr(connection, "BEGIN_SECONDS", 0.05)
    assert send(iter([PLENTY]), lambda path: "never opened") == "never opened"


def test_an_answer_that_is_taken_too_slowly_is_cut_off(monkeypatch):
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(connection, "SLOWEST", 1e12)

    def slowly(path):
        with Path(path).open("rb", buffering=0) as file:
            first = file.read(10)
            time.sleep(0.5)
            return first + file.read()

    assert len(send(iter([PLENTY]), slowly)) < len(PLENTY)


def test_no_file_is_left_open():
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        send(iter([PLENTY]), whole)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# Turns


@pytest.fixture
def gateway(tmp_path):
    """`gateway(site, **settings)` answers with a WSGI application."""
    (tmp_path / "cache").mkdir()

    def make(site, ready=lambda _: None, **settings):
        return Gateway(site, Settings(var=tmp_path, **settings), ready)

    return make


async def ask(gateway, *requests):
    """The protocols of requests that come at the same time."""
    protocols = [Protocol() for _ in requests]
    await asyncio.gather(
        *(gateway(each, protocol) for each, protocol in zip(requests, protocols, strict=True))
    )
    return protocols


def test_the_site_gets_the_request_as_it_was_sent(gateway):
    seen = []

    @Request.application
    def site(request):
        seen.append(request)
        return Response("é", headers={"X": "y"})

    headers = {"Host": "kg.example", "Cookie": "a=b", "X_Forwarded_For": "203.0.113.1"}
    given = scope("GET", "/é/x?q=é&r=%C3%A9", client="[2001:db8::1]:99", **headers)
    given.headers["x_forwarded_for"] = "forged"
    (protocol,) = asyncio.run(ask(gateway(site), given))
    (request,) = seen
    assert (request.path, request.args["q"], request.args["r"]) == ("/é/x", "é", "é")
    assert (request.host, request.remote_addr) == ("kg.example", "2001:db8::1")
    assert request.headers["X-Forwarded-For"] == "203.0.113.1"
    assert request.cookies.to_dict() == {"a": "b"}
    assert protocol.answer[0] == 200 and ("X", "y") in protocol.answer[1]
    assert protocol.body == "é".encode()


@pytest.mark.parametrize(
    ("address", "said", "scheme"),
    [
        ("192.0.2.7:1", "https", "https"),
        ("192.0.2.7:1", "gopher", "http"),
        ("198.51.100.1:1", "https", "http"),
    ],
)
def test_our_proxy_says_which_scheme_its_client_used_and_nobody_else(
    gateway, address, said, scheme
):
    seen = []

    @Request.application
    def site(request):
        seen.append(request.scheme)
        return Response()

    proxies = (ip_network("192.0.2.0/24"),)
    given = scope(client=address, X_Forwarded_Proto=said)
    asyncio.run(ask(gateway(site, trusted_proxies=proxies), given))
    assert seen == [scheme]


def test_of_wishes_without_measure_the_beginning_counts_and_of_hops_the_end(gateway):
    seen = []

    @Request.application
    def site(request):
        seen.append(request.headers)
        return Response()

    many = ", ".join(f"a/{number}" for number in range(10_000))
    given = scope(Accept=many, Accept_Language="en", X_Forwarded_For=many)
    asyncio.run(ask(gateway(site), given))
    assert many.startswith(seen[0]["Accept"]) and many.endswith(seen[0]["X-Forwarded-For"])
    assert max(len(value) for value in seen[0].values()) == LONGEST
    assert seen[0]["Accept-Language"] == "en"


def test_a_client_has_its_share_of_the_threads_and_others_have_theirs(gateway):
    working, most, release = [], [], threading.Event()

    @Request.application
    def site(request):
        working.append(request.remote_addr)
        most.append(working.count("192.0.2.1"))
        if request.remote_addr == "192.0.2.9":
            release.set()
        assert release.wait(60)
        working.remove(request.remote_addr)
        return Response()

    requests = [scope(client=f"192.0.2.1:{number}") for number in range(10)]
    requests.append(scope(client="192.0.2.9:1"))
    protocols = asyncio.run(ask(gateway(site, query_share=3), *requests))
    assert {protocol.answer[0] for protocol in protocols} == {200}
    assert max(most) == 3


def test_who_does_not_have_its_turn_in_time_is_told_so(gateway):
    release = threading.Event()

    @Request.application
    def site(request):
        if error := request.environ.get(ERROR):
            release.set()
            return Response(type(error).__name__, status=error.status)
        assert release.wait(60)
        return Response()

    requests = [scope() for _ in range(3)]
    gate = gateway(site, query_share=1, query_seconds=0.05)
    protocols = asyncio.run(ask(gate, *requests))
    assert sorted(protocol.answer[0] for protocol in protocols) == [200, 429, 429]
    assert {p.body for p in protocols if p.answer[0] == 429} == {TooManyQueries.__name__.encode()}


def test_a_body_that_is_wrong_is_the_sites_to_tell(gateway):
    @Request.application
    def site(request):
        assert request.get_data() == b"" and request.content_length == 0
        return Response(status=request.environ[ERROR].code)

    given = scope("POST", content_length="9999999999")
    (protocol,) = asyncio.run(ask(gateway(site), given))
    assert protocol.answer[0] == 413


def test_what_is_ready_needs_no_turn_and_no_thread(gateway):
    threads = []

    @Request.application
    def site(request):
        raise AssertionError("it was ready")

    def ready(environ):
        threads.append(threading.current_thread())
        return Ready(404, [("a", "b")], environ["wsgi.input"].read())

    async def run():
        protocol = Protocol([b"ASK", b" {}"])
        await gateway(site, ready=ready)(scope("POST", content_length="6"), protocol)
        return protocol

    protocol = asyncio.run(run())
    assert (protocol.answer, protocol.body) == ((404, [("a", "b")]), b"ASK {}")
    assert threads == [threading.main_thread()]


# Departures


def test_the_site_can_end_its_work_when_the_client_leaves(gateway):
    begun, ended = threading.Event(), threading.Event()

    @Request.application
    def site(request):
        with request.environ[DEPARTURE].ends(ended.set):
            begun.set()
            assert ended.wait(60)
        return Response()

    async def run():
        protocol = Protocol()
        task = asyncio.create_task(gateway(site)(scope(), protocol))
        await in_thread(begun.wait, 60)
        protocol.left.set()
        await task
        return protocol

    assert asyncio.run(run()).answer is None, "nobody is there to take it"


def test_what_nobody_waits_for_any_more_is_not_begun(gateway, monkeypatch):
    monkeypatch.setattr(connection, "WATCH_SECONDS", 0.02)
    begun, release = [], threading.Event()

    @Request.application
    def site(request):
        begun.append(request.path)
        assert release.wait(60)
        return Response()

    async def run():
        gate = gateway(site, query_share=1)
        protocols = [Protocol() for _ in range(3)]
        tasks = [
            asyncio.create_task(gate(scope(target=f"/{number}"), protocol))
            for number, protocol in enumerate(protocols)
        ]
        watched = gate._watch._tasks
        await soon(lambda: len(watched) == 3)
        protocols[1].left.set()
        await soon(lambda: any(departure.happened for departure in watched))
        release.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())
    assert begun == ["/0", "/2"]


def test_a_departure_ends_what_is_under_way_and_what_is_begun_later():
    ended, departure = [], Departure()
    with departure.ends(lambda: ended.append("too early")):
        pass
    with departure.ends(lambda: ended.append("under way")):
        departure.happen()
    with departure.ends(lambda: ended.append("begun later")):
        pass
    assert ended == ["under way", "begun later"]


def test_a_departure_is_watched_for_when_it_has_taken_a_while(monkeypatch):
    monkeypatch.setattr(connection, "WATCH_SECONDS", 0.02)

    async def run():
        watch, short, long = Watch(), Protocol(), Protocol()
        short.left.set()
        with watch.over(short) as first:
            await asyncio.sleep(0)
        with watch.over(long) as second:
            await soon(lambda: watch._tasks)
            assert not second.happened
            long.left.set()
            await soon(lambda: second.happened)
        assert not first.happened
        await soon(lambda: not (watch._tasks or watch._fresh or watch._earlier or watch._round))

    asyncio.run(run())


def test_many_departures_at_once_end_everything():
    departure, ended, over = Departure(), [], threading.Event()

    def work(number):
        with departure.ends(lambda: ended.append(number)):
            if number == 20:
                departure.happen()
                over.set()
            assert over.wait(60)

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(work, range(40)))
    assert sorted(ended) == list(range(40))
