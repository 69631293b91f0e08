"""What the guard lets pass, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import QueryError, QueryMalformed, QueryRefused
from kg.query import guard


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * { ?s ?p ?o }", "SELECT"),
        ("# a comment with SERVICE\nask{?s ?p ?o}", "ASK"),
        (
            "PREFIX s: <http://x/> SELECT * { ?s s:SERVICE 'SERVICE <http://x>'@service }",
            "SELECT",
        ),
        (
            'BASE <http://x/> CONSTRUCT WHERE { ?SERVICE <service> """a "SERVICE" b""" }',
            "CONSTRUCT",
        ),
        ("DESCRIBE <http://x/#SERVICE>", "DESCRIBE"),
        ("SELECT (1 < 2 AS ?x) { FILTER(?a < ?b && ?c > ?d) }", "SELECT"),
        (
            "SELECT * { ?s <http://x/a>/^<http://x/b>*|!(a) ?o . _:b ?p 'x'@fr-FR, 1.5e3, true }",
            "SELECT",
        ),
        ("SELECT ?été { ?été <p> '''l'été''' }", "SELECT"),
        ("SELECT ?re\u0301sume\u0301 { ?re\u0301sume\u0301 :re\u0301sume\u0301 ?a·b }", "SELECT"),
        (r"ASK { <http://x/\u00E9> ?p '\u00E9\U0001F600' }", "ASK"),
        (
            "PREFIX service: <http://x/> ASK { ?s service:p service:o . service:a a service:B }",
            "ASK",
        ),
        ("PREFIX service: <http://x/> SELECT * { GRAPH service:g { ?s ?p ?o } }", "SELECT"),
    ],
)
def test_a_query_passes_with_its_form(text, form):
    assert guard.form(text) == form


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://x/> { ?s ?p ?o } }",
        "SELECT * { SeRvIcE#c\n<http://x/> { ?s ?p ?o } }",
        "SELECT * { FILTER EXISTS { SERVICE SILENT ?x { ?s ?p ?o } } }",
        "SELECT * { ?s ?p '#' . SERVICE<http://x/>{} }",
        'SELECT * { ?s ?p """"\\"""" . service ?x {} }',
        "SELECT * { FILTER(?a<?b#>\n) SERVICE <http://x/> {} }",
        "SELECT * { FILTER(?a<?b'>\n) SERVICE <http://x/> {} #'\n }",
        "PREFIX : <http://x/> SELECT * { SERVICE:x {} }",
        "PREFIX : <http://x/> SELECT * { SERVICESILENT:x {} }",
        "PREFIX : <http://x/> PREFIX service: <http://y/> SELECT * { service:x {} }",
        "PREFIX a: <http://x/> SELECT * { BIND(1 AS ?x)SERVICEa:x {} }",
        "PREFIX : <http://x/> SELECT * { ?s ?p 1.SERVICE:x {} }",
        "SELECT * { ?s ?p 1SERVICE<http://x/>{} }",
        "SELECT * { ?s ?p true.SERVICE<http://x/>{} }",
        "SELECT * { ?s ?p trueSERVICE<http://x/>{} }",
        "PREFIX a: <http://x/> SELECT * { ?s ?p a:.SERVICE<http://x/>{} }",
        "PREFIX : <http://x/> SELECT * { ?s ?p true.SERVICE:x{} }",
        "PREFIX : <http://x/> SELECT * { ?s ?p 1e5SERVICE:x#\n{} }",
    ],
)
def test_service_is_refused_however_it_is_written(text):
    with pytest.raises(QueryRefused):
        guard.form(text)


@pytest.mark.parametrize(
    "text", ["INSERT DATA { <a> <b> <c> }", "PREFIX x: <y> DELETE WHERE {}", "clear all"]
)
def test_an_update_is_refused_as_one(text):
    with pytest.raises(QueryRefused, match="read-only"):
        guard.form(text)


@pytest.mark.parametrize("bracket", ["{}", "()", "[]"])
def test_deep_nesting_is_refused(bracket):
    deep = bracket[0] * (guard.MAX_DEPTH + 1) + bracket[1] * (guard.MAX_DEPTH + 1)
    with pytest.raises(QueryRefused, match="deeper"):
        guard.form("SELECT * { FILTER " + deep + "}")


@pytest.mark.parametrize(
    "part",
    ["!", "1 + ", "1-", "<p>/", "<p>|^", "?s ?p ?o . ", "; ?p ?o", ", ?o", "{} ", "FILTER(1)"],
)
def test_what_makes_an_evaluation_descend_is_counted(part):
    guard.form("SELECT * { " + part * (guard.MAX_STEPS // 3))
    with pytest.raises(QueryRefused, match="operators"):
        guard.form("SELECT * { " + part * (guard.MAX_STEPS + 1))


@pytest.mark.parametrize(
    "part", ["1 ", "'a' ", "'a'@en ", "true ", "FALSE ", "<a> ", "a:b ", "() "]
)
def test_the_elements_of_a_collection_are_counted(part):
    guard.form("SELECT * { ?s ?p (" + part * (guard.MAX_STEPS // 3) + ") }")
    with pytest.raises(QueryRefused, match="operators"):
        guard.form("SELECT * { ?s ?p (" + part * (guard.MAX_STEPS + 2) + ") }")


@pytest.mark.parametrize(
    ("begin", "value", "end"),
    [
        ("FILTER(?x IN (", "'1'^^a:b, 1.5, ", "1))"),
        ("FILTER(?x IN (", "true, 'a'@en, ", "1))"),
        ("VALUES ?x {", "-1.5 ", "}"),
        ("VALUES ?x {", "true 'a'@en ", "}"),
        ("VALUES (?x ?y) {", "(<a> 'b'@en) ", "}"),
    ],
)
def test_a_list_of_values_may_be_long(begin, value, end):
    guard.form(f"SELECT * {{ {begin} {value * guard.MAX_STEPS} {end} }}")


@pytest.mark.parametrize("part", ["1-", "a.", "<#", "'''a", "?", "_:", "1 ", "%"])
def test_reading_takes_no_longer_than_the_text(part):
    """Were it quadratic, this would take hours."""
    with pytest.raises(QueryError):
        guard.form("SELECT ?service {" + part * (500_000 // len(part)) + "\n\0")


def test_a_character_that_cannot_stand_is_named_with_its_place():
    with pytest.raises(QueryMalformed, match="Line 2, column 3"):
        list(guard.scan("SELECT *\n  \x00"))


@pytest.mark.parametrize(
    "text",
    [
        r"SELECT * { \u0053ERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        r"SELECT * { SERVIC\U00000045 <http://127.0.0.1/> { ?s ?p ?o } }",
        r"SELECT * \u007B ?s ?p ?o }",
    ],
)
def test_what_is_written_as_code_points_hides_nothing(text):
    with pytest.raises(QueryMalformed, match="cannot stand here"):
        guard.form(text)


def test_text_without_a_query_form_is_malformed():
    with pytest.raises(QueryMalformed, match="missing"):
        guard.form("PREFIX a: <b>")


@given(st.text(max_size=200))
def test_any_text_is_classified_or_refused(text):
    try:
        assert guard.form(text) in {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
    except QueryError as error:
        assert error.status == 400
