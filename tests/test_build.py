"""Builds and releases: exact contents, same bytes, nothing half-written current."""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import zstandard
from pyoxigraph import RdfFormat, Store
from rich.console import Console

from kg import build, changes, plan, sources, statements
from kg.errors import BuildFailed, KgError
from kg.iri import BASE
from kg.query.local import open_store
from kg.release import Releases
from kg.settings import ONTOLOGY, ROOT, Settings

from . import tiny

QUIET = Console(quiet=True)
DATE = "2026-01-31"
KINDS = ("organization", "source")
FIXED = {
    "answers/given-up.json",
    "SHA256SUMS",
    "description.ttl",
    "entities.parquet",
    "findings.parquet",
    "beginnings.tsv",
    "links.tsv",
    "manifest.json",
    "redirects.tsv",
    "report.html",
    "report.ttl",
    "statements.parquet",
    "withdrawn.tsv",
    "dumps/all.nq.zst",
    "dumps/all.ttl.zst",
    "dumps/datapackage.json",
    "registries/mixnmatch.tsv",
}


def run(tmp_path, *rows, date=DATE, var="var", **settings):
    """A release of the ontology and these rows of the tiny source."""
    what = build.Plan([sources.load("ontology"), tiny.source(tmp_path / "tiny", *rows)])
    return build.build(Settings(var=tmp_path / var, **settings), what, date, QUIET)


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two releases of one day: the second has one organisation more, one renamed, and a SIREN."""
    tmp_path = tmp_path_factory.mktemp("two")
    first = run(tmp_path, "avise,Avise,,a", "rtes,RTES,,a")
    second = run(tmp_path, "avise,Avise,301463253,a", "rtes,Le RTES,,a", "mes,MES,,b")
    return first, second


def test_a_release_holds_exactly_its_files(two):
    first, second = two
    apart = ("search/", "ontology/")
    found = {name for name in files(first.folder) if not name.startswith(apart)}
    parts = {name for name in found if name.startswith("dumps/")}
    answers = {f"answers/{path.stem}.tsv" for path in (ONTOLOGY / "questions").glob("*.rq")}
    assert found == FIXED | parts | answers
    names = {name.removeprefix("dumps/").split(".")[0] for name in parts}
    assert {"source-ontology", "source-tiny", "source-description", "kind-organization"} <= names
    assert files(second.folder) - files(first.folder) >= {
        f"changes/{name}" for name in (*changes.TEXTS, "difference.parquet", "entities.parquet")
    }
    assert not [path for path in first.folder.parent.iterdir() if path.name.endswith(".partial")]


def test_the_checksums_are_those_of_the_files(two):
    for release in two:
        for line in (release.folder / "SHA256SUMS").read_text().splitlines():
            digest, name = line.split("  ", 1)
            assert hashlib.sha256((release.folder / name).read_bytes()).hexdigest() == digest
        sealed = {
            line.split("  ", 1)[1]
            for line in (release.folder / "SHA256SUMS").read_text().splitlines()
        }
        unsealed = {
            name for name in files(release.folder) - sealed if not name.startswith("search/")
        }
        assert unsealed == {"SHA256SUMS"}


def test_the_last_build_is_current_and_an_older_one_can_be_used_again(two):
    first, second = two
    releases = Releases(first.folder.parent)
    assert (
        [each.id for each in releases.all()] == [f"{DATE}-1", f"{DATE}-2"] == [first.id, second.id]
    )
    assert releases.current() == second
    assert releases.use(first.id) == releases.current() == first
    assert releases.use(second.id) == releases.current()
    with pytest.raises(KgError, match=f"{DATE}-1, {DATE}-2"):
        releases.use("2020-01-01-1")


def test_the_difference_between_two_releases_is_exact(two):
    second = two[1]
    before, after = (set(open_store(release)) for release in two)
    for name, expected in (("added", after - before), ("removed", before - after)):
        with (second.folder / "changes" / f"{name}.nq.zst").open("rb") as file:
            store = Store()
            store.bulk_load(zstandard.ZstdDecompressor().stream_reader(file), RdfFormat.N_QUADS)
        assert set(store) == expected
        assert second.manifest["changes"][name] == len(expected)


def test_the_difference_is_exact_in_pieces_too(tmp_path, monkeypatch):
    monkeypatch.setattr(statements, "PIECE", 50)
    run(tmp_path, "avise,Avise,,a", "rtes,RTES,,a")
    second = run(tmp_path, "avise,Avise,,a", "rtes,Le RTES,,a", "mes,MES,,b")
    before, after = (set(open_store(each)) for each in Releases(second.folder.parent).all())
    counts = second.manifest["changes"]
    assert counts["added"] == len(after - before)
    assert counts["removed"] == len(before - after)


def test_a_superseded_iri_is_a_redirect_of_the_release(two):
    _, second = two
    better = f"{BASE}id/organization/siren-301463253"
    assert second.successor(f"{BASE}id/organization/avise") == better
    assert second.successor(better) is None


def test_the_manifest_counts_what_the_store_holds(two):
    for release in two:
        store = open_store(release)
        assert release.manifest["counts"]["statements"] == len(store)
        query = f"SELECT ?n {{ <{BASE}dataset> <http://rdfs.org/ns/void#triples> ?n }}"
        (row,) = store.query(query, use_default_graph_as_union=True)
        assert int(row["n"].value) == len(store)
        assert release.manifest["counts"]["graphs"] == len(list(store.named_graphs()))


def test_no_statement_stands_in_two_graphs(two):
    store = open_store(two[1])
    triples = {quad.triple for quad in store}
    assert len(triples) == len(store)


def test_every_graph_names_its_sources(two):
    store = open_store(two[1])
    for graph in store.named_graphs():
        query = "SELECT ?s { ?g <http://www.w3.org/ns/prov#wasDerivedFrom> ?s }"
        rows = store.query(query.replace("?g", str(graph)), use_default_graph_as_union=True)
        names = sorted(row["s"].value.rpartition("/")[2] for row in rows)
        assert "+".join(names) == graph.value.rpartition("/")[2]


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    rows = ("avise,Avise,301463253,a", "rtes,RTES,,b", "rtes,RTES,,a")
    one, other = (run(tmp_path, *rows, var=name) for name in ("one", "other"))
    assert (one.folder / "SHA256SUMS").read_text() == (other.folder / "SHA256SUMS").read_text()


def test_a_release_for_another_base_has_no_iri_of_ours(tmp_path):
    other = "http://data.example.org/ess/"
    release = run(tmp_path, "avise,Avise,301463253,a", base_iri=other)
    store = open_store(release)
    ours = {
        term.value
        for quad in store
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if getattr(term, "value", "").startswith(BASE)
    }
    assert ours == set()
    better = f"{other}id/organization/siren-301463253"
    assert release.successor(f"{other}id/organization/avise") == better


def test_a_build_with_a_violation_is_not_released_and_leaves_its_report(tmp_path):
    first = run(tmp_path, "avise,Avise,,a")
    with pytest.raises(BuildFailed, match=r"(?s)masked.*report\.html"):
        run(tmp_path, "avise,[ND],,a")
    assert Releases(first.folder.parent).current() == first
    report = tmp_path / "var" / "build" / "report.html"
    assert "masked-value" in report.read_text()
    assert "conforms false" in (report.with_suffix(".ttl")).read_text()


def test_all_problems_of_all_sources_come_in_one_report(tmp_path):
    what = build.Plan(
        [
            tiny.source(tmp_path / "one", "a,crash,,", "b,B,1,"),
            tiny.source(tmp_path / "two", "a,A,", header="key,name,source"),
        ]
    )
    with pytest.raises(BuildFailed) as raised:
        build.build(Settings(var=tmp_path / "var"), what, DATE, QUIET)
    assert len(raised.value.problems) == 3
    message = str(raised.value)
    assert "line 2, column 'name'" in message
    assert "line 3: is not a SIREN" in message
    assert "column 'siren': the column is missing" in message


def test_a_few_rows_set_aside_are_reported_and_do_not_stop_the_release(tmp_path):
    release = run(tmp_path, "a,A,,", "b,crash,,", max_set_aside=0.5)
    (report,) = [each for each in release.manifest["sources"] if each["key"] == "tiny"]
    assert (report["rows"], report["set_aside"]) == (2, 1)
    assert "line 3" in (release.folder / "report.html").read_text()


def test_two_builds_at_once_are_refused(tmp_path):
    settings = Settings(var=tmp_path / "var")
    with build._alone(settings), pytest.raises(KgError, match="Another build"):
        run(tmp_path, "a,A,,")


def test_a_release_is_never_overwritten(tmp_path):
    release = run(tmp_path, "a,A,,")
    partial = release.folder.with_name(f".{release.id}.partial")
    partial.mkdir()
    with pytest.raises(KgError, match="never rewritten"):
        Releases(release.folder.parent).finish(partial)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from kg import writer
from kg.search import fields
import tests.test_build as t
def stop(*_):
    print("written", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
{module}.{function} = stop
t.run(Path({folder!r}), "rtes,RTES,,a")
"""


