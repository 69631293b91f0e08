"""The event stream over loopback: ldes-client replays it to exactly what is served."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import contextmanager

import pytest
import requests
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, parse
from rdflib import Dataset, Graph, URIRef
from rdflib.namespace import SH
from werkzeug.serving import WSGIRequestHandler, make_server

from kg.changes import log
from kg.iri import BASE
from kg.settings import ROOT
from kg.vocab import AS, DCTERMS, LDES, RDF, TREE
from tests.loopback import running
from tests.test_changes import everything
from tests.web.releases import ROWS, build, site

FOLDER = ROOT / "tests" / "clients"
FOREVER = "public, max-age=31536000, immutable"

# rdflib's own parsers use what it has deprecated.
PARSERS = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")


class Quiet(WSGIRequestHandler):
    def log(self, *args):
        pass


@contextmanager
def serving():
    """A server whose site can be exchanged while it runs: (address, {"site": …})."""
    current = {}

    def answer(environ, start_response):
        return current["site"](environ, start_response)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Quiet)
    with running(server) as address:
        yield address, current


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    return build(tmp_path_factory.mktemp("stream"))


@pytest.fixture
def server():
    with serving() as found:
        yield found


def replay(address, folder=None, order="none"):
    """The members that the client gives."""
    if not shutil.which("node") or not (FOLDER / "node_modules" / "ldes-client").is_dir():
        pytest.skip(f"ldes-client or node is not installed: run 'npm ci' in {FOLDER}")
    done = subprocess.run(
        ["node", "replay.js", f"{address}/ldes", order, *([str(folder)] if folder else [])],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def apply(state, members):
    """What a consumer holds after these members, in whatever order they come: the statements of
    the latest version of every entity, with its moment.
    """
    for member in members:
        own = NamedNode(member["id"])
        quads = list(parse(member["quads"], format=RdfFormat.N_QUADS))
        said = [q for q in quads if q.graph_name == DefaultGraph()]
        told = {q.predicate: q.object for q in said if q.subject == own}
        entity, moment = told[DCTERMS.isVersionOf].value, told[DCTERMS.created].value
        gone = told[RDF.type] == AS.Delete
        statements = None if gone else {q.triple for q in quads if q.graph_name == own}
        assert statements is None or statements
        if moment > state.get(entity, ("", None))[0]:
            state[entity] = moment, statements
    return {entity: statements for entity, (_, statements) in state.items() if statements}


def stated(release):
    """By entity, all that a release states of it and its parts."""
    found = {}
    for quad in everything(release):
        owner = quad.subject.value.partition("#")[0]
        if owner.startswith(f"{BASE}id/"):
            found.setdefault(owner, set()).add(quad.triple)
    return found


def test_a_client_that_begins_now_gets_exactly_what_is_served(releases, server):
    address, current = server
    current["site"] = site(releases[-1])
    members = replay(address)
    assert len({member["id"] for member in members}) == len(members) > log.SIZE
    assert apply({}, members) == stated(releases[-1])


def test_a_client_that_follows_has_exactly_what_each_release_states(releases, server, tmp_path):
    address, current = server
    state, given = {}, []
    for release in releases:
        current["site"] = site(release)
        members = replay(address, tmp_path / "state")
        given += [member["id"] for member in members]
        assert apply(state, members) == stated(release)
    assert len(set(given)) == len(given)


def test_a_client_that_wants_them_in_order_gets_every_version_after_those_before(releases, server):
    address, current = server
    current["site"] = site(releases[-1])
    moments = [
        quad.object.value
        for member in replay(address, order="ascending")
        for quad in parse(member["quads"], format=RdfFormat.N_QUADS)
        if quad.predicate == DCTERMS.created and quad.subject.value == member["id"]
    ]
    assert len(moments) > log.SIZE and len(set(moments)) == len(releases)
    assert moments == sorted(moments)


def test_after_a_release_is_deleted_a_client_gets_the_same(tmp_path, server):
    address, current = server
    releases = build(tmp_path, ROWS[:3])
    shutil.rmtree(releases[0].folder)
    current["site"] = site(releases[-1])
    assert apply({}, replay(address)) == stated(releases[-1])


def fetch(address, accept="application/trig"):
    response = requests.get(address, headers={"Accept": accept}, timeout=30)
    response.raise_for_status()
    return response


def quads(response):
    return set(parse(response.content, format=RdfFormat.from_media_type("application/trig")))


def pages(address):
    """Every page that the relations lead to, with its answer."""
    found, waiting = {}, [f"{address}/ldes"]
    while waiting:
        page = waiting.pop()
        if page not in found:
            found[page] = fetch(page)
            waiting += [q.object.value for q in quads(found[page]) if q.predicate == TREE.node]
    return found


def test_pages_are_closed_but_for_the_root_and_bounded(releases, server):
    address, current = server
    current["site"] = site(releases[-1])
    found = pages(address)
    root = found.pop(f"{address}/ldes")
    assert "immutable" not in root.headers["Cache-Control"]
    again = requests.get(
        root.url, headers={"If-None-Match": root.headers["ETag"], "Accept": "application/trig"}
    )
    assert again.status_code == 304
    for page, response in found.items():
        told = quads(response)
        assert response.headers["Cache-Control"] == FOREVER
        assert (NamedNode(page), LDES.immutable) in {(q.subject, q.predicate) for q in told}
        assert 0 < len([q for q in told if q.predicate == TREE.member]) <= log.SIZE


def test_pages_stay_as_they_were_when_another_release_comes(releases, server):
    address, current = server
    current["site"] = site(releases[1])
    before = pages(address)
    before.pop(f"{address}/ldes")
    current["site"] = site(releases[-1])
    for page, response in before.items():
        assert fetch(page).content == response.content


@PARSERS
def test_every_form_says_the_same(releases, server):
    address, current = server
    current["site"] = site(releases[-1])
    page = f"{address}/ldes/in/{releases[1].id}/1"
    forms = {"trig": "application/trig", "nquads": "application/n-quads"}
    forms["json-ld"] = "application/ld+json"
    read = {}
    for form, media_type in forms.items():
        dataset = Dataset()
        dataset.parse(data=fetch(page, media_type).text, format=form)
        read[form] = set(dataset.quads())
    assert read["trig"] == read["nquads"] == read["json-ld"]
    assert requests.get(page, headers={"Accept": "image/png"}).status_code == 406


def test_a_version_says_the_same_as_the_document_of_its_entity(releases, server):
    address, current = server
    current["site"] = site(releases[-1])
    for key in ("rtes", "siren-301463253", "ecole"):
        entity = f"{BASE}id/organization/{key}"
        text = fetch(f"{address}/doc/organization/{key}.nt", "application/n-triples").content
        document = {
            quad.triple
            for quad in parse(text, format=RdfFormat.N_TRIPLES)
            if quad.subject.value.partition("#")[0] == entity
        }
        (member,) = [
            quad.subject
            for page in pages(address).values()
            for quad in quads(page)
            if quad.predicate == DCTERMS.isVersionOf
            and quad.object.value == entity
            and quad.subject.value.split("/")[-3] == newest(releases, key)
        ]
        version = quads(fetch(member.value.replace(BASE, f"{address}/")))
        assert {q.triple for q in version if q.graph_name == member} == document


def newest(releases, key):
    """The release of the last change of these entities."""
    return {"rtes": releases[3].id, "ecole": releases[1].id}.get(key, releases[1].id)


def test_what_is_not_there_is_not_found(releases, server):
    address, current = server
    current["site"] = site(releases[-1])
    oldest, last = releases[0].id, releases[-1].id
    for path in (
        f"until/{oldest}/0",
        f"until/{oldest}/9999",
        f"in/{oldest}/1",
        f"in/{last}/2",
        "in/current/1",
        f"version/{oldest}/organization/ecole",
        f"version/{oldest}/nothing/ecole",
        f"version/{last}/organization/a'b",
    ):
        assert requests.get(f"{address}/ldes/{path}").status_code == 404, path


@PARSERS
def test_members_have_the_shape_that_the_root_gives(releases, server):
    from pyshacl import validate

    address, current = server
    current["site"] = site(releases[-1])
    shape = URIRef(f"{BASE}ldes#version")
    root = Dataset()
    root.parse(data=fetch(f"{address}/ldes").text, format="trig")
    shapes = Graph()
    for triple in root.default_graph:
        shapes.add(triple)
    assert (URIRef(f"{BASE}ldes#stream"), URIRef(TREE.shape.value), shape) in shapes
    page = Dataset()
    page.parse(data=fetch(f"{address}/ldes/in/{releases[1].id}/1").text, format="trig")
    members = list(page.default_graph.objects(None, URIRef(TREE.member.value)))
    assert members
    for member in members:
        shapes.add((shape, SH.targetNode, member))
    data = Graph()
    for triple in page.default_graph:
        data.add(triple)
    conforms, _, text = validate(data, shacl_graph=shapes)
    assert conforms, text
    data.remove((members[0], URIRef(DCTERMS.created.value), None))
    assert not validate(data, shacl_graph=shapes)[0]


def test_relations_say_between_which_moments_versions_are(releases, server):
    address, current = server
    current["site"] = site(releases[-1])
    found = pages(address)
    bounds = {}
    for response in found.values():
        told = quads(response)
        about = {q.subject: {} for q in told if q.predicate == TREE.node}
        for quad in told:
            if quad.subject in about:
                about[quad.subject][quad.predicate] = quad.object
        for each in about.values():
            assert each[TREE.path] == DCTERMS.created
            bounds.setdefault(each[TREE.node].value, {})[each[RDF.type]] = each[TREE.value].value
    assert bounds.keys() == found.keys() - {f"{address}/ldes"}
    for page, given in bounds.items():
        moments = [q.object.value for q in quads(found[page]) if q.predicate == DCTERMS.created]
        least = given.get(TREE.GreaterThanOrEqualToRelation, "")
        assert all(least <= each <= given[TREE.LessThanOrEqualToRelation] for each in moments)
