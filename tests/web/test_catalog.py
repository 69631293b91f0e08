"""The catalogue, walked over HTTP as portals and search engines walk it."""

import csv
import hashlib
import re
from datetime import date

import extruct
import pyshacl
import pytest
import requests
from rdflib import DCAT, DCTERMS, RDF, SH, SKOS, BNode, Graph, Literal, Namespace, URIRef

from kg.query.local import LocalEngine, open_store
from kg.search.index import Index
from kg.settings import Settings
from kg.web.app import create_app
from kg.web.translations import compile_all
from tests.browser.conftest import served
from tests.web import mqa
from tests.web.conftest import BASE, Client, assert_canonical_error

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
SHAPES = Settings.from_environment().shared / "shapes" / "dcat-ap-3.0.1" / "html" / "shacl"
FORMS = {
    "ttl": ("turtle", "text/turtle"),
    "jsonld": ("json-ld", "application/ld+json"),
    "rdf": ("xml", "application/rdf+xml"),
    "xml": ("xml", "application/rdf+xml"),
    "nt": ("nt", "application/n-triples"),
}
DATA_LICENCE = URIRef("https://www.etalab.gouv.fr/licence-ouverte-open-licence")
# What the shapes find, by path and severity, and why it stays.
JUSTIFIED = {
    ("Warning", DCTERMS.publisher): "the publisher is no body of the European Union",
    ("Warning", DCAT.bbox): "France and its overseas territories have no box that says anything",
    ("Warning", DCAT.centroid): "nor have they a centre",
    ("Violation", SPDX.algorithm): "the pattern asks for https://spdx.org/…, where SPDX names no "
    "algorithm; udata and the vocabulary itself have http://spdx.org/…",
}
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")


@pytest.fixture(scope="module")
def site(default_release):
    """The default release over HTTP: a WSGI application, and the address of its server."""
    compile_all()
    index = Index(default_release.folder / "search", default_release.base)
    app = create_app(default_release, LocalEngine(open_store(default_release)), index, Settings())
    app.test_client_class = Client
    with served(app) as root:
        yield app, root


@pytest.fixture(scope="module")
def root(site):
    return site[1]


def harvested(address, form):
    """Every page of a catalogue, from its first address on, as udata and CKAN do."""
    whole, pages = Graph(), 0
    while address:
        head = requests.head(address, allow_redirects=False, timeout=60)
        reply = requests.get(address, allow_redirects=False, timeout=60)
        assert head.status_code == reply.status_code == 200
        assert reply.headers["Content-Type"] == f"{FORMS[form][1]}; charset=utf-8"
        page = Graph().parse(data=reply.content, format=FORMS[form][0])
        (view,) = page.subjects(RDF.type, HYDRA.PartialCollectionView)
        for dataset in page.subjects(RDF.type, DCAT.Dataset):
            assert (dataset, None, None) not in whole, "a data set is whole on its page"
        whole += page
        following = page.value(view, HYDRA.next)
        address = following and str(following)
        pages += 1
        assert pages < 100
    return whole, pages


@pytest.fixture(scope="module")
def graph(root):
    return harvested(f"{root}/catalog.ttl", "ttl")[0]


def comparable(graph):
    """The statements without how they are paged; a blank node is known by what it says."""
    views = {*graph.subjects(RDF.type, HYDRA.PartialCollectionView)}
    return {
        tuple("_" if isinstance(term, BNode) else str(term) for term in triple)
        for triple in graph
        if not views & set(triple)
    }


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same_however_it_is_paged(root, graph, form):
    paged, pages = harvested(f"{root}/catalog.{form}?size=9", form)
    assert pages > 2
    assert comparable(paged) == comparable(graph)


@pytest.mark.parametrize("form", ["ttl", "jsonld", "rdf"])
def test_the_catalogue_is_negotiated_directly(root, graph, form):
    reply = requests.get(
        f"{root}/catalog", headers={"Accept": FORMS[form][1]}, allow_redirects=False, timeout=60
    )
    assert reply.status_code == 200 and "Accept" in reply.headers["Vary"]
    found = Graph().parse(data=reply.content, format=FORMS[form][0])
    assert comparable(found) == comparable(graph)


def test_the_first_page_is_the_whole_if_nobody_asks_for_less(root, graph):
    page = Graph().parse(f"{root}/catalog.ttl", format="turtle")
    assert comparable(page) == comparable(graph)
    catalog = URIRef(f"{BASE}catalog")
    (total,) = page.objects(catalog, HYDRA.totalItems)
    assert total.toPython() == len(set(page.objects(catalog, DCAT.dataset)))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        *(("page=0", 400), ("page=x", 400), ("page=-1", 400), ("page=%D9%A1", 400)),
        *(("size=0", 400), ("size=101", 400), ("page=99", 404), ("page=9999999", 400)),
    ],
)
def test_a_page_that_there_is_not_is_an_error(site, query, status):
    client = site[0].test_client()
    assert_canonical_error(client.get(f"/catalog.ttl?{query}"), status)


