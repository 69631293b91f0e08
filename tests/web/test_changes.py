"""`/changes`: what releases changed, over four small releases that were built."""

import csv
import io
import json

import pytest
import zstandard
from pyoxigraph import RdfFormat, parse

from kg.web.harvest import differences
from tests.test_changes import everything, patched, quads
from tests.web.conftest import assert_canonical_error, assert_page
from tests.web.releases import served

FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    return served(tmp_path_factory.mktemp("changes"))


@pytest.fixture
def client(releases):
    return releases.app.test_client()


def between(releases, old, new):
    return f"/changes/{releases.all[old].id}/{releases.all[new].id}"


def test_the_page_lists_the_releases_with_what_they_changed(client, releases):
    for lang, creations in (("fr", "Créations"), ("en", "Creations")):
        response = client.get(f"/changes?lang={lang}")
        assert_page(response)
        assert creations in response.text
        for old, new in ((0, 1), (1, 2), (2, 3)):
            assert f'href="{between(releases, old, new)}"' in response.text


def test_a_form_leads_to_any_two_releases(client, releases):
    ids = {"from": releases.all[0].id, "to": releases.all[3].id}
    response = client.get("/changes", query_string=ids)
    assert response.status_code == 303
    assert response.headers["Location"] == between(releases, 0, 3)
    assert_page(client.get("/changes?from=nothing&to=nothing"))


@pytest.mark.parametrize("pair", [(0, 1), (0, 3), (3, 0)])
def test_the_page_of_a_pair_tells_what_changed(client, releases, pair):
    response = client.get(between(releases, *pair), headers={"Accept": "text/html"})
    assert_page(response)
    assert "patch.rdfp.zst" in response.text
    assert '<a href="/doc/organization/rtes">' in response.text
    assert "Accept" in response.vary


@pytest.mark.parametrize("pair", [(0, 1), (0, 3), (3, 1)])
def test_the_files_lead_from_one_release_to_the_other(client, releases, pair):
    old, new = (everything(releases.all[number]) for number in pair)
    path = between(releases, *pair)
    found = {name: client.get(f"{path}/{name}") for name in differences.FORMS}
    assert quads(found["added.nq"].data) == new - old
    assert quads(found["removed.nq"].data) == old - new
    assert patched(old, found["patch.rdfp"].text) == new
    for name, response in found.items():
        assert response.headers["Cache-Control"] == FOREVER
        assert response.mimetype == differences.FORMS[name]
    for name in ("added.nq", "removed.nq", "patch.rdfp"):
        response = client.get(f"{path}/{name}.zst")
        assert response.mimetype == "application/zstd"
        assert response.headers["Cache-Control"] == FOREVER
        reader = zstandard.ZstdDecompressor().stream_reader(
            io.BytesIO(response.data), read_across_frames=True
        )
        assert reader.read() == found[name].data


def test_the_lists_of_entities_say_the_same(client, releases):
    path = between(releases, 0, 3)
    told = json.loads(client.get(path, headers={"Accept": "application/json"}).data)
    assert (told["from"], told["to"]) == (releases.all[0].id, releases.all[3].id)
    text = client.get(path, headers={"Accept": "text/csv"}).data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["iri"], r["action"]) for r in rows] == [
        (e["iri"], e["action"]) for e in told["entities"]
    ]
    fates = {row["iri"].rpartition("/")[2]: row for row in rows}
    assert fates["avise"]["action"] == "merged"
    assert fates["avise"]["successor"].endswith("/siren-301463253")
    assert (fates["ecole"]["action"], fates["ecole"]["label"]) == ("created", "École d’été, œuvre")
    assert fates["mes"]["action"] == "withdrawn"


def test_the_form_is_negotiated(client, releases):
    path = between(releases, 0, 1)
    response = client.get(path, headers={"Accept": "application/rdf-patch"})
    assert response.headers["Content-Location"] == f"{path}/patch.rdfp"
    assert response.text.startswith("H id <uuid:")
    assert_canonical_error(client.get(path, headers={"Accept": "image/png"}), 406)


def test_what_is_not_there_is_told(client, releases):
    own = releases.all[0].id
    for path in (f"{own}/{own}", f"{own}/2020-01-01-1", "../x", f"{own}/current"):
        assert_canonical_error(client.get(f"/changes/{path}"), 404)
    path = between(releases, 0, 1)
    for name in ("added.ttl", "entities.csv.zst", "difference.parquet", "..%2Fmanifest.json"):
        assert_canonical_error(client.get(f"{path}/{name}"), 404)


def test_what_is_too_much_to_be_done_meanwhile_is_refused(client, releases, monkeypatch):
    monkeypatch.setattr(differences, "MOST", 1)
    assert_canonical_error(client.get(f"{between(releases, 1, 3)}/added.nq"), 404)
    assert client.get(f"{between(releases, 1, 2)}/added.nq").status_code == 200


def test_compressed_files_come_in_ranges(client, releases):
    path = f"{between(releases, 0, 1)}/added.nq.zst"
    whole = client.get(path).data
    part = client.get(path, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.data) == (206, whole[4:10])


def test_the_nquads_are_valid(client, releases):
    text = client.get(f"{between(releases, 0, 1)}/added.nq").data
    assert len(list(parse(text, format=RdfFormat.N_QUADS))) == len(text.splitlines())
