"""Rows: tables as registers are published, in whatever delimiter, encoding and archive."""

import zipfile

import pytest

from kg.errors import InputError, MissingFile
from kg.sources.rows import Broken, delimiter, encoding, read_registers, tables


@pytest.fixture
def file(tmp_path):
    """`file(content)`: a table with that content, as text (UTF-8) or bytes."""

    def written(content):
        path = tmp_path / "register.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def read(path):
    return [(row.line, dict(row)) for row in read_registers([path])]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_delimiter_is_the_one_of_the_header(file, mark):
    path = file(f"a{mark}b\n1{mark}x, y; z\n" if mark == "\t" else f'a{mark}b\n1{mark}"x, y; z"\n')
    assert delimiter(path) == mark
    assert read(path) == [(2, {"a": "1", "b": "x, y; z"})]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_the_encoding_is_found(file, coding):
    assert read(file("a;b\n1;dépôt\n".encode(coding))) == [(2, {"a": "1", "b": "dépôt"})]


def test_windows_characters_are_read(file):
    path = file("a;b\n1;l’œuvre\n".encode("cp1252"))
    assert encoding(path) == "cp1252"
    assert read(path) == [(2, {"a": "1", "b": "l’œuvre"})]


def test_a_file_that_is_nearly_utf_8_is_not_garbled_but_one_row_set_aside(file):
    path = file("a;b\n1;é\n".encode() + b"2;\xe9\n" + "3;é\n".encode())
    assert [type(row) is Broken for row in read_registers([path])] == [False, True, False]
    assert read(path)[2] == (4, {"a": "3", "b": "é"})


def test_a_row_that_cannot_be_read_does_not_stop_the_others(file):
    path = file('a;b\n1;x\n2;"y"z\n3\n\n4;"é\né"\n5;w\n')
    rows = list(read_registers([path]))
    broken = [(row.line, row.problem) for row in rows if isinstance(row, Broken)]
    assert broken == [
        (3, "';' expected after '\"'"),
        (4, "the row has 1 cells, the header 2"),
    ]
    assert [(row.line, row["b"]) for row in rows if row] == [(2, "x"), (6, "é\né"), (8, "w")]


def test_names_of_columns_are_cleaned(file):
    assert read(file("\ufeff a ;b\u00a0\n1;2\n")) == [(2, {"a": "1", "b": "2"})]


def test_a_column_that_stands_twice_is_named(file):
    with pytest.raises(InputError, match="a column name stands twice"):
        read(file("a;a\n1;2\n"))


def test_an_archive_is_the_tables_that_it_holds(tmp_path):
    path = tmp_path / "register.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("all/dpt_02.csv", "a;b\n2;é\n".encode("latin-1"))
        archive.writestr("all/dpt_01.csv", "a;b\n1;é\n")
        archive.writestr("all/read-me.txt", "nothing")
    assert [str(table).removeprefix(f"{path}/") for table in tables(path)] == [
        "all/dpt_01.csv",
        "all/dpt_02.csv",
    ]
    assert [row["b"] for row in read_registers([path])] == ["é", "é"]


def test_a_broken_archive_and_a_missing_file_are_named(tmp_path):
    path = tmp_path / "register.zip"
    with pytest.raises(MissingFile, match=r"register\.zip: there is no such file"):
        list(tables(path))
    path.write_bytes(b"PK nothing")
    with pytest.raises(InputError, match=r"register\.zip: is not a readable zip archive"):
        list(tables(path))
