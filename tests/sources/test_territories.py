"""Territories: from the geographic code to statements."""

from collections import Counter
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.errors import InputError, MissingFile
from kg.iri import named
from kg.settings import Settings
from kg.sources import Inputs, load
from kg.sources.rows import Row, RowError
from kg.sources.territories import former, importer
from kg.sources.territories.importer import LEVELS, PACKAGE, paths, records, triples
from kg.vocab import DCTERMS, ESS, IGEO, RDF, RDFS, SCHEMA
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "territories"
MOVEMENTS = Settings.from_environment().shared / "samples/cog/mouvements-communes.csv"
needs_package = pytest.mark.skipif(
    not PACKAGE.is_dir(), reason="the npm package is not installed: run 'make build'"
)
needs_movements = pytest.mark.skipif(
    not MOVEMENTS.is_file(), reason=f"the sample of movements is not there: {MOVEMENTS}"
)


def statements(given):
    return {triple for row in records(Inputs(paths(given))) for triple in triples(row)}


def territory(key):
    return named("territory", key)


def objects(graph, subject, predicate):
    return {o for s, p, o in graph if s == subject and p == predicate}


@pytest.fixture(scope="module")
def sample():
    return statements(SAMPLE)


@pytest.fixture(scope="module")
def without_movements(tmp_path_factory):
    folder = tmp_path_factory.mktemp("territories")
    for path in SAMPLE.glob("*.json"):
        copy(path, folder)
    return statements(folder)


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_no_column_of_the_sample_is_left_unread():
    source = load("territories")
    for row in records(Inputs(paths(SAMPLE))):
        list(triples(row))
        assert not set(row) - source.ignored, f"{row.file}, line {row.line}"


def test_a_commune_is_part_of_its_departement_and_of_its_intercommunal_body(sample):
    assert objects(sample, territory("insee-59512"), DCTERMS.isPartOf) == {
        territory("insee-departement-59"),
        territory("siren-200093201"),
    }


def test_the_metropole_de_lyon_is_no_epci(sample):
    lyon = territory("insee-69M")
    assert objects(sample, lyon, RDF.type) >= {ESS.SpecialStatusAuthority}
    assert IGEO.Intercommunalite not in objects(sample, lyon, RDF.type)
    assert objects(sample, lyon, ESS.siren) == {Literal("200046977")}
    assert lyon in objects(sample, territory("insee-69123"), DCTERMS.isPartOf)
    assert not any(s == territory("siren-200046977") for s, _, _ in sample)


def test_an_overseas_collectivity_is_stated_once(sample):
    assert objects(sample, territory("insee-departement-987"), ESS.territoryLevel) == {
        named("territory-level", "overseas-collectivity")
    }
    assert not any(s == territory("insee-region-987") for s, _, _ in sample)


def test_guadeloupe_is_a_departement_in_a_region(sample):
    assert objects(sample, territory("insee-departement-971"), DCTERMS.isPartOf) == {
        territory("insee-region-01")
    }


def test_the_current_commune_keeps_a_code_that_a_delegated_commune_bears_too(sample):
    arboys = territory("insee-01015")
    assert objects(sample, arboys, RDFS.label) == {Literal("Arboys en Bugey", language="fr")}
    assert objects(sample, arboys, ESS.formerName) == {Literal("Arbignieu", language="fr")}
    assert not objects(sample, arboys, DCTERMS.isReplacedBy)


@pytest.mark.parametrize(
    ("code", "current"),
    [
        pytest.param("01340", {"01015"}, id="a delegated commune"),
        pytest.param("69232", {"69123"}, id="a merger"),
        pytest.param("20004", {"2A004"}, id="a new code, the départements of Corsica"),
        pytest.param("69101", {"69114"}, id="a merger, then a new code"),
        pytest.param("55273", {"55386"}, id="an associated commune that changed sides"),
        pytest.param("77362", {"77066", "77444"}, id="a commune that was shared out"),
        pytest.param("97123", {"97701"}, id="a commune that became a collectivity"),
    ],
)
def test_an_old_code_leads_to_the_current_commune(sample, code, current):
    following = objects(sample, territory(f"insee-{code}"), DCTERMS.isReplacedBy)
    assert following == {territory(f"insee-{each}") for each in current}


