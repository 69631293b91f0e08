"""The benchmark's parts still work together: no time is asserted."""

import json
from dataclasses import replace

import duckdb
import pytest
from rich.console import Console

from bench import audit, pages, registers, run, scale
from bench.build import plan, sizes
from bench.client import Client, rows
from bench.generate import generate, siren
from bench.peers import Ours
from bench.release import release
from bench.run import QUERIES, QUICK, answers, lookups
from kg import build
from kg.clean import siren as checked
from kg.queryfile import canonical, read, read_all
from kg.settings import Settings
from tests.served import serve

SIZE = 100_000
# Query to number of rows, where the generated graph fixes it.
EXPECTED = {
    "entity-by-siren": 1,
    "ask-anything": 1,
    "containment-up": 3,
    "contains-without-hit": 0,
    "successive-presidents": 3,
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return release(replace(Settings(), var=tmp_path_factory.mktemp("bench")), SIZE)


def test_our_service_answers_the_queries_of_the_benchmark(small):
    system = Ours(small, small.folder.parent.parent)
    system.load()
    with system.running(30) as running:
        found = [answers([running], read(QUERIES / f"{name}.rq"), QUICK) for name in EXPECTED]
        memory = running.memory()
        shown = run.pages(running, small, 2)
        own = run.own_query(f"<{small.base}id/territory/iso-FR>", small.base)
        with Client(running.endpoint) as client:
            told = rows(own, client.ask(own))
    assert shown.keys() == {"organization", "commune"}
    assert all(ms["page"] > 0 and ms["query"] > 0 for ms in shown.values())
    assert any("France" in row for row in told)
    assert {each["name"]: each["rows"] for each in found} == EXPECTED
    assert all(each["ms"] and not each["wrong"] for each in found)
    assert memory > 0


def test_a_release_of_the_generated_graph_is_about_as_large_as_asked(small):
    counts = small.manifest["counts"]
    assert counts["statements"] == pytest.approx(SIZE, rel=0.05)
    assert counts["entities"].keys() >= {"organization", "person", "publication", "episode"}
    assert len(lookups(small, 10)) == 10


def test_the_same_size_and_seed_give_the_same_bytes(tmp_path):
    assert generate(50_000, tmp_path / "one") == generate(50_000, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_invented_numbers_have_the_right_check_digit():
    numbers = [siren(number) for number in range(1000)]
    assert [checked(number) for number in numbers] == numbers
    assert len(set(numbers)) == 1000


@pytest.mark.parametrize("query", read_all(QUERIES), ids=lambda query: query.name)
def test_query_files_are_canonical(query):
    text = query.path.read_text(encoding="utf-8")
    assert text == canonical(text), f"run 'kg fmt bench/queries/{query.path.name}'"
    assert query.get("title", "fr") and query.get("title", "en")


@pytest.fixture(scope="module")
def invented(tmp_path_factory):
    """The files of small registers, by source."""
    return registers.generate(tmp_path_factory.mktemp("registers"), 4000, 1000)


@pytest.fixture(scope="module")
def national(invented, tmp_path_factory):
    """A release of the profile `national` from them."""
    settings = Settings(var=tmp_path_factory.mktemp("national"), max_set_aside=0.01)
    what = plan("national", invented)
    return build.build(settings, what, "2026-01-31", Console(quiet=True))


def test_registers_of_the_same_numbers_and_seed_have_the_same_bytes(invented, tmp_path):
    for name, path in registers.generate(tmp_path, 4000, 1000).items():
        if name != "esus":  # a spreadsheet holds the time at which it was written
            assert path.read_bytes() == invented[name].read_bytes(), name
    other = registers.generate(tmp_path, 4000, 1000, seed=1)
    assert other["sirene"].read_bytes() != invented["sirene"].read_bytes()


def test_registers_have_the_columns_of_the_real_ones_and_their_traps(invented):
    units = duckdb.read_parquet(str(invented["sirene"]))
    sites = duckdb.read_parquet(str(invented["establishments"]))
    assert (len(units.columns), len(sites.columns)) == (35, 54)
    ((flagged, masked, old, siren),) = duckdb.execute(
        """SELECT count(*) FILTER (economieSocialeSolidaireUniteLegale = 'O'),
            count(*) FILTER (denominationUniteLegale = '[ND]' OR nomUniteLegale = '[ND]'),
            count(*) FILTER (nomenclatureActivitePrincipaleUniteLegale = 'NAP'),
            count(DISTINCT siren) FROM units"""
    ).fetchall()
    assert (flagged, siren) == (1000, 4000)
    assert masked and old


def test_every_row_of_the_registers_is_taken_left_out_or_set_aside(national):
    by_key = {each["key"]: each for each in national.manifest["sources"]}
    sirene = by_key["sirene"]
    out = sum(sirene["left_out"].values()) + sirene["set_aside"]
    assert sirene["rows"] == 4000
    assert sirene["entities"]["organization"] == sirene["rows"] - out
    assert sirene["left_out"]["not flagged as belonging to the ESS"] == 3000
    assert by_key["rna"]["left_out"]["not known to another source"] > 0
    assert all(by_key[name]["statements"] for name in ("ess-france", "esus", "rna"))


def test_registers_that_differ_are_counted_by_kind(national):
    found = {
        (each["check"], each["topic"].rpartition("/")[2]): each["number"]
        for each in national.manifest["findings"]
    }
    assert found["contradiction", "foundingDate"] > 1
    assert found["contradiction", "ontology#legalFamily"] > 1
    assert not [each for each in national.manifest["findings"] if each["severity"] == "violation"]


def test_the_page_of_builds_is_written_from_their_figures(national, tmp_path, monkeypatch):
    monkeypatch.setattr(scale, "PAGE", tmp_path / "scale.md")
    used = {"seconds": 2.0, "processor": 3.0, "memory": 700.0}
    stages = [{"name": "Merging statements", **used}]
    figures = {
        "date": "2026-01-31", "cores": 2, "busy": True, "profile": "national",
        "units": 29_000_000, "flagged": 1_200_000, "rows": 30_000_000, "statements": 28_000_000,
        "entities": {"organization": 1_200_000}, "seconds": 1300.0, "stages": stages,
        "sizes": sizes(national), "again": {"seconds": 600.0, "stages": stages},
        "mapping": {"rows": 10, "kg": {"seconds": 1, "statements": 200},
                    "Morph-KGC": {"seconds": 2, "statements": 100}},
    }  # fmt: skip
    (tmp_path / "one.json").write_text(json.dumps(figures))
    small = {**figures, "units": 2_900_000, "statements": 2_800_000}
    small["stages"] = [{**stages[0], "processor": 0.2, "memory": 350.0}]
    (tmp_path / "small.json").write_text(json.dumps(small))
    scale.write(tmp_path)
    text = (tmp_path / "scale.md").read_text()
    assert "**21.7** ✗ (at most 20)" in text
    assert "**700** ✓ (at most 6,144)" in text
    assert "**0.25** ✓" in text
    grown = "| 2,800,000 → 28,000,000 | 10.0 | **15.0** ✗ (at most 11) | **2.0** ✓ (at most 11) |"
    assert grown in text
    assert "| Merging statements | 2.0 | 3.0 | 700 | 2.0 |" in text


def test_every_type_of_page_is_answered_and_stands_in_the_table(
    default_release, tmp_path, monkeypatch
):
    found = dict(pages.Addresses(default_release, 2).types())
    assert {"home", "thing: most linked", "links, last page", "search: a word"} <= found.keys()
    assert all(found.values())
    with serve(default_release.folder.parent.parent, KG_CACHE_DISK="0") as server:
        types = {name: pages.measure(server.root, paths[:2], 2) for name, paths in found.items()}
    assert not {name: each["failed"] for name, each in types.items() if each["failed"]}
    monkeypatch.setattr(pages, "DOCS", tmp_path / "pages.md")
    counts = default_release.manifest["counts"]
    known = {"statements": counts["statements"], "entities": counts["entities"]}
    pages.write({"date": "2026-01-01", "cores": 2, "busy": False, "types": types, **known})
    text = (tmp_path / "pages.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in text for name in types)


def test_an_audit_tells_the_scores_and_what_cost_points(tmp_path, monkeypatch):
    tool = tmp_path / "lighthouse"
    weights = {"speed-index": 10, "is-crawlable": 4, "console": 0}
    refs = [{"id": name, "weight": weight} for name, weight in weights.items()]
    report = {
        "categories": {
            name: {"score": 0.97, "auditRefs": refs if name == "seo" else []}
            for name in audit.CATEGORIES
        },
        "audits": {
            "speed-index": {"score": 0.95},
            "is-crawlable": {"score": 0},
            "console": {"score": 0},
        },
    }
    (tmp_path / "report.json").write_text(json.dumps(report))
    tool.write_text(
        '#!/bin/sh\n[ "$CHROME_PATH" = /bin/browser ] || exit 1\n'
        'for each in "$@"; do case $each in --output-path=*) '
        f'cp {tmp_path}/report.json "${{each#*=}}";; esac; done\n'
    )
    tool.chmod(0o755)
    monkeypatch.setattr(audit, "TOOL", tool)
    rows = audit.measure("http://127.0.0.1:1", "/bin/browser", 2, "organization")
    assert rows == [["organization", *["**97** ✓"] * 4, "is-crawlable"]]
    assert audit.measure("http://127.0.0.1:1", "/bin/browser", 1, "graph")[0][4] == "97"
