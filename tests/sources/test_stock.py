"""Stock files: one table in three formats, and what is wrong with a file, by name and line."""

import zipfile

import duckdb
import pytest

from kg import sql
from kg.errors import InputError, MissingColumn, MissingFile
from kg.sources import stock
from kg.sources.rows import LeftOut, Row
from kg.sources.stock import Columns

COLUMNS = Columns(("siren", "nom", "date"), ("mission",), frozenset({"prenom"}))
TEXT = '''siren,nom,prenom,date,mission
000000018,"UN, ""DEUX""",ANNE,2020-01-02,O
000000026,[ND],PAUL,,
000000034,TROIS,,2021-03-04,
'''


def sifted(path, reasons=None):
    with duckdb.connect() as connection, stock.opened(path, COLUMNS) as (table, unknown):
        values = {name: sql.name(name) for name in (*COLUMNS.read, *unknown)}
        keep_all = {"nothing": "false"}
        return list(stock.sift(connection, path, table, reasons or keep_all, values))


def written(folder, suffix, text=TEXT):
    """The table as a CSV file, a CSV in a zip, or a Parquet file with types."""
    plain = folder / "stock.csv"
    plain.write_bytes(text if isinstance(text, bytes) else text.encode())
    path = plain.with_suffix(suffix)
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(plain, "Stock_utf8.csv")
    elif suffix == ".parquet":
        with duckdb.connect() as connection:
            connection.execute(
                "COPY (FROM read_csv($csv, types={'siren': 'VARCHAR', 'date': 'DATE'})) "
                "TO $parquet (FORMAT parquet)",
                {"csv": str(plain), "parquet": str(path)},
            )
    return path


each_format = pytest.mark.parametrize("suffix", [".csv", ".zip", ".parquet"])


@each_format
def test_the_rows_are_the_same_in_every_format(tmp_path, suffix):
    rows = sifted(written(tmp_path, suffix))
    assert rows == [
        {"siren": "000000018", "nom": 'UN, "DEUX"', "date": "2020-01-02", "mission": "O"},
        {"siren": "000000026", "nom": "", "date": "", "mission": ""},
        {"siren": "000000034", "nom": "TROIS", "date": "2021-03-04", "mission": ""},
    ]
    first = 1 if suffix == ".parquet" else 2  # a CSV file begins with its header
    assert [row.line for row in rows] == [first, first + 1, first + 2]


@each_format
def test_rows_left_out_are_counted_by_the_first_reason_that_holds(tmp_path, suffix):
    reasons = {"masked": "nom = '[ND]'", "early": "date < '2021' OR nom = '[ND]'"}
    rows = sifted(written(tmp_path, suffix), reasons)
    assert rows[:2] == [LeftOut("early", 1), LeftOut("masked", 1)]
    assert [row["siren"] for row in rows[2:] if isinstance(row, Row)] == ["000000034"]


@each_format
def test_a_column_that_nobody_knows_is_named_but_not_read(tmp_path, suffix):
    rows = sifted(written(tmp_path, suffix, TEXT.replace("prenom", '"a ""new"" one"', 1)))
    assert [row['a "new" one'] for row in rows] == ["", "", ""]


@each_format
def test_a_missing_column_is_named(tmp_path, suffix):
    path = written(tmp_path, suffix, TEXT.replace("nom,", "name,", 1))
    with pytest.raises(MissingColumn, match=rf"\{suffix}, column 'nom'.*there are: siren, name"):
        sifted(path)


@each_format
def test_a_column_of_a_later_edition_may_be_missing(tmp_path, suffix):
    rows = sifted(written(tmp_path, suffix, TEXT.replace("mission", "prenom2", 1)))
    assert [row["mission"] for row in rows] == ["", "", ""]


@each_format
def test_a_file_that_is_no_such_thing_is_named(tmp_path, suffix):
    path = tmp_path / f"stock{suffix}"
    path.write_bytes(b"siren,nom,date\n\x00\xff\xfe,x\n")
    with pytest.raises(InputError, match=rf"stock\{suffix}"):
        sifted(path)


