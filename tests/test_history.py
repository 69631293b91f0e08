"""When every entity came, last changed and went, over releases."""

import duckdb
import pytest

from kg import history
from kg.iri import BASE
from kg.release import moment

from .test_build import run

AVISE = "301463253"


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Four releases.

    1  avise, rtes, mes
    2  avise got its SIREN; rtes another name; mes is gone
    3  as before
    4  mes is back
    """
    folder = tmp_path_factory.mktemp("history")
    better = [f"avise,Avise,{AVISE},a", "rtes,Le RTES,,a"]
    return [
        run(folder, *rows)
        for rows in (
            ["avise,Avise,,a", "rtes,RTES,,a", "mes,MES,,a"],
            better,
            better,
            [*better, "mes,MES,,a"],
        )
    ]


def read(release):
    """Key to (kind, number of the release of creation, of the last change, state, successor)."""
    rows = duckdb.connect().sql(f"FROM '{release.folder / history.FILE}'").fetchall()
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    return {
        iri.removeprefix(f"{BASE}id/organization/"): (
            kind,
            created.second,
            modified.second,
            state,
            successor and successor.removeprefix(f"{BASE}id/organization/"),
        )
        for iri, kind, created, modified, state, successor in rows
        if "/id/organization/" in iri
    }


def test_what_is_new_was_created_and_changed_by_its_release(releases):
    assert read(releases[0])["rtes"] == ("organization", 1, 1, "live", None)
    assert read(releases[1])[f"siren-{AVISE}"] == ("organization", 2, 2, "live", None)


def test_what_changed_keeps_the_date_of_its_creation(releases):
    assert read(releases[1])["rtes"] == ("organization", 1, 2, "live", None)


def test_what_gave_way_says_to_whom_and_what_is_gone_that_it_is(releases):
    found = read(releases[1])
    assert found["avise"] == ("organization", 1, 2, "merged", f"siren-{AVISE}")
    assert found["mes"] == ("organization", 1, 2, "withdrawn", None)


def test_a_release_that_changes_nothing_dates_nothing_anew(releases):
    assert read(releases[2]) == read(releases[1])


def test_what_is_back_lives_again_since_then(releases):
    assert read(releases[3])["mes"] == ("organization", 1, 4, "live", None)
    assert read(releases[3])["rtes"] == ("organization", 1, 2, "live", None)


def test_after_a_release_without_history_all_that_it_had_is_as_old_as_it(tmp_path):
    first = run(tmp_path, "avise,Avise,,a", "mes,MES,,a")
    (first.folder / history.FILE).unlink()
    found = read(run(tmp_path, "avise,L'Avise,,a"))
    assert found["avise"] == ("organization", 1, 2, "live", None)
    assert found["mes"] == ("organization", 1, 2, "withdrawn", None)


def test_moments_have_the_order_of_releases():
    names = ["2026-11-25-2", "2026-11-25-10", "2026-11-26-1"]
    assert sorted(names, key=moment) == names


def test_pages_in_the_order_of_changes_give_everything_once(releases):
    read_ = history.History(releases[3].folder / history.FILE)
    whole = read_.latest(10_000)
    assert [(e.modified, e.iri) for e in whole] == sorted((e.modified, e.iri) for e in whole)
    found, place = [], (history.datetime.min, "")
    while page := read_.latest(2, place):
        found += page
        place = (page[-1].modified, page[-1].iri)
    assert found == whole


def test_pages_are_of_a_span_of_time_and_of_kinds(releases):
    read_ = history.History(releases[3].folder / history.FILE)
    first, second = moment(releases[0].id), moment(releases[1].id)
    chosen = read_.latest(100, (first, "\uffff"), second, ["organization"])
    assert {e.iri.rpartition("/")[2] for e in chosen} == {"avise", f"siren-{AVISE}", "rtes"}
    assert {e.kind for e in read_.latest(10_000, kinds=["person", "source"])} <= {
        "person",
        "source",
    }


def test_what_lives_comes_in_the_order_of_its_names(releases):
    read_ = history.History(releases[3].folder / history.FILE)
    names = [e.iri for e in read_.live(10_000)]
    assert names == sorted(names)
    assert f"{BASE}id/organization/avise" not in names
    assert [e.iri for e in read_.live(2, names[1])] == names[2:4]


def test_runs_of_what_lives_say_where_they_end_and_when_they_changed(releases):
    read_ = history.History(releases[3].folder / history.FILE)
    whole = read_.live(10_000)
    assert read_.ranges(10_000) == [(whole[-1].iri, max(e.modified for e in whole))]
    after, found = "", []
    for last, modified in read_.ranges(4):
        run = read_.live(100, after, last)
        assert len(run) == 4 or last == whole[-1].iri
        assert max(e.modified for e in run) == modified
        found += run
        after = last
    assert found == whole


def test_an_entity_is_found_by_its_iri_whatever_became_of_it(releases):
    read_ = history.History(releases[2].folder / history.FILE)
    assert read_.entity(f"{BASE}id/organization/rtes").state == "live"
    assert read_.entity(f"{BASE}id/organization/mes").state == "withdrawn"
    assert read_.entity(f"{BASE}id/organization/nobody") is None