def test_other_endings_and_forms_there_are_not(site):
    client = site[0].test_client()
    for path in ("/catalog.pdf", "/catalog/nothing", "/catalog/all.pdf", "/catalog/nothing.ttl"):
        assert_canonical_error(client.get(path), 404)
    assert_canonical_error(client.get("/catalog", headers={"Accept": "image/png"}), 406)


def test_whole_sources_kinds_statistics_and_ontology_are_data_sets(graph, default_release):
    datasets = set(graph.subjects(RDF.type, DCAT.Dataset))
    names = {str(each).removeprefix(BASE) for each in datasets}
    sources = {f"catalog/source-{s['key']}" for s in default_release.manifest["sources"]}
    sources -= {"catalog/source-ontology"}
    kinds = {f"catalog/kind-{kind}" for kind in ("organization", "person", "episode", "theme")}
    assert {"dataset", "catalog/statistics", "catalog/ontology"} | sources | kinds <= names
    catalog = URIRef(f"{BASE}catalog")
    assert set(graph.objects(catalog, DCAT.dataset)) == datasets
    for dataset in datasets:
        assert isinstance(dataset, URIRef)
        assert graph.value(dataset, DCTERMS.identifier)
        for property_ in (DCTERMS.title, DCTERMS.description):
            texts = list(graph.objects(dataset, property_))
            assert {text.language for text in texts} == {"fr", "en"}
        assert all(50 <= len(text) <= 5000 for text in graph.objects(dataset, DCTERMS.description))
        assert list(graph.objects(dataset, DCAT.distribution)), dataset
        assert isinstance(graph.value(dataset, DCTERMS.temporal), BNode)
        assert graph.value(dataset, DCTERMS.license) == DATA_LICENCE
        for theme in graph.objects(dataset, DCAT.theme):
            assert graph.value(theme, SKOS.prefLabel)
        modified = graph.value(dataset, DCTERMS.modified).toPython()
        assert modified <= max(date.today(), date.fromisoformat(default_release.manifest["date"]))


def test_every_dump_is_a_distribution_with_its_size_and_checksum(root, graph, default_release):
    found = {}
    for node in graph.subjects(RDF.type, DCAT.Distribution):
        address = str(graph.value(node, DCAT.downloadURL) or "")
        if address.startswith(f"{root}/dumps/"):
            found[address.rpartition("/")[2]] = node
    assert set(found) == set(default_release.dumps)
    for name, node in found.items():
        dump = default_release.dumps[name]
        assert graph.value(node, DCAT.byteSize).toPython() == dump.size
        checksum = graph.value(node, SPDX.checksum)
        assert graph.value(checksum, SPDX.algorithm) == SPDX.checksumAlgorithm_sha256
        assert str(graph.value(checksum, SPDX.checksumValue)) == dump.checksum
    for name in ("table-person.csv.gz", "kind-person.ttl.zst", "datapackage.json"):
        address = str(graph.value(found[name], DCAT.downloadURL))
        data = requests.get(address, timeout=60).content
        assert hashlib.sha256(data).hexdigest() == default_release.dumps[name].checksum


def test_services_stand_on_their_own_and_sparql_behind_a_distribution_too(root, graph):
    services = set(graph.subjects(RDF.type, DCAT.DataService))
    behind = set(graph.objects(None, DCAT.accessService))
    alone = services - behind
    assert behind and set(graph.objects(URIRef(f"{BASE}catalog"), DCAT.service)) == alone
    sparql = URIRef(f"{BASE}sparql")  # the same as in the graph, wherever it is served
    assert {graph.value(each, DCAT.endpointURL) for each in behind} == {sparql}
    for service in services:
        address = graph.value(service, DCAT.endpointURL)
        address = f"{root}/sparql" if address == sparql else str(address)
        assert requests.get(address, timeout=60).status_code == 200
        assert graph.value(service, DCAT.servesDataset) == URIRef(f"{BASE}dataset")


@pytest.mark.skipif(not SHAPES.is_dir(), reason=f"no shapes of DCAT-AP in {SHAPES} (KG_SHARED)")
@pytest.mark.parametrize(
    "name", ["shapes", "range", "mdr-vocabularies.shape", "shapes_recommended", "deprecateduris"]
)
def test_the_catalogue_meets_the_shapes_of_dcat_ap(graph, name):
    shapes = Graph().parse(SHAPES / f"{name}.ttl", format="turtle")
    _conforms, results, _text = pyshacl.validate(graph, shacl_graph=shapes, inference="none")
    (report,) = results.subjects(RDF.type, SH.ValidationReport)
    found = {
        (
            str(results.value(each, SH.resultSeverity)).rpartition("#")[2],
            results.value(each, SH.resultPath),
        )
        for each in results.objects(report, SH.result)
    }
    assert found <= JUSTIFIED.keys()


