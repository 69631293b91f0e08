"""The harvest check: over a real server, and over one that does everything wrong."""

import hashlib
import json
from contextlib import closing, contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import DCTERMS, SH, Graph

from kg.check import named
from kg.cli import main
from kg.errors import FetchFailed
from kg.harvest import parts
from kg.harvest.report import TOLD, Part, Report
from kg.harvest.walk import Walk
from kg.iri import BASE
from kg.settings import Settings
from tests.loopback import running
from tests.served import build_two, serve

SHAPES = Settings.from_environment().shared / "shapes/dcat-ap-3.0.1/html/shacl/shapes.ttl"
NOW = datetime(2026, 12, 1)
DCAT = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n"


@contextmanager
def site(pages):
    """A site of these pages, path to (media type, body), or to a list of answers in turn."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            found = pages.get(self.path, (404, {}, b""))
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
            if len(found) == 2:
                found = (200, {"Content-Type": found[0]}, found[1])
            status, headers, body = found
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield address, asked


def walk(root, slept=None):
    slept = [] if slept is None else slept
    return closing(Walk(root, BASE, "test", NOW, slept.append))


def look(pages, name, *rest):
    part = Part(name)
    with site(pages) as (root, _), walk(root) as walking:
        getattr(parts, name)(walking, part, *rest)
    return part


def test_the_site_itself_passes(tmp_path, capsys, monkeypatch):
    var = build_two(tmp_path)
    monkeypatch.setenv("KG_VAR", str(var))
    with serve(var) as server:
        client = server.client()
        never = client.get("/about/harvest-check?lang=en").body.decode()
        assert "has not been checked yet" in never
        shapes = ["--shapes", str(SHAPES)] if SHAPES.is_file() else []
        main(["harvest-check", server.root, *shapes])
        told = json.loads((var / "harvest-check.json").read_text())
        wrong = {part["name"]: part["problems"] for part in told["parts"] if part["problems"]}
        assert not wrong
        seen = {part["name"]: part["seen"] for part in told["parts"]}
        assert seen["sitemap"]["pages"] > 900
        assert seen["event stream"]["members"] > 100
        page = client.get("/about/harvest-check?lang=en").body.decode()
        assert "event stream" in page and "has not been checked" not in page
    assert "ok  event stream" in capsys.readouterr().out


def test_a_busy_site_is_asked_again_when_it_says():
    slept = []
    busy = (429, {"Retry-After": "7"}, b"")
    with (
        site({"/x": [busy, busy, ("text/plain", b"here")]}) as (root, asked),
        walk(root, slept) as found,
    ):
        assert found.read("/x")[0] == b"here"
    assert slept == [7.0, 7.0]
    assert asked == ["/x"] * 3


def test_nobody_else_is_asked():
    part = Part("links")
    with site({}) as (root, asked), walk(root) as found:
        found.answers("https://elsewhere.example/x", part)
        assert found.here(f"{BASE}dumps/x") == f"{root}/dumps/x"
        assert found.here(f"{root}.example/x") is None
        with pytest.raises(FetchFailed, match="is not on"):
            found.read("https://elsewhere.example/x")
    assert asked == []


def test_robots_must_name_the_site_map_and_let_harvesters_in():
    part = look({"/robots.txt": ("text/plain", b"User-agent: *\nDisallow: /sparql\n")}, "robots")
    assert part.problems == ["robots.txt shuts /sparql.", "robots.txt names no site map."]


def test_dates_that_are_to_come_links_that_lead_nowhere_and_broken_accents_are_told():
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>x:y</id><title>Ã©tÃ©</title>'
        "<updated>2027-01-01T00:00:00Z</updated><entry><id>x:z</id><title>a</title>"
        '<updated>2026-01-01T00:00:00Z</updated><link href="/nowhere"/></entry></feed>'
    )
    part = look({"/feeds/releases.atom": ("application/atom+xml", feed.encode())}, "feeds")
    assert len(part.problems) == 3
    assert "broken accents" in part.problems[0]
    assert "2027-01-01T00:00:00Z is in the future" in part.problems[1]
    assert "/nowhere answered 404" in part.problems[2]


def catalogue(checksum, body=b"dump"):
    first = (
        DCAT + f"<{BASE}d> a dcat:Dataset ; dct:title 'D' ; dct:identifier 'd' ; "
        "dct:issued '2026-01-01' ; dcat:distribution <#file> .\n"
        f"<#file> a dcat:Distribution ; dct:license <x:y> ; dcat:downloadURL <{BASE}dumps/d> ; "
        f"<http://spdx.org/rdf/terms#checksum> <#sum> .\n"
        f"<#sum> <http://spdx.org/rdf/terms#checksumValue> '{checksum}' .\n"
        "<> <http://www.w3.org/ns/hydra/core#next> </catalog.ttl?page=2> ."
    )
    second = (
        DCAT + f"<{BASE}e> a dcat:Dataset ; dct:title 'E' ; dct:identifier 'e' ; "
        "dct:description 'É' ; dct:modified '2999-01-01' ."
    )
    return {
        "/catalog.ttl": ("text/turtle", first.encode()),
        "/catalog.ttl?page=2": ("text/turtle", second.encode()),
        "/dumps/d": ("application/zstd", body),
    }


def test_every_page_of_the_catalogue_is_walked_and_files_have_their_checksums():
    sound = look(catalogue(hashlib.sha256(b"dump").hexdigest()), "catalogue", True)
    assert sound.seen["data sets"] == 2
    assert sound.seen["pages"] == 2
    assert sound.seen["files"] == 1
    assert len(sound.problems) == 2
    assert f"<{BASE}d> has no <http://purl.org/dc/terms/description>" in sound.problems[0]
    assert "2999-01-01 is in the future" in sound.problems[1]
    spoilt = look(catalogue("00"), "catalogue", True)
    assert any("is not the file of its checksum" in each for each in spoilt.problems)


TITLED = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
<x:shape> a sh:NodeShape ; sh:targetClass dcat:Dataset ;
  sh:property [ sh:path dct:description ; sh:minCount 1 ; sh:message "Say what it is." ] ,
    [ sh:path dct:spatial ; sh:minCount 1 ; sh:severity sh:Warning ] .
"""


