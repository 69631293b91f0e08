"""Pages for people, languages, errors, and what every answer has in common."""

import re

import pytest
from jinja2.meta import find_undeclared_variables

from kg.errors import QueryTimeout
from kg.web import bundle
from kg.web.translations import extracted, translated
from tests.web.conftest import assert_canonical_error, assert_page

PAGES = [
    "/",
    "/search",
    "/search?q=exemple",
    "/browse/organization",
    "/about",
    "/accessibility",
    "/questions",
    "/questions/presidents-of-an-organization",
    "/dumps/",
    "/ontology",
    "/sparql",
]
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ROUTES = [
    *("/id/person/ada", "/doc/person/ada", "/search", "/browse/person", "/about", "/report"),
    *(
        "/dumps/",
        "/dumps/2026-11-23-1/all.nq.zst",
        "/health",
        "/robots.txt",
        "/static/mark.svg",
        "/",
    ),
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("code", ["fr", "en"])
def test_every_page_is_whole_in_both_languages(client, path, code):
    response = client.get(
        path, query_string={"lang": code} if "?" not in path else None, headers=BROWSER
    )
    parser = assert_page(response)
    assert ("a", {"class": "skip", "href": "#content"}) in parser.tags
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_refuses_other_methods_as_canonical_errors(client, path):
    for method in ("PUT", "DELETE", "POST"):
        response = client.open(path, method=method, headers=BROWSER)
        assert_canonical_error(response, 405)
        assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("path", [*ROUTES, "/sparql", "/nowhere"])
def test_every_answer_has_the_headers_of_the_house(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Referrer-Policy"]


@pytest.mark.parametrize("path", ["/nowhere", "/browse/robots", "/static/no.css", "/search?page=9"])
@pytest.mark.parametrize("accept", ["text/html", "application/problem+json", "*/*", "text/plain"])
def test_a_missing_page_is_an_error_in_the_form_that_was_asked_for(client, path, accept):
    assert_canonical_error(client.get(path, headers={"Accept": accept}), 404)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/changes/", "/changes"),
        ("/questions/", "/questions"),
        ("/search//?q=a%20%C3%A9", "/search?q=a%20%C3%A9"),
        ("/about/registries/", "/about/registries"),
        ("/ontology/shapes/", "/ontology/shapes"),
        ("/doc/organization/reseau/", "/doc/organization/reseau"),
        ("/questions/presidents-now/", "/questions/presidents-now"),
        ("/about/registries/lov.json//", "/about/registries/lov.json"),
    ],
)
def test_a_slash_too_many_leads_to_the_address_without_it(client, asked, place):
    response = client.get(asked)
    assert (response.status_code, response.headers["Location"]) == (308, place)
    assert client.get(place).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/nothing/", "/%2F%2Fexample.org/", "/%5Cexample.org/", "/id/organization/reseau/"),
        *("/ontology/x/", "/ontology/2020-01-01-1/", "/doc/organization/nothing/"),
        *("/questions/nothing/", "/dumps/latest/nothing/", "/about/registries/other.json/"),
    ],
)
def test_a_slash_behind_what_is_not_here_stays_an_error(client, path):
    assert_canonical_error(client.get(path), 404)


def test_a_slash_behind_what_is_asked_badly_leads_to_the_error(client):
    response = client.get("/browse/person/?page=99999")
    assert (response.status_code, response.headers["Location"]) == (
        308,
        "/browse/person?page=99999",
    )


@pytest.mark.parametrize(
    "path", ["/search?q=" + "x" * 201, "/search?kind=robot", "/browse/person?page=99999"]
)
def test_what_cannot_be_done_says_why(client, path):
    assert_canonical_error(client.get(path), 400)
    assert_canonical_error(client.get(path, headers=BROWSER), 400)


@pytest.mark.parametrize(
    ("given", "cookie", "accept", "expected"),
    [
        (None, None, None, "fr"),
        (None, None, "en-GB,en;q=0.9", "en"),
        (None, None, "de", "fr"),
        (None, "en", "fr", "en"),
        ("fr", "en", "en", "fr"),
        ("en", None, "fr", "en"),
        ("xx", None, "en", "en"),
        (None, "xx", None, "fr"),
    ],
)
def test_the_address_then_the_cookie_then_the_browser_choose_the_language(
    client, given, cookie, accept, expected
):
    if cookie:
        client.set_cookie("lang", cookie)
    headers = {"Accept-Language": accept} if accept else {}
    response = client.get(
        "/about", query_string={"lang": given} if given else None, headers=headers
    )
    assert assert_page(response)
    assert response.headers["Content-Language"] == expected


def test_a_choice_of_language_lasts(client):
    cookie = client.get("/?lang=en").headers["Set-Cookie"]
    assert "lang=en" in cookie and "Max-Age=31536000" in cookie and "SameSite=Lax" in cookie
    assert client.get("/about").headers["Content-Language"] == "en"
    assert "Set-Cookie" not in client.get("/about").headers


