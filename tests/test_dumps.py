"""Dumps: every form says the same; tables say what the statements say."""

import csv
import gzip
import hashlib
import io
import json
from types import SimpleNamespace

import duckdb
import pytest
import zstandard
from pyoxigraph import RdfFormat, parse
from rdflib import Graph
from rich.console import Console

from kg import build, dumps, sources, statements, tables
from kg.iri import BASE
from kg.settings import Settings

from . import tiny

GRAPHS = {
    "ttl.zst": RdfFormat.TURTLE,
    "ttl.gz": RdfFormat.TURTLE,
    "jsonld.gz": RdfFormat.JSON_LD,
    "rdf.gz": RdfFormat.RDF_XML,
}
RTES = "https://w3id.org/ess-kg/id/organization/rtes"


def plain(path):
    data = path.read_bytes()
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    return gzip.decompress(data)


def quads(release, part):
    """The quads of a part, without the names that blank nodes may have."""
    return set(parse(plain(release.folder / "dumps" / f"{part}.nq.zst"), RdfFormat.N_QUADS))


def rows(release, name):
    text = plain(release.folder / "dumps" / f"table-{name}.csv.gz").decode()
    return {row["iri"]: row for row in csv.DictReader(io.StringIO(text))}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A release that is small enough for every form to be whole in memory."""
    folder = tmp_path_factory.mktemp("small")
    plan = build.Plan([sources.load("ontology"), tiny.source(folder / "tiny", "a,Ça,,x", "b,B,,y")])
    return build.build(Settings(var=folder), plan, "2026-01-31", Console(quiet=True))


def test_every_form_of_every_part_says_the_same(small):
    parts = {dump.part for dump in small.dumps.values() if dump.form == "nq"}
    assert {"all", "other", "kind-organization", "source-tiny"} <= parts
    for part in parts:
        found = quads(small, part)
        assert plain(small.folder / "dumps" / f"{part}.nq.gz") == plain(
            small.folder / "dumps" / f"{part}.nq.zst"
        )
        for ending, form in GRAPHS.items():
            data = plain(small.folder / "dumps" / f"{part}.{ending}")
            assert {quad.triple for quad in parse(data, form)} == {quad.triple for quad in found}


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
@pytest.mark.parametrize(
    ("ending", "form"), [("ttl", "turtle"), ("jsonld", "json-ld"), ("rdf", "xml")]
)
def test_rdflib_reads_every_form(small, ending, form):
    graph = Graph().parse(plain(small.folder / "dumps" / f"all.{ending}.gz"), format=form)
    assert len(graph) == small.manifest["counts"]["statements"]


def test_a_part_that_is_too_large_for_one_document_has_none(tmp_path, monkeypatch, small):
    quads = tmp_path / "all.nq.zst"
    quads.write_bytes((small.folder / "dumps" / "all.nq.zst").read_bytes())
    monkeypatch.setattr(dumps, "DOCUMENT", 10)
    dumps.write_forms(quads, small.base)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("all.nq.zst", "all.nq.gz", "all.ttl.zst", "all.ttl.gz"),
    }


def test_a_large_source_is_not_written_as_turtle(tmp_path, monkeypatch, small):
    monkeypatch.setattr(dumps, "SOURCE", 10)
    for number, endings in ((10, {"nq.zst", "nq.gz", *GRAPHS}), (11, {"nq.zst", "nq.gz"})):
        quads = tmp_path / str(number) / "source-tiny.nq.zst"
        quads.parent.mkdir()
        quads.write_bytes((small.folder / "dumps" / "source-tiny.nq.zst").read_bytes())
        dumps.write_source(quads, small.base, number)
        found = {path.name.partition(".")[2] for path in quads.parent.iterdir()}
        assert found == endings


def test_turtle_of_a_base_of_ones_own_has_its_prefixes(tmp_path):
    base = "https://kg.example/data/"
    quads = tmp_path / "all.nq.zst"
    with dumps.writing(quads) as file:
        file.write(f'<{base}id/person/x> <{base}ontology#siren> "1" <{base}graph/a> .\n'.encode())
    dumps.write_forms(quads, base)
    assert 'ess:siren "1"' in plain(tmp_path / "all.ttl.gz").decode()


# Tables


def test_what_sources_state_stands_in_the_order_of_the_release(tmp_path):
    """Of one maker and of two; over many pieces of a file, which several threads read."""
    (tmp_path / "dumps").mkdir()
    with statements.connect(tmp_path / "work") as connection:
        connection.execute(
            """CREATE TABLE statement AS SELECT format('<x:{:07}>', i) AS subject,
                '<x:p>' AS predicate, '<x:o>' AS object, [['one', 'two', 'three'][1 + i % 3]]
                AS sources FROM range(1500000) each(i)"""
        )
        statements.write_parquet(connection, tmp_path / "statements.parquet")
        made = [
            SimpleNamespace(source=SimpleNamespace(name=name), makers=lambda names=names: names)
            for name, names in {"single": ["one"], "several": ["two", "three"]}.items()
        ]
        written = dict(dumps.write_sources(connection, tmp_path, BASE, made))
    assert [(path.name, count) for path, count in written.items()] == [
        ("source-single.nq.zst", 500_000),
        ("source-several.nq.zst", 1_000_000),
    ]
    for path in written:
        lines = plain(path).splitlines()
        assert lines == sorted(lines)


@pytest.mark.parametrize("table", tables.read(), ids=lambda table: table.name)
def test_a_table_is_defined_in_both_languages_with_names_used_once(table):
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names) and names[0] == "iri"
    for each in (table, *table.columns):
        assert each.fr and each.en
    assert {column.type for column in table.columns} <= tables.TYPES.keys()
    assert {column.part for column in table.columns} <= {
        *("iri", "text", "fr", "en", "key", "name_fr", "name_en", "sources"),
    }


def test_an_organisation_is_a_row(default_release):
    row = rows(default_release, "organization")[RTES]
    assert row["label_fr"].startswith("Réseau des")
    assert row["acronym"] == "RTES"
    assert row["type_code"] == "association" and row["type_en"] == "association"
    assert row["legal_family_fr"] == "association"
    assert "inferred" in row["sources"].split(tables.SEPARATOR)


def test_codes_keep_their_zeros_and_lead_to_the_territory(default_release):
    territories = rows(default_release, "territory")
    row = territories["https://w3id.org/ess-kg/id/territory/insee-01004"]
    assert (row["label"], row["insee_code"], row["level"]) == (
        *("Ambérieu-en-Bugey", "01004"),
        "commune",
    )
    assert (row["departement_code"], row["departement_name"]) == ("01", "Ain")
    assert (row["region_code"], row["region_name"]) == ("84", "Auvergne-Rhône-Alpes")
    assert int(row["population"]) > 10_000


def test_a_role_names_who_and_where(default_release):
    row = rows(default_release, "role")[
        "https://w3id.org/ess-kg/id/person/mahel-coppey#presidency-rtes"
    ]
    assert row["person_name"] == "Mahel Coppey"
    assert row["organization_iri"] == RTES
    assert row["role_code"] == "president" and "2022-05-11" in row["attested"]


def test_a_table_has_a_row_for_every_thing(default_release):
    counts = default_release.manifest["counts"]["entities"]
    for kind in ("person", "publication", "episode", "event", "theme", "territory"):
        assert len(rows(default_release, kind)) == counts[kind], kind


def test_csv_and_parquet_hold_the_same(default_release):
    folder = default_release.folder / "dumps"
    for path in folder.glob("table-*.parquet"):
        name = path.stem
        with duckdb.connect() as connection:
            types = {
                row[0]: row[1] for row in connection.execute(f"DESCRIBE FROM '{path}'").fetchall()
            }
            text = f"read_csv('{folder}/{name}.csv.gz', all_varchar = true, header = true)"
            columns = ", ".join(f'"{column}"::{type_}' for column, type_ in types.items())
            differing = connection.execute(
                f"FROM (SELECT {columns} FROM {text} EXCEPT ALL FROM '{path}') LIMIT 3"
            ).fetchall()
            counts = connection.execute(
                f"SELECT (SELECT count(*) FROM {text}), (SELECT count(*) FROM '{path}')"
            ).fetchone()
        assert not differing and counts[0] == counts[1] > 0, name


def test_tables_are_the_same_in_pieces(default_release, tmp_path, monkeypatch):
    monkeypatch.setattr(statements, "PIECE", 20_000)
    (tmp_path / "dumps").mkdir()
    (tmp_path / "statements.parquet").symlink_to(default_release.folder / "statements.parquet")
    with statements.connect(tmp_path / "work") as connection:
        tables.write(connection, tmp_path, default_release.base)
    for path in (tmp_path / "dumps").glob("*.csv.gz"):
        assert plain(path) == plain(default_release.folder / "dumps" / path.name), path.name


def test_the_data_package_describes_every_table(default_release):
    folder = default_release.folder / "dumps"
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["version"] == default_release.id
    assert package["licenses"][0]["path"].startswith("https://www.etalab.gouv.fr/")
    assert all(each["path"].startswith("https://") for each in package["sources"])
    files = {path.name for path in folder.glob("table-*.csv.gz")}
    assert {each["path"] for each in package["resources"]} == files
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        header = next(csv.reader(io.StringIO(gzip.decompress(data).decode())))
        assert [field["name"] for field in resource["schema"]["fields"]] == header
        assert all(f["description"] and f["description_en"] for f in resource["schema"]["fields"])