@pytest.mark.parametrize(("module", "function"), [("fields", "write"), ("writer", "seal")])
def test_a_build_killed_in_the_middle_is_never_current_and_the_next_one_goes_on(
    tmp_path, module, function
):
    first = run(tmp_path, "avise,Avise,,a")
    root = str(ROOT)
    code = KILLED.format(root=root, module=module, function=function, folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.stdout == "written\n", done.stderr
    assert done.returncode == -signal.SIGKILL
    releases = Releases(first.folder.parent)
    assert releases.current() == first
    assert [each.id for each in releases.all()] == [first.id]
    again = run(tmp_path, "rtes,RTES,,a")
    assert releases.current() == again
    assert not [path for path in first.folder.parent.iterdir() if path.name.endswith(".partial")]


ANYTIME = """
import sys; sys.path.insert(0, {root!r})
from pathlib import Path
from kg import mapping
from tests import test_build as t
mapping.CHUNK = 20
print("begun", flush=True)
t.run(Path({folder!r}), *t.MANY)
"""
MANY = [f"o{number},Organisation {number},,{'ab'[number % 2]}" for number in range(200)]


def begin(folder):
    """A build of many small chunks in a process of its own."""
    folder.mkdir(exist_ok=True)
    code = ANYTIME.format(root=str(ROOT), folder=str(folder))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        text=True,
    )
    with process.stdout:
        assert process.stdout.readline() == "begun\n"
    return process, time.perf_counter()