@pytest.mark.parametrize("suffix", [".csv", ".zip"])
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"000000042,QUATRE\n", id="too few cells"),
        pytest.param(b"000000042,QUATRE,,2020-01-01,,more\n", id="too many cells"),
        pytest.param(b'000000042,"QUATRE,,2020-01-01,\n', id="a quote without end"),
        pytest.param("000000042,ÉTÉ,,2020-01-01,\n".encode("latin-1"), id="Latin-1"),
    ],
)
def test_a_malformed_line_stops_the_reading_with_its_number(tmp_path, suffix, line):
    path = written(tmp_path, suffix, TEXT.encode() + line)
    with pytest.raises(InputError, match=rf"stock\{suffix}, line 5: cannot be read"):
        sifted(path)


def test_a_zip_that_is_damaged_is_not_taken_for_a_short_file(tmp_path):
    path = tmp_path / "stock.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("Stock_utf8.csv", TEXT)
    path.write_bytes(path.read_bytes().replace(b"TROIS", b"SEIZE"))
    with pytest.raises(InputError, match=r"stock\.zip: cannot be read: Bad CRC-32"):
        sifted(path)


@pytest.mark.parametrize("names", [[], ["a.csv", "b.csv"]])
def test_a_zip_must_hold_one_table(tmp_path, names):
    path = tmp_path / "stock.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, TEXT)
    with pytest.raises(InputError, match=f"the zip has {len(names)} CSV files, and must have one"):
        sifted(path)


def test_a_zip_is_unpacked_while_it_is_read(tmp_path):
    """More than a pipe holds, so that reader and unpacker have to take turns."""
    line = "000000018,UN,,2020-01-02,\n"
    path = written(tmp_path, ".zip", TEXT + 20_000 * line)
    rows = sifted(path, {"one": "nom = 'UN'"})
    assert rows[0] == LeftOut("one", 20_000)
    assert [row["siren"] for row in rows[1:]] == ["000000018", "000000026", "000000034"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    assert len(sifted(written(tmp_path, ".csv", b"\xef\xbb\xbf" + TEXT.encode()))) == 3


def test_a_repeated_column_is_refused(tmp_path):
    path = written(tmp_path, ".csv", TEXT.replace("prenom", "nom", 1))
    with pytest.raises(InputError, match="line 1: a column name stands twice"):
        sifted(path)


def test_of_a_folder_the_file_that_is_quickest_to_read_is_taken(tmp_path):
    for suffix in (".csv", ".zip", ".parquet"):
        (tmp_path / f"StockUniteLegale_utf8{suffix}").touch()
        (tmp_path / f"StockUniteLegaleHistorique_utf8{suffix}").touch()
    assert stock.paths(tmp_path, "StockUniteLegale", "") == [
        tmp_path / "StockUniteLegale_utf8.parquet"
    ]


@pytest.mark.parametrize("name", ["", "none.csv"])
def test_a_file_that_is_not_there_is_named_with_the_way_to_get_it(tmp_path, name):
    with pytest.raises(MissingFile, match="there is no such file. To mend it: ask for it"):
        stock.paths(tmp_path / name, "StockUniteLegale", "ask for it")


@pytest.mark.parametrize(
    ("value", "code"),
    [("9220.0", "9220"), ("18", "0018"), ("92201", "92201"), ("", None), ("2A", "002A")],
)
def test_a_spoilt_number_is_a_code_again(value, code):
    query = f"SELECT {stock.padded('v', 4)} FROM (SELECT $value AS v)"
    assert duckdb.connect().execute(query, {"value": value}).fetchall() == [(code,)]


def test_a_text_in_sql_ends_where_it_ends():
    value = "L'ÉTÉ' OR ''='"
    assert duckdb.connect().sql(f"SELECT {sql.text(value)}").fetchall() == [(value,)]