@pytest.mark.skipif(not SHAPES.is_dir(), reason=f"no shapes of DCAT-AP in {SHAPES} (KG_SHARED)")
def test_the_quality_of_the_metadata_is_excellent(root, graph):
    def reachable(address):
        address = f"{root}/sparql" if address == f"{BASE}sparql" else address
        assert address.startswith(root)
        return requests.head(address, timeout=60).status_code == 200

    shapes = Graph().parse(SHAPES / "shapes.ttl", format="turtle")
    conforms, *_ = pyshacl.validate(graph, shacl_graph=shapes, inference="none")
    points = mqa.score(graph, reachable, conforms)
    assert sum(points.values()) >= 351, points


# Pages of data sets, for people and search engines


def linked(html, address):
    return extruct.extract(html, base_url=address, syntaxes=["json-ld"])["json-ld"]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_search_engines_read_every_data_set(root, graph, lang):
    address = f"{root}/catalog?lang={lang}"
    reply = requests.get(address, headers={"Accept": "text/html"}, timeout=60)
    (catalog,) = linked(reply.text, address)
    assert catalog["@type"] == "DataCatalog"
    assert {URIRef(each["@id"]) for each in catalog["dataset"]} == set(
        graph.subjects(RDF.type, DCAT.Dataset)
    )
    for each in catalog["dataset"]:
        page = each["url"]
        html = requests.get(
            page, params={"lang": lang}, headers={"Accept": "text/html"}, timeout=60
        )
        (found,) = linked(html.text, page)
        assert found["@type"] == "Dataset" and found["@id"] == each["@id"]
        assert Literal(found["name"], lang) in graph.objects(URIRef(each["@id"]), DCTERMS.title)
        assert 50 <= len(found["description"]) <= 5000
        assert found["license"] == str(DATA_LICENCE) and found["creator"]["name"]
        for download in found["distribution"]:
            assert download["contentUrl"].startswith(f"{root}/dumps/")
            assert re.fullmatch(r"[0-9a-f]{64}", download["sha256"])


def test_the_page_of_files_describes_the_whole_graph(root):
    reply = requests.get(f"{root}/dumps/", timeout=60)
    (found,) = linked(reply.text, f"{root}/dumps/")
    assert (found["@type"], found["@id"]) == ("Dataset", f"{BASE}dataset")
    assert "unsafe" not in reply.headers["Content-Security-Policy"]


def test_the_name_of_the_whole_graph_leads_to_its_page(site):
    response = site[0].test_client().get("/dataset")
    assert (response.status_code, response.location) == (303, "/catalog/all")


# What registries ask for


def test_a_record_for_each_registry_is_made_of_the_release(site, default_release):
    client = site[0].test_client()
    records = {
        name: client.get(f"/about/registries/{name}.json").get_json()
        for name in ("lod-cloud", "lov", "re3data")
    }
    cloud = records["lod-cloud"]
    assert cloud["triples"] == str(default_release.manifest["counts"]["statements"])
    assert cloud["sparql"][0]["access_url"] == f"{BASE}sparql"
    assert [each["target"] for each in cloud["links"]] == ["wikidata"]
    for download in cloud["full_download"]:
        path = download["download_url"].removeprefix("http://localhost/")
        assert client.head(f"/{path}").status_code == 200
    assert records["lov"]["nsp"] == f"{BASE}ontology#" and records["lov"]["prefix"] == "ess"
    assert records["re3data"]["size"]["updated"] == default_release.manifest["date"]
    assert_canonical_error(client.get("/about/registries/other.json"), 404)


def test_the_table_for_wikidata_has_what_people_must_find(site):
    response = site[0].test_client().get("/about/registries/mixnmatch.tsv")
    assert response.mimetype == "text/tab-separated-values"
    rows = list(csv.DictReader(response.text.splitlines(), delimiter="\t"))
    assert list(rows[0]) == ["id", "name", "desc", "url", "type", "q"]
    by_id = {row["id"]: row for row in rows}
    assert len(by_id) == len(rows)
    assert by_id["person/mahel-coppey"]["type"] == "Q5"
    assert by_id["organization/rtes"]["url"] == f"{BASE}id/organization/rtes"
    assert not [name for name in by_id if "/siren-" in name]
    assert all(re.fullmatch(r"(Q\d+)?", row["q"]) for row in rows)
