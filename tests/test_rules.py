"""What rules and checks in SPARQL look at: not the registers, but what is spoken of in them."""

from dataclasses import replace

import pytest

from kg import rules, statements
from kg.convert import convert
from kg.iri import BASE

from . import tiny


@pytest.fixture
def looked_at(tmp_path):
    """The organisations in the store that is made of a complete source and of another one."""

    def look(register, other):
        with statements.connect(tmp_path / "work") as connection:
            sources = [
                replace(tiny.source(tmp_path / "register", *register), complete=True),
                replace(tiny.source(tmp_path / "other", *other), name="other"),
            ]
            done = [convert(each, None, tmp_path / "build") for each in sources]
            statements.merge(connection, done, [])
            store = rules.store(connection, done, tmp_path / "statements.nq")
        return store, {
            quad.subject.value.removeprefix(f"{BASE}id/organization/").partition("#")[0]
            for quad in store
        }

    return look


def test_the_things_of_a_complete_source_are_but_sampled(looked_at):
    register = [f"o{number:03},Org {number},,register" for number in range(100)]
    _, found = looked_at(register, ["avise,Avise,,page"])
    assert found == {"avise", "o000"}


def test_all_is_there_that_anybody_states_of_a_thing_that_others_speak_of(looked_at):
    register = ["a,A,301463253,register", "b,B,,register", "siren-301463253,Avise,,register"]
    store, found = looked_at(register, ["avise,L'Avise,301463253,page"])
    assert "siren-301463253" in found
    names = {q.object.value for q in store if q.predicate.value.endswith("#label")}
    assert {"A", "Avise", "L'Avise"} <= names


def test_without_a_complete_source_everything_is_there(tmp_path):
    with statements.connect(tmp_path / "work") as connection:
        done = convert(tiny.source(tmp_path, "a,A,,", "b,B,,"), None, tmp_path / "build")
        statements.merge(connection, [done], [])
        store = rules.store(connection, [done], tmp_path / "statements.nq")
        assert len(store) == statements.count(connection) == 6
