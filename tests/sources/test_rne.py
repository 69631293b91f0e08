"""Elected officials: mandates by table, people within an authority, nothing private."""

from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from kg.convert import convert
from kg.errors import InputError, MissingColumn, MissingFile
from kg.iri import named, part
from kg.sources import Inputs, load
from kg.sources.concepts import concepts
from kg.sources.rne import mandates
from kg.sources.rne.importer import paths, records, triples
from kg.sources.rows import LeftOut, Row, RowError
from kg.vocab import ESS, FOAF, ORG, RDF, RDFS, SCHEMA, XSD
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "rne"
ALL = {"offices": "all"}


@pytest.fixture(scope="module")
def read(territories):
    """`read(path, options, …)`: the rows that are read with these options and other sources."""

    def rows(given=SAMPLE, options=ALL, **others):
        converted = {"territories": territories, **others}
        return list(records(Inputs(paths(given), options, converted)))

    return rows


@pytest.fixture(scope="module")
def rows(read):
    """The rows that can be taken."""
    return [row for row in read() if isinstance(row, Row) and not row["homonyms"]]


@pytest.fixture(scope="module")
def sample(rows):
    return stated(rows)


def stated(rows):
    return {triple for row in rows for triple in triples(changed(row))}


def changed(row, **values):
    return Row({**row, **values}, row.file, row.line)


def objects(graph, subject, predicate):
    return {o for s, p, o in graph if (s, p) == (subject, predicate)}


def offices(graph):
    return {
        (s.value.rpartition("/")[2], o.value.rpartition("/")[2])
        for s, p, o in graph
        if p == ORG.organization
    }


CAMILLE = named("person", "rne-insee-59512-camille-exemple")
ROUBAIX = named("organization", "siren-215905126")


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_every_column_is_used_or_left_out_on_purpose(read):
    for row in (row for row in read() if isinstance(row, Row) and not row["homonyms"]):
        list(triples(row))
        assert set(row) <= load("rne").ignored, row.file


def test_every_mandate_is_held_in_the_authority_of_its_territory(sample):
    assert offices(sample) == {
        ("rne-insee-59512-camille-exemple#mayor", "siren-215905126"),
        ("rne-insee-01015-anne-coeur-d-ete#mayor", "siren-200053668"),
        ("rne-insee-69123-dominique-modele#mayor", "siren-216901231"),
        ("rne-insee-98735-hina-te-moana#mayor", "insee-98735"),
        ("rne-insee-59512-maxime-echantillon#deputy-mayor", "siren-215905126"),
        ("rne-insee-01015-louise-part#deputy-mayor", "siren-200053668"),
        ("rne-siren-200093201-camille-exemple#president", "siren-200093201"),
        ("rne-siren-200093201-sacha-prototype#local-first-vice-president", "siren-200093201"),
        ("rne-siren-200093201-lou-patron#councillor", "siren-200093201"),
        ("rne-insee-departement-01-aurelie-type#president", "insee-departement-01"),
        ("rne-insee-departement-01-rene-gabarit#councillor", "insee-departement-01"),
        ("rne-insee-region-84-noa-specimen#president", "insee-region-84"),
        ("rne-insee-region-84-eden-canevas#local-vice-president", "insee-region-84"),
        ("rne-insee-69M-alix-essai#president", "siren-200046977"),
        ("rne-assemblee-nationale-charlie-maquette#deputy", "assemblee-nationale"),
        ("rne-senat-morgan-ebauche#senator", "senat"),
    }


def test_a_mandate_is_a_role_with_its_start(sample):
    held = part(named("person", "rne-insee-01015-anne-coeur-d-ete"), "mayor")
    assert objects(sample, held, RDF.type) == {ORG.Membership}
    assert objects(sample, held, ORG.role) == {named("role", "mayor")}
    assert objects(sample, held, SCHEMA.startDate) == {Literal("2020-05-28", datatype=XSD.date)}
    overseas = part(named("person", "rne-insee-98735-hina-te-moana"), "mayor")
    assert objects(sample, overseas, SCHEMA.startDate) == {
        Literal("2020-06-28", datatype=XSD.date)  # of the mandate
    }


