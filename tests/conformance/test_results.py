"""The comparison that the suites' verdict rests on: what it overlooks, and what it must not."""

import pytest

from tests.conformance.results import read, same


def table(*rows, head="xy"):
    """A result in XML: a row is its cells, `_:a` a blank node, `1.0^^decimal` a typed literal."""
    variables = "".join(f'<variable name="{name}"/>' for name in head)
    results = "".join(
        f"<result>{''.join(map(binding, head, row.split()))}</result>" for row in rows
    )
    return read(
        f'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head>{variables}</head>'
        f"<results>{results}</results></sparql>".encode(),
        "srx",
    )


def binding(name, cell):
    value, _, datatype = cell.partition("^^")
    text, _, lang = value.partition("@")
    if cell == "-":
        return ""
    if cell.startswith("_:"):
        term = f"<bnode>{cell[2:]}</bnode>"
    elif lang:
        term = f'<literal xml:lang="{lang}">{text}</literal>'
    elif datatype:
        space = "http://www.w3.org/2001/XMLSchema#"
        term = f'<literal datatype="{space}{datatype}">{value}</literal>'
    else:
        term = f"<literal>{value}</literal>"
    return f'<binding name="{name}">{term}</binding>'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a b", "c d"], ["c d", "a b"]),
        (["_:a _:a", "_:b c"], ["_:x c", "_:y _:y"]),
        (["1.0^^decimal 1e0^^double"], ["1.00^^decimal 1.0E0^^double"]),
        (["01^^integer a^^string"], ["1^^integer a"]),
        (["a@en-US -"], ["a@en-us -"]),
        (["_:a b", "_:a b", "_:c b"], ["_:z b", "_:y b", "_:y b"]),
    ],
    ids=["order", "names of blank nodes", "spelling", "old types", "case of tags", "repetition"],
)
def test_results_that_mean_the_same_are_the_same(one, other):
    assert same(table(*one), table(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a b"], ["a b", "a b"]),
        (["a b"], ["b a"]),
        (["a -"], ["a b"]),
        (["_:a _:a"], ["_:a _:b"]),
        (["_:a b", "_:a c"], ["_:a b", "_:b c"]),
        (["1^^integer b"], ["1^^decimal b"]),
        (["1^^integer b"], ["1 b"]),
        (["a@en b"], ["a@fr b"]),
    ],
    ids=[
        *("number of rows", "variable", "unbound", "one blank node or two", "across rows"),
        *("datatype", "number or text", "language"),
    ],
)
def test_results_that_differ_are_told_apart(one, other):
    assert not same(table(*one), table(*other))


def test_a_variable_without_any_value_counts():
    assert not same(table("a", head="x"), table("a -", head="xy"))


def test_order_counts_where_the_query_orders():
    assert not same(table("a b", "c d"), table("c d", "a b"), ordered=True)
    assert same(table("a b", "c d"), table("a b", "c d"), ordered=True)


def test_repetition_does_not_count_where_the_query_reduces():
    assert same(table("a b"), table("a b", "a b"), lax=True)
    assert not same(table("a b"), table("c d"), lax=True)


def test_answers_to_ask_are_compared():
    yes, no = (
        read(f'{{"head": {{}}, "boolean": {word}}}'.encode(), "srj") for word in ("true", "false")
    )
    assert same(yes, yes)
    assert not same(yes, no)
    assert not same(yes, table())


def test_a_graph_is_no_table_and_is_compared_by_isomorphism():
    one, other, third = (
        read(f"@prefix : <http://x/> . {text}".encode(), "ttl")
        for text in (":a :b [ :c 01 ] .", ":a :b _:x . _:x :c 1 .", ":a :b [ :c 2 ] .")
    )
    assert same(one, other)
    assert not same(one, third)
    assert not same(one, table())


def test_cells_of_csv_are_compared_as_numbers_where_they_look_like_it():
    one, other, third = (
        read(f"x\r\n{cell}\r\n".encode(), "csv") for cell in ("1e6", "1000000", "a")
    )
    assert same(one, other)
    assert not same(one, third)


def test_the_vocabulary_of_result_sets_is_read_as_a_table():
    text = """
    @prefix rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#> .
    [] a rs:ResultSet ; rs:resultVariable "x" , "y" ;
      rs:solution [ rs:index 2 ; rs:binding [ rs:variable "x" ; rs:value "c" ] ] ,
        [ rs:index 1 ; rs:binding [ rs:variable "x" ; rs:value "a" ] ,
          [ rs:variable "y" ; rs:value "b" ] ] .
    """
    assert same(read(text.encode(), "ttl"), table("a b", "c -"), ordered=True)
