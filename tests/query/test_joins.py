"""Queries whose joins are put into a better order, or hashed: which, how, and that they answer the
same."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg import queryfile
from kg.errors import QueryMalformed
from kg.query import Request, joins
from kg.query.engines import open_engine
from kg.query.joins import planned
from kg.query.local import LocalEngine
from kg.settings import ONTOLOGY, Settings
from kg.vocab import RDF, VOID, XSD

from .generated import HEAD, Maker
from .test_engines import answer

SPACE = "http://example.org/"
PREFIX = f"PREFIX ex: <{SPACE}> "
STATED = {"p": 5000, "q": 6000, "much": 900_000, "r": 40}
THINGS = 40
BEHIND = [
    "OPTIONAL { ?s skos:altLabel ?other }",
    "MINUS { ?s skos:broader ?other }",
    "BIND(STR(?s) AS ?name) FILTER(STRLEN(?name) > 40)",
]
SHARED = """SELECT ?s ?p ?o {
  { SELECT ?p ?o { ?t ?p ?o } GROUP BY ?p ?o HAVING(COUNT(*) > 4 && COUNT(*) < 5000) }
  ?s ?p ?o FILTER(ISIRI(?s) && ISIRI(?o))
}"""


def name(local):
    return NamedNode(f"{SPACE}{local}")


def described(node, kind, term, how, number):
    yield Quad(name(node), VOID[kind], term, name("about"))
    yield Quad(name(node), how, Literal(str(number), datatype=XSD.integer), name("about"))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The stores of these tests are."""
    monkeypatch.setattr(joins, "SMALL", 0)


def test_the_queries_of_a_small_store_stay_as_they_are(store, monkeypatch):
    store.extend(described("whole", "property", name("whole"), VOID.triples, 999_999))
    text = "SELECT ?x { ?x ex:q ?y ; ex:p ?z . }"
    assert plan(text, joins.Sizes(store, 4)) != text
    monkeypatch.setattr(joins, "SMALL", 1_000_000)
    assert plan(text, joins.Sizes(store, 4)) == text
    store.extend(described("whole", "property", name("whole"), VOID.triples, 1_000_000))
    assert plan(text, joins.Sizes(store, 4)) != text


@pytest.fixture
def store():
    """Few statements, of which VoID says that they are many."""
    store = Store()
    store.extend(described("of-type", "property", RDF.type, VOID.triples, 9000))
    for local, number in STATED.items():
        store.extend(described(f"of-{local}", "property", name(local), VOID.triples, number))
    store.extend(described("of-C", "class", name("C"), VOID.entities, 7000))
    for number in range(THINGS):
        thing = name(f"thing-{number}")
        store.add(Quad(thing, RDF.type, name("C"), name("g")))
        store.add(Quad(thing, name("p"), name("usual"), name("g")))
        store.add(Quad(thing, name("q"), name(f"value-{number % 7}"), name("g")))
    return store


@pytest.fixture
def sizes(store):
    return joins.Sizes(store, reach=4)


def plan(text, sizes):
    return planned(PREFIX + text, sizes).removeprefix(PREFIX)


def test_patterns_that_match_much_are_hashed(sizes):
    assert plan("SELECT ?x { ?x ex:q ?y ; ex:p ?z . }", sizes) == (
        "SELECT ?x { { SELECT * { ?x ex:p ?z . } } { SELECT * { ?x ex:q ?y . } } }"
    )
    assert "{ SELECT * { ?x a ex:C . } }" in plan("SELECT ?x { ?x a ex:C . ?x ex:p ?y }", sizes)


