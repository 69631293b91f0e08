"""What stands before the site: cache, validators, content codings; the same bytes every time."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import zstandard
from werkzeug.test import Client as Plain
from werkzeug.test import EnvironBuilder

from kg.errors import QueryAbandoned, QueryTimeout, ServiceBusy, TooManyQueries
from kg.web import front
from kg.web.cache import Cache
from kg.web.front import Front
from tests.web.conftest import BASE, assert_canonical_error, assert_page

ALL = "SELECT ?s ?p ?o WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o"
ADA = "/doc/person/ada"
DUMP = "/dumps/2026-11-23-1/all.nq.zst"
BROWSER = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "fr"}
CODINGS = ["", "gzip", "zstd"]


class Client(Plain):
    """Reads bodies to their end and closes them, as a web server does."""

    def open(self, *args, **kwargs):
        return super().open(*args, buffered=True, **kwargs)


class Counting:
    """A query service that counts, and fails when told to."""

    def __init__(self, service):
        self.service, self.asked, self.error, self.wait = service, [], None, None

    def answer(self, request):
        self.asked.append(request)
        if self.wait:
            self.wait()
        if self.error:
            raise self.error
        return self.service.answer(request)


@pytest.fixture
def service(app, monkeypatch):
    site = app.extensions["kg"]
    counting = Counting(site.service)
    monkeypatch.setitem(app.extensions, "kg", replace(site, service=counting))
    app.extensions["kg"].provenance  # noqa: B018 - asked once for all pages
    counting.asked.clear()
    return counting


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", 8, 8)


@pytest.fixture
def browser(app, service, cache):
    """A client of the site behind its front."""
    return Client(Front(app, cache))


def ask(client, query=ALL, **headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/sparql", query_string={"query": query}, headers=given)


def plain(response):
    coding = response.headers.get("Content-Encoding")
    if coding == "gzip":
        return gzip.decompress(response.data)
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(response.data)
    return response.data


def same(first, second):
    """Whether two answers are one, but for the clock."""
    return first.data == second.data and [pair for pair in first.headers if pair[0] != "Date"] == [
        pair for pair in second.headers if pair[0] != "Date"
    ]


@pytest.mark.parametrize("path", [ADA, f"{ADA}.ttl", "/", "/about", f"/sparql?query={ALL}"])
@pytest.mark.parametrize("coding", CODINGS)
def test_the_second_answer_is_the_first_one_without_a_query(browser, service, path, coding):
    headers = {"Accept-Encoding": coding}
    first = browser.get(path, headers=headers)
    assert first.status_code == 200
    service.asked.clear()
    service.error = AssertionError("the cache should have it")
    assert same(first, browser.get(path, headers=headers))


def test_what_is_ready_is_told_before_it_is_asked_for(app, service, cache):
    front = Front(app, cache)
    for given in (
        {"path": ADA, "headers": BROWSER},
        {"path": "/sparql", "query_string": {"query": "ASK {}"}},
        {"path": "/sparql", "method": "POST", "data": {"query": "ASK {}"}},
        {"path": ADA, "headers": {"Accept-Language": "x" * 100_000}},
    ):
        assert front.ready(EnvironBuilder(**given).get_environ()) is None
        response = Client(front).open(**given)
        ready = front.ready(EnvironBuilder(**given).get_environ())
        assert (ready.body, ready.headers) == (response.data, list(response.headers))
        ranged = EnvironBuilder(**given).get_environ() | {"HTTP_RANGE": "bytes=0-1"}
        assert front.ready(ranged) is None


def test_another_process_finds_it_on_disk(app, service, tmp_path, monkeypatch):
    monkeypatch.setattr("kg.web.cache.LONG", 0.0)
    first, second = (Client(Front(app, Cache(tmp_path, 8, 8))) for _ in range(2))
    answers = [ask(first), first.get(ADA)]
    service.asked.clear()
    assert same(answers[0], ask(second)) and same(answers[1], second.get(ADA))
    assert not service.asked


def test_what_was_quick_to_make_is_not_written_to_disk(app, service, tmp_path, monkeypatch):
    monkeypatch.setattr("kg.web.cache.LONG", 3600.0)
    client = Client(Front(app, Cache(tmp_path, 8, 8)))
    assert ask(client).status_code == client.get(ADA).status_code == 200
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_request_like_an_earlier_one_is_not_even_read(browser, monkeypatch):
    def post(**headers):
        given = {"Content-Type": "application/sparql-query"} | headers
        return browser.post("/sparql", data="SELECT ?s { ?s a ?o }", headers=given)

    first, page = post(), browser.get(ADA)
    monkeypatch.setattr("kg.web.front.Request", None)
    monkeypatch.setattr("kg.web.protocol.read", None)
    assert same(first, post())
    assert same(first, post(**{"X-Forwarded-For": "192.0.2.1", "User-Agent": "another"}))
    assert same(page, browser.get(ADA))
    for name in ("Accept", "Accept-Encoding", "If-None-Match"):
        with pytest.raises(TypeError):
            post(**{name: "text/csv"})
    with pytest.raises(TypeError):
        browser.get(ADA, headers={"Accept-Language": "en"})
    browser.set_cookie("lang", "en")
    with pytest.raises(TypeError):
        browser.get(ADA)


def test_the_front_says_what_the_site_says(app, client, browser):
    for path in (ADA, f"{ADA}.ttl", "/about", "/static/style.css", "/id/person/ada", "/nowhere"):
        direct, through = client.get(path), browser.get(path)
        assert through.data == direct.data and through.status_code == direct.status_code
        missing = set(direct.headers) - set(through.headers)
        assert {name for name, _ in missing} <= {"Date", "Vary"}, path


def test_a_query_is_one_whatever_way_it_comes(browser, service):
    answers = [
        ask(browser),
        ask(browser, Accept="application/json"),
        browser.get("/sparql", query_string={"query": ALL, "format": "json", "timeout": "9"}),
        browser.post("/sparql", data={"query": ALL}),
        browser.post("/sparql", data=ALL, content_type="application/sparql-query"),
    ]
    assert len({answer.data for answer in answers}) == 1
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"query": ALL, "format": "csv"},
        {"query": ALL + " "},
        {"query": ALL, "default-graph-uri": f"{BASE}graph/a"},
        {"query": ALL, "named-graph-uri": f"{BASE}graph/a"},
        {"query": ALL, "default-graph-uri": [f"{BASE}graph/a", f"{BASE}graph/b"]},
    ],
)
def test_what_makes_another_answer_is_asked_for_anew(browser, service, other):
    first = ask(browser)
    second = browser.get("/sparql", query_string=other)
    assert len(service.asked) == 2
    assert first.headers["ETag"] != second.headers["ETag"]


def test_pages_differ_by_language_form_parameters_and_host(browser):
    pages = [
        browser.get(ADA, headers=BROWSER),
        browser.get(ADA, headers={**BROWSER, "Accept-Language": "en"}),
        browser.get(ADA, headers={"Accept": "text/turtle"}),
        browser.get(ADA, query_string={"x": "1"}, headers=BROWSER),
    ]
    assert len({page.headers["ETag"] for page in pages}) == len(pages)
    browser.set_cookie("lang", "en")
    assert browser.get(ADA, headers=BROWSER).data == pages[1].data
    assert "Set-Cookie" not in browser.get("/about", headers={"Host": "elsewhere.example"}).headers


def test_an_answer_that_sets_a_cookie_is_not_kept(browser):
    for _ in range(2):
        response = browser.get("/about?lang=en")
        assert "lang=en" in response.headers["Set-Cookie"]
        assert response.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "query",
    ["SELECT (NOW() AS ?t) {}", "SELECT (rand() AS ?t) {}", "SELECT (STRUUID #\n() AS ?t) {}"],
)
def test_what_time_or_chance_decides_is_never_kept(browser, service, query):
    answers = [ask(browser, query) for _ in range(2)]
    assert answers[0].data != answers[1].data
    assert len(service.asked) == 2
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers and "Last-Modified" not in answer.headers


def test_variables_and_strings_with_such_names_are_no_chance(browser, service):
    for query in (
        "SELECT ?now $uuid { ?now ?uuid ?o }",
        "PREFIX x: <http://x/now/> SELECT ?s { ?s x:now 'service' } # rand()",
    ):
        ask(browser, query)
        ask(browser, query)
    assert len(service.asked) == 2


@pytest.mark.parametrize("error", [QueryTimeout("slow"), ServiceBusy("busy"), TooManyQueries("no")])
@pytest.mark.parametrize("accept", ["application/json", "text/html", "text/plain, */*;q=0.1"])
def test_errors_are_told_by_the_one_handler_and_never_kept(browser, service, error, accept):
    service.error = error
    for n in (1, 2):
        response = ask(browser, Accept=accept)
        assert_canonical_error(response, error.status)
        assert response.headers["Retry-After"]
        assert len(service.asked) == n, "nothing is evaluated a second time for its error"
    service.error = None
    assert ask(browser, Accept=accept).status_code == 200
    service.error = error
    assert_canonical_error(browser.get("/doc/organization/ville"), error.status)
    service.error = None
    assert browser.get("/doc/organization/ville").status_code == 200


def test_an_unexpected_failure_is_a_500_without_details(app, browser, service, monkeypatch):
    monkeypatch.setattr(app, "testing", False)
    service.error = ZeroDivisionError("secret")
    response = ask(browser)
    assert_canonical_error(response, 500)
    assert "secret" not in response.text


def test_a_refused_post_shows_its_query_again(browser):
    response = browser.post("/sparql", data={"query": "SELECT * {"}, headers=BROWSER)
    assert_canonical_error(response, 400)
    assert "SELECT * {</textarea>" in response.text


def test_a_posted_form_has_its_page(browser):
    response = browser.post("/sparql", data={"query": "ASK {}"}, headers=BROWSER)
    assert_page(response)
    assert "ASK {}</textarea>" in response.text and "Oui" in response.text


# Content codings


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip;q=0, zstd;q=0", None),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "gzip"),
        ("*;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("gzip;q=0.5, identity;q=0.1", "gzip"),
        ("gzip;q=nonsense, zstd", "zstd"),
    ],
)
def test_the_coding_is_the_one_that_the_client_prefers(browser, accept, coding):
    for path in (ADA, f"{ADA}.ttl", f"/sparql?query={ALL}"):
        reference = browser.get(path).data
        headers = {} if accept is None else {"Accept-Encoding": accept}
        response = browser.get(path, headers=headers)
        assert response.headers.get("Content-Encoding") == coding
        assert response.content_length == len(response.data)
        assert plain(response) == reference
        assert "Accept-Encoding" in response.headers["Vary"]


def test_every_coding_has_an_etag_of_its_own(browser):
    for path in (ADA, "/about", f"/sparql?query={ALL}"):
        etags = [
            browser.get(path, headers={"Accept-Encoding": coding}).headers["ETag"]
            for coding in CODINGS
        ]
        assert len(set(etags)) == 3
        assert all(etag.startswith('"') for etag in etags), "they are strong"


def test_what_is_tiny_or_compressed_already_is_sent_as_it_is(browser):
    headers = {"Accept-Encoding": "gzip, zstd"}
    for path in ("/robots.txt", "/sparql?query=ASK%7B%7D", DUMP):
        response = browser.get(path, headers=headers)
        assert "Content-Encoding" not in response.headers
        assert "Accept-Encoding" not in response.headers.get("Vary", "")
        assert response.content_length == len(response.data)


def test_pages_of_errors_are_compressed_too(browser):
    response = browser.get("/nowhere", headers={**BROWSER, "Accept-Encoding": "gzip"})
    assert response.status_code == 404
    assert b"<h1>" in plain(response)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_result_that_is_too_large_to_keep_comes_whole(browser, service, monkeypatch, coding):
    expected = ask(browser).data
    monkeypatch.setattr(front, "LARGEST", 100)
    other = {"query": ALL + " #"}
    for _ in range(2):
        response = browser.get("/sparql", query_string=other, headers={"Accept-Encoding": coding})
        assert plain(response) == expected
        assert response.content_length == len(response.data)
        assert response.headers.get("Content-Encoding", "") == coding
    assert len(service.asked) == 3
    assert browser.head("/sparql", query_string=other).content_length == len(expected)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_large_answer_is_kept_and_comes_in_any_coding(browser, service, coding):
    query = "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 12000"
    expected = ask(browser, query).data
    assert len(expected) > 1 << 20
    response = ask(browser, query, Accept_Encoding=coding)
    assert plain(response) == expected and response.content_length == len(response.data)
    assert len(service.asked) == 1


# Validators


@pytest.mark.parametrize("path", [ADA, f"{ADA}.ttl", "/about", f"/sparql?query={ALL}"])
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{}, "more"', "*"])
def test_a_client_that_has_it_gets_304(browser, path, coding, form):
    headers = {"Accept-Encoding": coding}
    first = browser.get(path, headers=headers)
    known = {**headers, "If-None-Match": form.format(first.headers["ETag"])}
    for method in ("GET", "HEAD"):
        again = browser.open(path, method=method, headers=known)
        assert (again.status_code, again.data) == (304, b"")
        for name in ("ETag", "Vary", "Cache-Control", "Content-Location"):
            assert again.headers.get(name) == first.headers.get(name)
        assert "Content-Encoding" not in again.headers
        assert again.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", [ADA, f"/sparql?query={ALL}"])
@pytest.mark.parametrize("coding", CODINGS)
def test_a_known_tag_needs_no_query_even_when_nothing_is_kept(app, service, tmp_path, path, coding):
    browser = Client(Front(app, Cache(tmp_path, 0, 0)))
    headers = {"Accept-Encoding": coding}
    first = browser.get(path, headers=headers)
    service.asked.clear()
    again = browser.get(path, headers={**headers, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and not service.asked
    assert again.headers["ETag"] == first.headers["ETag"]


def test_the_tag_of_another_coding_form_or_query_is_not_known(browser):
    etag = ask(browser, Accept_Encoding="gzip").headers["ETag"]
    assert ask(browser, If_None_Match=etag).status_code == 200
    assert ask(browser, Accept="text/csv", If_None_Match=etag).status_code == 200
    assert ask(browser, "ASK {}", If_None_Match=etag).status_code == 200
    assert ask(browser, If_None_Match="nonsense").status_code == 200


@pytest.mark.parametrize("path", [ADA, "/about", f"/sparql?query={ALL}"])
def test_a_date_is_known_if_it_is_the_very_date(browser, path):
    date = browser.get(path).headers["Last-Modified"]
    assert date == "Mon, 23 Nov 2026 00:00:01 GMT"
    for since, status in {
        date: 304,
        "Monday, 23-Nov-26 00:00:01 GMT": 304,
        "Tue, 24 Nov 2026 00:00:01 GMT": 200,
        "Sun, 22 Nov 2026 00:00:01 GMT": 200,
        "yesterday": 200,
    }.items():
        assert browser.get(path, headers={"If-Modified-Since": since}).status_code == status
    both = {"If-Modified-Since": date, "If-None-Match": '"another"'}
    assert browser.get(path, headers=both).status_code == 200, "the tag is what counts"


@pytest.mark.parametrize("kept", [False, True])
def test_validators_do_not_make_an_error_good(browser, kept):
    for headers in ({"If-None-Match": "*"}, {"If-Modified-Since": "Mon, 23 Nov 2026 00:00:01 GMT"}):
        assert_canonical_error(browser.get("/doc/person/nobody", headers=headers), 404)
        response = browser.get("/sparql?query=SELECT", headers=headers)
        assert_canonical_error(response, 400)


def test_a_post_is_answered_whatever_the_client_has(browser):
    etag = ask(browser).headers["ETag"]
    response = browser.post("/sparql", data={"query": ALL}, headers={"If-None-Match": etag})
    assert response.status_code == 200 and response.data


@pytest.mark.parametrize("path", [ADA, "/nowhere", DUMP, f"/sparql?query={ALL}"])
@pytest.mark.parametrize("coding", CODINGS)
def test_head_is_get_without_a_body(browser, path, coding):
    headers = {"Accept-Encoding": coding}
    for _ in range(2):
        head = browser.head(path, headers=headers)
        get = browser.get(path, headers=headers)
        assert head.data == b"" and head.status_code == get.status_code
        for name in ("Content-Type", "Content-Length", "Content-Encoding", "ETag", "Vary"):
            assert head.headers.get(name) == get.headers.get(name), name


def test_a_head_keeps_what_a_get_then_finds(browser, service):
    browser.head("/sparql", query_string={"query": ALL})
    ask(browser)
    assert len(service.asked) == 1


# For how long others may keep it


def test_caches_on_the_way_are_told_what_they_may_do(browser):
    short = "public, max-age=60, must-revalidate"
    for path, expected in {
        ADA: short,
        "/id/person/ada": short,
        f"/sparql?query={ALL}": short,
        "/sparql": short,
        "/dumps/latest/all.nq.zst": short,
        DUMP: "public, max-age=31536000, immutable",
        "/health": "no-store",
        "/nowhere": "no-cache",
        "/sparql?query=SELECT": "no-cache",
    }.items():
        assert browser.get(path).headers["Cache-Control"] == expected, path


def test_vary_names_what_decides_and_nothing_else(browser):
    query = {"query": ALL}
    for path, parameters, headers, expected in (
        (ADA, None, BROWSER, {"Accept", "Accept-Language", "Cookie", "Accept-Encoding"}),
        (f"{ADA}.ttl", None, {}, {"Accept-Encoding"}),
        (ADA, None, {"Accept": "text/turtle"}, {"Accept", "Accept-Encoding"}),
        ("/sparql", query, {}, {"Accept", "Accept-Encoding"}),
        ("/sparql", {**query, "format": "csv"}, {}, {"Accept-Encoding"}),
        ("/sparql", {"query": "ASK {}"}, {}, {"Accept"}),
    ):
        for _ in range(2):
            response = browser.get(path, query_string=parameters, headers=headers)
            assert {each.strip() for each in response.headers["Vary"].split(",")} == expected


def test_a_range_of_a_dump_passes_through(browser):
    response = browser.get(DUMP, headers={"Range": "bytes=10-19"})
    assert (response.status_code, response.data) == (206, bytes(range(10, 20)))


# Many at once


def test_the_same_query_at_the_same_time_is_evaluated_once(app, service, cache):
    front, ready = Front(app, cache), threading.Event()
    service.wait = lambda: ready.wait(60)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask, Client(front)) for _ in range(6)]
        while not service.asked:
            pass
        ready.set()
        answers = [each.result() for each in asked]
    assert len(service.asked) == 1
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1


def test_one_clients_refusal_is_not_anothers(app, service, cache):
    front, ready, arrived = Front(app, cache), threading.Event(), threading.Event()

    def wait():
        if len(service.asked) == 1:
            arrived.set()
            ready.wait(60)
            service.error = TooManyQueries("one client's")
        else:
            service.error = None

    service.wait = wait
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, Client(front))
        arrived.wait(60)
        second = pool.submit(ask, Client(front))
        while not front._flights._flying:
            pass
        threading.Event().wait(0.2)
        ready.set()
        assert_canonical_error(first.result(), 429)
        assert second.result().status_code == 200


def test_a_query_whose_asker_left_is_asked_once_more_for_the_others(app, service, cache):
    front, arrived, left = Front(app, cache), threading.Event(), threading.Event()

    def wait():
        arrived.set()
        assert left.wait(60)
        service.error = QueryAbandoned("gone") if len(service.asked) == 1 else None

    service.wait = wait
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(ask, Client(front))
        arrived.wait(60)
        others = [pool.submit(ask, Client(front)) for _ in range(5)]
        threading.Event().wait(0.2)
        left.set()
        assert_canonical_error(first.result(), 503)
        assert {other.result().status_code for other in others} == {200}
    assert len(service.asked) == 2


def test_an_answer_under_way_is_not_hurt_by_another_in_another_coding(browser, app, cache):
    front = Front(app, cache)
    expected = ask(browser).data

    def one(number):
        response = ask(Client(front), Accept_Encoding=CODINGS[number % 3])
        return plain(response) == expected

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(60)))


def test_a_kept_answer_goes_to_the_server_in_one_piece(app, service, cache):
    started = []
    for _ in range(2):
        environ = EnvironBuilder(path=ADA).get_environ()
        body = Front(app, cache)(environ, lambda status, headers: started.append(status))
        assert isinstance(body, list) and len(body) == 1
    assert started == ["200 OK"] * 2
