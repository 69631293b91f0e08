"""Dumps, the description, health."""

import hashlib

import pytest
from pyoxigraph import RdfFormat, parse

from tests.web.conftest import assert_canonical_error

BODY = bytes(range(256))
DUMP = "/dumps/2026-11-23-1/all.nq.zst"


def test_the_list_leads_to_addresses_that_last(client):
    text = client.get("/dumps/").text
    assert f'<a href="{DUMP}" type="application/zstd" download>' in text
    assert "256 o" in text
    assert "256 B" in client.get("/dumps/?lang=en").text


def test_a_dump_comes_whole_with_its_media_type_and_checksum(client):
    response = client.get(DUMP)
    assert response.data == BODY
    assert response.headers["Content-Type"] == "application/zstd"
    assert "Content-Encoding" not in response.headers
    assert response.headers["ETag"] == f'"{hashlib.sha256(BODY).hexdigest()}"'
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Disposition"] == "attachment; filename=all.nq.zst"


def test_a_dump_comes_in_ranges(client):
    response = client.get(DUMP, headers={"Range": "bytes=10-19"})
    assert (response.status_code, response.data) == (206, BODY[10:20])
    assert response.headers["Content-Range"] == "bytes 10-19/256"
    tail = client.get(DUMP, headers={"Range": "bytes=-6"})
    assert tail.data == BODY[-6:]
    beyond = client.get(DUMP, headers={"Range": "bytes=999-"})
    assert_canonical_error(beyond, 416)
    assert beyond.headers["Content-Range"] == "bytes */256"


def test_a_range_of_another_version_is_not_mixed_in(client):
    headers = {"Range": "bytes=10-19", "If-Range": '"another"'}
    assert client.get(DUMP, headers=headers).data == BODY


def test_a_dump_that_is_known_is_not_sent_again(client):
    etag = client.get(DUMP).headers["ETag"]
    response = client.get(DUMP, headers={"If-None-Match": etag})
    assert response.status_code == 304


def test_the_checksums_are_in_the_form_that_sha256sum_reads(client):
    response = client.get("/dumps/2026-11-23-1/SHA256SUMS")
    assert response.content_type == "text/plain; charset=utf-8"
    assert f"{hashlib.sha256(BODY).hexdigest()}  all.nq.zst\n" in response.text


def test_latest_leads_to_the_current_release(client):
    for name in ("all.nq.zst", "SHA256SUMS"):
        response = client.get(f"/dumps/latest/{name}")
        assert response.status_code == 302
        assert response.location == f"/dumps/2026-11-23-1/{name}"
        assert "immutable" not in response.headers["Cache-Control"]


@pytest.mark.parametrize("place", ["latest", "2026-11-23-1"])
def test_nothing_but_the_dumps_can_be_downloaded(client, place):
    for name in ("no.nq", "../manifest.json", "..%2Fmanifest.json", "%2e%2e/manifest.json", "%00"):
        assert_canonical_error(client.get(f"/dumps/{place}/{name}"), 404)


def test_a_dump_of_any_release_that_is_here_can_be_cited(client):
    response = client.get("/dumps/2026-11-23-1/all.nq.zst")
    assert response.data == BODY
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in ("2026-11-23-2/all.nq.zst", "2026-11-23-1/no.nq", "current/all.nq.zst"):
        assert_canonical_error(client.get(f"/dumps/{path}"), 404)


def test_health_names_the_release_and_the_engine_and_is_never_kept(client):
    response = client.get("/health")
    assert response.get_json() == {"ok": True, "release": "2026-11-23-1", "engine": "memory"}
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "media_type", ["text/turtle", "application/ld+json", "application/rdf+xml"]
)
def test_the_graph_describes_itself_where_harvesters_look(client, release, media_type):
    response = client.get("/.well-known/void", headers={"Accept": media_type})
    assert response.status_code == 200
    assert response.mimetype == media_type
    told = parse(response.data, format=RdfFormat.from_media_type(media_type))
    written = parse(path=release.folder / "description.ttl")
    assert {quad.triple for quad in told} == {quad.triple for quad in written}
    assert_canonical_error(client.get("/.well-known/void", headers={"Accept": "image/png"}), 406)
