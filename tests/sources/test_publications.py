"""Publications: from records in four formats to works; who is only a name stays a name."""

import re
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from kg.errors import InputError, MissingFile
from kg.iri import hashed, mint, named, part
from kg.settings import Settings
from kg.sources import Inputs, keywords, load
from kg.sources.concepts import concepts
from kg.sources.publications import bibtex, hal, oai, ris, works
from kg.sources.publications.importer import check, paths, records, triples
from kg.sources.publications.works import Author, Work
from kg.sources.rows import LeftOut, Row, RowError
from kg.vocab import DC, DCTERMS, ESS, FABIO, FOAF, RDF, RDFS, SCHEMA
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "publications"
SHARED = Settings.from_environment().shared / "samples" / "hal"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no samples of HAL in {SHARED}")


def read(given):
    return list(records(Inputs(paths(given))))


def statements(given):
    rows = (row for row in read(given) if isinstance(row, Row))
    return {triple for row in rows for triple in triples(row)}


def of(key):
    return mint("publication", "hal", key)


@pytest.fixture(scope="module")
def sample():
    return statements(SAMPLE)


def values(graph, subject, predicate):
    return sorted(o.value for s, p, o in graph if (s, p) == (subject, predicate))


def keys(graph, subject, predicate):
    return [value.rpartition("/")[2] for value in values(graph, subject, predicate)]


def credits(graph, work):
    """Name, English role and basis of each credit."""
    found = set()
    for credit in {o for s, p, o in graph if (s, p) == (work, ESS.credit)}:
        roles = [
            o.value
            for s, p, o in graph
            if (s, p) == (credit, SCHEMA.roleName) and o.language == "en"
        ]
        (name,) = values(graph, credit, ESS.creditedName)
        found.add((name, *roles, *keys(graph, credit, ESS.creditBasis)))
    return found


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_no_field_of_the_sample_is_left_unread():
    own = load("publications")
    for row in read(SAMPLE):
        if isinstance(row, Row):
            list(triples(row))
            assert not set(row) - own.ignored, f"{row.file}, line {row.line}"


def test_what_is_no_text_or_no_one_is_left_out_with_its_reason():
    reasons = sorted(row.reason for row in read(SAMPLE) if isinstance(row, LeftOut))
    assert reasons == [
        "BibTeX: image, sound, data, software or patent, no text",
        "HAL: author without IdHAL or ORCID",
        "HAL: image, sound, map, software or patent, no text",
        "OAI-PMH: image, sound, data or software, no text",
        "OAI-PMH: record deleted by the archive",
        "RIS: image, sound, data, software or patent, no text",
    ]


def test_no_address_of_anyone_is_published(sample):
    text = re.sub(r'"@[a-z]+', '"', canonical(sample))
    assert "@" not in text
    assert "b49e3eac" not in text and "déposé" not in text
    assert values(sample, of("hal_00000005"), DCTERMS.title) == ["Écrire à …"]


def test_every_type_of_the_formats_is_one_of_ours():
    ours = set(concepts("publication-type"))
    for module in (hal, oai, bibtex, ris):
        assert set(module.TYPES.values()) <= ours
        assert not set(module.TYPES) & module.NOT_TEXTS


# HAL


def test_titles_have_their_language_and_no_html(sample):
    titles = {o for s, p, o in sample if (s, p) == (of("tel-00000001"), DCTERMS.title)}
    assert titles == {
        Literal("La coopération & ses exemples", language="fr"),
        Literal("Cooperation and its examples", language="en"),
    }


def test_an_author_with_an_idhal_is_a_person_and_one_with_a_name_stays_a_name(sample):
    thesis = of("tel-00000001")
    assert keys(sample, thesis, DCTERMS.creator) == ["idhal-camille-exemple"]
    assert values(sample, thesis, DC.creator) == ["Claude Exemple"]
    people = {s.value.rpartition("/")[2] for s, p, o in sample if (p, o) == (RDF.type, FOAF.Person)}
    assert people == {"idhal-camille-exemple", "orcid-0000-0002-1825-0097"}
    orcid = mint("person", "orcid", "0000-0002-1825-0097")
    assert values(sample, orcid, ESS.idHal) == ["camille-exemple"]


def test_hal_tells_supervisors_laboratories_and_institutions_apart(sample):
    assert credits(sample, of("tel-00000001")) == {
        ("Dominique Exemple", "supervisor", "stated"),
        ("Laboratoire de l’exemple", "laboratory", "stated"),
        ("Université de l’exemple", "institution", "stated"),
    }