# Of the same name in another folder.
IDENTIFIED = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
<x:file> a sh:NodeShape ; sh:targetClass dcat:Dataset ;
  sh:property [ sh:path dcat:distribution ; sh:minCount 1 ; sh:message "Name its file." ] .
"""


def test_the_catalogue_is_held_to_shapes_across_its_pages(tmp_path):
    (tmp_path / "own.ttl").write_text(TITLED, encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "own.ttl").write_text(IDENTIFIED, encoding="utf-8")
    files = [tmp_path / "own.ttl", tmp_path / "other" / "own.ttl"]
    shapes = {path: parts.read_shapes(path) for path in files}
    with site(catalogue("00")) as (root, _), walk(root) as walking:
        report = parts.check(walking, False, shapes)
    found = report.parts[-1]
    assert found.name == "catalogue’s shapes"
    own = f"{tmp_path.name}/own.ttl"
    assert found.seen == {f"shapes in {own}": 1, "shapes in other/own.ttl": 1, "warnings": 2}
    first, second = sorted(found.problems)
    assert first.startswith(f"{BASE}d: Say what it is.")
    assert first.endswith(f"/description (x:shape, {own})")
    assert second.startswith(f"{BASE}e: Name its file.")
    assert second.endswith("#distribution (x:file, other/own.ttl)")


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ("<x:a> sh:property <x:b> . <x:b> {path}", "x:b"),
        ("<x:a> sh:property [ {path} ]", "x:a"),
        ("<x:a> sh:or ( [ {path} ] )", "x:a"),
        ("<x:a> sh:property [ sh:path dct:spatial ; sh:node [ sh:property [ {path} ] ] ]", "x:a"),
        ("[] a sh:NodeShape ; sh:property [ {path} ]", ""),
    ],
)
def test_a_shape_is_named_by_the_nearest_that_has_an_iri(shape, name):
    prefixes = TITLED.partition("<x:shape>")[0]
    turtle = f"{prefixes}{shape} .".replace("{path}", "sh:path dct:title")
    graph = Graph().parse(data=turtle, format="turtle")
    (found,) = graph.subjects(SH.path, DCTERMS.title)
    assert named(graph, found) == name


def test_a_file_whose_name_no_other_has_is_called_by_it(tmp_path):
    (tmp_path / "own.ttl").write_text(TITLED.replace("<x:shape>", "[]"), encoding="utf-8")
    part = Part("shapes")
    told = parse(catalogue("00")["/catalog.ttl"][1], format=RdfFormat.TURTLE, base_iri=BASE)
    path = tmp_path / "own.ttl"
    parts.held_to(list(told), {path: parts.read_shapes(path)}, part)
    assert part.problems[0].endswith("(a shape without a name, own.ttl)")


def test_a_site_behind_a_proxy_is_reached_through_it(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with walk("http://127.0.0.1:1") as walking:
        with pytest.raises(FetchFailed, match="cannot be reached"):
            walking.reach()
        with site({}) as (proxy, _):
            monkeypatch.setenv("http_proxy", proxy)
            walking.reach()


def test_shapes_that_cannot_be_run_are_told_and_the_rest_is_looked_at(tmp_path):
    (tmp_path / "own.ttl").write_text(
        f"{TITLED.partition('<x:shape>')[0]} <x:shape> sh:targetClass dcat:Dataset ; "
        "sh:property <x:part> . <x:part> sh:name 'without a path' .",
        encoding="utf-8",
    )
    shapes = {tmp_path / "own.ttl": parts.read_shapes(tmp_path / "own.ttl")}
    with site(catalogue("00")) as (root, _), walk(root) as walking:
        report = parts.check(walking, False, shapes)
    (problem,) = report.parts[-1].problems
    assert problem.startswith("The shapes (own.ttl) cannot be run") and "x:part" in problem
    assert len(report.parts) > 1


def test_shapes_that_are_no_turtle_are_named(tmp_path, capsys):
    (tmp_path / "own.ttl").write_text("<x", encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        main(["harvest-check", "--shapes", str(tmp_path / "own.ttl")])
    assert "own.ttl: is not Turtle" in capsys.readouterr().err


def test_bad_iris_are_told():
    body = DCAT + "<http://x.example/a b> a dcat:Dataset ."
    with pytest.raises(FetchFailed, match="cannot be read"):
        look({"/catalog.ttl": ("text/turtle", body.encode())}, "catalogue", False)


def test_oai_is_followed_by_its_token_and_its_errors_are_told():
    def answer(inner):
        return (
            "text/xml",
            f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{inner}</OAI-PMH>'.encode(),
        )

    record = "<record><header><datestamp>2026-01-01</datestamp></header></record>"
    part = look(
        {
            "/oai?verb=Identify": answer(""),
            "/oai?verb=ListRecords&metadataPrefix=oai_dc": answer(
                f"<ListRecords>{record}<resumptionToken>t</resumptionToken></ListRecords>"
            ),
            "/oai?verb=ListRecords&resumptionToken=t": answer(
                '<error code="badResumptionToken">no</error>'
            ),
        },
        "oai",
    )
    assert part.seen["records"] == 1
    assert len(part.problems) == 1 and "badResumptionToken: no" in part.problems[0]


def test_a_site_without_anything_is_told_of_each(tmp_path):
    with site({}) as (root, _), walk(root) as found:
        report = parts.check(found, files=False)
    assert len(report.parts) == report.problems == 7
    assert report.text().splitlines()[0] == f"{root}, 2026-12-01 00:00 UTC: 7 problems"
    report.write(tmp_path / "new" / "report.json")
    assert json.loads((tmp_path / "new" / "report.json").read_text())["problems"] == 7


def test_many_problems_are_counted_and_the_first_told():
    part = Part("x")
    for number in range(TOLD + 3):
        part.wrong(str(number))
    assert (len(part.problems), Report("x", NOW, [part]).problems) == (TOLD, TOLD + 3)
    assert "and 3 more" in Report("x", NOW, [part]).text()
