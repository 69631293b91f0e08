"""Conversion: what is taken, what is set aside, what is done again."""

from dataclasses import replace
from itertools import chain

import duckdb
import pytest

from kg.convert import check_expected, convert
from kg.errors import InputError, MissingColumn, MissingFile
from kg.sources.rows import LeftOut

from . import tiny


def test_every_triple_is_kept_with_its_source(tmp_path):
    done = convert(tiny.source(tmp_path, "a,Avise,,s1"), None, tmp_path / "build")
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(done.statements)).fetchall()
    assert len(rows) == done.outcome.statements == 3
    assert {row[3] for row in rows} == {"s1"}
    assert done.outcome.entities == {"organization": 1}


def test_a_row_that_cannot_be_taken_is_set_aside_with_file_line_and_reason(tmp_path):
    done = convert(
        tiny.source(tmp_path, "a,Avise,,", "b,crash,,", "c,C,123,"), None, tmp_path / "b"
    )
    assert done.outcome.rows == 3
    assert [str(each) for each in done.outcome.set_aside] == [
        "tiny.csv, line 3, column 'name': 'crash' is not a name. To mend it: write another one",
        "tiny.csv, line 4: is not a SIREN: nine digits are needed",
    ]


def test_a_column_nobody_reads_is_named_unless_it_is_ignored(tmp_path):
    source = tiny.source(tmp_path, "a,A,,,x,y", header=f"{tiny.HEADER},remark,colour")
    assert convert(source, None, tmp_path / "build").outcome.unread == ["colour"]


def test_a_missing_column_stops_the_source_with_its_name(tmp_path):
    source = tiny.source(tmp_path, "a,A,", header="key,name,source")
    with pytest.raises(MissingColumn, match=r"tiny\.csv.*'siren'.*there are: "):
        convert(source, None, tmp_path / "build")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingFile, match=r"none\.csv"):
        convert(tiny.source(tmp_path), tmp_path / "none.csv", tmp_path / "build")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"key,name,siren,source\na,\xe9t\xe9,,\n", "line 2: the file is not UTF-8"),
        (b"key,name,siren,source\na,A,\n", "line 2: the row has 3 cells, the header 4"),
        (b"key,key,siren,source\n", "line 1: a column name stands twice"),
        (b'key,name,siren,source\na,"A,,\n', "line 2: unexpected end"),
    ],
)
def test_a_malformed_table_is_named_with_its_line(tmp_path, content, message):
    source = tiny.source(tmp_path)
    (tmp_path / "tiny.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        convert(source, None, tmp_path / "build")


def test_what_was_converted_is_not_converted_again(tmp_path):
    source = tiny.source(tmp_path, "a,A,,")
    first = convert(source, None, tmp_path / "build")

    def never(rows, name):
        raise AssertionError("converted again")

    assert convert(source, None, tmp_path / "build", never).outcome == first.outcome


def test_a_changed_file_is_converted_again(tmp_path):
    first = convert(tiny.source(tmp_path, "a,A,,"), None, tmp_path / "build")
    second = convert(tiny.source(tmp_path, "a,A,,", "b,B,,"), None, tmp_path / "build")
    assert first.folder != second.folder
    assert second.outcome.rows == 2


def test_a_conversion_that_was_interrupted_is_begun_anew(tmp_path):
    source = tiny.source(tmp_path, "a,A,,", "b,B,,")

    def killed(rows, name):
        yield next(rows)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(source, None, tmp_path / "build", killed)
    assert convert(source, None, tmp_path / "build").outcome.rows == 2


def test_fewer_entities_than_expected_are_a_problem(tmp_path):
    done = convert(tiny.source(tmp_path, "a,A,,", least=5), None, tmp_path / "build")
    problems, warnings = check_expected(done)
    assert problems == ["tiny: 1 of kind organization, where 5 to 1000 are usual"]
    assert warnings == []


def test_rows_that_are_not_wanted_are_counted_with_their_reason(tmp_path):
    source = tiny.source(tmp_path, "a,A,,")
    records = source.records
    choosy = replace(source, records=lambda inputs: chain([LeftOut("too old", 7)], records(inputs)))
    outcome = convert(choosy, None, tmp_path / "build").outcome
    assert (outcome.rows, outcome.left_out) == (8, {"too old": 7})


def test_options_and_needed_sources_are_part_of_what_was_converted(tmp_path):
    source = tiny.source(tmp_path / "one", "a,A,,")
    plain = convert(source, None, tmp_path / "build")
    other = convert(source, None, tmp_path / "build", options={"only": "seats"})
    needed = convert(source, None, tmp_path / "build", needed=[other])
    assert len({plain.folder, other.folder, needed.folder}) == 3