def test_a_filter_goes_with_the_pattern_that_it_is_about(sizes):
    own, others = 'FILTER(?y != "{ . ;")', "FILTER(?x != ?y && ?x != ?z)"
    assert plan(f"SELECT ?x {{ ?x a ?z ; a ex:C ; ex:p ?y {others} {own} }}", sizes) == (
        f"SELECT ?x {{ {{ SELECT * {{ ?x a ex:C . }} }} {{ SELECT * {{ ?x ex:p ?y . {own} }} }} "
        f"{{ SELECT * {{ ?x a ?z . }} }} {others} }}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "ASK { ?x ex:p ?y ; ex:q ?z }",
        "SELECT ?x { ?x ex:p ?y ; ex:q ?z } LIMIT 10",
        "SELECT ?x { ?x ex:p ?y ; ex:q ?z } VALUES ?y { ex:usual }",
        "SELECT ?x { VALUES ?y { ex:usual } ?x ex:p ?y ; ex:q ?z }",
        "SELECT ?x { ?x ex:p ?y . ?x ex:much ?z }",
        "SELECT ?x { ?x ex:p ?y . ?x ex:r ?z }",
        "SELECT ?x { ?x ex:p ?y . ?x ?q ?z }",
        "SELECT ?x { ?x ex:p ?y . ?v ex:q ?z }",
        "SELECT ?x { ?x ex:p ?y . ?x ex:unknown ?z }",
        "SELECT ?x { ?x ex:p [ ex:q ?z ] ; ex:q ?y }",
        "SELECT ?x { ?x ex:p/ex:q ?y ; ex:q ?z }",
        "SELECT ?x { ?x ex:p ?y . ex:thing-1 ex:q ?z }",
        "SELECT ?x { ?x ex:p ex:usual ; ex:q ?z }",
        "SELECT ?x { GRAPH ?g { ?x ex:p ?y ; ex:q ?z } }",
        "SELECT ?x { ?x ex:r ?w FILTER EXISTS { SELECT ?x { ?x ex:p ?y ; ex:q ?z } } }",
        "SELECT ?x { ?x ex:r ?w OPTIONAL { { SELECT * { ?x ex:p ?y ; ex:q ?z } } } }",
        "SELECT ?x { ?x ex:p ?y FILTER(?y = ex:usual) ?x ex:q ?z FILTER(?z = ex:usual) }",
        "SELECT ?x { ?x ex:p ?y ; ex:q ?z FILTER NOT EXISTS { ?x ex:r ?w } }",
        "SELECT ?x { ?x ex:p ?y . BIND(?y AS ?w) ?x ex:q ?z }",
        "SELECT ?x { ?x ex:p ?y ; ex:q ?z OPTIONAL { ?x ex:r ?w } }",
        "CONSTRUCT WHERE { ?x ex:p ?y ; ex:q ?z }",
        "DESCRIBE ?x { ?x ex:p ?y ; ex:q ?z }",
        f"SELECT ?x {{ ?x ex:p ?y ; ex:q ?z }} # {'long' * 2500}",
        f"SELECT ?x {{ {' '.join(f'?x ex:p ?y{n} .' for n in range(33))} }}",
        "SELECT ?x { ?x ex:p ?y ; ex:q ?z",
        "SELECT ?x { ?x ex:p ?y ; ex:q \\ }",
    ],
)
def test_other_queries_stay_as_they_are(text, sizes):
    assert plan(text, sizes) == text


def test_what_is_read_as_a_whole_may_end_in_order_or_in_groups(sizes):
    for ending in ("ORDER BY ?x LIMIT 10", "GROUP BY ?x LIMIT 10", "HAVING(COUNT(*) > 1)"):
        text = f"SELECT ?x {{ ?x ex:p ?y ; ex:q ?z }} {ending}"
        assert plan(text, sizes).count("SELECT *") == 2
    text = "SELECT ?n { { SELECT (COUNT(*) AS ?n) { ?x ex:p ?y ; ex:q ?z } } } LIMIT 1"
    assert plan(text, sizes).count("SELECT *") == 2
    text = (
        "CONSTRUCT { ?x ex:p ?y } WHERE { ?x ex:p ?y ; ex:q ?z MINUS { ?x ex:r ?w } BIND(1 AS ?w) }"
    )
    assert plan(text, sizes).endswith("MINUS { ?x ex:r ?w } BIND(1 AS ?w) }")
    assert plan(text, sizes).count("SELECT *") == 2


def test_the_rarest_value_comes_first(sizes, monkeypatch):
    monkeypatch.setattr(joins, "FEW", 20)
    text = "SELECT ?x { ?x ex:p ex:usual ; a ex:C ; ex:q ex:value-3 ; ex:much ?y FILTER(?y > 1) }"
    assert plan(text, sizes) == (
        "SELECT ?x { ?x ex:q ex:value-3 . ?x ex:p ex:usual . ?x a ex:C . ?x ex:much ?y . "
        "FILTER(?y > 1) }"
    )