def test_an_election_after_the_first_keeps_the_person_and_the_role(sample):
    starts = {o.value for o in objects(sample, part(CAMILLE, "mayor"), SCHEMA.startDate)}
    assert starts == {"2020-05-26", "2026-03-28"}


def test_names_are_those_of_the_directory_the_first_given_name_only(sample):
    assert objects(sample, CAMILLE, FOAF.givenName) == {Literal("Camille")}
    assert objects(sample, CAMILLE, RDFS.label) == {Literal("Camille EXEMPLE")}


def test_nothing_private_is_stated(sample):
    said = " ".join(o.value for _, _, o in sample)
    for private in ("1951", "Andrée", "Professeur", '"F"', '"M"', "FR "):
        assert private not in said, private
    assert not [o for _, _, o in sample if o.value in {"F", "M", "34"}]


def test_an_authority_that_nobody_describes_is_described(sample):
    assert objects(sample, ROUBAIX, RDFS.label) == {Literal("Roubaix (commune)", language="fr")}
    assert objects(sample, ROUBAIX, ESS.governs) == {named("territory", "insee-59512")}
    assert objects(sample, ROUBAIX, ESS.siren) == {Literal("215905126")}
    ain = named("organization", "insee-departement-01")
    assert objects(sample, ain, RDFS.label) == {Literal("Ain (département)", language="fr")}
    senate = named("organization", "senat")
    assert objects(sample, senate, RDFS.label) == {Literal("Sénat", language="fr")}


def test_an_authority_that_another_source_describes_is_that_one(read, territories, tmp_path):
    curated = tmp_path / "curated.parquet"
    _write(curated, named("organization", "ville-de-roubaix"), named("territory", "insee-59512"))
    graph = stated(
        row for row in read(SAMPLE / "maires.csv", ALL, curated=curated) if isinstance(row, Row)
    )
    assert ("rne-insee-59512-camille-exemple#mayor", "ville-de-roubaix") in offices(graph)
    assert not [s for s, _, _ in graph if s in (ROUBAIX, named("organization", "ville-de-roubaix"))]