def test_a_build_killed_at_any_moment_loses_nothing(tmp_path):
    process, start = begin(tmp_path / "undisturbed")
    assert process.wait() == 0
    seconds = time.perf_counter() - start
    expected = Releases(tmp_path / "undisturbed" / "var" / "releases").current()
    for number, moment in enumerate(random.Random(5).uniform(0.05, 0.95) for _ in range(5)):
        folder = tmp_path / str(number)
        process, _ = begin(folder)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds * moment)
        process.kill()
        process.wait()
        releases = Releases(folder / "var" / "releases")
        done = releases.current()
        assert done is None or done.id == expected.id
        if done is None:
            process, _ = begin(folder)
            assert process.wait() == 0
        sums = releases.current().folder / "SHA256SUMS"
        assert sums.read_text() == (expected.folder / "SHA256SUMS").read_text()


def test_what_a_killed_build_converted_is_not_converted_again(tmp_path):
    process, _ = begin(tmp_path)
    chunks = (tmp_path / "var" / "build" / "sources" / "tiny").glob("*/0000*.json")
    while process.poll() is None and not (done := list(chunks)):
        time.sleep(0.01)
        chunks = (tmp_path / "var" / "build" / "sources" / "tiny").glob("*/0000*.json")
    process.kill()
    process.wait()
    times = {path.name: path.stat().st_mtime_ns for path in done}
    process, _ = begin(tmp_path)
    assert process.wait() == 0
    (folder,) = (tmp_path / "var" / "build" / "sources" / "tiny").iterdir()
    assert {name: (folder / name).stat().st_mtime_ns for name in times} == times


