"""The benchmark's parts still work together: no time is asserted."""

from dataclasses import replace

import pytest

from bench.generate import generate, siren
from bench.peers import Ours
from bench.release import release
from bench.run import QUERIES, QUICK, answers, lookups
from kg.clean import siren as checked
from kg.queryfile import canonical, read, read_all
from kg.settings import Settings

SIZE = 100_000
# Query to number of rows, where the generated graph fixes it.
EXPECTED = {
    "entity-by-siren": 1,
    "ask-anything": 1,
    "containment-up": 3,
    "contains-without-hit": 0,
    "successive-presidents": 3,
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return release(replace(Settings(), var=tmp_path_factory.mktemp("bench")), SIZE)


def test_our_service_answers_the_queries_of_the_benchmark(small):
    system = Ours(small, small.folder.parent.parent)
    system.load()
    with system.running(30) as running:
        found = [answers([running], read(QUERIES / f"{name}.rq"), QUICK) for name in EXPECTED]
        memory = running.memory()
    assert {each["name"]: each["rows"] for each in found} == EXPECTED
    assert all(each["ms"] and not each["wrong"] for each in found)
    assert memory > 0


def test_a_release_of_the_generated_graph_is_about_as_large_as_asked(small):
    counts = small.manifest["counts"]
    assert counts["statements"] == pytest.approx(SIZE, rel=0.05)
    assert counts["entities"].keys() >= {"organization", "person", "publication", "episode"}
    assert len(lookups(small, 10)) == 10


def test_the_same_size_and_seed_give_the_same_bytes(tmp_path):
    assert generate(50_000, tmp_path / "one") == generate(50_000, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_invented_numbers_have_the_right_check_digit():
    numbers = [siren(number) for number in range(1000)]
    assert [checked(number) for number in numbers] == numbers
    assert len(set(numbers)) == 1000


@pytest.mark.parametrize("query", read_all(QUERIES), ids=lambda query: query.name)
def test_query_files_are_canonical(query):
    text = query.path.read_text(encoding="utf-8")
    assert text == canonical(text), f"run 'kg fmt bench/queries/{query.path.name}'"
    assert query.get("title", "fr") and query.get("title", "en")
