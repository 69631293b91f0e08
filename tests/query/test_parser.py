"""What the parser's errors become, and the columns of SELECT *."""

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.iri import BASE
from kg.query.parser import explain, in_order

ANYTHING = NamedNode("http://example.org/a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * WHERE {", "Line 1, column 17: the query ends too early."),
        ("ASK { ?s ?p ?o", "Line 1, column 15: the query ends too early; expected , or . or ;"),
        ("ASK { ?s ?p ?o, }", "Line 1, column 15: , cannot stand here."),
        ("ASK { ?s ?p 'a' 'b' }", "Line 1, column 17: 'b' cannot stand here."),
        ("ASK { } SELEC *", "Line 1, column 9: SELEC cannot stand here."),
        ("SELECT ?x WHERE ?x ?y ?z", "Line 1, column 17: ?x cannot stand here; expected {."),
        ("SELECT ?x { ?x ?y ?z } }", "Line 1, column 24: } cannot stand here."),
        ("ASK {\n  ?s a foo:Bar\n}", "Line 2, column 8: Prefix not found: foo:Bar."),
        ("SELECT ?x {?x ?y ?z FILTER(NIX(?x))}", "Line 1, column 28: NIX cannot stand here."),
        ("ASK {\n  ?s ?p ° }", "Line 2, column 9: '°' cannot stand here in a query."),
        ("SELECT * {?s ?p ?o} LIMIT x", "Line 1, column 27: x cannot stand here."),
        ("SELECT ?y ?n { ?x ?y ?z } GROUP BY ?x", "contains a variable that is unbound"),
        ("SELECT * {?s ?p ?o} GROUP BY ?s", "SELECT * is not authorized with GROUP BY."),
    ],
)
def test_an_error_names_its_place_and_its_cause_and_nothing_else(text, expected):
    first, line, caret = explain(text).split("\n")
    assert expected in first
    assert len(first) < 120 and "[" not in first
    assert line in text and caret.strip() == "^"


def test_of_a_prefix_that_is_ours_the_declaration_is_told():
    for base, space in (
        (None, BASE),
        ("https://kg.example/data/sparql", "https://kg.example/data/"),
    ):
        first, _, _ = explain("ASK { ?s ess:siren ?x }", base).split("\n")
        assert first.endswith(f"ess:siren; write PREFIX ess: <{space}ontology#>.")


def test_the_caret_stands_below_the_place_behind_tabs_and_letters_outside_ascii():
    _, line, caret = explain("ASK {\n\t?é ?p 'œuvre' 'b' }").split("\n")
    assert line[caret.index("^") :] == "'b' }"
    assert caret.startswith("\t")


def test_of_a_long_line_only_the_part_around_the_place_is_shown():
    _, line, caret = explain(f"ASK {{ {'?s ?p ?o . ' * 500} ?s ?p 'a' 'b' }}").split("\n")
    assert len(line) < 130
    assert line[caret.index("^") :].startswith("'b'")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT * { ?z ?b ?a }", "z b a"),
        ("SELECT * { ?a ?b ?c }", "a b c"),
        ("SELECT*{?z ?b ?a}", "z b a"),
        ("select distinct * where { $z $b $a }", "z b a"),
        ("# *\nPREFIX a: <http://x/*> SELECT REDUCED # *\n * # ?c\n { ?z a:x ?b }", "z b"),
        ("SELECT * { ?z ?y ?x MINUS { ?z ?n ?m } }", "z y x"),
        ("SELECT * { ?z ?y ?x FILTER(?w = 1) FILTER NOT EXISTS { ?v ?u ?x } }", "z y x"),
        ("SELECT * { FILTER(?x > ?a) ?z ?x ?a }", "x a z"),
        ("SELECT * { { SELECT ?k { ?j ?k ?i } } ?z ?k ?a }", "k z a"),
        ("SELECT * { { SELECT * { ?z ?y ?x } } ?b ?c ?a }", "z y x b c a"),
        ("SELECT * { { SELECT (COUNT(*) AS ?n) { ?z ?y ?x } } ?b ?c ?a }", "n b c a"),
        ("SELECT * { ?z ?y ?x OPTIONAL { ?z ?o ?i } }", "z y x o i"),
        ("SELECT * { { ?z ?y ?x } UNION { ?b ?y ?a } }", "z y x b a"),
        ("SELECT * { GRAPH ?g { ?z ?y ?x } }", "g z y x"),
        ("SELECT * { ?z ?y ?x BIND(1 AS ?b) VALUES ?a { 1 } }", "z y x b a"),
        ("SELECT * { ?z ?y ?x } ORDER BY ?b VALUES (?c ?a) { (1 2) }", "z y x c a"),
        ("SELECT * { ?z <http://x/p>*/^<http://x/q> ?a }", "z a"),
        ("SELECT * { ?z ?y '?a ?b' }", "z y"),
        ("SELECT * { _:b ?y [] }", "y"),
        ("SELECT * {}", ""),
        ("SELECT ?b ?a { ?a ?b ?c }", "b a"),
        ("SELECT (COUNT(*) AS ?n) ?b { ?z ?b ?a } GROUP BY ?b", "n b"),
        ("SELECT ?z { { SELECT * { ?z ?y ?a } } }", "z"),
    ],
)
def test_the_columns_of_select_star_stand_in_the_order_of_the_text(text, columns):
    store = Store()
    store.add(Quad(ANYTHING, ANYTHING, Literal("1"), ANYTHING))
    answers = [
        store.query(each, use_default_graph_as_union=True) for each in (text, in_order(text))
    ]
    assert [variable.value for variable in answers[1].variables] == columns.split()
    found = [
        {frozenset((v.value, row[v]) for v in answer.variables) for row in answer}
        for answer in answers
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "text",
    [
        "ASK { { SELECT * { ?z ?b ?a } } }",
        "CONSTRUCT WHERE { ?z ?b ?a }",
        "DESCRIBE * { ?z ?b ?a }",
    ],
)
def test_what_has_no_columns_of_its_own_stays_as_it_is(text):
    assert in_order(text) == text
