"""The register of associations: two layouts, two encodings, nothing private."""

import csv
import zipfile
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.convert import convert
from kg.errors import InputError, MissingColumn, MissingFile
from kg.iri import mint, named, part
from kg.settings import Settings
from kg.sources import Inputs, load
from kg.sources.rna.importer import LONGEST, NULL_DAY, paths, records, triples
from kg.sources.rows import Broken, LeftOut, Row, RowError
from kg.vocab import DCTERMS, ESS, FOAF, ORG, RDF, RDFS, SCHEMA, SKOS, XSD
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "rna"
REAL = Settings.from_environment().shared / "samples" / "rna"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real samples are not there: {REAL}")
EVERY = {"associations": "all"}


@pytest.fixture(scope="module")
def read(territories):
    """`read(path, options, …)`: the rows that are read with these options and other sources."""

    def rows(given=SAMPLE, options=EVERY, **others):
        converted = {"territories": territories, **others}
        return list(records(Inputs(paths(given), options, converted)))

    return rows


@pytest.fixture(scope="module")
def rows(read):
    return [row for row in read() if isinstance(row, Row)]


@pytest.fixture(scope="module")
def sample(rows):
    return stated(rows)


def stated(rows):
    return {triple for row in rows for triple in triples(changed(row))}


def changed(row, **values):
    return Row({**row, **values}, row.file, row.line)


def objects(graph, subject, predicate):
    return {o for s, p, o in graph if (s, p) == (subject, predicate)}


def association(number):
    return mint("organization", "rna", number)


def day(value):
    return Literal(value, datatype=XSD.date)


JARDIN, CHORALE, ENTRAIDE, CLUB, ACADEMIE = map(
    association, ("W691000001", "W691000002", "W931000004", "W771000007", "W011000008")
)


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_every_column_is_used_or_left_out_on_purpose(rows):
    for each in rows:
        row = changed(each)
        list(triples(row))
        assert set(row) <= load("rna").ignored


def test_the_layouts_are_told_apart_and_the_w_number_is_found(sample):
    assert objects(sample, CHORALE, ESS.rna) == {Literal("W691000002")}
    assert objects(sample, ACADEMIE, ESS.rna) == {Literal("W011000008")}  # of rup_mi
    assert not [s for s, _, _ in sample if "691P" in s.value or "011P" in s.value]


def test_a_siret_links_with_sirene_and_is_the_key_where_there_is_no_w_number(sample):
    assert objects(sample, JARDIN, ESS.siren) == {Literal("005580113")}
    foyer = mint("organization", "siren", "888000080")
    assert objects(sample, foyer, RDFS.label) == {Literal("FOYER DU CANAL", language="fr")}
    assert objects(sample, foyer, ESS.rna) == set()


def test_a_null_date_is_no_date(sample):
    assert not [o for _, _, o in sample if o.value.startswith("0001")]
    assert objects(sample, JARDIN, SCHEMA.foundingDate) == {day("1998-03-12")}
    assert objects(sample, JARDIN, ESS.gazetteDate) == {day("1998-04-04")}
    assert objects(sample, CHORALE, ESS.gazetteDate) == set()
    assert objects(sample, CHORALE, SCHEMA.dissolutionDate) == {day("2015-01-20")}


@pytest.mark.parametrize(
    ("me", "status"), [(JARDIN, "active"), (CHORALE, "ceased"), (ACADEMIE, None)]
)
def test_the_position_tells_whether_the_association_exists(sample, me, status):
    expected = {named("administrative-status", status)} if status else set()
    assert objects(sample, me, ESS.administrativeStatus) == expected


def test_the_entry_has_the_date_of_its_last_change(sample):
    entry = part(JARDIN, "rna-W691000001")
    assert objects(sample, entry, DCTERMS.modified) == {day("2019-06-01")}


def test_a_seat_stops_at_the_commune_of_today(sample):
    assert objects(sample, CHORALE, ESS.commune) == {named("territory", "insee-69123")}
    assert objects(sample, CHORALE, ESS.region) == {named("territory", "insee-region-84")}
    assert objects(sample, ENTRAIDE, ESS.commune) == set()


