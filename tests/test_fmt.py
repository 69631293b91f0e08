"""The canonical form of tables and query files."""

import pytest

from kg import fmt
from kg.errors import InputError, MissingColumn
from kg.settings import ROOT

HEADER = "unit,organization,source\n"


@pytest.fixture
def table(tmp_path):
    """Write units.csv; its canonical text."""
    path = tmp_path / "units.csv"

    def canonical(text):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return fmt.canonical(path)

    return canonical


@pytest.mark.parametrize("path", fmt.files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_of_the_project_is_canonical(path):
    same = path.read_bytes() == fmt.canonical(path).encode()
    assert same, f"{path} is not in canonical form: run 'kg fmt' and commit"


def test_all_tables_and_queries_are_among_the_files():
    found = fmt.files()
    assert ROOT / "data" / "roles.csv" in found
    assert set((ROOT / "ontology").rglob("*.rq")) <= set(found)


def test_rows_are_sorted_by_key_and_then_by_source(table):
    assert table(HEADER + "b,o,a\na,o,z\na,o,b\n") == HEADER + "a,o,b\na,o,z\nb,o,a\n"


def test_columns_take_the_order_of_the_table(table):
    assert table("source,unit,organization\ns,u,o\n") == HEADER + "u,o,s\n"


def test_only_cells_that_need_quotes_have_them(table):
    assert table(HEADER + '"u","o","a, ""b"""\n') == HEADER + 'u,o,"a, ""b"""\n'


def test_cells_are_trimmed_and_composed_and_lines_end_in_lf(table):
    assert table(HEADER.replace("\n", "\r\n") + "  e\u0301,o ,s\r\n") == HEADER + "é,o,s\n"


def test_a_byte_order_mark_goes(table):
    assert table(b"\xef\xbb\xbf" + HEADER.encode()) == HEADER


def test_canonical_text_stays_as_it_is(table):
    once = table(HEADER + "b,o,s\na,o,s\n")
    assert table(once) == once


def test_a_missing_column_is_named_with_its_file(table, tmp_path):
    with pytest.raises(MissingColumn) as caught:
        table("unit,source\nu,s\n")
    assert str(caught.value) == (
        f"{tmp_path / 'units.csv'}, line 1, column 'organization': the column is missing. "
        "To mend it: write the header: unit,organization,source"
    )


def test_a_column_too_many_is_named_with_its_file(table, tmp_path):
    with pytest.raises(InputError) as caught:
        table("unit,organization,source,colour\nu,o,s,red\n")
    assert str(caught.value) == (
        f"{tmp_path / 'units.csv'}, line 1: 'colour' is not a column of this table. "
        "To mend it: remove it, or declare it in kg/sources/curated/tables.py and docs/model.md"
    )


def test_a_query_gets_its_prefixes_from_the_table(tmp_path):
    path = tmp_path / "q.rq"
    path.write_text("# title@en: Q\nSELECT * { ?s skos:prefLabel ?o }  \n", encoding="utf-8")
    assert fmt.canonical(path) == (
        "# title@en: Q\nPREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n\n"
        "SELECT * { ?s skos:prefLabel ?o }\n"
    )


def test_an_unknown_prefix_is_named_with_its_file(tmp_path):
    path = tmp_path / "q.rq"
    path.write_text("SELECT * { ?s nope:x ?o }\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"q\.rq: prefix 'nope' is not in ontology/prefixes\.ttl"):
        fmt.canonical(path)


def test_a_file_of_another_sort_is_refused(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="has no canonical form"):
        fmt.canonical(path)


def test_differing_names_only_the_files_that_differ(tmp_path):
    (tmp_path / "units.csv").write_text(HEADER, encoding="utf-8")
    (tmp_path / "areas.csv").write_text(
        "source,organization,territory,relation\n", encoding="utf-8"
    )
    paths = [tmp_path / "units.csv", tmp_path / "areas.csv"]
    assert fmt.differing(paths) == [tmp_path / "areas.csv"]
