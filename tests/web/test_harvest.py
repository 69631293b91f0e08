"""Dumps, the description, health."""

import hashlib

import pytest
from pyoxigraph import RdfFormat, parse

from tests.web.conftest import assert_canonical_error

BODY = bytes(range(256))


def test_the_list_gives_sizes_and_checksums(client):
    text = client.get("/dumps/").text
    assert '<a href="/dumps/all.nq.zst" type="application/zstd" download>' in text
    assert hashlib.sha256(BODY).hexdigest() in text
    assert "256 o" in text
    assert "256 B" in client.get("/dumps/?lang=en").text


def test_a_dump_comes_whole_with_its_media_type_and_checksum(client):
    response = client.get("/dumps/all.nq.zst")
    assert response.data == BODY
    assert response.headers["Content-Type"] == "application/zstd"
    assert "Content-Encoding" not in response.headers
    assert response.headers["ETag"] == f'"{hashlib.sha256(BODY).hexdigest()}"'
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Disposition"] == "attachment; filename=all.nq.zst"


def test_a_dump_comes_in_ranges(client):
    response = client.get("/dumps/all.nq.zst", headers={"Range": "bytes=10-19"})
    assert (response.status_code, response.data) == (206, BODY[10:20])
    assert response.headers["Content-Range"] == "bytes 10-19/256"
    tail = client.get("/dumps/all.nq.zst", headers={"Range": "bytes=-6"})
    assert tail.data == BODY[-6:]
    beyond = client.get("/dumps/all.nq.zst", headers={"Range": "bytes=999-"})
    assert_canonical_error(beyond, 416)
    assert beyond.headers["Content-Range"] == "bytes */256"


def test_a_range_of_another_version_is_not_mixed_in(client):
    headers = {"Range": "bytes=10-19", "If-Range": '"another"'}
    assert client.get("/dumps/all.nq.zst", headers=headers).data == BODY


def test_a_dump_that_is_known_is_not_sent_again(client):
    etag = client.get("/dumps/all.nq.zst").headers["ETag"]
    response = client.get("/dumps/all.nq.zst", headers={"If-None-Match": etag})
    assert response.status_code == 304


def test_nothing_but_the_dumps_can_be_downloaded(client):
    for name in ("no.nq", "../manifest.json", "..%2Fmanifest.json", "%2e%2e/manifest.json", "%00"):
        assert_canonical_error(client.get(f"/dumps/{name}"), 404)


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
