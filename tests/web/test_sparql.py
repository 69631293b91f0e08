"""The SPARQL 1.1 protocol, from the outside."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from pyoxigraph import RdfFormat, parse

from kg.errors import (
    EndpointFailed,
    QueryMalformed,
    QueryOutOfMemory,
    QueryTimeout,
    ResultTooLarge,
    ServiceBusy,
    TooManyQueries,
)
from kg.settings import Settings
from tests.web.conftest import BASE, assert_canonical_error, assert_page

ASK = "ASK { ?s ?p ?o }"
SELECT = "SELECT ?s WHERE { ?s a <http://xmlns.com/foaf/0.1/Person> }"
CONSTRUCT = "CONSTRUCT { ?s a ?c } WHERE { ?s a ?c . FILTER(ISIRI(?s)) }"
JSON = "application/sparql-results+json"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
PLAIN = "text/plain, */*;q=0.1"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def get(client, query, accept=None, **parameters):
    headers = {"Accept": accept} if accept else {}
    return client.get("/sparql", query_string={"query": query, **parameters}, headers=headers)


def names(response):
    return [row["s"]["value"] for row in response.get_json(force=True)["results"]["bindings"]]


def test_get_query(client):
    response = get(client, SELECT)
    assert response.content_type == JSON
    assert names(response) == [f"{BASE}id/person/ada"]
    assert response.content_length == len(response.data)
    assert "Accept" in response.headers["Vary"]


def test_post_form(client):
    response = client.post("/sparql", data={"query": SELECT})
    assert names(response) == [f"{BASE}id/person/ada"]


def test_post_query_directly(client):
    for kind in (QUERY, f"{QUERY}; charset=UTF-8"):
        response = client.post("/sparql", data=SELECT, content_type=kind)
        assert names(response) == [f"{BASE}id/person/ada"]


def test_head_query(client):
    response = client.head("/sparql", query_string={"query": SELECT})
    assert (response.status_code, response.data) == (200, b"")
    assert int(response.headers["Content-Length"]) > 0


def test_a_bare_get_with_an_rdf_accept_describes_the_service(client):
    for accept, form in {
        "text/turtle": RdfFormat.TURTLE,
        "application/rdf+xml": RdfFormat.RDF_XML,
        "application/ld+json": RdfFormat.JSON_LD,
        "*/*": RdfFormat.TURTLE,
        "": RdfFormat.TURTLE,
    }.items():
        response = client.get("/sparql", headers={"Accept": accept})
        found = {str(quad.object.value) for quad in parse(response.data, format=form)}
        assert "http://www.w3.org/ns/sparql-service-description#Service" in found
        assert "Accept" in response.headers["Vary"]


def test_a_bare_get_of_a_browser_shows_the_form(client):
    response = client.get("/sparql", headers=BROWSER)
    parser = assert_page(response)
    assert "textarea" in [tag for tag, _ in parser.tags]
    assert "PREFIX org:" in response.text


def test_the_query_that_the_form_begins_with_can_be_run(client, app):
    assert get(client, app.extensions["kg"].queries["example"]).status_code == 200


def test_a_bare_get_that_accepts_neither_is_406(client):
    assert_canonical_error(client.get("/sparql", headers={"Accept": "text/csv"}), 406)


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        (SELECT, None, JSON),
        (SELECT, "*/*", JSON),
        (SELECT, "application/json", JSON),
        (SELECT, "text/csv", "text/csv; charset=utf-8"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (SELECT, "application/xml", "application/sparql-results+xml"),
        (SELECT, f"text/csv;q=0.2, {JSON};q=0.1", "text/csv; charset=utf-8"),
        (SELECT, f"{JSON};q=0, */*;q=0.5", "application/sparql-results+xml"),
        (SELECT, "text/turtle, text/csv;q=0.1", "text/csv; charset=utf-8"),
        (ASK, "application/sparql-results+xml", "application/sparql-results+xml"),
        (CONSTRUCT, None, "text/turtle; charset=utf-8"),
        (CONSTRUCT, "application/n-triples", "application/n-triples; charset=utf-8"),
        (CONSTRUCT, "application/ld+json", "application/ld+json; charset=utf-8"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml; charset=utf-8"),
        (f"DESCRIBE <{BASE}id/person/ada>", "text/turtle", "text/turtle; charset=utf-8"),
    ],
)
def test_the_result_comes_in_the_form_that_the_client_prefers(client, query, accept, media_type):
    response = get(client, query, accept)
    assert response.status_code == 200, response.text
    assert response.content_type == media_type


@pytest.mark.parametrize("name", ["format", "output"])
@pytest.mark.parametrize("value", ["csv", "text/csv"])
def test_a_parameter_names_the_form_whatever_the_accept_header_says(client, name, value):
    response = get(client, SELECT, "image/png", **{name: value})
    assert response.text == f"s\r\n{BASE}id/person/ada\r\n"


@pytest.mark.parametrize(
    ("query", "parameters", "media_type"),
    [
        (SELECT, "format=xml&output=xml&results=xml", "application/sparql-results+xml"),
        (SELECT, "format=application/json", JSON),
        (SELECT, "format=tsv&format=text/tab-separated-values", "text/tab-separated-values"),
        (CONSTRUCT, "format=turtle&output=turtle", "text/turtle"),
        (CONSTRUCT, "format=n3", "text/turtle"),
        (CONSTRUCT, "format=xml", "application/rdf+xml"),
        (CONSTRUCT, "format=json", "application/ld+json"),
        (CONSTRUCT, "format=ntriples&format=nothing-known", "application/n-triples"),
        (CONSTRUCT, "output=json-ld&output=application/ld%2Bjson", "application/ld+json"),
    ],
)
def test_a_form_may_be_named_as_other_services_do(client, query, parameters, media_type):
    response = client.get(f"/sparql?{parameters}&{urlencode({'query': query})}")
    assert (response.status_code, response.mimetype) == (200, media_type)


@pytest.mark.parametrize(
    ("query", "accept", "form"),
    [
        (SELECT, "image/png", None),
        (SELECT, "text/turtle", None),
        (CONSTRUCT, "text/csv", None),
        (SELECT, None, "ttl"),
        (CONSTRUCT, None, "csv"),
        (SELECT, None, "docx"),
    ],
)
def test_a_form_that_the_query_has_not_is_406_with_the_list(client, query, accept, form):
    response = get(client, query, accept, **({"format": form} if form else {}))
    assert_canonical_error(response, 406)
    listed = "text/turtle (ttl)" if query == CONSTRUCT else "text/csv (csv)"
    assert listed in response.get_json(force=True)["detail"]


def test_default_graph_uri_and_named_graph_uri_make_the_dataset(client):
    role = f"<{BASE}id/person/ada#presidency>"
    years = f"SELECT ?s WHERE {{ {role} ?p ?s . FILTER(ISLITERAL(?s)) }}"
    assert names(get(client, years, **{"default-graph-uri": f"{BASE}graph/b"})) == ["2021-03"]
    both = {"default-graph-uri": [f"{BASE}graph/a", f"{BASE}graph/b"]}
    assert sorted(names(get(client, years, **both))) == ["2019", "2021-03"]
    graphs = "SELECT DISTINCT ?s WHERE { GRAPH ?s { ?a ?b ?c } }"
    named = {"named-graph-uri": [f"{BASE}graph/a"]}
    assert names(get(client, graphs, **named)) == [f"{BASE}graph/a"]
    posted = client.post(
        "/sparql",
        query_string={"default-graph-uri": f"{BASE}graph/b"},
        data=years,
        content_type=QUERY,
    )
    assert names(posted) == ["2021-03"]


def test_a_graph_that_is_no_iri_is_400(client):
    assert_canonical_error(get(client, ASK, **{"default-graph-uri": "not an iri"}), 400)


def test_unknown_parameters_are_ignored(client):
    assert get(client, ASK, ac="1", debug="on", should_sponge="").status_code == 200


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "inf"])
def test_a_timeout_that_is_no_time_is_400(client, seconds):
    assert_canonical_error(get(client, ASK, timeout=seconds), 400)


def test_a_timeout_is_passed_on(client, app, monkeypatch):
    asked = answering(app, monkeypatch)
    get(client, ASK, timeout="2.5")
    assert [request.seconds for request in asked] == [2.5]


def answering(app, monkeypatch, error=None):
    """The requests that reach the service, which raises `error` if there is one."""
    asked = []
    site = app.extensions["kg"]

    class Service:
        def answer(self, request):
            asked.append(request)
            if error:
                raise error
            return site.service.answer(request)

    monkeypatch.setitem(app.extensions, "kg", replace(site, service=Service()))
    return asked


@pytest.mark.parametrize("accept", ["text/plain", "image/png"])
def test_what_is_wrong_with_a_query_is_told_before_what_form_it_has_not(client, accept):
    wrong = get(client, "SELECT ?s WHERE { ?s ?p ?o", accept)
    assert_canonical_error(wrong, 400)
    assert "Line 1, column 27" in wrong.text
    assert (wrong.mimetype == "text/plain") == (accept == "text/plain")
    assert_canonical_error(get(client, SELECT, accept), 406)


@pytest.mark.parametrize("accept", [None, "text/html", "text/plain"])
def test_an_update_is_refused_in_every_shape(client, accept):
    headers = {"Accept": accept} if accept else {}
    update = "DELETE WHERE { ?s ?p ?o }"
    for response in (
        client.get("/sparql", query_string={"update": update}, headers=headers),
        client.post("/sparql", data={"update": update}, headers=headers),
        client.post(
            "/sparql", data=update, content_type="application/sparql-update", headers=headers
        ),
        client.post("/sparql", data={"query": update}, headers=headers),
    ):
        assert_canonical_error(response, 400)


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ("", FORM, 400),
        ("query=ASK%7B%7D&query=ASK%7B%7D", FORM, 400),
        (ASK, "text/plain", 415),
        (ASK, "", 415),
        ("{}", "application/json", 415),
        (ASK.encode("utf-16"), f"{QUERY}; charset=utf-16", 415),
        ("query=ASK%7B%7D", f"{FORM}; charset=iso-8859-1", 415),
        ("query=ASK%7B%7D", "multipart/form-data; boundary=x", 415),
        (b"ASK { ?s ?p '\xff' }", QUERY, 400),
        (b"ASK { ?s ?p '\xc3' }", QUERY, 400),
        ("query=ASK%7B%7D%FF", FORM, 400),
        (b"query=ASK%7B%7D\xff", FORM, 400),
        ("query=ASK%7B%7D%00", FORM, 400),
        ("ASK { ?s ?p '\0' }", QUERY, 400),
        ("query=ASK%7B%7D" + "&x=1" * 1000, FORM, 400),
        ("query=" + "x" * 10_001, FORM, 413),
        ("x" * 50_000, QUERY, 413),
        ("query=" + "x" * 50_000, FORM, 413),
    ],
)
def test_posts_that_the_protocol_does_not_know_are_refused(client, data, kind, status):
    assert_canonical_error(client.post("/sparql", data=data, content_type=kind), status)


@pytest.mark.parametrize("query", ["", "SELECT", "SELECT * WHERE {", "ASK { SERVICE <x:> { } }"])
@pytest.mark.parametrize("accept", ["text/html", "application/json", PLAIN])
def test_a_bad_query_is_a_canonical_error_in_the_form_that_was_asked_for(client, query, accept):
    assert_canonical_error(get(client, query, accept), 400)


@pytest.mark.parametrize(
    "parameters",
    [
        "query=ASK%7B%7D&query=ASK%7B%7D",
        "query=ASK%7B%7D&format=json&format=xml",
        "query=ASK%7B%7D&format=json&output=xml",
        "query=ASK%7B%7D&timeout=1&timeout=2",
        "query=ASK%7B%7D%FF",
        "query=ASK%7B%7D&x=%C3",
        "query=ASK%7B%7D%00",
    ],
)
@pytest.mark.parametrize("accept", [None, "text/html"])
def test_contradictions_and_broken_encodings_are_400(client, parameters, accept):
    headers = {"Accept": accept} if accept else {}
    assert_canonical_error(client.get(f"/sparql?{parameters}", headers=headers), 400)


def test_the_same_form_may_be_named_twice(client):
    assert client.get("/sparql?query=ASK%7B%7D&format=xml&output=xml").status_code == 200


def test_a_query_in_the_address_and_in_the_body_is_400(client):
    for body, kind in ((f"query={ASK}", FORM), (ASK, QUERY)):
        response = client.post("/sparql?query=ASK%7B%7D", data=body, content_type=kind)
        assert_canonical_error(response, 400)


def test_parameters_of_a_form_may_stand_in_the_address(client):
    response = client.post("/sparql?format=csv", data={"query": SELECT})
    assert response.mimetype == "text/csv"


def test_a_compressed_query_is_415(client):
    headers = {"Content-Encoding": "gzip"}
    response = client.post("/sparql", data=ASK, content_type=QUERY, headers=headers)
    assert_canonical_error(response, 415)


def test_text_outside_ascii_arrives_as_it_was_sent(client):
    query = "SELECT ('œuvre – 𝔼' AS ?s) {}"
    raw = f"query={query}".encode().decode("latin-1")
    for response in (
        get(client, query),
        client.post("/sparql", data={"query": query}),
        client.post("/sparql", data=query.encode(), content_type=QUERY),
        client.get("/sparql", environ_overrides={"QUERY_STRING": raw}),
    ):
        assert names(response) == ["œuvre – 𝔼"]


def test_the_columns_of_select_star_stand_as_in_the_query(client):
    text = get(client, "SELECT * { ?z ?b ?a } LIMIT 1", "text/csv").text
    assert text.startswith("z,b,a\r\n")
    page = client.get("/sparql?query=SELECT * { ?z ?b ?a } LIMIT 1", headers=BROWSER).text
    assert page.index('<th scope="col">z') < page.index('<th scope="col">b')


def test_a_graph_declares_the_prefixes_that_it_uses(client):
    text = get(client, "CONSTRUCT { ?s a ?c } WHERE { ?s a ?c . FILTER(ISIRI(?s)) }").text
    declared = [line.split()[1] for line in text.splitlines() if line.startswith("@prefix")]
    assert "foaf:" in declared and "igeo:" not in declared
    assert all(f" {name}" in text.partition("\n\n")[0] or name in text for name in declared)
    assert get(client, "CONSTRUCT { <x:> <x:> 1 } WHERE {}").text == "<x:> <x:> 1 .\n"


@pytest.mark.parametrize(
    ("address", "forwarded", "expected"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "203.0.113.5", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
        ("10.0.0.1", ", ,", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:0db8:0001:0002::/64"),
        ("::ffff:192.0.2.7", None, "192.0.2.7"),
    ],
)
def test_a_query_comes_from_the_nearest_address_that_is_no_proxy(
    client, app, monkeypatch, address, forwarded, expected
):
    asked = answering(app, monkeypatch)
    proxies = Settings.from_environment({"KG_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}).trusted_proxies
    site = app.extensions["kg"]
    changed = replace(site, settings=replace(site.settings, trusted_proxies=proxies))
    monkeypatch.setitem(app.extensions, "kg", changed)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    for accept in ("*/*", "text/html"):
        client.get(
            "/sparql?query=ASK {}",
            headers={**headers, "Accept": accept},
            environ_base={"REMOTE_ADDR": address},
        )
    assert [request.client for request in asked] == [expected] * 2


def test_other_methods_are_405(client):
    for method in ("PUT", "DELETE", "PATCH"):
        response = client.open("/sparql", method=method)
        assert_canonical_error(response, 405)
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
        assert "GET, HEAD, OPTIONS, POST" in response.get_json(force=True)["detail"]


def test_the_description_names_forms_graphs_and_what_can_be_federated(client, app, monkeypatch):
    sd = "http://www.w3.org/ns/sparql-service-description#"
    text = client.get("/sparql", headers={"Accept": "application/n-triples"}).text
    assert f"<{BASE}graph/a> <{sd}name> <{BASE}graph/a> ." in text
    assert "BasicFederatedQuery" not in text
    site = app.extensions["kg"]
    settings = replace(site.settings, federation="https://query.example/sparql")
    monkeypatch.setitem(app.extensions, "kg", replace(site, settings=settings))
    text = client.get("/sparql", headers={"Accept": "application/n-triples"}).text
    assert f"<{BASE}sparql> <{sd}feature> <{sd}BasicFederatedQuery> ." in text


def test_preflight_is_answered(client):
    response = client.options(
        "/sparql",
        headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"},
    )
    assert response.status_code == 200
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "error",
    [
        QueryMalformed("bad"),
        QueryTimeout("slow"),
        QueryOutOfMemory("large"),
        ResultTooLarge("long"),
        ServiceBusy("busy"),
        TooManyQueries("many"),
        EndpointFailed("elsewhere"),
    ],
)
def test_what_ends_a_query_is_told_with_its_status_and_reason(client, app, monkeypatch, error):
    answering(app, monkeypatch, error)
    for accept in (None, "text/html", PLAIN):
        assert_canonical_error(get(client, ASK, accept), error.status)
    problem = get(client, ASK).get_json(force=True)
    assert problem["reason"] == error.reason
    assert problem["type"] == f"/about#{error.reason}"
    assert problem["detail"] == str(error)
    assert problem["title"] and problem["advice"]


@pytest.mark.parametrize("accept", [None, "text/html", PLAIN])
def test_an_error_speaks_the_readers_language_and_quotes_the_engine(client, accept):
    headers = {"Accept": accept} if accept else {}
    for lang, title, advice in (
        ("fr", "Erreur de syntaxe", "n’est pas une requête SPARQL 1.1"),
        ("en", "Syntax error", "not a SPARQL 1.1 query"),
    ):
        headers["Accept-Language"] = lang
        response = client.get("/sparql?query=ASK {", headers=headers)
        text = response.text
        assert title in text and advice in text
        assert "Line 1, column 6: the query ends too early." in text
        if accept == "text/html":
            assert '<pre class="problem" lang="en">Line 1' in text


def test_a_browser_sees_the_result_as_a_table_below_the_form(client):
    response = client.get("/sparql", query_string={"query": SELECT}, headers=BROWSER)
    assert_page(response)
    link = f'<a href="/doc/person/ada" title="{BASE}id/person/ada">person:ada</a>'
    assert link in response.text
    assert "1 ligne, le résultat entier." in response.text
    assert "format=csv" in response.text
    assert "<textarea" in response.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ASK, "Oui"),
        ("ASK { <x:> <x:> <x:> }", "Non"),
        ("SELECT ?s WHERE { <x:> <x:> ?s }", "rien n’y répond"),
        (CONSTRUCT, '<th scope="col">sujet</th>'),
        ("SELECT (BNODE() AS ?b) WHERE { }", ">_:"),
    ],
)
def test_every_kind_of_result_has_its_page(client, query, expected):
    response = client.get("/sparql", query_string={"query": query}, headers=BROWSER)
    assert_page(response)
    assert expected in response.text


def test_a_long_result_is_shown_in_part_and_says_so(client):
    query = "SELECT * WHERE { ?s ?p ?o . ?s2 a ?c } LIMIT 1500"
    response = client.get("/sparql", query_string={"query": query}, headers=BROWSER)
    assert_page(response)
    assert "Les 1\u202f000 premières lignes" in response.text
    assert response.text.count("<tr>") == 1001


def test_a_query_that_failed_can_be_mended_on_the_error_page(client):
    query = 'SELECT * WHERE { <script> & " }'
    response = client.get("/sparql", query_string={"query": query}, headers=BROWSER)
    assert_canonical_error(response, 400)
    assert "SELECT * WHERE { &lt;script&gt; &amp; &#34; }</textarea>" in response.text


def test_hostile_values_in_a_result_are_text(client):
    things = f"<{BASE}id/organization/evil>, <{BASE}id/organization/reseau>"
    query = f"SELECT ?o WHERE {{ ?s ?p ?o . FILTER(?s IN ({things})) }}"
    response = client.get("/sparql", query_string={"query": query}, headers=BROWSER)
    assert_page(response)
    assert "javascript:alert(1)" in response.text and 'href="javascript' not in response.text
