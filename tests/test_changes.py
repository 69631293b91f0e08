"""What changed between releases: exactly, in every direction, as statements and as entities."""

import io
import shutil
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

import duckdb
import pytest
import zstandard
from pyoxigraph import Literal, RdfFormat, parse

from kg import build, changes, iri, sources, sql
from kg.changes import between
from kg.changes.log import SIZE, Log, Scope
from kg.changes.write import between_two
from kg.cli import main
from kg.errors import InputError
from kg.iri import BASE
from kg.release import Releases, moment
from kg.settings import Settings
from kg.vocab import DCTERMS, ESS, RDFS

from . import tiny
from .test_build import DATE, QUIET, run

AVISE = "301463253"
VILLEURBANNE = ("territory", "insee-69266")
PAIRS = list(permutations(range(5), 2))


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Five releases; the last comes from the third, for somebody went back there.

    1      avise, rtes, mes
    2      avise got its SIREN; rtes another name; mes is gone, udes has come
    3      rtes has its first name again; mes is back
    4      udes is gone
    5 (3)  rtes another name, by another source
    """
    folder = tmp_path_factory.mktemp("changes")
    better = f"avise,Avise,{AVISE},a"
    found = [
        run(folder, "avise,Avise,,a", "rtes,RTES,,a", "mes,MES,,a"),
        run(folder, better, "rtes,Le RTES,,a", "udes,UDES,,b"),
        run(folder, better, "rtes,RTES,,a", "mes,MES,,a", "udes,UDES,,b"),
        run(folder, better, "rtes,RTES,,a", "mes,MES,,a"),
    ]
    Releases(found[0].folder.parent).use(found[2].id)
    rows = [better, "rtes,Réseau RTES,,b", "mes,MES,,a", "udes,UDES,,b"]
    return [*found, run(folder, *rows)]


def read(path):
    with path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return io.TextIOWrapper(reader, encoding="utf-8").read()


def quads(text):
    return set(parse(text, format=RdfFormat.N_QUADS))


def everything(release):
    return quads(read(release.folder / "dumps" / "all.nq.zst"))


def patched(state, patch):
    """A set of quads after an RDF Patch: one transaction, nothing removed that is not there."""
    lines = patch.splitlines()
    assert lines[0].startswith("H id <uuid:") and lines[1].startswith("H prev <uuid:")
    assert (lines[2], lines[-1]) == ("TX .", "TC .")
    for line in lines[3:-1]:
        (quad,) = quads(line[2:])
        if line.startswith("D "):
            state = state - {quad}
        else:
            assert line.startswith("A ") and quad not in state
            state = state | {quad}
    return state


def gone_from(old, new, releases, folder):
    known = {each.id: each for each in releases}
    return between.prepared(folder, old, new) or between.prepare(
        folder, old, new, between.way(old, new, known)
    )


def test_a_release_says_what_it_changed_of_each_kind(releases):
    kinds = [each.manifest["changes"]["entities"] for each in releases]
    assert kinds[0] == {}
    assert kinds[1]["organization"] == {"changed": 1, "created": 2, "merged": 1, "withdrawn": 1}
    assert kinds[2]["organization"] == {"changed": 1, "created": 1}
    assert kinds[3]["organization"] == {"withdrawn": 1}


@pytest.mark.parametrize("pair", PAIRS)
def test_between_any_two_releases_the_changes_lead_from_one_to_the_other(releases, pair, tmp_path):
    old, new = (releases[number] for number in pair)
    folder = gone_from(old, new, releases, tmp_path)
    before, after = everything(old), everything(new)
    assert quads(read(folder / "added.nq.zst")) == after - before
    assert quads(read(folder / "removed.nq.zst")) == before - after
    assert patched(before, read(folder / "patch.rdfp.zst")) == after


@pytest.mark.parametrize("pair", PAIRS)
def test_the_entities_that_changed_are_those_whose_statements_did(releases, pair, tmp_path):
    old, new = (releases[number] for number in pair)
    folder = gone_from(old, new, releases, tmp_path)

    def entities(state):
        owners = (str(quad.subject.value).partition("#")[0] for quad in state)
        return {iri for iri in owners if iri.startswith(f"{BASE}id/")}

    before, after = everything(old), everything(new)
    rows = (
        duckdb.connect()
        .sql(f"SELECT iri, {changes.ACTION} AS action FROM {sql.text(folder / changes.ENTITIES)}")
        .fetchall()
    )
    found = dict(rows)
    gone = {iri for iri, action in found.items() if action in {"merged", "withdrawn"}}
    assert gone == entities(before) - entities(after)
    assert {i for i, action in found.items() if action == "created"} == entities(after) - entities(
        before
    )
    assert found.keys() == entities(before ^ after)


def test_what_lies_between_may_be_gone_and_the_changes_are_as_exact(tmp_path):
    first = run(tmp_path, "avise,Avise,,a", "mes,MES,,a", "rtes,RTES,,a")
    second = run(tmp_path, f"avise,Avise,{AVISE},a", "mes,MES,,a")
    third = run(tmp_path, f"avise,Avise,{AVISE},b", "udes,UDES,,b")
    settings = Settings(var=tmp_path / "var")
    near = between_two(settings, second, third)
    assert near == third.folder / "changes"
    through = between_two(settings, first, third)
    texts = {name: (through / name).read_bytes() for name in changes.TEXTS}
    actions = f"SELECT iri, {changes.ACTION} FROM '{{}}/{changes.ENTITIES}' ORDER BY iri"
    whole = duckdb.connect().sql(actions.format(through)).fetchall()
    shutil.rmtree(through)
    shutil.rmtree(second.folder)
    compared = between_two(settings, first, third)
    assert compared == through == between_two(settings, first, third)
    assert {name: (compared / name).read_bytes() for name in changes.TEXTS} == texts
    assert duckdb.connect().sql(actions.format(compared)).fetchall() == whole
    assert patched(everything(first), read(compared / "patch.rdfp.zst")) == everything(third)
    with pytest.raises(InputError, match="no later or earlier"):
        between_two(settings, first, first)


def test_few_pairs_are_kept_and_nothing_half_written(releases, tmp_path, monkeypatch):
    monkeypatch.setattr(between, "KEPT", 2)
    for pair in ((0, 2), (0, 3), (0, 4)):
        gone_from(*(releases[number] for number in pair), releases, tmp_path)
    ids = [each.id for each in releases]
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{ids[0]}..{ids[number]}" for number in (3, 4)
    }
    with pytest.raises(ZeroDivisionError), between.kept(tmp_path, releases[0], releases[2]):
        1 / 0  # noqa: B018
    assert len(list(tmp_path.iterdir())) == 2


def test_the_command_names_the_files(releases, capsys, monkeypatch):
    monkeypatch.setenv("KG_VAR", str(releases[0].folder.parent.parent))
    main(["changes", releases[0].id, releases[1].id])
    printed = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.name for path in printed} == {*changes.TEXTS, changes.ENTITIES}
    assert all(path.parent == releases[1].folder / "changes" for path in printed)
    with pytest.raises(SystemExit):
        main(["changes", releases[0].id, "2020-01-01-1"])
    assert "There is no release '2020-01-01-1'" in capsys.readouterr().err


def test_patches_of_consecutive_releases_are_a_chain(releases, tmp_path):
    heads = []
    for old, new in pairwise(releases[:4]):
        patch = read(gone_from(old, new, releases, tmp_path) / "patch.rdfp.zst").splitlines()
        heads.append([line.split()[2] for line in patch[:2]])
    assert [prev for _, prev in heads[1:]] == [own for own, _ in heads[:-1]]
    assert len({own for own, _ in heads}) == 3


def test_what_merged_says_into_what(releases):
    events = Log(releases[1]).events(Scope(iri=f"{BASE}id/organization/avise"), 10)
    assert [(e.action, e.successor, e.release) for e in events] == [
        ("merged", f"{BASE}id/organization/siren-{AVISE}", releases[1].id)
    ]
    assert [label.value for label in events[0].labels] == ["Avise"]


def test_events_are_those_that_led_to_the_release_the_latest_first(releases):
    scope = Scope(iri=f"{BASE}id/organization/rtes")
    told = [[e.release for e in Log(each).events(scope, 10)] for each in releases]
    ids = [each.id for each in releases]
    assert told == [
        [],
        [ids[1]],
        [ids[2], ids[1]],
        [ids[2], ids[1]],
        [ids[4], ids[2], ids[1]],
    ]


def test_events_come_in_pages_and_by_kind_and_release(releases):
    log = Log(releases[3])
    whole = log.events(Scope(), 1000)
    assert [log.events(Scope(), 1, offset)[0] for offset in range(len(whole))] == whole
    chosen = log.events(Scope(kind="organization", release=releases[1].id), 1000)
    assert {e.iri.rpartition("/")[2] for e in chosen} == {
        *("avise", f"siren-{AVISE}", "rtes", "mes", "udes")
    }
    assert not log.events(Scope(kind="person"), 1000)


def lying_somewhere(row):
    """The tiny source's statements, and that everything lies in Villeurbanne."""
    node, commune = (iri.named(*each) for each in (("organization", row["key"]), VILLEURBANNE))
    yield from tiny.triples(row)
    yield node, ESS.commune, commune
    departement = iri.named("territory", "insee-departement-69")
    yield commune, DCTERMS.isPartOf, departement
    yield departement, RDFS.label, Literal("Rhône", language="fr")