def _write(path, organization, territory):
    import duckdb

    rows = [
        (str(organization), str(ESS.governs), str(territory)),
        (str(organization), str(RDFS.label), '"Ville de Roubaix"@fr'),
    ]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (subject TEXT, predicate TEXT, object TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        connection.execute("COPY t TO $path (FORMAT parquet)", {"path": str(path)})


@pytest.mark.parametrize(
    ("choice", "roles"),
    [
        ("heads", {"mayor", "president"}),
        (
            "executives",
            {
                *("mayor", "president", "deputy-mayor"),
                *("local-first-vice-president", "local-vice-president"),
            },
        ),
    ],
)
def test_by_default_only_mayors_and_presidents_are_taken(read, choice, roles):
    found = read(SAMPLE, {"offices": choice})
    assert {row["role"] for row in found if isinstance(row, Row)} == roles
    assert load("rne").options["offices"][0] == "heads"


def test_what_is_left_out_is_counted_with_its_reason(read):
    reasons = [row.reason for row in read(SAMPLE, {}) if isinstance(row, LeftOut)]
    # A commune and an intercommunal body that are no more; the other councils.
    assert reasons.count("not of a territory of today") == 2
    assert reasons.count("neither mayor nor president") == 12


def test_two_people_of_one_name_in_one_council_are_not_taken_for_one(read):
    homonyms = [row for row in read() if isinstance(row, Row) and row["homonyms"]]
    assert [row.line for row in homonyms] == [4, 5]
    with pytest.raises(RowError, match="is the name of two people of one council"):
        list(triples(homonyms[0]))


def test_the_day_of_the_fetch_attests_the_mandate(read, tmp_path):
    folder = tmp_path / "2026-11-02"
    folder.mkdir()
    copy(SAMPLE / "maires.csv", folder)
    graph = stated(row for row in read(folder) if isinstance(row, Row))
    attested = objects(graph, part(CAMILLE, "mayor"), ESS.attestedOn)
    assert attested == {Literal("2026-11-02", datatype=XSD.date)}


@pytest.mark.parametrize(
    ("table", "office", "role"),
    [
        ("commune", "Maire", "mayor"),
        ("commune", "1er adjoint au Maire", "deputy-mayor"),
        ("commune", "Conseiller municipal délégué", "delegate-councillor"),
        ("commune", "", "councillor"),
        ("epci", "5eme Vice-président du conseil communautaire", "local-vice-president"),
        ("region", "Présidente du conseil régional", "president"),
        ("region", "Président de commission", "councillor"),
        (
            "departement",
            "1er vice président du conseil départemental",
            "local-first-vice-president",
        ),
        ("arrondissement", "Maire d'arrondissement", "councillor"),
    ],
)
def test_the_office_tells_the_role(table, office, role):
    row = Row({mandates.OFFICE: office}, Path("rne.csv"), 2)
    assert mandates.role(table, row) == role
    assert role in concepts("role")


@pytest.mark.parametrize(
    ("table", "cells", "key"),
    [
        ("commune", {"Code du département": "1", "Code de la commune": "1"}, "insee-01001"),
        ("commune", {"Code du département": "01", "Code de la commune": "1001"}, "insee-01001"),
        ("commune", {"Code du département": "2A", "Code de la commune": "2A004"}, "insee-2A004"),
        ("commune", {"Code du département": "971", "Code de la commune": "5"}, "insee-97105"),
        ("region", {"Code de la région": "1"}, "insee-region-01"),
        ("epci", {"N° SIREN": "200 093 201"}, "siren-200093201"),
    ],
)
def test_codes_get_back_what_they_lost(table, cells, key):
    assert mandates.authority(table, Row(cells, Path("rne.csv"), 2)) == key


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("Date de début de la fonction", "31/02/2020", "is not a date"),
        ("Nom de l'élu", "?", "has no letter"),
    ],
)
def test_a_wrong_value_is_refused_with_its_column(rows, column, value, problem):
    (row,) = (row for row in rows if row["role"] == "deputy-mayor" and row.line == 3)
    with pytest.raises(RowError) as caught:
        list(triples(changed(row, **{"Prénom de l'élu": "?", column: value})))
    assert (caught.value.column, caught.value.value) == (column, value)
    assert caught.value.problem.startswith(problem)


def test_a_table_of_something_else_and_a_missing_column_are_named(read, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("siren;nom\n1;A\n")
    with pytest.raises(InputError, match="is no table of mandates; its columns are: siren, nom"):
        read(table)
    table.write_text("Code de la commune;Nom de l'élu\n59512;A\n")
    with pytest.raises(MissingColumn, match="the column is missing"):
        read(table)


def test_the_files_must_be_there(tmp_path):
    with pytest.raises(MissingFile, match="kg build --with rne=PATH"):
        paths(None)
    with pytest.raises(MissingFile, match="there is no table"):
        paths(tmp_path)


def test_the_source_is_converted_with_its_default(tmp_path):
    needed = convert(load("territories"), SAMPLE.parent / "territories", tmp_path / "build")
    done = convert(load("rne"), SAMPLE, tmp_path / "build", needed=[needed])
    assert done.outcome.entities["person"] == 8
    assert done.outcome.set_aside == []
    assert done.outcome.unread == []


@given(st.data())
def test_any_text_in_a_cell_makes_statements_that_parse_or_an_error(rows, data):
    row = changed(data.draw(st.sampled_from(rows)))
    fixed = {"role", "type", "organization", "territory", "name"}  # of records, not of the file
    row[data.draw(st.sampled_from(sorted(set(row) - fixed)))] = data.draw(st.text())
    try:
        made = set(triples(row))
    except ValueError:
        return
    assert len(list(parse(canonical(made), format=RdfFormat.N_TRIPLES))) == len(made)
