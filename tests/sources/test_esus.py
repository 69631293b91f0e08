"""ESUS approvals: headers of several years, dates in every form, one approval in two editions."""

from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from kg.convert import convert
from kg.errors import InputError, MissingFile
from kg.iri import mint, named, part
from kg.sources import Inputs, load
from kg.sources.esus import headers
from kg.sources.esus.importer import paths, records, triples
from kg.sources.rows import LeftOut, Row, RowError
from kg.vocab import DCTERMS, ESS, RDF, RDFS, SCHEMA, SKOS, XSD
from tests.sources.snapshot import canonical
from tests.sources.workbooks import workbook

SAMPLE = Path(__file__).parent / "esus"


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """A folder with the spreadsheets of the sample."""
    folder = tmp_path_factory.mktemp("esus")
    for table in SAMPLE.glob("*.csv"):
        workbook(folder / f"{table.stem}.xlsx", table)
    return folder


@pytest.fixture(scope="module")
def read(territories):
    return lambda given: list(records(Inputs(paths(given), {}, {"territories": territories})))


@pytest.fixture(scope="module")
def rows(read, editions):
    return [row for row in read(editions) if isinstance(row, Row)]


@pytest.fixture(scope="module")
def sample(rows):
    return {triple for row in rows for triple in triples(changed(row))}


def changed(row, **values):
    return Row({**row, **values}, row.file, row.line)


def objects(graph, subject, predicate):
    return {o for s, p, o in graph if (s, p) == (subject, predicate)}


def approval(siren, key):
    return part(mint("organization", "siren", siren), key)


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_a_column_that_no_edition_had_is_left_for_the_build_to_name(rows):
    left = set()
    for each in rows:
        row = changed(each)
        list(triples(row))
        left |= set(row) - load("esus").ignored
    assert left == {"Observations"}


def test_an_approval_holds_from_a_day_to_a_day(sample):
    held = approval("005580113", "esus-2020-01-05")
    assert objects(sample, held, RDF.type) == {SCHEMA.Certification}
    assert objects(sample, held, DCTERMS.type) == {named("approval-type", "esus")}
    assert objects(sample, held, SCHEMA.validFrom) == {Literal("2020-01-05", datatype=XSD.date)}
    assert objects(sample, held, SCHEMA.expires) == {Literal("2025-01-05", datatype=XSD.date)}
    assert objects(sample, held, SCHEMA.issuedBy) == {Literal("DDETS du Nord")}
    assert objects(sample, held, DCTERMS.spatial) == {named("territory", "insee-departement-59")}


def test_one_approval_in_two_editions_is_one(sample):
    me = mint("organization", "siren", "005580113")
    assert objects(sample, me, SCHEMA.hasCertification) == {
        approval("005580113", "esus-2020-01-05")
    }


@pytest.mark.parametrize(
    ("siren", "key", "start", "end"),
    [
        pytest.param("300000015", "esus-2020-02-29", "2020-02-29", "2025-02-28", id="leap day"),
        pytest.param("333000024", "esus-2021-03", "2021-03", "2023-03", id="a month"),
        pytest.param("410000038", "esus-2023-03-15", "2023-03-15", "2025-03-15", id="a number"),
        pytest.param("555000058", "esus-2023", "2023", None, id="a year, and no end"),
        pytest.param("500000047", "esus", None, None, id="no date"),
    ],
)
def test_dates_are_read_in_every_form(sample, siren, key, start, end):
    held = approval(siren, key)
    assert {o.value for o in objects(sample, held, SCHEMA.validFrom)} == ({start} - {None})
    assert {o.value for o in objects(sample, held, SCHEMA.expires)} == ({end} - {None})
    assert len(objects(sample, held, RDFS.label)) == 2


@pytest.mark.parametrize(
    ("siren", "family"),
    [
        ("005580113", "association"),
        ("300000015", "cooperative"),
        ("410000038", "commercial-company"),
        ("555000058", "mutual"),
        ("333000024", None),
    ],
)
def test_a_form_tells_the_family_or_says_nothing(sample, siren, family):
    me = mint("organization", "siren", siren)
    families = {named("legal-family", family)} if family else set()
    assert objects(sample, me, ESS.legalFamily) == families


@pytest.mark.parametrize(
    ("siren", "departement"),
    [("300000015", "69"), ("333000024", "2A"), ("410000038", "01"), ("500000047", None)],
)
def test_a_departement_is_known_by_code_or_name(sample, siren, departement):
    me = mint("organization", "siren", siren)
    found = {named("territory", f"insee-departement-{departement}")} if departement else set()
    assert objects(sample, me, ESS.departement) == found


