"""The answers that a release holds: the same as the site's, under limits, compared as bags."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from kg import ask, queryfile, writer
from kg.changes.answers import (
    Change,
    changed,
    count,
    difference,
    given_up,
    held,
    questions,
    write,
)
from kg.query import Request
from kg.query.local import LocalEngine, open_store
from kg.release import Release
from kg.settings import ONTOLOGY
from tests.served import wait
from tests.test_build import run

NAMED = "organizations-without-identifier"
SLOW = """# title@fr: Lente
SELECT (count(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two releases: in the second avise has a SIREN, mes came, rtes went."""
    folder = tmp_path_factory.mktemp("answers")
    first = run(folder, "avise,Avise,,a", "rtes,RTES,,a")
    return first, run(folder, "avise,Avise,301463253,a", "mes,MES,,b")


def answered(release, tmp_path, memory=1000):
    """The statements of a release answered anew: the release, and what was given up."""
    folder = tmp_path / release.folder.name
    (folder / "dumps").mkdir(parents=True)
    shutil.copy(release.folder / "dumps" / "all.nq.zst", folder / "dumps")
    (folder / "changes").mkdir()
    return Release(folder), ask.write(folder, release.base, memory)


@pytest.mark.parametrize(
    ("old", "new", "added", "removed"),
    [
        ("1", "1 2", "2", ""),
        ("1 2", "2", "", "1"),
        ("1 1", "1", "", "1"),
        ("1", "1 1 1", "1 1", ""),
        ("1 2 2", "3 2", "3", "1 2"),
        ("", "1", "1", ""),
    ],
)
def test_answers_are_compared_as_bags(old, new, added, removed):
    def result(rows):
        return "".join(f"{row}\n" for row in ["?a", *rows.split()]).encode()

    change = difference(result(old), result(new))
    assert change == Change(result(added), result(removed))
    assert change.numbers == (len(added.split()), len(removed.split()))


def test_the_same_answer_and_one_with_other_columns_have_no_difference():
    assert difference(b"?a\n1\n2\n", b"?a\n1\n2\n") is None
    assert difference(b"?a\n1\n", b"?b\n2\n") is None


def test_a_release_holds_what_the_site_answers(two):
    engine = LocalEngine(open_store(two[1]), base=f"{two[1].base}sparql")
    asked = queryfile.read_all(two[1].folder / "ontology" / "questions", two[1].base)
    assert asked
    for each in asked:
        expected = engine.answer(Request(each.text, "text/tab-separated-values")).read()
        found = (two[1].folder / "answers" / f"{each.name}.tsv").read_bytes()
        assert sorted(found.splitlines()) == sorted(expected.splitlines())
        head, *rows = found.splitlines()
        assert (head, rows) == (expected.splitlines()[0], sorted(rows))
    assert json.loads((two[1].folder / "answers" / "given-up.json").read_text()) == {}


def test_what_changed_is_written_for_answers_that_changed_alone(two):
    first, second = two
    assert not (first.folder / "changes").exists()
    changes = second.folder / "changes"
    assert NAMED in questions(changes)
    change = changed(changes, NAMED)
    assert b"organization/mes>" in change.added and b"organization/rtes>" not in change.added
    assert b"organization/rtes>" in change.removed and b"organization/avise>" in change.removed
    assert change.numbers == (1, 2)
    assert changed(changes, "publications-without-date") is None


def test_too_many_rows_are_given_up(two, tmp_path, monkeypatch):
    monkeypatch.setattr(ask, "ROWS", 1)
    release, told = answered(two[0], tmp_path)
    full = {
        path.stem
        for path in (two[0].folder / "answers").glob("*.tsv")
        if count(path.read_bytes()) > 1
    }
    assert NAMED in full
    assert told == dict.fromkeys(full, "rows")
    assert given_up(release, NAMED) == "rows"
    assert not held(release, NAMED)
    assert held(release, "publications-without-date")
    assert given_up(release, "publications-without-date") == ""


def test_a_question_that_takes_too_long_is_given_up_and_the_next_are_answered(
    two, tmp_path, monkeypatch
):
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "a-slow-one.rq").write_text(SLOW)
    shutil.copy(ONTOLOGY / "questions" / f"{NAMED}.rq", tmp_path / "questions")
    monkeypatch.setattr(ask, "SECONDS", 1.0)
    monkeypatch.setattr(ask, "ONTOLOGY", tmp_path)
    release, told = answered(two[1], tmp_path)
    assert told == {"a-slow-one": "time"}
    assert held(release, NAMED)


def test_what_either_release_does_not_hold_is_not_compared(two, tmp_path, monkeypatch):
    release, _ = answered(two[1], tmp_path)
    monkeypatch.setattr(ask, "ROWS", 1)
    old, _ = answered(two[0], tmp_path)
    write(release.folder, old.folder)
    assert held(release, NAMED)
    assert changed(release.folder / "changes", NAMED) is None


def test_nothing_is_asked_of_what_is_for_an_engine_elsewhere(two, tmp_path):
    release, told = answered(two[0], tmp_path, memory=None)
    assert set(told.values()) == {"engine"} and NAMED in told
    assert [path.name for path in (release.folder / "answers").iterdir()] == ["given-up.json"]


@pytest.mark.parametrize(
    ("engine", "above", "asked"),
    [("remote", 10, False), ("remote", 10**9, True), ("memory", 10, True)],
)
def test_a_build_asks_what_this_machine_can_hold(tmp_path, engine, above, asked):
    release = run(tmp_path, "avise,Avise,,a", engine=engine, disk_above=above)
    assert held(release, NAMED) == asked
    assert given_up(release, NAMED) == ("" if asked else "engine")


def test_a_large_release_is_asked_on_disk_beside_other_work_and_answers_the_same(
    two, tmp_path, monkeypatch
):
    monkeypatch.setattr(writer, "LARGE", 0)
    release = run(tmp_path, "avise,Avise,301463253,a", "mes,MES,,b", engine="disk")
    assert release.store.is_dir()
    one, other = (
        {path.name: path.read_bytes() for path in (each.folder / "answers").glob("*.tsv")}
        for each in (release, two[1])
    )
    assert one.keys() == other.keys()
    assert one[f"{NAMED}.tsv"] == other[f"{NAMED}.tsv"]


def test_the_report_of_a_build_names_what_was_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(ask, "ROWS", 0)
    release = run(tmp_path, "avise,Avise,,a")
    assert f"question given up: {NAMED}" in (release.folder / "report.html").read_text()


def test_the_process_that_answers_ends_with_its_build(two, tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom kg import ask\n"
        "from kg.iri import BASE\nfrom kg.query.worker import Limits\n"
        "with ask._asking(Path(sys.argv[1]), BASE, Limits(5, 1000, 1)):\n"
        "    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(two[0].folder)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        assert list(tmp_path.rglob("query.sock"))
        process.kill()
    # The last that it does is to take its socket away, after its workers.
    wait(lambda: not list(tmp_path.rglob("query.sock")), "it goes on")