def test_events_are_found_by_any_place_that_contains_where_they_were(tmp_path):
    made = []
    for rows in (["avise,Avise,,a", "mes,MES,,a"], ["avise,L'Avise,,a"]):
        source = replace(tiny.source(tmp_path / "tiny", *rows), triples=lying_somewhere)
        plan = build.Plan([sources.load("ontology"), source])
        made.append(build.build(Settings(var=tmp_path / "var"), plan, DATE, QUIET))
    log = Log(made[1])
    for key in ("insee-69266", "insee-departement-69"):
        events = {e.iri.rpartition("/")[2]: e.action for e in log.events(Scope(place=key), 10)}
        assert events == {"avise": "changed", "mes": "withdrawn"}
    assert not log.events(Scope(place="insee-departement-01"), 10)


def test_versions_say_what_is_stated_of_an_entity_and_of_its_parts(releases):
    for release in releases:
        log = Log(release)
        oldest = log.chain[-1]
        stated, state = {}, everything(release)
        for each in reversed(log.chain):
            for page in range(1, log.pages(each, each == oldest) + 1):
                for version in log.versions(each, page, each == oldest):
                    if version.action in {"merged", "withdrawn"}:
                        assert not version.statements
                        stated.pop(version.iri, None)
                    else:
                        assert (version.iri in stated) == (
                            version.action == "changed" and each != oldest
                        )
                        stated[version.iri] = set(version.statements)
        own = {q.triple for q in state if q.subject.value.startswith(f"{BASE}id/")}
        assert set().union(*stated.values()) == own


