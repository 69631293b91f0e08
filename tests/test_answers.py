"""The answers that a release holds: the same as the site's, under limits, compared as bags."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from kg import answers, queryfile
from kg.changes.answers import Change, changed, count, difference, given_up, held, questions
from kg.query import Request
from kg.query.local import LocalEngine, open_store
from kg.release import Release
from kg.settings import Settings
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


def copied(release, tmp_path):
    """The release without answers, to be answered anew."""
    folder = tmp_path / release.folder.name
    shutil.copytree(release.folder, folder)
    shutil.rmtree(folder / "answers")
    shutil.rmtree(folder / "changes", ignore_errors=True)
    return Release(folder)


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
    monkeypatch.setattr(answers, "ROWS", 1)
    release = copied(two[0], tmp_path)
    told = answers.write(Settings(), release, None)
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
    monkeypatch.setattr(answers, "SECONDS", 1.0)
    release = copied(two[1], tmp_path)
    (release.folder / "ontology" / "questions" / "a-slow-one.rq").write_text(SLOW)
    (release.folder / "changes").mkdir()
    assert answers.write(Settings(), release, two[0]) == {"a-slow-one": "time"}
    assert changed(release.folder / "changes", NAMED).numbers == (1, 2)


def test_what_either_release_does_not_hold_is_not_compared(two, tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "ROWS", 1)
    (tmp_path / "old").mkdir()
    old = copied(two[0], tmp_path / "old")
    answers.write(Settings(), old, None)
    monkeypatch.setattr(answers, "ROWS", 1000)
    release = copied(two[1], tmp_path)
    (release.folder / "changes").mkdir()
    answers.write(Settings(), release, old)
    assert held(release, NAMED)
    assert changed(release.folder / "changes", NAMED) is None


def test_nothing_is_asked_of_what_is_for_an_engine_elsewhere(two, tmp_path):
    release = copied(two[0], tmp_path)
    told = answers.write(Settings(engine="remote", disk_above=10), release, None)
    assert set(told.values()) == {"engine"}
    assert [path.name for path in (release.folder / "answers").iterdir()] == ["given-up.json"]


def test_a_store_on_disk_gives_the_same_answers(two, tmp_path):
    release = run(
        tmp_path, "avise,Avise,301463253,a", "mes,MES,,b", engine="disk", date="2026-01-31"
    )
    assert release.store.is_dir()
    one, other = (
        {path.name: path.read_bytes() for path in (each.folder / "answers").glob("*.tsv")}
        for each in (release, two[1])
    )
    assert one.keys() == other.keys()
    assert one[f"{NAMED}.tsv"] == other[f"{NAMED}.tsv"]


def test_the_report_of_a_build_names_what_was_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "ROWS", 0)
    release = run(tmp_path, "avise,Avise,,a")
    assert f"question given up: {NAMED}" in (release.folder / "report.html").read_text()


def test_the_process_that_answers_ends_with_its_build(two, tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom kg import answers\n"
        "from kg.release import Release\nfrom kg.settings import Settings\n"
        "with answers._asking(Settings(), Release(Path(sys.argv[1]))):\n"
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
