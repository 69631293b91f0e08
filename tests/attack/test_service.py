"""SERVICE in every spelling and place, and other ways to make the server ask somebody: it never
does. A listener on this host would see it.
"""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.attack import assert_sound
from tests.served import FORM

FORMS = "application/sparql-results+json, text/turtle;q=0.9"
SPELLINGS = [
    "SERVICE <{}> {{ ?s ?p ?o }}",
    "service<{}>{{?s ?p ?o}}",
    "SeRvIcE\t<{}>\n{{ ?s ?p ?o }}",
    "SERVICE SILENT <{}> {{ ?s ?p ?o }}",
    "SERVICESILENT<{}>{{}}",
    "SERVICE #<http://nowhere.example/>\n<{}> {{ ?s ?p ?o }}",
    "SERVICE#\r<{}>{{}}",
    "SERVICE <> {{ ?s ?p ?o }}",
    "SERVICE ?x {{ ?s ?p ?o }} VALUES ?x {{ <{}> }}",
    "BIND(<{}> AS ?x) SERVICE ?x {{ ?s ?p ?o }}",
    "VALUES ?x {{ <{}> }} SERVICE SILENT ?x {{ ?s ?p ?o }}",
    "SERVICE l: {{ ?s ?p ?o }}",
    "SERVICE:l {{ ?s ?p ?o }}",
    "SERVICESILENTl:{{}}",
    "?s ?p 1.SERVICE<{}>{{}}",
    "?s ?p 1SERVICE<{}>{{}}",
    "?s ?p true.SERVICE<{}>{{}}",
    "?s ?p l:.SERVICE<{}>{{}}",
    "?s ?p 'x'SERVICE<{}>{{}}",
    "?s ?p '#' . SERVICE <{}> {{}}",
    "?s ?p '''''SERVICE''' . SERVICE <{}> {{}}",
    '?s ?p "\\"" . SERVICE <{}> {{}} #"',
    "FILTER(?a<?b#>\n) SERVICE <{}> {{}}",
    "FILTER(?a<?b'>\n) SERVICE <{}> {{}} #'\n",
    "FILTER(1<2#>\n)SERVICE<{}>{{}}",
    "?s ?p <#'> . SERVICE <{}> {{}} #'",
    "LATERAL {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
    "SERVICE <{}> {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
]
PLACES = [
    "SELECT * {{ {} }}",
    "ASK {{ {} }}",
    "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {} }}",
    "DESCRIBE ?s WHERE {{ {} }}",
    "SELECT * FROM <http://x/> FROM NAMED <http://y/> {{ {} }}",
    "SELECT * {{ ?s ?p ?o OPTIONAL {{ {} }} }}",
    "SELECT * {{ {{ }} UNION {{ {} }} }}",
    "SELECT * {{ ?s ?p ?o MINUS {{ {} }} }}",
    "SELECT * {{ GRAPH ?g {{ {} }} }}",
    "SELECT * {{ {{ SELECT * {{ {} }} }} }}",
    "SELECT * {{ FILTER EXISTS {{ {} }} }}",
    "SELECT * {{ ?s ?p ?o FILTER(1 = 1 && NOT EXISTS {{ {} }}) }}",
    "SELECT (EXISTS {{ {} }} AS ?x) {{ }}",
    "SELECT * {{ BIND(IF(EXISTS {{ {} }}, 1, 2) AS ?x) }}",
    "SELECT (COUNT(*) AS ?n) {{ }} HAVING (EXISTS {{ {} }})",
    "SELECT * {{ ?s ?p ?o }} ORDER BY (EXISTS {{ {} }}) LIMIT 1",
    "SELECT ?n {{ ?s ?p ?o }} GROUP BY (EXISTS {{ {} }} AS ?n)",
]


@pytest.fixture
def address(listener):
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def written(place, spelling, address):
    """Each endpoint is the listener, however it is named: relative to the base, or by a prefix."""
    query = place.format(spelling.format(*[address] * spelling.count("<{}>")))
    return f"BASE <{address}> PREFIX : <{address}> PREFIX l: <{address}> {query}"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_service_is_refused_however_it_is_written(client, address, spelling):
    reply = client.ask(written(PLACES[0], spelling, address), FORMS)
    assert_sound(reply, "refused", "syntax")


@pytest.mark.parametrize("place", PLACES)
def test_service_is_refused_wherever_it_stands(client, address, place):
    for spelling in SPELLINGS[:12]:
        reply = client.ask(written(place, spelling, address), FORMS)
        assert_sound(reply, "refused", "syntax")


@pytest.mark.parametrize(
    "url",
    ["http://localhost:{}/", "http://[::1]:{}/", "http://2130706433:{}/", "http://127.1:{}/"],
)
def test_service_is_refused_whatever_its_address(client, listener, url):
    address = url.format(listener.getsockname()[1])
    assert_sound(client.ask(f"SELECT * {{ SERVICE <{address}> {{ }} }}"), "refused")
    file = "SELECT * { SERVICE <file:///etc/passwd> { ?s ?p ?o } }"
    assert_sound(client.ask(file), "refused")


@pytest.mark.parametrize("accept", [FORMS, "text/html", "text/plain"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_service_is_refused_in_every_protocol_and_form(client, address, method, accept):
    query = urlencode({"query": f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}"})
    if method == "POST":
        reply = client.request(method, "/sparql", query.encode(), Content_Type=FORM, Accept=accept)
    else:
        reply = client.request(method, f"/sparql?{query}", Accept=accept)
    assert reply.status == 400


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM <{0}> FROM NAMED <{0}a> {{ ?s ?p ?o }}",
        "SELECT * {{ GRAPH <{0}> {{ ?s ?p ?o }} }}",
        "DESCRIBE <{0}>",
        "CONSTRUCT {{ <{0}> ?p <{0}> }} WHERE {{ <{0}> ?p ?o }}",
        "SELECT (<{0}>(1) AS ?x) {{ }}",
        "SELECT ('SERVICE <{0}>' AS ?x) {{ }} # SERVICE <{0}>",
        "PREFIX service: <{0}> SELECT ?service {{ ?service <{0}SERVICE> 'SERVICE'@service }}",
        "LOAD <{0}>",
        "LOAD SILENT <{0}> INTO GRAPH <x:>",
        "INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "ASK {{ }} ; LOAD <{0}>",
        "ASK {{ }} LOAD <{0}>",
    ],
)
def test_nobody_is_asked_because_of_a_name(client, address, query):
    assert_sound(client.ask(query.format(address), FORMS))


def test_nobody_is_asked_because_of_a_parameter(client, address):
    graphs = {"default-graph-uri": address, "named-graph-uri": f"{address}named"}
    assert_sound(client.ask("SELECT * { ?s ?p ?o }", **graphs))
    for name in ("using-graph-uri", "service", "endpoint", "url", "callback"):
        assert_sound(client.ask("ASK {}", **{name: address}))
    headers = {"Host": address[7:-1], "X_Forwarded_Host": address[7:-1], "Referer": address}
    assert client.get("/", **headers).status == 200
