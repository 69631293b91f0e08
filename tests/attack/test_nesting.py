"""Whatever can be nested or chained, as deep as the guard lets it pass and far beyond: the engine
bears the one, and the other is refused. No worker ends by a stack that overflowed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kg.query.guard import MAX_DEPTH, MAX_STEPS
from tests.attack import assert_sound

FORMS = "application/sparql-results+json, text/turtle;q=0.9"
XSD = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
# The parts of each text: begin, opening, middle, closing, end; how many brackets an opening has.
BRACKETS = {
    "groups": ("SELECT * ", "{", "{}", "}", "", 1),
    "unions": ("SELECT * {", "{", "{} UNION {}", "} UNION {}", "}", 1),
    "optionals": ("SELECT * {", "OPTIONAL {", "", "}", "}", 1),
    "minus": ("SELECT * {", "?s ?p ?o MINUS {", "?s ?p ?o", "}", "}", 1),
    "graphs": ("SELECT * {", "GRAPH ?g {", "", "}", "}", 1),
    "subselects": ("SELECT * {", "{ SELECT * {", "", "}}", "}", 2),
    "exists": ("SELECT * {", "FILTER EXISTS {", "", "}", "}", 1),
    "not exists": ("SELECT * {", "FILTER NOT EXISTS {", "", "}", "}", 1),
    "exists in an expression": ("SELECT * {", "FILTER(true && EXISTS {", "", "})", "}", 2),
    "binds": ("SELECT * {", "{ BIND(1 AS ?x) ", "", "}", "}", 1),
    "values": ("SELECT * {", "{ VALUES ?x { 1 } ", "", "}", "}", 1),
    "parentheses": ("SELECT (", "(", "1", ")", " AS ?x) {}", 1),
    "conditions": ("SELECT (", "IF(true, ", "1", ", 2)", " AS ?x) {}", 1),
    "other conditions": ("SELECT (", "IF(false, 1, ", "1", ")", " AS ?x) {}", 1),
    "alternatives": ("SELECT (", "COALESCE(", "1", ")", " AS ?x) {}", 1),
    "functions": ("SELECT (", "CONCAT('a', ", "'b'", ")", " AS ?x) {}", 1),
    "casts": (f"{XSD} SELECT (", "xsd:string(", "1", ")", " AS ?x) {}", 1),
    "memberships": ("SELECT (", "1 IN (", "1", ")", " AS ?x) {}", 1),
    "aggregates": ("SELECT (", "SUM(", "1", ")", " AS ?x) {}", 1),
    "paths": ("SELECT * { ?s ", "(", "<x:>", ")", " ?o }", 1),
    "repeated paths": ("SELECT * { ?s ", "(", "<x:>", ")*", " ?o }", 1),
    "inverse paths": ("SELECT * { ?s ", "^(", "<x:>", ")", " ?o }", 1),
    "other paths": ("SELECT * { ?s ", "(", "!(<x:>|^<y:>)", ")", " ?o }", 1),
    "blank nodes": ("SELECT * { ?s ?p ", "[ <x:> ", "1", " ]", "}", 1),
    "collections": ("SELECT * { ?s ?p ", "(", "1", ")", "}", 1),
    "collections behind a path": ("SELECT * { ?s <x:>/<x:> ", "(", "1", ")", "}", 1),
    "templates": ("CONSTRUCT { ?s ?p ", "(", "1", ")", "} WHERE {}", 1),
    "triple terms": ("SELECT * { ?s ?p ", "<<( ?a ?b ", "?c", " )>>", "}", 1),
    "reified triples": ("SELECT * { ", "<< ?a ?b ", "?c", " >>", " ?p ?o }", 1),
    "annotations": ("SELECT * { ?s ?p ?o ", "{| ?a ?b ?c ", "", " |}", "}", 1),
    "conditions on groups": ("SELECT (1 AS ?x) {} HAVING ", "(", "1", ")", "", 1),
    "orders": ("SELECT * {} ORDER BY ", "(", "1", ")", "", 1),
}
# Begin, what is repeated, end.
CHAINS = {
    "negations": ("SELECT (", "!", "1 AS ?x) {}"),
    "signs": ("SELECT (", "- ", "1 AS ?x) {}"),
    "signed numbers": ("SELECT (1", " -1", " AS ?x) {}"),
    "sums": ("SELECT (", "1 + ", "1 AS ?x) {}"),
    "products": ("SELECT (", "1 * ", "1 AS ?x) {}"),
    "quotients": ("SELECT (", "1 / ", "1 AS ?x) {}"),
    "both": ("SELECT (", "1 && ", "1 AS ?x) {}"),
    "either": ("SELECT (", "1 || ", "1 AS ?x) {}"),
    "comparisons": ("SELECT (", "1 = ", "1 AS ?x) {}"),
    "exists": ("SELECT * { FILTER(", "EXISTS {} && ", "true) }"),
    "steps": ("SELECT * { ?s ", "<x:>/", "<x:> ?o }"),
    "maybe steps": ("SELECT * { ?s ", "(!<x:>)?/", "<x:> ?o }"),
    "ways": ("SELECT * { ?s ", "<x:>|", "<x:> ?o }"),
    "inverses": ("SELECT * { ?s ", "^<x:>/", "<x:> ?o }"),
    "other ways": ("SELECT * { ?s !(", "<x:>|", "<x:>) ?o }"),
    "repetitions": ("SELECT * { ?s <x:>", "*", " ?o }"),
    "patterns": ("SELECT * { ", "?s ?p ?o . ", "}"),
    "predicates": ("SELECT * { ?s ?p ?o ", "; ?p ?o ", "}"),
    "semicolons": ("SELECT * { ?s ?p ?o ", ";", "}"),
    "objects": ("SELECT * { ?s ?p ?o ", ", ?o ", "}"),
    "blank nodes": ("SELECT * { ", "[] ?p ?o . ", "}"),
    "numbers in a collection": ("SELECT * { ?s ?p (", "1 ", ") }"),
    "names in a collection": ("SELECT * { ?s ?p (", "<x:> ", ") }"),
    "empty collections": ("SELECT * { ?s ?p (", "() ", ") }"),
    "truths in a collection": ("SELECT * { ?s ?p (", "true ", ") }"),
    "words in a collection": ("SELECT * { ?s ?p (", "'a'@en ", ") }"),
    "groups": ("SELECT * { ", "{} ", "}"),
    "unions": ("SELECT * { {} ", "UNION {} ", "}"),
    "optionals": ("SELECT * { ", "OPTIONAL { ?s ?p ?o } ", "}"),
    "minus": ("SELECT * { ?s ?p ?o ", "MINUS { ?s ?p ?o } ", "}"),
    "subselects": ("SELECT * { ", "{ SELECT * {} } ", "}"),
    "graphs": ("SELECT * { ", "GRAPH ?g {} ", "}"),
    "filters": ("SELECT * { ", "FILTER(1) ", "}"),
    "values": ("SELECT * { ", "VALUES ?x { 1 } ", "}"),
    "template": ("CONSTRUCT { ", "?s ?p ?o . ", "} WHERE {}"),
    "orders": ("SELECT * {} ORDER BY ?x ", "(1)", ""),
    "conditions on groups": ("SELECT (1 AS ?x) {} HAVING ", "(1)", ""),
}


@pytest.fixture
def clients(server):
    """Four clients, of whom each has its share."""
    clients = [server.client(f"127.0.0.{number}") for number in range(2, 6)]
    yield clients
    for client in clients:
        client.close()


def outcomes(clients, queries):
    """Name and status of each query, asked by several at a time; a normal one follows each."""

    def ask(number, name, query):
        client = clients[number]
        reply = client.ask(query, FORMS)
        assert client.look_up() == ["Avise"], name
        return name, assert_sound(reply)

    shares = [list(queries.items())[number :: len(clients)] for number in range(len(clients))]
    with ThreadPoolExecutor(len(clients)) as pool:
        tasks = [
            pool.submit(lambda n=number, s=share: [ask(n, *pair) for pair in s])
            for number, share in enumerate(shares)
        ]
        return dict(pair for task in tasks for pair in task.result())


def nested(depth):
    return {
        name: f"{begin}{opening * (depth // each)}{middle}{closing * (depth // each)}{end}"
        for name, (begin, opening, middle, closing, end, each) in BRACKETS.items()
    }


def chained(times):
    return {name: f"{begin}{part * times}{end}" for name, (begin, part, end) in CHAINS.items()}


def test_what_nests_as_deep_as_it_may_does_not_hurt(clients):
    """Some take longer than they may; none is more than the engine can bear."""
    reasons = outcomes(clients, nested(MAX_DEPTH - 3))
    assert set(reasons.values()) <= {"", "syntax", "time", "refused"}
    assert list(reasons.values()).count("") > len(BRACKETS) // 2


@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 2 * MAX_STEPS])
def test_what_nests_deeper_is_refused(clients, depth):
    reasons = outcomes(clients, nested(depth))
    if depth < MAX_STEPS:
        assert reasons.pop("reified triples") in {"", "time"}, "these have no brackets"
    assert set(reasons.values()) <= {"refused", "syntax"}


def test_a_chain_as_long_as_it_may_be_does_not_hurt(clients):
    reasons = outcomes(clients, chained(MAX_STEPS // 5))
    assert set(reasons.values()) <= {"", "syntax", "time", "memory"}
    assert list(reasons.values()).count("") > len(CHAINS) // 4


def test_a_longer_chain_is_refused_or_ends_at_a_limit(clients):
    reasons = outcomes(clients, chained(2 * MAX_STEPS))
    assert set(reasons.values()) <= {"refused", "syntax", "time", "memory"}
