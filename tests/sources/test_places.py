"""Places: every commune code of a register leads to the territories that the rules would give."""

from pathlib import Path

import duckdb
import pytest
from pyoxigraph import Literal, RdfFormat, Store

from kg import sources
from kg.convert import convert
from kg.iri import named
from kg.rules import infer
from kg.sources import places
from kg.sources.places import Place
from kg.sources.rows import Row
from kg.vocab import ESS

SAMPLE = Path(__file__).parent / "territories"


@pytest.fixture(scope="module")
def territories(tmp_path_factory):
    build = tmp_path_factory.mktemp("build")
    return convert(sources.load("territories"), SAMPLE, build).statements


@pytest.fixture(scope="module")
def found(territories):
    return places.lookup(territories)


@pytest.mark.parametrize(
    ("code", "place"),
    [
        pytest.param("59512", Place("59512", "59", "32"), id="a commune"),
        pytest.param("69381", Place("69381", "69", "84"), id="a municipal arrondissement"),
        pytest.param("69232", Place("69123", "69", "84"), id="a former commune"),
        pytest.param("20004", Place("2A004", "2A", "94"), id="a code that changed"),
        pytest.param("77362", Place("77362", "77", "11"), id="a commune that was shared out"),
        pytest.param("97123", Place("97701", "", ""), id="an overseas collectivity"),
    ],
)
def test_a_commune_code_leads_to_commune_departement_and_region(found, code, place):
    assert found[code] == place


@pytest.mark.parametrize("code", ["69M", "200093201", "84", "99999"])
def test_what_is_no_commune_has_no_place(found, code):
    assert code not in found


def seated(place):
    """What is stated of an organisation whose seat is there."""
    row = Row(dict(zip(places.COLUMNS, place, strict=True)), Path("register.csv"), 2)
    produced = list(places.seat(named("organization", "o"), row))
    assert not row, "the columns are popped"
    return produced


def test_the_rules_add_nothing_to_what_is_stated_of_a_seat(found, territories):
    store = Store()
    lines = (
        duckdb.connect()
        .sql(f"SELECT subject || ' ' || predicate || ' ' || object || ' .' FROM '{territories}'")
        .fetchall()
    )
    for place in found.values():
        lines += [(f"{s} {p} {o} .",) for s, p, o in seated(place)]
    store.load("\n".join(line for (line,) in lines), RdfFormat.N_TRIPLES)
    assert len(infer(store)) == 0


def test_a_seat_abroad_is_in_no_territory():
    assert seated(Place("", "", "")) == []


def test_the_table_holds_the_same_as_the_lookup(found, territories):
    with duckdb.connect() as connection:
        places.table(connection, territories)
        rows = connection.execute("SELECT * FROM place").fetchall()
    assert {code: Place(*names) for code, *names in rows} == found


def test_a_commune_is_stated_with_its_current_code(found):
    stated = seated(found["69232"])
    assert [(p, o.value.rpartition("/")[2]) for _, p, o in stated] == [
        (ESS.commune, "insee-69123"),
        (ESS.departement, "insee-departement-69"),
        (ESS.region, "insee-region-84"),
    ]
    assert not any(isinstance(o, Literal) for _, _, o in stated)