def test_the_commune_is_found_by_its_name(sample):
    me = mint("organization", "siren", "005580113")
    assert objects(sample, me, ESS.commune) == {named("territory", "insee-59512")}


def test_addresses_are_not_stated(sample):
    assert not [o for _, _, o in sample if "rue" in o.value]


def test_a_row_without_a_siren_is_counted_and_left_out(read, editions):
    left_out = [row for row in read(editions) if isinstance(row, LeftOut)]
    assert left_out == [LeftOut("no SIREN")] * 2  # a fund, and a note under the table


def test_a_company_that_others_name_is_not_described_again(territories, others, editions):
    sirene = others("a,Compagnie du Pont,410000038,")
    given = Inputs(
        paths(editions / "2024.xlsx"), {}, {"territories": territories, "sirene": sirene}
    )
    row = next(row for row in records(given) if row["siren"] == "410000038")
    stated, me = set(triples(row)), mint("organization", "siren", "410000038")
    assert objects(stated, me, SKOS.altLabel) == {Literal("COMPAGNIE DU PONT", language="fr")}
    assert objects(stated, me, RDF.type) == set()


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("siren", "410000039", "is not a SIREN: its check digit is wrong"),
        ("start", "31/02/2023", "is not a date"),
        ("end", "2020-01-01", "comes before the start, 2023-03-15"),
        ("duration", "longtemps", "is not a number of years"),
        ("duration", "2023", "is not a number of years"),
        ("name", "", "is no name"),
    ],
)
def test_a_wrong_value_is_refused_with_its_column(rows, column, value, problem):
    (row,) = (row for row in rows if row["siren"] == "410000038")
    end = "" if column == "duration" else row["end"]
    with pytest.raises(RowError) as caught:
        list(triples(changed(row, **{"end": end, column: value})))
    assert (caught.value.column, caught.value.value) == (column, value)
    assert caught.value.problem.startswith(problem)


def test_a_header_that_is_not_known_is_named_with_what_it_holds(tmp_path, read):
    table = tmp_path / "list.csv"
    table.write_text("Liste\nMatricule;Nom;Agréée le\n1;A;2020\n", encoding="utf-8")
    path = workbook(tmp_path / "list.xlsx", table)
    with pytest.raises(
        InputError,
        match=r"no row names the columns siren and name; .*: Matricule, Nom, Agréée le.*",
    ):
        read(path)


def test_every_sheet_is_read_and_a_header_may_come_again(tmp_path, read):
    for name, content in {
        "one": "SIREN;Nom\n5580113;A\nSIREN;Nom;Date de fin\n333000024;B;2025\n",
        "two": "Notes\n",
        "three": "Nom;SIREN\nC;300000015\n",
    }.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    path = workbook(tmp_path / "list.xlsx", *(tmp_path / name for name in ("one", "two", "three")))
    found = [(row["siren"], row["name"], row["end"], row.line) for row in read(path)]
    assert found == [
        ("005580113", "A", "", 2),
        ("333000024", "B", "2025", 4),
        ("300000015", "C", "", 2),
    ]


def test_a_file_that_is_no_spreadsheet_is_named(tmp_path, read):
    path = tmp_path / "list.xlsx"
    path.write_text("SIREN;Nom\n")
    with pytest.raises(InputError, match=r"list\.xlsx: is not a readable spreadsheet"):
        read(path)


def test_a_folder_without_spreadsheets_says_which_it_wants(tmp_path):
    with pytest.raises(MissingFile, match=r"no spreadsheet \(\.xlsx"):
        paths(tmp_path)
    with pytest.raises(MissingFile, match="kg build --with esus=PATH"):
        paths(None)


def test_the_names_of_the_columns_are_folded_and_each_means_one_field():
    from kg.sources.toponyms import folded

    every = [name for names in headers.FIELDS.values() for name in names]
    assert every == [folded(name) for name in every]
    assert len(every) == len(set(every))


def test_the_source_is_converted(editions, tmp_path):
    needed = convert(load("territories"), SAMPLE.parent / "territories", tmp_path / "build")
    copy(editions / "2024.xlsx", tmp_path)
    done = convert(load("esus"), tmp_path / "2024.xlsx", tmp_path / "build", needed=[needed])
    assert done.outcome.entities == {"organization": 6}
    assert done.outcome.set_aside == []


@given(st.data())
def test_any_text_in_a_cell_makes_statements_that_parse_or_an_error(rows, data):
    row = changed(data.draw(st.sampled_from(rows)))
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(st.text())
    try:
        made = set(triples(row))
    except ValueError:
        return
    assert len(list(parse(canonical(made), format=RdfFormat.N_TRIPLES))) == len(made)