def test_a_merged_commune_has_the_date_of_its_end_and_a_recoded_one_has_none(sample):
    assert objects(sample, territory("insee-69232"), SCHEMA.dissolutionDate) == {
        Literal("1963-08-07", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#date"))
    }
    assert not objects(sample, territory("insee-20004"), SCHEMA.dissolutionDate)


def test_without_movements_an_old_code_has_no_name_but_leads_to_the_same_commune(without_movements):
    old = territory("insee-20004")
    assert objects(without_movements, old, RDFS.label) == {
        Literal("ancien code 20004", language="fr")
    }
    assert objects(without_movements, old, DCTERMS.isReplacedBy) == {territory("insee-2A004")}


def test_a_code_that_leads_nowhere_is_stated_as_such():
    values = {"MOD": "30", "DATE_EFF": "1950-01-01", "TYPECOM_AV": "COM", "COM_AV": "97199"}
    movement = Row(
        {**values, "LIBELLE_AV": "Nulle-Part", "TYPECOM_AP": "", "COM_AP": "", "LIBELLE_AP": ""},
        Path("movements.csv"),
        2,
    )
    (row,) = former.communes([], [movement])
    assert (row["replaced_by"], row["departement"], row.line) == ("", "971", 2)


def test_codes_that_replace_each_other_lead_nowhere():
    movements = [
        Row(
            {
                "MOD": "31",
                "DATE_EFF": "1950-01-01",
                "TYPECOM_AV": "COM",
                "COM_AV": code,
                "LIBELLE_AV": "Ici",
                "TYPECOM_AP": "COM",
                "COM_AP": other,
                "LIBELLE_AP": "Là",
            },
            Path("movements.csv"),
            2,
        )
        for code, other in [("01001", "01002"), ("01002", "01001")]
    ]
    assert [row["replaced_by"] for row in former.communes([], movements)] == ["", ""]


def test_an_unknown_kind_of_movement_stops_the_source():
    movement = Row({"MOD": "99", "DATE_EFF": "2030-01-01"}, Path("movements.csv"), 2)
    with pytest.raises(InputError, match=r"line 2, column 'MOD': '99' is not a known kind"):
        list(former.communes([], [movement]))


def commune(**values):
    table = "communes/commune-actuelle"
    row = {"table": table, "code": "59512", "nom": "Roubaix", "departement": "59"}
    return Row({**row, **values}, Path("communes.json"), 1)


@pytest.mark.parametrize(
    ("values", "column", "problem"),
    [
        ({"code": "5951"}, "code", "is not an INSEE code of a commune"),
        ({"departement": "5"}, "departement", "is not an INSEE code of a département"),
        ({"nom": " "}, "nom", "is empty: a territory needs a name"),
        ({"siren": "215905127"}, "siren", "is not a SIREN: its check digit is wrong"),
        ({"population": "many"}, "population", "is not a number of inhabitants"),
        ({"table": "epci/NEW"}, "table", f"is none of those known: {', '.join(LEVELS)}"),
    ],
)
def test_a_wrong_value_is_refused_with_its_column(values, column, problem):
    with pytest.raises(RowError) as caught:
        list(triples(commune(**values)))
    assert (caught.value.column, caught.value.problem) == (column, problem)


@given(st.text(), st.text())
def test_any_name_and_code_give_readable_statements_or_are_refused(name, code):
    for row in (commune(nom=name), commune(code=code)):
        try:
            produced = list(triples(row))
        except ValueError:
            continue
        read = list(parse(canonical(produced), format=RdfFormat.N_TRIPLES))
        assert len(read) == len(set(produced))


def test_a_missing_package_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "PACKAGE", tmp_path)
    with pytest.raises(MissingFile, match=r"regions\.json: there is no such file.*make build"):
        paths(None)


def test_a_given_file_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "PACKAGE", SAMPLE)
    with pytest.raises(MissingFile, match=r"movements\.csv: there is no such file$"):
        paths(tmp_path / "movements.csv")


def test_a_file_that_is_not_json_is_named(tmp_path):
    for path in SAMPLE.glob("*.json"):
        copy(path, tmp_path)
    (tmp_path / "epci.json").write_text("[{")
    with pytest.raises(InputError, match=r"epci\.json: is not a JSON file"):
        list(records(Inputs(paths(tmp_path))))


@needs_package
@pytest.mark.parametrize(
    "given", [None, pytest.param(MOVEMENTS, marks=needs_movements)], ids=["package", "movements"]
)
def test_the_real_files_hold_the_whole_country(given):
    graph = statements(given)
    described = Counter(s for s, p, _ in graph if p == ESS.territoryLevel)
    least, most = load("territories").expect["territory"]
    assert least <= len(described) <= most
    assert set(described.values()) == {1}
    labelled = Counter(s for s, p, _ in graph if p == RDFS.label)
    assert labelled == described
    parts = {o for _, p, o in graph if p in (DCTERMS.isPartOf, DCTERMS.isReplacedBy)}
    assert parts <= set(described)
    departements = {s for s, p, o in graph if o in (IGEO.Departement, IGEO.CollectiviteDOutreMer)}
    within = {s for s, p, o in graph if p == DCTERMS.isPartOf and o in departements}
    communes = {s for s, p, o in graph if o == IGEO.Commune}
    assert communes <= within
    old = {s for s, p, o in graph if o == ESS.FormerCommune}
    replaced = {s: o for s, p, o in graph if p == DCTERMS.isReplacedBy}
    assert set(replaced) == old and set(replaced.values()) <= communes
    sirens = Counter(o for _, p, o in graph if p == ESS.siren)
    assert set(sirens.values()) == {1}