def test_nothing_private_is_stated(sample):
    said = " ".join(o.value for _, _, o in sample)
    for private in ("Lilas", "LILAS", "Privée", "privee", "0400000000", "01 23 45", "@", "PM"):
        assert private not in said, private


def test_a_website_is_stated_where_the_association_agreed(sample):
    assert objects(sample, JARDIN, FOAF.homepage) == {NamedNode("http://www.jardin.example")}
    assert objects(sample, CHORALE, FOAF.homepage) == set()
    assert objects(sample, ENTRAIDE, FOAF.homepage) == set()  # it is an e-mail address


def test_purposes_are_concepts_and_an_unlisted_one_is_its_domain(sample):
    assert objects(sample, JARDIN, ORG.purpose) == {
        named("association-purpose", "007070"),
        named("association-purpose", "024050"),
    }
    assert objects(sample, ENTRAIDE, ORG.purpose) == {named("association-purpose", "006000")}


def test_the_words_of_a_purpose_are_shortened_and_say_so(sample):
    (words,) = objects(sample, CLUB, DCTERMS.description)
    assert len(words.value) <= LONGEST
    assert words.value.endswith(" …")
    (words,) = objects(sample, CHORALE, DCTERMS.description)
    assert words == Literal("chant choral sur deux lignes", language="fr")


def test_the_words_of_purposes_can_be_left_out(read):
    graph = stated(read(options={**EVERY, "purposes": "left-out"})[:2])
    assert objects(graph, JARDIN, DCTERMS.description) == set()
    assert objects(graph, JARDIN, ORG.purpose) != set()


def test_a_short_name_that_is_cut_off_or_the_same_is_none(sample):
    assert objects(sample, CHORALE, SKOS.altLabel) == {Literal("CHORALE", language="fr")}
    assert objects(sample, JARDIN, SKOS.altLabel) == set()
    assert objects(sample, ENTRAIDE, SKOS.altLabel) == set()


def test_what_is_left_out_is_counted_with_its_reason(read):
    left_out = sorted(row.reason for row in read() if isinstance(row, LeftOut))
    assert left_out == [
        "an old file of an association that has a newer one",
        "deleted from the register",
        "without W number and SIRET",
    ]


def test_by_default_only_associations_that_others_know_are_taken(read, others):
    sirene = others("a,Jardin,005580113,", "b,Foyer du canal,888000080,")
    found = read(SAMPLE, {}, sirene=sirene)
    assert [row["titre"] for row in found if isinstance(row, Row)] == [
        "LES AMIS DU JARDIN PARTAGÉ",
        "FOYER DU CANAL",
    ]
    reasons = [row.reason for row in found if isinstance(row, LeftOut)]
    assert reasons.count("not known to another source") == 6
    graph = stated([row for row in found if isinstance(row, Row)])
    name = Literal("LES AMIS DU JARDIN PARTAGÉ", language="fr")
    assert objects(graph, JARDIN, SKOS.altLabel) == {name}
    assert objects(graph, JARDIN, RDF.type) == set()


def test_an_association_is_known_by_its_w_number_too(read, territories, tmp_path):
    first = read(SAMPLE / "rna_waldec.csv")[:2]
    assert {row["rna"] for row in first} == {"W691000001", "W691000002"}
    needed = convert(load("territories"), SAMPLE.parent / "territories", tmp_path / "build")
    every = convert(
        load("rna"), SAMPLE / "rna_waldec.csv", tmp_path / "build", options=EVERY, needed=[needed]
    )
    found = read(SAMPLE / "rna_waldec.csv", {}, sirene=every.statements)
    assert len([row for row in found if isinstance(row, Row)]) == 6


def test_without_another_source_nothing_is_known_and_the_build_says_so(read):
    with pytest.raises(InputError, match="add the source sirene, or set associations = 'all'"):
        read(SAMPLE, {})