def test_a_citation_alone_gives_identifiers_and_a_label_without_a_title(sample):
    article = of("hal-00000002")
    assert values(sample, article, ESS.doi) == ["10.1000/exemple.3610"]
    (citation,) = values(sample, article, DCTERMS.bibliographicCitation)
    assert citation.endswith("⟨hal-00000002v1⟩")
    assert "Camille Exemple. L'exemple." in values(sample, article, RDFS.label)[0]


def test_a_record_in_two_languages_has_two_editions(sample):
    book = of("hal-00000003")
    english, french = part(book, "edition-en"), part(book, "edition-fr")
    assert values(sample, book, SCHEMA.workExample) == [english.value, french.value]
    assert values(sample, english, DCTERMS.title) == ["A book in two languages"]
    assert values(sample, french, SCHEMA.exampleOfWork) == [book.value]
    assert values(sample, english, SCHEMA.translationOfWork) == []  # nobody says which came first
    assert values(sample, of("tel-00000001"), SCHEMA.workExample) == []


def test_dates_keep_their_precision(sample):
    dates = {
        o.datatype.value.rpartition("#")[2]: o.value for _, p, o in sample if p == DCTERMS.issued
    }
    assert set(dates) == {"gYear", "gYearMonth", "date"}
    assert values(sample, of("hal-00000003"), DCTERMS.issued) == ["2019"]


def test_only_isbns_of_thirteen_digits_are_kept(sample):
    assert values(sample, of("hal-00000003"), ESS.isbn) == ["9782123456803"]


def test_keywords_stay_and_the_table_leads_to_themes_and_territories(sample):
    thesis = of("tel-00000001")
    assert values(sample, thesis, SCHEMA.keywords) == ["Bretagne", "Métropole", "coopérer"]
    assert keys(sample, thesis, DCTERMS.subject) == ["metropolis"]
    assert keys(sample, thesis, DCTERMS.spatial) == ["insee-region-53"]


# OAI-PMH


def test_contributors_are_told_apart_by_their_words_and_the_kind_of_work(sample):
    assert credits(sample, of("tel-00000011")) == {
        ("Laboratoire d’exemple (LABEX) ; Université de l’exemple", "laboratory", "name-form"),
        ("Université de l’exemple", "institution", "name-form"),
        ("Dominique Exemple", "supervisor", "name-form"),
        ("Camille Exemple", "supervisor", "stated"),
        ("Avec le soutien de beaucoup de gens très divers", "undetermined"),
    }
    article = hashed("publication", "doi", "10.1000/exemple.3610")
    assert credits(sample, article) == {("Claude Exemple", "undetermined")}


@pytest.mark.parametrize(
    ("name", "kind", "role", "basis"),
    [
        ("Centre d’études (UMR 1234)", "book", "laboratory", "name-form"),
        ("École de l’exemple", "thesis", "institution", "name-form"),
        ("Claude Exemple", "thesis", "supervisor", "name-form"),
        ("Claude Exemple", "journal-article", None, "undetermined"),
        ("Exemple", "thesis", None, "undetermined"),
        ("Claude Exemple (dir.)", "book", "supervisor", "stated"),
        ("UR1", "thesis", None, "undetermined"),
    ],
)
def test_a_contributor_whose_role_nothing_tells_is_undetermined(name, kind, role, basis):
    found = oai.contributor(name, kind)
    assert {code: word for word, code in found.roles}.get("en") == role
    assert found.basis == basis


def test_names_are_put_in_the_order_in_which_they_are_said(sample):
    assert values(sample, of("tel-00000011"), DC.creator) == ["Claude Exemple"]
    article = hashed("publication", "doi", "10.1000/exemple.3610")
    assert values(sample, article, DC.creator) == ["Collectif Exemple"]


def test_the_identifiers_of_a_record_are_told_apart(sample):
    thesis, article = of("tel-00000011"), hashed("publication", "doi", "10.1000/exemple.3610")
    assert values(sample, thesis, ESS.halId) == ["tel-00000011"]
    assert values(sample, thesis, SCHEMA.url) == ["https://theses.hal.science/tel-00000011"]
    assert values(sample, article, ESS.isbn) == []  # that of what it came out in
    assert values(sample, article, DC.source) == ["Revue de l’exemple, 13"]
    assert keys(sample, thesis, DCTERMS.type) == ["thesis"]


# BibTeX and RIS


def test_bibtex_is_decoded_and_strings_are_resolved(sample):
    article = of("hal-00000002")
    titles = [o for s, p, o in sample if (s, p) == (article, DCTERMS.title)]
    assert titles == [Literal("L'économie ESS & l'exemple", language="fr")]
    assert values(sample, article, DC.source) == ["Revue de l'exemple"]
    assert values(sample, article, DCTERMS.issued) == ["2018-11"]
    assert values(sample, article, DC.creator) == ["Camille Exemple", "Labo de l'ESS"]