def test_the_switch_of_language_stays_on_the_page(client):
    text = client.get("/search?q=a%22%3E%3Cb%26&kind=person").text
    assert 'href="/search?q=a%22%3E%3Cb%26&amp;kind=person&amp;lang=en"' in text


def test_every_text_has_an_english_translation():
    english = {str(m.id): m.string for m in translated() if m.id}
    for message in extracted():
        if message.id:
            texts = english.get(str(message.id))
            done = all(texts) if isinstance(texts, tuple) else texts
            assert done, (
                f"{message.id!r} has no English: run 'python -m kg.web.translations update' and "
                "fill the empty texts of kg/web/translations/en/LC_MESSAGES/messages.po"
            )
    assert len(english) == len([m for m in extracted() if m.id]), (
        "the .po file has texts that nothing says any more: run "
        "'python -m kg.web.translations update'"
    )


def test_the_home_page_says_what_is_here_and_of_when(client):
    text = client.get("/").text
    assert "<b>123</b> <span>organisations</span>" in text
    assert "12\u202f345 énoncés tirés de 3 sources" in text
    assert "Version 2026-11-23-1, publiée le 23 novembre 2026." in text
    assert "C’est la première version." in text
    assert "12,345 statements" in client.get("/?lang=en").text


def test_the_about_page_lists_the_sources_and_the_reasons_of_errors(client):
    text = client.get("/about").text
    assert '<a href="/doc/source/a">Page A</a>, Éditeur A, 11 mai 2022' in text
    for reason in ("syntax", "refused", "time", "memory", "result-size", "crash", "busy"):
        assert f'<dt id="{reason}">' in text


def test_the_report_may_use_its_own_style_sheet_and_nothing_else(client):
    response = client.get("/report")
    assert "Report" in response.text
    assert "style-src 'sha256-" in response.headers["Content-Security-Policy"]


def test_pages_are_validated_by_their_etag(client):
    for path in ("/", "/about", "/static/mark.svg", "/report"):
        etag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_a_failing_query_service_is_a_503_that_says_when_to_return(client, app, monkeypatch):
    from dataclasses import replace

    class Slow:
        def answer(self, request):
            raise QueryTimeout("The query ran longer than 30 s.")

    slow = replace(app.extensions["kg"], service=Slow())
    monkeypatch.setitem(app.extensions, "kg", slow)
    for path in ("/", "/doc/person/ada", "/about", "/health"):
        for accept in ("text/html", "application/json"):
            assert_canonical_error(client.get(path, headers={"Accept": accept}), 503)
    problem = client.get("/health").get_json(force=True)
    assert (problem["type"], problem["reason"]) == ("/about#time", "time")


def test_an_unexpected_failure_is_a_500_without_details(app, monkeypatch):
    from dataclasses import replace

    class Broken:
        def answer(self, request):
            raise ZeroDivisionError("secret")

    monkeypatch.setitem(app.extensions, "kg", replace(app.extensions["kg"], service=Broken()))
    monkeypatch.setattr(app, "testing", False)
    response = app.test_client().get("/health")
    assert_canonical_error(response, 500)
    assert "secret" not in response.text


def test_the_bundle_is_kept_for_ever_and_pages_name_its_files(client):
    if not bundle.manifest():
        pytest.skip("there is no front-end bundle: run 'make bundle'")
    text = client.get("/").text
    for name in bundle.manifest().values():
        response = client.get(f"/static/bundle/{name}")
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert f'href="/static/bundle/{bundle.manifest()["style.css"]}"' in text
    assert "graph-" not in text


def test_without_a_bundle_pages_say_the_same_in_plain_html(client, monkeypatch):
    monkeypatch.setattr(bundle, "manifest", dict)
    monkeypatch.setattr(bundle, "departements", dict)
    for path in ("/", "/doc/organization/reseau.html"):
        assert "/static/bundle/" not in client.get(path).text
        assert_page(client.get(path))


def test_the_map_of_the_home_page_has_its_table(client):
    response = client.get("/")
    assert_page(response)
    path = "/browse/organization?departement=insee-departement-44"
    row = f'<a href="{path}">Loire-Atlantique</a></th><td class="n">10</td>'
    assert row in response.text
    if bundle.departements():
        assert f'<a href="{path}" aria-label="Loire-Atlantique : 10">' in response.text


def test_every_template_imports_the_macros_that_it_uses(app):
    templates = app.jinja_env
    macros = set(dir(templates.get_template("_macros.html").module))
    for name in set(templates.list_templates(extensions=["html"])) - {"_macros.html"}:
        source = templates.loader.get_source(templates, name)[0]
        used = find_undeclared_variables(templates.parse(source)) & macros
        imported = re.findall(r'from "_macros.html" import ([\w, ]+)', source)
        missing = used - {each for names in imported for each in names.strip().split(", ")}
        called = sorted(each for each in missing if re.search(rf"\b{each}\(", source))
        assert not called, f"templates/{name}: import {called} from _macros.html"
