"""Nothing of the suites is left out in silence, and the documentation says what is."""

import pytest

from kg.settings import ROOT
from tests.conformance.known import KNOWN
from tests.conformance.manifest import (
    DESCRIPTION_SUITE,
    FOLDER,
    OUT_OF_SCOPE,
    PROTOCOL_SUITE,
    QUERY_SUITES,
    identifier,
    query_tests,
)

PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
here = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the W3C test suites are not in {FOLDER}")


@here
def test_every_suite_is_run_or_has_a_reason_not_to():
    covered = {*QUERY_SUITES, PROTOCOL_SUITE, DESCRIPTION_SUITE, *OUT_OF_SCOPE}
    found = {
        path.parent.relative_to(FOLDER).as_posix()
        for path in FOLDER.glob("sparql1[01]/*/manifest.ttl")
    }
    assert found | {"sparql12"} == covered


@here
def test_the_documentation_has_the_numbers():
    names = [identifier(test, suite) for suite in QUERY_SUITES for test in query_tests(suite)]
    assert set(KNOWN) <= set(names), "a known failure is no test of the suites: mend its name"
    sentence = f"{len(names)} tests on queries, of which {len(KNOWN)} fail"
    assert sentence in PAGE, f"docs/conformance.md should say: {sentence}"


@pytest.mark.parametrize("suite", OUT_OF_SCOPE)
def test_the_documentation_says_which_suites_are_out_of_scope(suite):
    assert f"`{suite.removeprefix('sparql11/')}`" in PAGE


@pytest.mark.parametrize("name", KNOWN)
def test_the_documentation_names_the_known_failures(name):
    assert f"`{name.partition('#')[2]}`" in PAGE
