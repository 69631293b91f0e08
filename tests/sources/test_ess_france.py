"""The list of ESS France: numbers without their zeros, communes by name, names that differ."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from kg.convert import convert
from kg.errors import MissingColumn, MissingFile
from kg.iri import mint, named
from kg.sources import Inputs, load
from kg.sources.ess_france.importer import FAMILY, NAME, POSTAL_CODE, SIREN, paths, records, triples
from kg.sources.rows import LeftOut, Row, RowError
from kg.vocab import ADMS, ESS, RDFS, SCHEMA, SKOS
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "ess_france" / "entreprises.csv"


@pytest.fixture(scope="module")
def read(territories, others):
    """The rows of the sample, in a build where another source names two of the organisations."""
    sirene = others("a,LES AMIS DU JARDIN PARTAGE,005580113,", "b,LE LIEU,888000080,")
    converted = {"territories": territories, "sirene": sirene}
    return lambda path=SAMPLE, **options: list(records(Inputs([path], options, converted)))


@pytest.fixture(scope="module")
def rows(read):
    return read()


@pytest.fixture(scope="module")
def sample(rows):
    return {triple for row in rows for triple in triples(changed(row))}


def changed(row, **values):
    return Row({**row, **values}, row.file, row.line)


def objects(graph, siren, predicate):
    me = mint("organization", "siren", siren)
    return {o for s, p, o in graph if (s, p) == (me, predicate)}


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE.parent / "expected.nt", sample)


def test_every_column_is_used_or_left_out_on_purpose(rows):
    for each in rows:
        row = changed(each)
        list(triples(row))
        assert set(row) <= load("ess-france").ignored


def test_a_number_gets_back_the_zeros_that_a_spreadsheet_ate(sample):
    assert objects(sample, "005580113", ESS.siren) == {Literal("005580113")}
    assert objects(sample, "009900010", SCHEMA.postalCode) == {Literal("01300")}


def test_whoever_stands_on_the_list_has_a_family_and_the_list_for_its_basis(sample):
    basis = named("family-basis", "ess-france-list")
    listed = {s for s, p, o in sample if (p, o) == (ESS.legalFamilyBasis, basis)}
    assert len(listed) == 13
    family = objects(sample, "410000038", ESS.legalFamily)
    assert family == {named("legal-family", "commercial-company")}


@pytest.mark.parametrize(
    ("siren", "commune"),
    [
        pytest.param("300000015", "69123", id="a post office's name"),
        pytest.param("410000038", "69114", id="a former commune"),
        pytest.param("500000047", "93066", id="St for Saint"),
        pytest.param("555000058", "69381", id="an arrondissement"),
        pytest.param("777000076", "98735", id="overseas"),
    ],
)
def test_the_name_of_a_commune_leads_to_it(sample, siren, commune):
    assert objects(sample, siren, ESS.commune) == {named("territory", f"insee-{commune}")}


def test_a_commune_that_its_name_does_not_tell_leaves_departement_and_region(sample):
    assert objects(sample, "666000062", ESS.commune) == set()
    departement = named("territory", "insee-departement-77")
    assert objects(sample, "666000062", ESS.departement) == {departement}
    assert objects(sample, "666000062", ESS.region) == {named("territory", "insee-region-11")}


def test_what_others_describe_is_confirmed_and_not_described_again(sample):
    assert objects(sample, "005580113", RDFS.label) == {
        Literal("LES AMIS DU JARDIN PARTAGE", language="fr")
    }
    assert objects(sample, "005580113", ADMS.identifier) == set()
    assert objects(sample, "009900010", ADMS.identifier) != set()


def test_a_name_that_others_do_not_give_is_another_name(territories, others):
    sirene = others("a,Jardin partagé,005580113,")
    row = next(records(Inputs([SAMPLE], {}, {"territories": territories, "sirene": sirene})))
    stated = set(triples(row))
    assert objects(stated, "005580113", RDFS.label) == set()
    other = Literal("LES AMIS DU JARDIN PARTAGE", language="fr")
    assert objects(stated, "005580113", SKOS.altLabel) == {other}


def test_those_that_no_other_source_describes_can_be_left_out(read):
    found = read(enterprises="known")
    assert [row[SIREN] for row in found if isinstance(row, Row)] == ["005580113", "888000080"]
    assert found.count(LeftOut("not known to another source")) == 11


def test_a_masked_value_is_never_stated(sample):
    assert not [triple for triple in sample if "[ND]" in triple[2].value]
    assert objects(sample, "888000080", ESS.legalFamily) != set()


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        (SIREN, "5580114", "is not a SIREN"),
        (SIREN, "000000000", "is not a SIREN: its check digit is wrong"),
        (SIREN, "", "is not a SIREN: nine digits are needed"),
        (NAME, "[ND]", "is no name, and no other source names the organisation"),
        (FAMILY, "Sociétés à mission", "is none of the families known"),
        (POSTAL_CODE, "5910O", "is not a postal code: five digits are needed"),
    ],
)
def test_a_wrong_value_is_refused_with_its_column(rows, column, value, problem):
    (row,) = (row for row in rows if row[SIREN] == "009900010")
    with pytest.raises(RowError) as caught:
        list(triples(changed(row, **{column: value})))
    assert (caught.value.column, caught.value.value) == (column, value)
    assert caught.value.problem.startswith(problem)


def test_a_missing_column_stops_the_source(read, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f"{SIREN},{NAME}\n5580113,A\n", encoding="utf-8")
    with pytest.raises(MissingColumn, match=f"'{POSTAL_CODE}': the column is missing"):
        read(path)


def test_the_file_must_be_given():
    with pytest.raises(MissingFile, match="kg build --with ess-france=FILE"):
        paths(None)


def test_the_source_is_converted_under_its_own_name(territories, tmp_path):
    source = load("ess-france")
    path = tmp_path / "list.csv"
    path.write_text(SAMPLE.read_text(encoding="utf-8") + "1,2\n", encoding="utf-8")
    needed = convert(load("territories"), SAMPLE.parents[1] / "territories", tmp_path / "build")
    done = convert(source, path, tmp_path / "build", needed=[needed])
    assert done.outcome.entities == {"organization": 12}
    assert [str(each) for each in done.outcome.set_aside] == [
        "list.csv, line 11, column \"Nom ou raison sociale de l'entreprise\": '[ND]' is no name, "
        "and no other source names the organisation",
        "list.csv, line 15: the row has 2 cells, the header 8",
    ]


@given(st.data())
def test_any_text_in_a_cell_makes_statements_that_parse_or_an_error(rows, data):
    row = changed(data.draw(st.sampled_from(rows)))
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(st.text())
    try:
        made = set(triples(row))
    except ValueError:
        return
    assert len(list(parse(canonical(made), format=RdfFormat.N_TRIPLES))) == len(made)