@pytest.mark.parametrize("limit", [2_000, 40_000, 200_000, 1_000_000])
def test_a_full_disk_is_told_in_one_line_and_leaves_the_previous_release(tmp_path, limit):
    first = run(tmp_path, "avise,Avise,,a")
    code = (
        "import resource\nfrom pathlib import Path\nfrom kg import build, cli, plan, sources\n"
        "from tests import tiny\n"
        f"own = tiny.source(Path({str(tmp_path / 'tiny')!r}), 'rtes,RTES,,a')\n"
        "plan.read = lambda *_: build.Plan([sources.load('ontology'), own])\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "cli.main(['build'])"
    )
    environment = {**os.environ, "KG_VAR": str(tmp_path / "var")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode in {1, 3}
    assert done.stderr.splitlines()[-1].startswith("kg: ")
    assert "Traceback" not in done.stderr
    releases = Releases(first.folder.parent)
    assert releases.current() == first
    assert [each.id for each in releases.all()] == [first.id]


def test_an_unknown_profile_or_source_is_named_with_those_that_there_are():
    with pytest.raises(KgError, match="'nope' is not a profile.*default"):
        plan.read("nope", {})
    with pytest.raises(KgError, match="'nope' is not a source.*curated"):
        plan.read("default", {"nope": None})


def test_sources_come_behind_those_that_they_need_and_those_that_they_want_to_hear(tmp_path):
    first, wants = (
        replace(tiny.source(tmp_path / name), name=name, **more)
        for name, more in [("first", {}), ("wants", {"after": ("first", "absent")})]
    )
    needs = replace(tiny.source(tmp_path / "needs"), name="needs", needs=("territories",))
    ordered = [each.name for each in plan.in_order([wants, first, needs])]
    assert ordered == ["first", "wants", "territories", "needs"]


def test_a_source_hears_what_those_before_it_state(tmp_path):
    heard = []
    first = tiny.source(tmp_path / "first", "avise,Avise,,a")
    plain = tiny.source(tmp_path / "second", "rtes,RTES,,a")

    def records(inputs):
        heard.append(sorted(inputs.converted))
        return plain.records(inputs)

    second = replace(plain, name="second", after=("tiny", "absent"), records=records)
    build.check_only(Settings(var=tmp_path / "var"), build.Plan([first, second]), QUIET)
    assert heard == [["tiny"]]


def test_a_hyphen_of_a_source_is_an_underscore_of_its_folder():
    assert sources.load("ess-france").folder.name == "ess_france"
    assert "ess-france" in sources.names()


def test_the_store_changes_no_statement_of_the_default_release(default_release):
    # An engine that rewrites literals ("01" to "1") would serve other bytes than the dumps hold.
    with (default_release.folder / "dumps" / "all.nq.zst").open("rb") as file:
        text = (
            zstandard.ZstdDecompressor()
            .stream_reader(file, read_across_frames=True)
            .read()
            .decode()
        )
    lines = set(text.rstrip("\n").split("\n"))
    assert {f"{quad} ." for quad in open_store(default_release)} == lines


def test_the_default_release_counts_what_the_readme_promises(default_release):
    entities = default_release.manifest["counts"]["entities"]
    assert entities["organization"] >= 110
    assert entities["person"] >= 90
    assert entities["publication"] >= 86
    assert entities["podcast"] >= 13
    assert entities["episode"] >= 22
    assert entities["territory"] > 40_000
    assert default_release.manifest["counts"]["contradictions"] >= 17


def test_a_store_is_written_for_the_disk_engine_and_is_not_sealed(tmp_path):
    for settings, expected in (
        ({}, False),
        ({"engine": "disk"}, True),
        ({"disk_above": 100}, True),
        ({"disk_above": 100, "engine": "memory"}, False),
    ):
        release = run(tmp_path, "avise,Avise,,a", **settings)
        assert release.store.is_dir() == expected
        assert "store/" not in (release.folder / "SHA256SUMS").read_text()
        if expected:
            count = len(Store.read_only(str(release.store)))
            assert count == release.manifest["counts"]["statements"]