def test_a_work_without_identifier_is_known_by_what_is_said_of_it(sample):
    author = [Author("Claude Exemple")]
    thesis = Work("thesis", [("Une thèse", "und")], issued="2021", authors=author).iri()
    assert values(sample, thesis, DCTERMS.issued) == ["2021"]
    assert credits(sample, thesis) == {("Université de l'exemple", "institution", "stated")}
    assert thesis == Work("thesis", [("UNE THESE", "fr")], issued="2021", authors=author).iri()
    assert thesis != Work("thesis", [("Une thèse", "und")], issued="2022", authors=author).iri()


def test_a_book_without_other_identifier_is_known_by_its_isbn(sample):
    book = hashed("publication", "isbn", "9782123456803")
    assert values(sample, book, DCTERMS.issued) == ["2019", "2020-03"]  # one book, two records
    assert credits(sample, book) == {("Dominique Exemple", "editor", "stated")}
    assert values(sample, book, ESS.isbn) == ["9782123456803"]


def test_ris_takes_the_best_title_date_and_number(sample):
    journal = hashed("publication", "doi", "10.1000/revue")
    assert values(sample, journal, DCTERMS.issued) == ["2021-11"]
    assert values(sample, journal, DC.creator) == ["Camille Exemple", "Claude Exemple"]
    assert values(sample, journal, ESS.isbn) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2021/11/05/", "2021-11-05"),
        ("2021/11//", "2021-11"),
        ("2021///été", "2021"),
        ("2021", "2021"),
    ],
)
def test_a_date_of_ris_has_the_precision_that_it_states(given, expected):
    row = Row(
        {"format": "ris", "type_of_reference": "GEN", "title": "T", "date": given}, Path("x"), 1
    )
    assert ris.work(row).issued == expected


# What is wrong


def set_aside(path):
    found = []
    for row in read(path):
        try:
            list(triples(row))
        except RowError as error:
            found.append((row.line, error.column, error.problem))
    return found


BIB = """@article{a, title={A}, year=2020}
@article{a, title={B}}
@book{b, title={B}, title={C}}
@nonsense{c, title={C}}
@article{d, title={D}, month={foo}, year=2020}
@article{e, title={E}, year={soon}}
@article{f, year=2020}
@article{g, title={G}, doi={doi}}
@article{h, title={H}, language={klingon}}
@article{i, title={I}, hal_id={hal-1}}
@article{z, title={unclosed
"""


def test_entries_of_bibtex_that_cannot_be_taken_are_set_aside_with_their_line(tmp_path):
    (tmp_path / "a.bib").write_text(BIB)
    found = {line: (column, problem) for line, column, problem in set_aside(tmp_path)}
    assert set(found) == set(range(2, 12))
    assert found[2] == ("", "Duplicate entry key 'a'")
    assert found[3] == ("", "Duplicate field keys on entry: 'title'")
    assert found[4] == ("type", "is not a type of entry")
    assert found[5] == ("month", "is not a month")
    assert found[6][0] == "date"
    assert found[7][1] == "is empty, and there is no citation: one is needed"
    assert found[8] == ("doi", "is not a DOI: it begins with 10.")
    assert found[9][0] == "language"
    assert found[10] == ("HAL", "is not a HAL identifier")
    assert found[11] == ("", "the entry is not closed")


RIS = """lost
TY  - JOUR
TI  - Without an end
TY  - NONE
TI  - Unknown type
ER  -
TY  - JOUR
TI  - Without an end either
"""


def test_records_of_ris_that_cannot_be_taken_are_set_aside_with_their_line(tmp_path):
    (tmp_path / "a.ris").write_text(RIS)
    found = set_aside(tmp_path)
    assert [line for line, *_ in found] == [1, 2, 4, 7]
    assert found[0][2].startswith("stands outside of a record")
    assert found[1][2].startswith("the record has no end")
    assert found[2][1:] == ("type_of_reference", "is not a type of reference")