def test_after_older_releases_are_deleted_the_oldest_stands_for_all_before(tmp_path):
    rows = [f"org-{n},Organisation {n},,a" for n in range(SIZE)]
    first = run(tmp_path, *rows, "mes,MES,,a")
    second = run(tmp_path, *rows, "rtes,RTES,,a")
    third = run(tmp_path, *rows, "rtes,Le RTES,,a")
    log = Log(third)
    assert [each.id for each in log.chain] == [third.id, second.id, first.id]
    shutil.rmtree(first.folder)
    assert [each.id for each in log.chain] == [third.id, second.id]
    pages = range(1, log.pages(second, whole=True) + 1)
    versions = [v for page in pages for v in log.versions(second, page, whole=True)]
    assert len(versions) > SIZE
    assert [v.iri for v in versions] == sorted({v.iri for v in versions})
    by_key = {v.iri.rpartition("/")[2]: v for v in versions if "/organization/" in v.iri}
    assert by_key["org-7"].modified == moment(first.id)
    assert (by_key["mes"].action, by_key["mes"].statements) == ("withdrawn", [])
    assert by_key["rtes"].action == "created"
    assert log.version(first.id, by_key["org-7"].iri) == by_key["org-7"]
    assert log.version(first.id, by_key["rtes"].iri) is None
    assert between.way(first, third, {each.id: each for each in (second, third)}) is None