@pytest.mark.parametrize("coding", ["latin-1", "cp1252", "utf-8-sig"])
def test_older_encodings_and_archives_give_the_same(read, sample, tmp_path, coding):
    with zipfile.ZipFile(tmp_path / "rna.zip", "w") as archive:
        for table in sorted(SAMPLE.glob("*.csv")):
            text = table.read_text(encoding="utf-8")
            if coding == "latin-1":
                text = text.replace("’œ", "'oe")
            archive.writestr(table.name, text.encode(coding))
    graph = stated([row for row in read(tmp_path) if isinstance(row, Row)])
    words = objects(graph, JARDIN, DCTERMS.description)
    assert {len(graph), len(sample)} == {len(sample)}
    assert (words == objects(sample, JARDIN, DCTERMS.description)) == (coding != "latin-1")


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("rna", "W69100000", "is not an RNA number: W and nine characters are needed"),
        ("siret", "00558011300019", "is not a SIRET: its check digit is wrong"),
        ("date_creat", "1998-02-30", "is not a date"),
        ("position", "Z", "is none of A, D, R, S"),
        ("objet_social1", "999999", "is no purpose of associations"),
        ("titre", " ", "is no name"),
        ("maj_time", "hier", "is not a date"),
    ],
)
def test_a_wrong_value_is_refused_with_its_column(rows, column, value, problem):
    with pytest.raises(RowError) as caught:
        list(triples(changed(rows[0], **{column: value})))
    assert (caught.value.column, caught.value.value) == (column, value)
    assert caught.value.problem.startswith(problem)


def test_a_table_of_something_else_is_named_with_its_header(read, tmp_path):
    (tmp_path / "other.csv").write_text("siren;nom\n1;A\n")
    with pytest.raises(InputError, match=r"other\.csv: is no table of associations.*'siren;nom'"):
        read(tmp_path)


def test_a_missing_column_stops_the_source_with_its_name(read, tmp_path):
    (tmp_path / "rna.csv").write_text("id;titre_court;siret\nW691000001;A;\n")
    with pytest.raises(MissingColumn, match="'position': the column is missing"):
        read(tmp_path)


def test_a_row_that_cannot_be_read_does_not_stop_the_others(read, tmp_path):
    table = (SAMPLE / "rna_waldec.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "rna.csv").write_text("".join([table[0], "W1;x\n", *table[1:2]]), encoding="utf-8")
    broken, row = read(tmp_path)
    assert isinstance(broken, Broken)
    assert (broken.line, row["rna"]) == (2, "W691000001")


def test_the_files_must_be_there(tmp_path):
    with pytest.raises(MissingFile, match="kg build --with rna=PATH"):
        paths(None)
    with pytest.raises(MissingFile, match=r"there is no table \(\.csv, \.zip\)"):
        paths(tmp_path)


@needs_real
def test_the_real_samples_are_read(read, tmp_path):
    for path in REAL.glob("*.csv"):
        copy(path, tmp_path)
    found = read(tmp_path)
    assert not [row for row in found if isinstance(row, Broken)]
    graph = stated([row for row in found if isinstance(row, Row)])
    numbers = {o.value for _, p, o in graph if p == ESS.rna}
    assert {"W632007046", "W012000002", "W751085568", "W751100798"} <= numbers
    black_owl = association("W632007046")
    assert objects(graph, black_owl, SCHEMA.dissolutionDate) == {day("2015-01-20")}
    private = set()
    for path in REAL.glob("*.csv"):
        text = path.read_text(encoding="latin-1")
        for row in csv.DictReader(text.splitlines(), delimiter=";"):
            private |= {row["telephone"] or "", row["email"] or ""}
    said = " ".join(o.value for _, _, o in graph)
    assert not [value for value in private - {""} if value in said]
    assert NULL_DAY not in said


@given(st.data())
def test_any_text_in_a_cell_makes_statements_that_parse_or_an_error(rows, data):
    row = changed(data.draw(st.sampled_from(rows)))
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(st.text())
    try:
        made = set(triples(row))
    except ValueError:
        return
    assert len(list(parse(canonical(made), format=RdfFormat.N_TRIPLES))) == len(made)
