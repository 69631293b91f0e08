"""The W3C suites on queries: evaluation, syntax, forms of results."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store

from kg.query.forms import GRAPHS, RESULTS
from tests.conformance import results
from tests.conformance.conftest import W3C
from tests.conformance.known import KNOWN
from tests.conformance.manifest import (
    FOLDER,
    QUERY_SUITES,
    QueryTest,
    identifier,
    path_of,
    query_tests,
)

if not FOLDER.is_dir():
    pytest.skip(f"the W3C test suites are not in {FOLDER}", allow_module_level=True)

CASES = {identifier(test, suite): test for suite in QUERY_SUITES for test in query_tests(suite)}
# Media types by the endings of the suites' result files.
TABLES = {
    "srx": RESULTS["xml"],
    "srj": RESULTS["json"],
    "csv": RESULTS["csv"],
    "tsv": RESULTS["tsv"],
}
ENDINGS = {media_type: ending for ending, media_type in {**TABLES, "ttl": GRAPHS["ttl"]}.items()}
UNKNOWN_FUNCTION = "The custom function"


def parameter(name: str, test: QueryTest):
    failing = pytest.mark.xfail(strict=True, raises=AssertionError, reason=KNOWN.get(name, ""))
    return pytest.param(test, id=name, marks=[failing] if name in KNOWN else [])


@pytest.mark.parametrize("test", [parameter(name, test) for name, test in CASES.items()])
def test_the_service_answers_as_the_suite_expects(test: QueryTest, over, record_property):
    record_property(W3C, test.iri)
    text = path_of(test.query).read_bytes().decode()
    ending = test.result.rpartition(".")[2] if test.result else ""
    with over(loaded(test), test.query).post(
        "/sparql",
        data=text.encode(),
        content_type="application/sparql-query",
        headers={"Accept": f"{TABLES.get(ending, RESULTS['xml'])}, {GRAPHS['ttl']}"},
    ) as response:
        body = response.get_data()
    if test.negative:
        assert response.status_code == 400, f"{text}\nwas answered: {response.text}"
        assert response.json["reason"] == "syntax"
    elif test.result is None:
        # Only the syntax is tested: that a function is not known is found after parsing.
        unknown = response.is_json and response.json["detail"].startswith(UNKNOWN_FUNCTION)
        assert response.status_code == 200 or unknown, f"{text}\n{response.text}"
    else:
        assert response.status_code == 200, f"{text}\n{response.text}"
        expected = results.read(path_of(test.result).read_bytes(), ending, test.result)
        found = results.read(body, ENDINGS[response.mimetype])
        assert results.same(found, expected, ordered=is_ordered(text), lax=test.lax), (
            f"{test.iri}\n{text}\nexpected {path_of(test.result)}:\n{expected}\nfound:\n{found}"
        )


def loaded(test: QueryTest) -> Store:
    """A store with the test's data."""
    store = Store()
    graphs = [(address, None) for address in test.data]
    graphs += [(address, NamedNode(address)) for address in test.graphs]
    for address, graph in graphs:
        path = path_of(address)
        form = RdfFormat.from_extension(path.suffix[1:])
        store.load(path=path, format=form, base_iri=address, to_graph=graph)
    return store


def is_ordered(text: str) -> bool:
    """Whether ORDER BY stands among the solution modifiers of the whole query, at its end."""
    return "ORDER BY" in text.rpartition("}")[2].upper()
