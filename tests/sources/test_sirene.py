"""Legal units: which of them are taken from the stock file, and what is said of them."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg import sources
from kg.convert import check_expected, convert
from kg.errors import MissingColumn, MissingFile
from kg.iri import named
from kg.settings import Settings
from kg.sources import Inputs
from kg.sources.concepts import concepts, families
from kg.sources.rows import LeftOut, Row, RowError
from kg.sources.sirene.importer import COLUMNS, IGNORED, LATER, STATED, paths, records, triples
from kg.vocab import ADMS, DCTERMS, ESS, FOAF, ORG, RDF, RDFS, SCHEMA, SKOS
from tests.sources.registers import converted, copy_of, inferred, objects
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "sirene"
REAL = Settings.from_environment().shared / "samples/sirene"
needs_samples = pytest.mark.skipif(not REAL.is_dir(), reason=f"no samples of Sirene in {REAL}")

GARDENS, ENERGY, JOINERY = "123456709", "123456717", "123456725"
CHOIR, FOUNDATION, MUTUAL, ZERO = "123456733", "123456741", "123456758", "000000018"


def read(given_path, **options):
    """The rows that are taken, and how many are left out by reason."""
    found = list(records(Inputs(paths(given_path), options)))
    left_out = {each.reason: each.rows for each in found if isinstance(each, LeftOut)}
    return [each for each in found if isinstance(each, Row)], left_out


def statements(rows):
    stated = set()
    for row in rows:
        try:
            stated.update(list(triples(copy_of(row))))
        except RowError:
            continue
    return stated


def unit(siren):
    return named("organization", f"siren-{siren}")


@pytest.fixture(scope="module")
def rows():
    return read(SAMPLE)[0]


@pytest.fixture(scope="module")
def sample(rows):
    return statements(rows)


@pytest.fixture
def row(rows):
    """The first unit, with other values in some columns."""
    return lambda **values: copy_of(rows[0], **values)


# Which rows are taken


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_every_row_is_taken_left_out_for_a_reason_or_set_aside_with_its_line(tmp_path):
    outcome = converted(tmp_path, "sirene").outcome
    assert outcome.rows == 16
    assert outcome.entities == {"organization": 7}
    assert outcome.left_out == {
        "a natural person": 1,
        "not flagged as belonging to the ESS": 2,
        "not open to publication": 1,
        "without a name that may be published": 1,
    }
    assert [(each.line, each.column, each.value) for each in outcome.set_aside] == [
        (14, "categorieJuridiqueUniteLegale", "9999"),
        (15, "siren", "999999021"),
        (16, "activitePrincipaleUniteLegale", "99.98Z"),
        (17, "dateCreationUniteLegale", "2011-02-30"),
    ]
    assert "ontology/schemes/legal-form.ttl" in str(outcome.set_aside[0])


def test_no_column_of_the_register_is_left_unread(rows):
    for each in rows:
        spent = copy_of(each)
        try:
            list(triples(spent))
        except RowError:
            continue
        assert set(spent) == set()


def test_the_columns_are_those_of_the_register():
    with (SAMPLE / "StockUniteLegale_utf8.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert len(header) == 35
    assert {*COLUMNS.read, *COLUMNS.ignored} == set(header)


def test_employers_alone_are_taken_when_the_option_says_so():
    taken, left_out = read(SAMPLE, only="employers")
    assert [each["siren"] for each in taken] == [ENERGY, FOUNDATION, MUTUAL, ZERO]
    assert left_out["not an employer"] == 7


def test_names_of_natural_persons_are_not_even_read(rows):
    personal = {name for name in IGNORED if re.match("nom|prenom|sexe|pseudonyme", name)}
    assert len(personal) == 10
    assert not personal & {column for each in rows for column in each}
    assert "EXEMPLE" not in str(rows) and "CAMILLE" not in str(rows)


def test_a_file_without_a_column_is_refused_with_its_name(tmp_path):
    text = (SAMPLE / "StockUniteLegale_utf8.csv").read_text(encoding="utf-8")
    path = tmp_path / "StockUniteLegale.csv"
    path.write_text(text.replace("sigleUniteLegale", "acronyme", 1), encoding="utf-8")
    with pytest.raises(MissingColumn, match=r"StockUniteLegale\.csv, column 'sigleUniteLegale'"):
        list(records(Inputs([path])))


def test_an_older_edition_lacks_the_columns_that_came_later(tmp_path, rows):
    with (SAMPLE / "StockUniteLegale_utf8.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    header = [name for name in table[0] if name not in COLUMNS.later]
    path = tmp_path / "StockUniteLegale.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)
    taken, _ = read(path)
    assert taken == [copy_of(each, **dict.fromkeys(COLUMNS.later, "")) for each in rows]
    assert not {p for _, p, _ in statements(taken)} & {ESS.missionCompany}


def test_without_a_file_the_source_says_where_to_get_it():
    with pytest.raises(MissingFile, match=r"StockUniteLegale is needed.*data\.gouv\.fr.*--with"):
        paths(None)


# What is said of a unit


def test_a_unit_is_a_formal_organisation_with_all_classes_that_the_rules_would_add(sample):
    kinds = objects(sample, unit(GARDENS), RDF.type)
    assert {ORG.FormalOrganization, ORG.Organization, FOAF.Agent} <= kinds


def test_the_rules_add_nothing_to_what_is_stated(tmp_path):
    assert inferred(converted(tmp_path, "sirene")) == []


def test_names_other_names_and_acronym(sample):
    me = unit(GARDENS)
    assert objects(sample, me, RDFS.label) == objects(sample, me, SKOS.prefLabel)
    assert objects(sample, me, RDFS.label) == {"LES JARDINS PARTAGES"}
    assert objects(sample, me, SKOS.altLabel) == {"LES JARDINS"}
    assert objects(sample, me, ESS.acronym) == {"LJP"}
    assert {o.language for _, p, o in sample if p in (RDFS.label, SKOS.altLabel)} <= {"fr", None}


def test_a_unit_known_by_its_acronym_is_called_by_it(sample):
    assert objects(sample, unit(MUTUAL), RDFS.label) == {"MUTUALIS"}
    assert objects(sample, unit(MUTUAL), ESS.acronym) == set()


def test_a_name_is_cleaned_of_line_breaks(sample):
    assert objects(sample, unit(FOUNDATION), RDFS.label) == {'FONDATION "L\'ÉTÉ", À LYON'}


@pytest.mark.parametrize(
    ("siren", "form", "family", "basis"),
    [
        (GARDENS, "9220", "association", "law"),
        (JOINERY, "5458", "cooperative", "law"),
        (FOUNDATION, "9300", "foundation", "law"),
        (MUTUAL, "8210", "mutual", "law"),
        (ZERO, "9260", "association", "law"),
        (ENERGY, "5710", "undetermined", "register-flag"),
    ],
)
def test_the_family_is_what_the_form_proves_by_law_and_else_undetermined(
    sample, siren, form, family, basis
):
    me = unit(siren)
    assert objects(sample, me, ESS.legalForm) == {named("legal-form", form)}
    assert objects(sample, me, ESS.legalFamily) == {named("legal-family", family)}
    assert objects(sample, me, ESS.legalFamilyBasis) == {named("family-basis", basis)}


def test_the_families_of_forms_are_families():
    assert set(families()) <= set(concepts("legal-form"))
    assert set(families().values()) <= set(concepts("legal-family")) - {"undetermined"}


@pytest.mark.parametrize(
    ("siren", "activity", "naf2025"),
    [
        (GARDENS, {named("activity", "94.99Z")}, {"94.99Y"}),
        pytest.param(CHOIR, set(), set(), id="a nomenclature of before 2008"),
        pytest.param(MUTUAL, set(), set(), id="not coded yet"),
        pytest.param(ZERO, set(), {"94.99Y"}, id="NAF 2025 alone"),
    ],
)
def test_the_activity_in_both_nomenclatures(sample, siren, activity, naf2025):
    assert objects(sample, unit(siren), ESS.activity) == activity
    assert objects(sample, unit(siren), ESS.naf2025) == naf2025


def test_size_category_and_mission(sample):
    assert objects(sample, unit(GARDENS), ESS.sizeClass) == {named("size-class", "NN")}
    assert objects(sample, unit(JOINERY), ESS.sizeClass) == set()
    assert objects(sample, unit(ENERGY), ESS.enterpriseCategory) == {
        named("enterprise-category", "PME")
    }
    assert [s for s, p, _ in sample if p == ESS.missionCompany] == [unit(ENERGY)]


@pytest.mark.parametrize(
    ("siren", "status", "founded", "ended"),
    [
        (GARDENS, "active", {"1998-03-12"}, set()),
        (JOINERY, "ceased", {"1982-01-04"}, {"2019-06-30"}),
        pytest.param(CHOIR, "ceased", set(), set(), id="1900-01-01 is no date"),
    ],
)
def test_whether_it_exists_since_when_and_until_when(sample, siren, status, founded, ended):
    me = unit(siren)
    assert objects(sample, me, ESS.administrativeStatus) == {named("administrative-status", status)}
    assert objects(sample, me, SCHEMA.foundingDate) == founded
    assert objects(sample, me, SCHEMA.dissolutionDate) == ended


def test_identifiers_stand_as_strings_and_with_their_scheme(sample):
    me = unit(GARDENS)
    assert objects(sample, me, ESS.siren) == {GARDENS}
    assert objects(sample, me, ESS.siret) == {"12345670900013"}
    assert objects(sample, me, ESS.rna) == {"W691234567"}
    parts = objects(sample, me, ADMS.identifier)
    assert parts == {
        NamedNode(f"{me.value}#siren-{GARDENS}"),
        NamedNode(f"{me.value}#rna-W691234567"),
    }
    for part in parts:
        scheme, _, value = part.value.rpartition("#")[2].partition("-")
        assert objects(sample, part, DCTERMS.type) == {scheme}
        assert objects(sample, part, SKOS.notation) == {value}


def test_numbers_that_a_spreadsheet_spoilt_are_codes_again(sample):
    assert objects(sample, unit(ZERO), ESS.siret) == {"00000001800010"}


def test_what_the_register_masks_is_not_stated_and_the_rest_is(sample):
    assert objects(sample, unit(ENERGY), RDFS.label) == {"ENERGIES DU QUARTIER"}
    assert not objects(sample, unit(ENERGY), ESS.acronym)


@pytest.mark.parametrize("column", [*STATED, *LATER])
def test_a_masked_value_is_never_stated_whatever_the_column(tmp_path, column):
    path = tmp_path / "StockUniteLegale.csv"
    with (
        (SAMPLE / "StockUniteLegale_utf8.csv").open(encoding="utf-8", newline="") as file,
        path.open("w", encoding="utf-8", newline="") as masked,
    ):
        table = csv.DictReader(file)
        writer = csv.DictWriter(masked, table.fieldnames or [])
        writer.writeheader()
        writer.writerows({**line, column: "[ND]"} for line in table)
    taken, _ = read(path)
    assert "[ND]" not in str(taken)
    assert "[ND]" not in canonical(statements(taken))


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("siren", "123456700", "is not a SIREN: its check digit is wrong"),
        ("nicSiegeUniteLegale", "00019", "is not a SIRET: its check digit is wrong"),
        ("categorieEntreprise", "TPE", "is not in ontology/schemes/enterprise-category.ttl"),
        ("trancheEffectifsUniteLegale", "12.0", "is not in ontology/schemes/size-class.ttl"),
        ("etatAdministratifUniteLegale", "X", "is none of A, C, F"),
        ("societeMissionUniteLegale", "oui", "is neither O nor N"),
        ("activitePrincipaleNAF25UniteLegale", "9499Y", "is not a code of NAF 2025"),
        ("identifiantAssociationUniteLegale", "W1", "is not an RNA number"),
        ("dateCreationUniteLegale", "hier", "is not a date"),
        ("denominationUniteLegale", "", "is empty: an organisation needs a name"),
    ],
)
def test_a_value_that_is_none_sets_the_row_aside_with_its_column(row, column, value, problem):
    nameless = dict.fromkeys(("denominationUsuelle1UniteLegale", "sigleUniteLegale"), "")
    nameless["denominationUsuelle2UniteLegale"] = ""
    with pytest.raises(RowError) as caught:
        list(triples(row(**{**nameless, column: value})))
    error = caught.value
    if column == "nicSiegeUniteLegale":
        value = GARDENS + value
    assert (error.column, error.value) == (column, value)
    assert error.problem.startswith(problem)


def test_an_activity_of_an_unknown_nomenclature_is_set_aside(row):
    with pytest.raises(RowError, match="is of an unknown nomenclature, 'NAF2040'"):
        list(triples(row(nomenclatureActivitePrincipaleUniteLegale="NAF2040")))


@given(st.dictionaries(st.sampled_from([*STATED, *LATER]), st.text()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_readable_statements_or_is_refused_by_name(row, values):
    try:
        produced = list(triples(row(**values)))
    except RowError as error:
        assert error.column in STATED + LATER
        return
    assert len(list(parse(canonical(produced), format=RdfFormat.N_TRIPLES))) == len(set(produced))


@given(st.integers(1, 99_999_999))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_ten_last_digits_one_makes_a_siren(row, number):
    taken = []
    for last in "0123456789":
        siren = f"{number:08d}{last}"
        try:
            stated = list(triples(row(siren=siren, nicSiegeUniteLegale="")))
        except RowError as error:
            assert error.column == "siren"
            continue
        assert objects(stated, unit(siren), ESS.siren) == {siren}
        taken.append(siren)
    assert len(taken) == 1


# How many


def test_a_part_of_the_register_is_not_compared_with_the_whole(tmp_path):
    whole, part = converted(tmp_path, "sirene"), converted(tmp_path, "sirene", extent="part")
    problems, _ = check_expected(whole)
    assert problems == ["sirene: 7 of kind organization, where 1000000 to 1600000 are usual"]
    assert check_expected(part) == ([], [])


def test_fewer_employers_than_units_are_usual():
    source = sources.load("sirene")
    assert source.expected({"only": "employers"})["organization"][1] < 1_000_000
    assert source.expected({"only": "all", "extent": "france"}) == source.expect


# Real rows


@needs_samples
def test_the_real_sample_of_units_has_none_of_the_ess():
    taken, left_out = read(REAL / "sample_unites_legales_OK.csv")
    assert (taken, left_out) == ([], {"not flagged as belonging to the ESS": 3})


@needs_samples
def test_the_real_sample_without_a_column_is_refused():
    with pytest.raises(MissingColumn, match="'statutDiffusionUniteLegale'"):
        read(REAL / "sample_unites_legales_KO.csv")


@needs_samples
def test_real_flagged_units_are_all_taken(tmp_path):
    """A derived file has few of the columns; the others are filled here with what says nothing."""
    header = (SAMPLE / "StockUniteLegale_utf8.csv").read_text(encoding="utf-8").split("\n")[0]
    filled = {
        "statutDiffusionUniteLegale": "P",
        "etatAdministratifUniteLegale": "A",
        "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
    }
    path = tmp_path / "StockUniteLegale.csv"
    with (
        (REAL / "04_ess_flag_insee.csv").open(encoding="utf-8", newline="") as real,
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, header.split(","), restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**filled, **line} for line in csv.DictReader(real))
    source = replace(sources.load("sirene"), expect={})
    outcome = convert(source, path, tmp_path / "build").outcome
    assert outcome.entities == {"organization": 3375}
    assert (outcome.left_out, outcome.set_aside) == ({}, [])
    stated = statements(read(path)[0])
    bases = [o.value.rpartition("/")[2] for _, p, o in stated if p == ESS.legalFamilyBasis]
    assert (bases.count("law"), bases.count("register-flag")) == (2577, 798)
    assert Literal("LOKTIS", language="fr") in {o for _, p, o in stated if p == RDFS.label}