HAL_DOCUMENT = '{"response": {"docs": [{"halId_s": "hal-00000001", "title_s": ["T"]%s}]}}'


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ('"docType_s": "NEW"', "docType_s"),
        ('"language_s": ["tlh"]', "language_s"),
        ('"doiId_s": "none"', "doiId_s"),
        ('"producedDate_s": "2021-13"', "date"),
        ('"uri_s": "ftp://hal"', "uri_s"),
    ],
)
def test_a_document_of_hal_with_a_wrong_value_is_set_aside(tmp_path, field, column):
    (tmp_path / "a.json").write_text(HAL_DOCUMENT % f", {field}")
    ((line, found, _),) = set_aside(tmp_path)
    assert (line, found) == (1, column)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{\n1", "line 2: is not JSON"),
        ("a.json", b'{"docs": []}', "is not an answer of HAL"),
        ("a.json", b"[]", "is not an answer of HAL"),
        ("a.json", b'{"response": {"docs": [1]}}', "is not an answer of HAL"),
        ("a.json", '{"response": "é"}'.encode("latin-1"), "line 1: the file is not UTF-8 text"),
        ("a.bib", "@article{a,\ntitle={é}}".encode("latin-1"), "line 2: the file is not UTF-8"),
        ("a.ris", "TY  - JOUR\nTI  - é\n".encode("latin-1"), "line 2: the file is not UTF-8"),
        ("a.xml", b"<OAI-PMH>\n<x></OAI-PMH>", "line 2: the XML cannot be read"),
        ("a.xml", b"<rss/>", "is not an OAI-PMH response"),
        ("a.xml", b'<!DOCTYPE a [<!ENTITY x "y">]><a/>', "declares XML entities"),
        (
            "a.xml",
            b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">\n'
            b'<error code="badVerb">No such verb</error></OAI-PMH>',
            "line 2: 'badVerb' the archive answered an error: No such verb",
        ),
    ],
)
def test_every_file_that_cannot_be_read_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    (tmp_path / f"b{name[1:]}").write_bytes(content)
    copy(SAMPLE / "records.ris", tmp_path / "good.ris")
    found = [str(error) for error in check(tmp_path)]
    assert len(found) == 2
    assert name in found[0]
    assert all(message in each for each in found)


def test_nothing_is_wrong_with_the_sample():
    assert check(SAMPLE) == []


def test_no_records_at_all_are_an_answer_too(tmp_path):
    (tmp_path / "a.xml").write_text(
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        '<error code="noRecordsMatch">None</error></OAI-PMH>'
    )
    assert read(tmp_path) == []


@pytest.mark.parametrize("given", [None, "empty", "missing.bib"])
def test_without_records_one_is_told_how_to_give_them(tmp_path, given):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFile, match="kg build --with publications="):
        paths(tmp_path / given if given else None)


def test_a_file_of_another_form_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(
        InputError, match=r"'\.csv' is in none of the forms.*\.bib, \.json, \.ris, \.xml"
    ):
        paths(tmp_path / "a.csv")
    assert paths(SAMPLE)[-1] == keywords.TABLE


@given(
    st.sampled_from(["title_s", "label_s", "authFullNameIdHal_fs", "docType_s", "uri_s"]), st.text()
)
def test_any_text_gives_readable_statements_or_is_refused(field, text):
    row = Row(
        {"format": "hal", "halId_s": "hal-00000001", "title_s": "T", field: text}, Path("x"), 1
    )
    try:
        produced = list(triples(row))
    except ValueError:
        return
    assert len(list(parse(canonical(produced), format=RdfFormat.N_TRIPLES))) == len(set(produced))


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_order_of_a_name_is_only_turned_at_one_comma(given_name, family):
    name = works.direct(f"{family}, {given_name}")
    assert (name == f"{family}, {given_name}") == ("," in given_name or "," in family)


def test_a_work_says_its_classes_type_and_authors():
    work = Work("report", [("T", "fr")], authors=[Author("Camille Exemple", "camille-exemple")])
    graph = set(works.triples(work))
    assert (work.iri(), RDF.type, FABIO.Report) in graph
    assert (work.iri(), DCTERMS.creator, named("person", "idhal-camille-exemple")) in graph


# Real answers


@needs_shared
def test_real_answers_of_hal_give_a_work_for_each_document():
    rows = read(SHARED)
    documents = [row for row in rows if isinstance(row, Row)]
    assert len(documents) == 31
    graph = {triple for row in documents for triple in triples(row)}
    works_found = {s for s, p, o in graph if (p, o) == (RDF.type, FABIO.Work)}
    assert len(works_found) == len({o for _, p, o in graph if p == ESS.halId}) == 31
    assert all("&#" not in o.value for _, p, o in graph if p == RDFS.label)
    assert ("10.4000/rfsic.3610") in {o.value for _, p, o in graph if p == ESS.doi}
    unread = {name for row in documents for name in row} - load("publications").ignored
    assert unread == set()
    left = [row.reason for row in rows if isinstance(row, LeftOut)]
    assert left.count("HAL: author without IdHAL or ORCID") == 2
    assert not any("@" in o.value or "hotmail" in o.value for *_, o in graph)