def test_terms_are_told_however_they_are_written(store, monkeypatch):
    monkeypatch.setattr(joins, "FEW", 2)
    for number, value in enumerate(['"a"', '"a"@fr', '"a"^^ex:t', "1.5", "true", f"<{SPACE}a>"]):
        for other in range(number + 2):
            text = f"INSERT DATA {{ GRAPH ex:g {{ ex:x-{number}-{other} ex:much {value} }} }}"
            store.update(text, prefixes={"ex": SPACE})
        text = f"SELECT ?x {{ ?x ex:p ex:usual ; ex:much {value} }}"
        assert plan(text, joins.Sizes(store, 1)).startswith(f"SELECT ?x {{ ?x ex:much {value} .")


def test_prefixes_that_need_no_declaration_are_known(sizes):
    text = "SELECT ?x { ?x ex:p ?y ; ex:q ?z }"
    assert planned(text, sizes) == text
    assert planned(text, sizes, {"ex": SPACE}) != text


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x { ?x ex:p ?y ; , ex:q ?z . ?x ex:q ?v }",
        "SELECT ?x { ?x ex:p ?y ; ex:q ?z } }",
        "SELECT ?x { ?x ex:p ?y . . ?x ex:q ?z }",
        "SELECT ?x { ?x ex:p ?y ; ex:q ?z . OPTIONAL { ?x } }",
    ],
)
def test_what_is_no_query_becomes_none(text, store):
    with pytest.raises(QueryMalformed, match="Line 1"):
        LocalEngine(store).answer(Request(PREFIX + text))


def test_a_dataset_of_its_own_has_other_sizes(store, monkeypatch):
    asked = []
    monkeypatch.setattr(joins, "planned", lambda text, *_: asked.append(text) or text)
    engine = LocalEngine(store)
    text = PREFIX + "SELECT ?x { ?x ex:p ?y ; ex:q ?z }"
    engine.answer(Request(text, default_graphs=(f"{SPACE}g",))).file.close()
    engine.answer(Request(text.replace("{", "FROM ex:g {", 1))).file.close()
    engine.answer(Request(text, bindings={"x": name("thing-1")})).file.close()
    assert not asked
    engine.answer(Request(text)).file.close()
    assert asked == [text]


def of_things(store, number):
    """Queries for things that have values in common with one that is there, in any order."""
    chance = random.Random(20261201)
    rows = store.query(SHARED, use_default_graph_as_union=True)
    things = defaultdict(list)
    for row in rows:
        things[row["s"]].append(f"?s {row['p']} {row['o']} .")
    for thing in chance.sample(sorted(key for key in things if len(things[key]) > 2), number):
        values = chance.sample(things[thing], chance.randint(2, 3))
        more = ["?s a ?class .", "?s rdfs:label ?label .", "FILTER(STRLEN(?label) > 9)"]
        parts = [*values, *chance.sample(more, chance.randint(0, 3))]
        chance.shuffle(parts)
        behind = chance.choice(["", *BEHIND])
        yield f"{HEAD}SELECT * {{ {' '.join(parts)} {behind} }}"


@pytest.mark.parametrize("reach", [0, 10**9], ids=["ordered", "hashed"])
def test_the_answers_are_the_same(default_release, monkeypatch, reach):
    monkeypatch.setattr(joins, "FEW", 2)
    engine = open_engine(Settings(engine="memory"), default_release)
    sizes = joins.Sizes(engine._store, reach)
    texts = [*Maker(engine._store, easy=False).queries(80), *of_things(engine._store, 80)]
    texts += [query.text for query in queryfile.read_all(ONTOLOGY / "questions")]
    changed = [text for text in texts if planned(text, sizes) != text]
    assert len(changed) > 20
    empty = 0
    for text in changed:
        monkeypatch.setattr(joins, "planned", lambda text, *_: text)
        expected = answer(engine, text)
        monkeypatch.setattr(joins, "planned", lambda text, *_: planned(text, sizes))
        assert answer(engine, text) == expected, text
        empty += not (expected[1] if isinstance(expected, tuple) else expected)
    assert empty < len(changed) / 2
