"""Queries that would take all of time, memory, or room: each ends at a limit, which is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.serve import ENGINE_MALLOC, TUNABLES, WEB_MALLOC
from tests.attack import MEMORY, RESULT, SECONDS, assert_sound

FORMS = "application/sparql-results+json, text/turtle;q=0.9"
# How an error names each limit.
NAMED = {"time": f"{SECONDS} s", "memory": f"{MEMORY} MiB", "result-size": f"{RESULT} MiB"}
THREE = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"


def doubled(expression: str, times: int, first: str = "aaaaaaaaaa") -> str:
    """The length of a string that is made of itself over and over."""
    steps = " ".join(
        f"BIND({expression.replace('?x', f'?x{number}')} AS ?x{number + 1})"
        for number in range(times)
    )
    return f'SELECT (STRLEN(?x{times}) AS ?n) {{ BIND("{first}" AS ?x0) {steps} }}'


RUNAWAYS = {
    "cross product": f"SELECT * {{ {THREE} }}",
    "ordered": f"SELECT * {{ {THREE} }} ORDER BY ?a ?i",
    "ordered by chance": f"SELECT ?a {{ {THREE} }} ORDER BY RAND() LIMIT 1",
    "counted": f"SELECT (COUNT(*) AS ?n) {{ {THREE} }}",
    "counted without repetition": f"SELECT (COUNT(DISTINCT *) AS ?n) {{ {THREE} }}",
    "distinct": f"SELECT DISTINCT * {{ {THREE} }}",
    "reduced": f"SELECT REDUCED ?a {{ {THREE} }}",
    "grouped": f"SELECT ?a ?d (COUNT(*) AS ?n) {{ {THREE} }} GROUP BY ?a ?d",
    "joined into a string": f"SELECT (GROUP_CONCAT(?c) AS ?n) {{ {THREE} }}",
    "skipped": f"SELECT * {{ {THREE} }} OFFSET 1000000000 LIMIT 1",
    "constructed": f"CONSTRUCT {{ ?a ?e ?i }} {{ {THREE} }}",
    "described": f"DESCRIBE * {{ {THREE} }}",
    "hashed": f"SELECT (MAX(?x) AS ?n) {{ {THREE} BIND(SHA512(STR(?a)) AS ?x) }}",
    "by chance": f"SELECT (STRUUID() AS ?u) {{ {THREE} }}",
    "optional": "SELECT * { ?a ?b ?c OPTIONAL { ?d ?e ?f OPTIONAL { ?g ?h ?i } } }",
    "taken away": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c MINUS { ?d ?e ?c . ?f ?g ?h } }",
    "does not exist": (
        f"SELECT * {{ ?x ?y ?z FILTER NOT EXISTS {{ {THREE} FILTER(?x = ?i + 1) }} }}"
    ),
    "path back and forth": "SELECT (COUNT(*) AS ?n) { ?a (!<x:>|^!<x:>)+ ?b }",
    "path of paths": "SELECT (COUNT(*) AS ?n) { ?a ((((!<x:>)*)*)*)*/(^!<x:>)* ?b }",
    "path of maybes": "SELECT (COUNT(*) AS ?n) { ?a (!<x:>?/^!<x:>?/!<x:>?/^!<x:>?)* ?b }",
    "path of everything": "SELECT * { ?a (!<x:>|^!<x:>)* ?b . ?c (!<x:>|^!<x:>)* ?d }",
    "doubling": doubled("CONCAT(?x, ?x)", 40),
    "replacing": doubled('REPLACE(?x, "a", "aaaaaaaaaa")', 20),
    "encoding": doubled("ENCODE_FOR_URI(CONCAT(?x, ?x))", 30, "%"),
    "many rows given": "SELECT (COUNT(*) AS ?n) {{ {} }}".format(
        " ".join(f"VALUES ?x{number} {{ {'1 ' * 3000} }}" for number in range(3))
    ),
    "nested repetitions": (
        'SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(REGEX(STR(?o), "((a{0,999}){0,999}){0,999}")) }'
    ),
    "many repetitions": (
        'SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(REGEX(STR(?o), "(.*?){1000}z", "is")) }'
    ),
    "deep expression": (
        f'SELECT * {{ ?s ?p ?o FILTER(REGEX(STR(?o), "{"(" * 5000}a{")*" * 5000}")) }}'
    ),
    "expressions of the data": (
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?a ?b ?c FILTER(REGEX(STR(?o), STR(?c))) }"
    ),
}


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_runaway_ends_at_a_limit_which_is_named(client, name):
    reply = client.ask(RUNAWAYS[name], FORMS)
    reason = assert_sound(reply, *NAMED)
    problem = json.loads(reply.body)
    assert NAMED[reason] in problem["detail"]
    assert problem["advice"]


@pytest.mark.parametrize("accept", ["text/csv", "text/tab-separated-values", "application/xml"])
def test_a_result_without_end_is_refused_in_every_form(client, accept):
    reply = client.ask(RUNAWAYS["cross product"], f"{accept}, application/problem+json;q=0.1")
    assert_sound(reply, "result-size")


def test_a_browser_sees_which_limit_it_was(client):
    reply = client.ask(RUNAWAYS["counted"], "text/html")
    assert reply.status == 503 and f"{SECONDS} s".encode() in reply.body


@pytest.mark.parametrize(
    ("pattern", "text"), [("^(a+)+$", "a" * 40), ("^(a|a|aa)*$", "a" * 4000), (r"(a*)*b", "a" * 99)]
)
def test_what_other_engines_need_years_for_is_no_matter(client, pattern, text):
    reply = client.ask(f'ASK {{ FILTER(REGEX("{text}!", "{pattern}")) }}')
    assert assert_sound(reply) == ""
    assert reply.body == b'{"head":{},"boolean":false}'


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (COUNT(*) AS ?n) { VALUES ?x { " + "1 " * 300_000 + "} }",
        "SELECT (COUNT(*) AS ?n) { VALUES (?x ?y) { " + "(1 2)" * 150_000 + "} }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } VALUES ?o { " + "1 " * 300_000 + "}",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(?o IN (" + "1," * 300_000 + "1)) }",
        "SELECT (CONCAT(" + "'a'," * 200_000 + "'a') AS ?x) {}",
        "SELECT " + " ".join(f"(1 AS ?x{number})" for number in range(4000)) + " {}",
        "SELECT * { " + " ".join(f"BIND(1 AS ?x{number})" for number in range(4000)) + " }",
        "".join(f"PREFIX p{number}: <http://x/> " for number in range(30_000)) + "ASK {}",
        "SELECT * " + "FROM <http://x/> " * 30_000 + "{ ?s ?p ?o }",
        "DESCRIBE " + "<http://x/> " * 50_000,
        "ASK { <http://x/" + "a" * 900_000 + "> ?p ?o }",
        "SELECT ('" + "a" * 900_000 + "' AS ?x) {}",
        "SELECT ?" + "a" * 900_000 + " {}",
        "ASK {} #" + "a" * 900_000,
    ],
    ids=lambda query: query[:24],
)
def test_a_long_query_is_answered_or_ends_at_a_limit(client, query):
    assert_sound(client.ask(query, FORMS))


def test_each_process_has_the_allocator_that_its_memory_needs(server):
    for pid, said in ((server.supervisors[-1], ENGINE_MALLOC), (server.web[-1], WEB_MALLOC)):
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        # The C library may have cut the text where it read it.
        assert f"{TUNABLES}={said.split(':')[0]}".encode() in {
            each.split(b":")[0] for each in environment
        }
