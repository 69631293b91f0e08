"""Names once published: redirects that last and what is withdrawn, over releases and HTTP."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import ledger
from kg.iri import BASE
from kg.release import Releases
from kg.web.translations import compile_all

from .served import serve
from .test_build import run

AVISE, RTES = "301463253", "200046977"


def lines(release, name):
    text = (release.folder / name).read_text(encoding="utf-8")
    return dict(line.split("\t") for line in text.splitlines())


def keys(table):
    return {key.removeprefix(f"{BASE}id/organization/"): value for key, value in table.items()}


def redirects(release):
    found = keys(lines(release, ledger.REDIRECTS))
    return {old: new.removeprefix(f"{BASE}id/organization/") for old, new in found.items()}


def withdrawn(release):
    return keys(lines(release, ledger.WITHDRAWN))


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Four releases.

    1  avise, rtes, mes
    2  avise and rtes got their SIREN; mes is gone
    3  rtes is gone, avise's claim to its old name too: nothing says any more that it was avise
    4  mes is back
    """
    folder = tmp_path_factory.mktemp("ledger")
    return [
        run(folder, *rows)
        for rows in (
            ["avise,Avise,,a", "rtes,RTES,,a", "mes,MES,,a"],
            [f"avise,Avise,{AVISE},a", f"rtes,RTES,{RTES},a"],
            [f"siren-{AVISE},Avise,{AVISE},a"],
            [f"siren-{AVISE},Avise,{AVISE},a", "mes,MES,,a"],
        )
    ]


def test_a_better_key_is_a_redirect_and_stays_one(history):
    assert redirects(history[0]) == {}
    assert redirects(history[1]) == {"avise": f"siren-{AVISE}", "rtes": f"siren-{RTES}"}
    assert redirects(history[2]) == redirects(history[3]) == {"avise": f"siren-{AVISE}"}


def test_what_is_gone_is_withdrawn_since_the_first_release_without_it(history):
    second, third = history[1].id, history[2].id
    assert withdrawn(history[0]) == {}
    assert withdrawn(history[1]) == {"mes": second}
    assert withdrawn(history[2]) == {"mes": second, "rtes": third, f"siren-{RTES}": third}


def test_what_has_come_back_is_withdrawn_no_longer(history):
    third = history[2].id
    assert withdrawn(history[3]) == {"rtes": third, f"siren-{RTES}": third}


def test_a_redirect_follows_when_its_target_gives_way(tmp_path):
    run(tmp_path, "avise,Avise,,a", "lavise,L'Avise,,a")
    run(tmp_path, f"lavise,L'Avise,{RTES},a")
    # What was named by a wrong number is named by its own again: a name never changes meaning.
    last = run(tmp_path, "lavise,L'Avise,,a")
    assert redirects(last) == {}
    assert set(withdrawn(last)) == {"avise", f"siren-{RTES}"}


def test_the_ledger_goes_on_when_the_base_changes(tmp_path):
    first = run(tmp_path, "avise,Avise,,a", "mes,MES,,a")
    other = "http://data.example.org/ess/"
    second = run(tmp_path, f"avise,Avise,{AVISE},a", base_iri=other)
    third = run(tmp_path, f"siren-{AVISE},Avise,{AVISE},a")
    assert second.successor(f"{other}id/organization/avise")
    assert second.withdrawn(f"{other}id/organization/mes") == second.id
    assert redirects(third) == {"avise": f"siren-{AVISE}"}
    assert withdrawn(third) == {"mes": second.id}
    assert first.successor(f"{BASE}id/organization/avise") is None


def test_a_release_of_before_there_was_a_ledger_of_withdrawals_can_be_the_previous(tmp_path):
    first = run(tmp_path, "avise,Avise,,a")
    (first.folder / ledger.WITHDRAWN).unlink()
    assert first.withdrawn(f"{BASE}id/organization/avise") is None
    second = run(tmp_path, "mes,MES,,a")
    assert withdrawn(second) == {"avise": second.id}


@given(st.dictionaries(st.text("abé/-", min_size=1), st.text("xyz", min_size=1), max_size=9))
def test_a_name_is_found_in_a_file_of_any_length(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("look-up") / "names.tsv"
    ordered = sorted(table.items(), key=lambda pair: pair[0].encode())
    path.write_text("".join(f"{old}\t{new}\n" for old, new in ordered), encoding="utf-8")
    for key in [*table, "", "a", "zz", "é"]:
        assert ledger.look_up(path, key) == table.get(key)


def test_the_site_redirects_for_good_and_says_what_was_withdrawn(history):
    compile_all()
    var = history[0].folder.parent.parent
    with serve(var) as server:
        client = server.client()
        better = f"/id/organization/siren-{AVISE}"
        moved = client.get("/id/organization/avise")
        assert (moved.status, moved.headers["Location"]) == (301, better)
        moved = client.get("/doc/organization/avise.ttl")
        assert moved.headers["Location"] == f"/doc/organization/siren-{AVISE}.ttl"
        assert client.get(better).status == 303
        for path in ("/id/organization/rtes", f"/doc/organization/siren-{RTES}.nt"):
            gone = client.get(path, Accept="application/json")
            assert gone.status == 410
            assert history[2].id in json.loads(gone.body)["detail"]
        assert client.get("/id/organization/nobody").status == 404
        assert client.get("/id/organization/mes").status == 303
    assert Releases(var / "releases").current() == history[3]


def test_the_iri_of_a_former_siren_leads_to_the_organisation(default_release):
    former, present = (f"{BASE}id/organization/siren-{n}" for n in ("245900410", "200093201"))
    assert default_release.successor(former) == present
    assert default_release.successor(present) is None
