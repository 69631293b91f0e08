"""A tiny release with everything that pages must cope with, served in-process."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import duckdb
import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, Store, parse

from kg import history, linked
from kg.query.local import LocalEngine
from kg.release import Release
from kg.search import fields
from kg.search.entries import Entry, Shown
from kg.search.index import Index
from kg.settings import ONTOLOGY, Settings
from kg.vocab import prefixes
from kg.web.app import create_app
from kg.web.translations import compile_all

BASE = "https://w3id.org/ess-kg/"
PREFIXES = "".join(f"@prefix {name}: <{space}> .\n" for name, space in prefixes().items())
# Sources a and b agree on some statements and not on when Ada became president.
DATA = """
@base <https://w3id.org/ess-kg/id/> .
GRAPH <../graph/a> {
  <person/ada> a foaf:Person , schema:Person ; rdfs:label "Ada Exemple" ; foaf:name "Ada Exemple" .
  <person/ada#presidency> schema:startDate "2019"^^xsd:gYear .
  <person/ada#mandate> a org:Membership ; rdfs:label "élue, Ville"@fr ; org:member <person/ada> ;
    org:organization <organization/ville> ; ess:attestedOn "2022-05-01"^^xsd:date .
  <organization/reseau> skos:editorialNote "Note en français."@fr , "Note in English."@en ;
    ess:departement <territory/insee-departement-44> ;
    foaf:homepage <https://reseau.example/> , <javascript:alert(1)> ;
    schema:foundingDate "2002"^^xsd:gYear .
  <organization/ville> a org:FormalOrganization ; rdfs:label "Ville"@fr .
  <territory/insee-region-52> rdfs:label "Pays de la Loire"@fr ;
    ess:territoryLevel <territory-level/region> .
  <territory/insee-departement-44> rdfs:label "Loire-Atlantique"@fr ;
    dcterms:isPartOf <territory/insee-region-52> .
  <territory/insee-44003> rdfs:label "Ancienne commune"@fr ;
    dcterms:isPartOf <territory/insee-region-52> ;
    dcterms:isReplacedBy <territory/insee-departement-44> .
  <observation/territory.insee-region-52> sdmx-dimension:refArea <territory/insee-region-52> ;
    qb:dataSet <cube/territory> ; ess:organizationCount 120 ; ess:employerCount 1 .
  <observation/territory-family.insee-region-52.cooperative> qb:dataSet <cube/territory-family> ;
    sdmx-dimension:refArea <territory/insee-region-52> ; ess:organizationCount 80 ;
    ess:observedFamily <legal-family/cooperative> .
  <observation/territory-section.insee-region-52.S> qb:dataSet <cube/territory-section> ;
    sdmx-dimension:refArea <territory/insee-region-52> ; ess:organizationCount 7777 .
  <observation/territory-year.insee-region-52.1998> qb:dataSet <cube/territory-year> ;
    sdmx-dimension:refArea <territory/insee-region-52> ; ess:observedYear "1998" ;
    ess:creationCount 9 .
  <observation/territory-year.insee-region-52.2003> qb:dataSet <cube/territory-year> ;
    sdmx-dimension:refArea <territory/insee-region-52> ; ess:observedYear "2003" ;
    ess:creationCount 3 ; ess:closureCount 6 .
  <legal-family/cooperative> rdfs:label "coopérative"@fr , "cooperative"@en .
  <cube/territory> rdfs:label "Organisations par territoire"@fr , "Organisations by territory"@en .
  <establishment/siret-1> rdfs:label "Atelier"@fr ; schema:latitude 45.75801 ;
    schema:longitude 4.85011 ; org:siteOf <organization/atelier> ;
    schema:foundingDate "2004"^^xsd:gYear ;
    schema:dissolutionDate "2021-12-31"^^xsd:date .
  <organization/atelier> org:hasRegisteredSite <establishment/siret-1> .
  <cube/territory> qb:structure <cube/territory#structure> .
  <cube/territory#structure> qb:component <cube/territory#where> , <cube/territory#how-many> .
  <cube/territory#where> qb:dimension sdmx-dimension:refArea ; qb:order 1 .
  <cube/territory#how-many> qb:measure ess:organizationCount ; qb:order 2 .
  <scheme/theme> a skos:ConceptScheme ; rdfs:label "Thèmes d’essai"@fr .
  <theme/metropolis> skos:inScheme <scheme/theme> .
  <theme/suburb> skos:inScheme <scheme/theme> ; skos:prefLabel "banlieue"@fr ;
    rdfs:label "banlieue"@fr ; skos:notation "1.1" ; skos:broader <theme/metropolis> .
  <theme/metropolis> skos:notation "metropolis" .
  <theme/lost> skos:inScheme <scheme/theme> ; skos:broader <theme/lost> , <theme/elsewhere> .
  <organization/atelier> a org:FormalOrganization ; rdfs:label "Atelier"@fr .
  <episode/one> a schema:PodcastEpisode ; rdfs:label "Un"@fr ; dcterms:title "Un"@fr ;
    schema:associatedMedia <episode/one#audio-1> , <episode/one#audio-2> ;
    schema:hasPart <episode/one#chapter-1> , <episode/one#chapter-2> ;
    schema:partOfSeries <podcast/serie> ; schema:isBasedOn <publication/study> ;
    schema:episodeNumber "1" ; ess:appearance <episode/one#appearance-ada> ;
    ess:credit <episode/one#credit-1> .
  <episode/one#appearance-ada> a ess:Appearance ; rdfs:label "Ada Exemple, Un"@fr ;
    ess:guest <person/ada> ; ess:statedCapacity "présidente du Réseau"@fr ;
    ess:inCapacityOf <person/ada#presidency> .
  <episode/one#credit-1> a ess:Credit ; rdfs:label "Claude Nom" ; ess:creditedName "Claude Nom" ;
    schema:roleName "host" ; ess:creditBasis <credit-basis/convention> .
  <credit-basis/convention> rdfs:label "convention du format"@fr , "convention of the format"@en .
  <episode/one#mention-title-0-organization-ville> a oa:Annotation ; rdfs:label "…"@fr ;
    oa:hasBody <organization/ville> ; oa:hasTarget <episode/one#passage-title-0> ;
    oa:motivatedBy oa:identifying ; ess:mentionStatus "candidate" .
  <episode/one#passage-title-0> a oa:SpecificResource ; oa:hasSource <episode/one> ;
    ess:field dcterms:title ; oa:hasSelector <episode/one#passage-title-0-selector> .
  <episode/one#passage-title-0-selector> a oa:TextQuoteSelector ; oa:prefix "<b>la " ;
    oa:exact "Ville</script>" ; oa:suffix " en fête" .
  <publication/study> a fabio:Report ; rdfs:label "Étude"@fr , "Study"@en ;
    dcterms:title "Étude"@fr ; dcterms:creator <person/ada> ; dc:creator "Camille Nom" ;
    dcterms:publisher <organization/reseau> ; schema:url <https://etude.example/texte> ,
      <javascript:alert(3)> ; dcterms:subject <theme/metropolis> ;
    schema:workExample <publication/study#edition-fr> , <publication/study#edition-en> ;
    ess:credit <publication/study#credit-1> .
  <publication/study#credit-1> a ess:Credit ; rdfs:label "Dominique Nom" ;
    ess:creditedName "Dominique Nom" ; schema:roleName "supervisor" ;
    ess:creditBasis <credit-basis/convention> .
  <publication/study#edition-fr> a fabio:Expression ; rdfs:label "Étude"@fr ;
    schema:exampleOfWork <publication/study> ; dcterms:language "fr" ;
    dcterms:issued "2021-11"^^xsd:gYearMonth .
  <publication/study#edition-en> a fabio:Expression ; rdfs:label "Study"@en ;
    schema:exampleOfWork <publication/study> ; dcterms:language "en" ;
    schema:translationOfWork <publication/study#edition-fr> ; schema:url <https://study.example/> .
  <theme/metropolis> a skos:Concept ; rdfs:label "métropoles"@fr , "metropolises"@en .
  <event/fair> a schema:Event ; rdfs:label "Foire"@fr ; schema:startDate "2024-05-01"^^xsd:date ;
    schema:endDate "2024-05-03"^^xsd:date ; ess:place "Halle <1>" ;
    schema:organizer <organization/reseau> .
  <episode/one#audio-1> a schema:AudioObject ; schema:contentUrl <https://audio.example/1.mp3> .
  <episode/one#audio-2> a schema:AudioObject ; schema:contentUrl <javascript:alert(2)> .
  <episode/one#chapter-1> a schema:Clip ; rdfs:label "Début"@fr ; schema:startOffset 0 .
  <episode/one#chapter-2> a schema:Clip ; rdfs:label "Suite"@fr ; schema:startOffset 3671 .
  <episode/two> a schema:PodcastEpisode ; rdfs:label "Sur rien"@fr ;
    ess:statedSubject "Sur rien"@fr ; schema:partOfSeries <podcast/serie> ;
    schema:episodeNumber "2" ; schema:datePublished "2022-05-11"^^xsd:date ;
    schema:duration "PT20M"^^xsd:duration .
  <podcast/serie> a schema:PodcastSeason ; rdfs:label "Série"@fr ; schema:numberOfEpisodes 3 ;
    schema:isBasedOn <publication/study> .
  <organization/evil> a org:FormalOrganization ;
    rdfs:label "<script>alert('x')</script>"@fr ; ess:seat "\\"><img src=x onerror=alert(1)>"@fr .
}
GRAPH <../graph/b> {
  <person/ada#presidency> schema:startDate "2021-03"^^xsd:gYearMonth .
  <organization/reseau> schema:foundingDate "2002-04-01"^^xsd:date .
}
GRAPH <../graph/a+b> {
  <organization/reseau> a org:FormalOrganization , schema:Organization ;
    rdfs:label "Réseau d’exemple"@fr , "Example network"@en ;
    skos:prefLabel "Réseau d’exemple"@fr , "Example network"@en ;
    ess:siren "301463253" ; adms:identifier <organization/reseau#siren-301463253> ,
      <organization/reseau#siren-123456789> ;
    org:classification <organization-type/association> .
  <organization/reseau#siren-301463253> a adms:Identifier ; skos:notation "301463253" ;
    dcterms:type "siren" .
  <organization/reseau#siren-123456789> a adms:Identifier ; skos:notation "123456789" ;
    dcterms:type "siren" ; ess:identifierStatus "former" .
  <person/ada#presidency> a org:Membership ; rdfs:label "présidente, Réseau"@fr ;
    org:member <person/ada> ; org:organization <organization/reseau> ;
    org:memberDuring <person/ada#presidency-during> .
  <person/ada#presidency-during> a time:Interval ; time:hasBeginning <person/ada#presidency-start> .
  <person/ada#presidency-start> a time:Instant ; time:inXSDgYear "2019"^^xsd:gYear .
}
GRAPH <../graph/ontology> {
  <organization-type/association> a skos:Concept ;
    skos:prefLabel "association"@fr , "association"@en ;
    rdfs:label "association"@fr , "association"@en .
  schema:startDate ess:singleValued true .
  schema:foundingDate ess:singleValued true .
}
GRAPH <../graph/description> {
  <../graph/a> prov:wasDerivedFrom <source/a> .
  <../graph/b> prov:wasDerivedFrom <source/b> .
  <../graph/a+b> prov:wasDerivedFrom <source/a> , <source/b> .
  <../graph/ontology> prov:wasDerivedFrom <source/ontology> .
  <source/a> a schema:WebPage ; rdfs:label "Page A"@fr ; dcterms:title "Page A"@fr ;
    dcterms:issued "2022-05-11"^^xsd:date ; dcterms:publisher "Éditeur A" ;
    schema:url <https://a.example/page> .
  <source/b> a schema:WebPage ; rdfs:label "Page B"@fr ; dcterms:title "Page B"@fr ;
    dcterms:language "fr" .
  <source/ontology> a dcat:Dataset ; rdfs:label "Ontologie"@fr ; dcterms:title "Ontologie"@fr .
  <../sparql> a sd:Service ; sd:endpoint <../sparql> ; sd:supportedLanguage sd:SPARQL11Query ;
    sd:defaultDataset <../sparql#dataset> .
  <../sparql#dataset> a sd:Dataset ; sd:namedGraph <../graph/a> , <../graph/b> .
  <../dataset#property-1> void:property org:member .
  <../dataset#property-2> void:property org:memberOf .
  <../dataset#property-3> void:property org:organization .
  <../dataset#property-4> void:property dcterms:isPartOf .
  <../dataset#property-5> void:property schema:exampleOfWork .
  <../dataset#property-6> void:property sdmx-dimension:refArea .
  <../dataset#property-7> void:property prov:wasDerivedFrom .
  <../dataset#property-8> void:property org:unitOf .
}
"""
MEMBERS = 120
# Beyond what is read of a thing's links at once.
PARTS = 700
MANIFEST = {
    "id": "2026-11-23-1",
    "date": "2026-11-23",
    "base": BASE,
    "software": {},
    "sources": [],
    "counts": {
        "statements": 12345,
        "sources": 3,
        "contradictions": 1,
        "entities": {"organization": 123, "person": 1},
    },
    "previous": None,
    "changes": {"added": 0, "removed": 0},
}
MOMENT = datetime(2026, 11, 23, 0, 0, 1)
LABELS = {
    "territory/insee-departement-44": ("Loire-Atlantique", ""),
    "territory/insee-region-52": ("Pays de la Loire", ""),
    "person/ada": ("Ada Exemple", "Ada Exemple"),
    "organization/reseau": ("Réseau d’exemple", "Example network"),
    "organization/ville": ("Ville", "Ville"),
    "organization/evil": ("<script>alert('x')</script>", ""),
    "legal-family/cooperative": ("coopérative", "cooperative"),
    "cube/territory": ("Organisations par territoire", "Organisations by territory"),
    **{f"organization/member-{n:03}": (f"Membre {n:03}", "") for n in range(MEMBERS)},
}


def _members():
    for n in range(MEMBERS):
        yield (
            f"<{BASE}id/organization/member-{n:03}> <{prefixes()['rdfs']}label> "
            f'"Membre {n:03}"@fr <{BASE}graph/b> .\n'
            f"<{BASE}id/organization/member-{n:03}> <{prefixes()['org']}memberOf> "
            f"<{BASE}id/organization/reseau> <{BASE}graph/b> .\n"
        )


def _parts():
    for n in range(PARTS):
        yield (
            f"<{BASE}id/organization/part-{n:03}> <{prefixes()['org']}memberOf> "
            f"<{BASE}id/organization/hub> <{BASE}graph/b> .\n"
            f"<{BASE}id/organization/part-{n:03}> <{prefixes()['org']}unitOf> "
            f"<{BASE}id/organization/hub> <{BASE}graph/b> .\n"
        )
    yield f'<{BASE}id/organization/hub> <{prefixes()["rdfs"]}label> "Hub"@fr <{BASE}graph/b> .\n'
    yield (
        f"<{BASE}id/person/ada#mandate> <{prefixes()['org']}organization> "
        f"<{BASE}id/organization/hub> <{BASE}graph/b> .\n"
    )


@pytest.fixture(scope="session")
def store():
    store = Store()
    store.extend(parse(PREFIXES + DATA, format=RdfFormat.TRIG))
    store.extend(parse("".join([*_members(), *_parts()]), format=RdfFormat.N_QUADS))
    return store


# Every tenth member is somewhere around Nantes, and the last one overseas.
PLACES = {
    **{f"organization/member-{n:03}": (f"47.{n:03}", f"-1.{n:03}") for n in range(0, MEMBERS, 10)},
    "organization/member-115": ("47.11", "-1.11"),  # where member-110 is
    "organization/member-119": ("-20.88", "55.45"),
}


def facets_of(path):
    """Members have a legal family in turn, and the first ten of them their seat in Nantes."""
    if "member" not in path:
        return {}
    number = int(path[-3:])
    place = {"region": ["insee-region-52"], "departement": ["insee-departement-44"]}
    family = "cooperative" if number % 3 else "association"
    return {"family": [family], **(place if number < 10 else {})}


def write_history(store, path):
    """Everything came with this release, but for what gave way to something else, or went."""
    subjects = {quad.subject.value.partition("#")[0] for quad in store}
    rows = [
        (iri, iri.split("/")[-2], MOMENT, MOMENT, "live", None)
        for iri in subjects
        if iri.startswith(f"{BASE}id/")
    ]
    things = f"{BASE}id/organization/"
    earlier = datetime(2026, 10, 1, 0, 0, 1)
    rows += [
        (f"{things}old", "organization", earlier, MOMENT, "merged", f"{things}reseau"),
        (f"{things}gone", "organization", earlier, earlier, "withdrawn", None),
    ]
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE history ({history.COLUMNS})")
    connection.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.execute(f"COPY (FROM history ORDER BY iri) TO '{path}' (FORMAT parquet)")


def write_statements(store, path):
    rows = sorted({tuple(map(str, quad.triple)) for quad in store})
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE statement (subject VARCHAR, predicate VARCHAR, object VARCHAR)"
    )
    connection.executemany("INSERT INTO statement VALUES (?, ?, ?)", rows)
    connection.execute(f"COPY statement TO '{path}' (FORMAT parquet)")
    connection.execute("CREATE TABLE ordered (entity UBIGINT, name_fr BIGINT)")
    connection.executemany("INSERT INTO ordered VALUES (hash(?), ?)", [*_ordered()])
    linked.write(connection, path.parent, BASE)


def _ordered():
    """Things in the order of their French names, as the index has them."""
    for order, (path, _) in enumerate(sorted(LABELS.items(), key=lambda each: each[1])):
        yield path, order


@pytest.fixture(scope="session")
def release(tmp_path_factory, store):
    folder = tmp_path_factory.mktemp("releases") / MANIFEST["id"]
    (folder / "dumps").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "redirects.tsv").write_text(
        f"{BASE}id/organization/old\t{BASE}id/organization/reseau\n"
    )
    (folder / "withdrawn.tsv").write_text(f"{BASE}id/organization/gone\t2026-10-01-1\n")
    write_history(store, folder / history.FILE)
    write_statements(store, folder / "statements.parquet")
    (folder / "dumps" / "all.nq.zst").write_bytes(bytes(range(256)))
    (folder / "dumps" / "all.ttl.zst").write_bytes(b"turtle")
    sums = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  dumps/{path.name}\n"
        for path in (folder / "dumps").iterdir()
    )
    (folder / "SHA256SUMS").write_text("".join(sums))
    (folder / "report.html").write_text("<!doctype html><style>p { color: red }</style><p>Report")
    (folder / "description.ttl").write_text(
        f"<{BASE}dataset> a <{prefixes()['void']}Dataset> ; "
        f'<{prefixes()["rdfs"]}label> "Graphe de l’ESS"@fr ; <{prefixes()["void"]}triples> 12345 .'
    )
    (folder / "ontology").symlink_to(ONTOLOGY)
    entries = []
    for path, order in _ordered():
        names = LABELS[path]
        latitude, longitude = PLACES.get(path, ("", ""))
        shown = Shown(path, *names, latitude=latitude, longitude=longitude)
        entries.append(Entry(shown, names, (order, order, order), facets=facets_of(path)))
    fields.write(entries, folder / "search")
    return Release(folder)


@pytest.fixture(scope="session")
def app(release, store):
    compile_all()
    index = Index(release.folder / "search", release.base)
    app = create_app(
        release,
        LocalEngine(store),
        index,
        Settings(query_length=10_000, contact="errors@example.org"),
    )
    app.testing = True
    return app


class Client(FlaskClient):
    """Reads bodies to their end and closes them, as a web server does."""

    def open(self, *args, **kwargs):
        return super().open(*args, buffered=True, **kwargs)


@pytest.fixture
def client(app):
    app.test_client_class = Client
    return app.test_client()


PROBLEM = {"type", "title", "status", "detail", "reason"}


class Balanced(HTMLParser):
    """Fails on a tag that is closed without being open, or left open."""

    void = frozenset({"meta", "link", "img", "input", "br", "hr"})

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> while {self.open} are open"
        self.open.pop()


def assert_page(response, status=200):
    """A whole HTML page: balanced tags, ids used once, a language, one h1, no code or style in it.

    Scripts are files of ours; data for search engines is no code.
    """
    assert response.status_code == status, response.text
    assert response.content_type == "text/html; charset=utf-8"
    parser = Balanced()
    parser.feed(response.text)
    assert not parser.open
    assert len(parser.ids) == len(set(parser.ids)), sorted(parser.ids)
    names = [tag for tag, _ in parser.tags]
    assert names.count("h1") == names.count("main") == 1
    assert "style" not in names
    for tag, attrs in parser.tags:
        if tag == "script" and attrs.get("type") != "application/ld+json":
            assert attrs["src"].startswith("/static/bundle/")
    assert not [a for _, attrs in parser.tags for a in attrs if a == "style" or a.startswith("on")]
    assert dict(parser.tags)["html"]["lang"] == response.headers["Content-Language"]
    return parser


@pytest.fixture
def asked(app, monkeypatch):
    """The queries that pages ask, besides those asked once for all pages."""
    queries = []

    class Counting:
        def answer(self, request):
            queries.append(request)
            return site.service.answer(request)

    site = app.extensions["kg"]
    counting = replace(site, service=Counting())
    for once in (counting.provenance, counting.linking_properties, counting.by_short_name):
        assert once
    queries.clear()
    monkeypatch.setitem(app.extensions, "kg", counting)
    return queries


def assert_canonical_error(response, status):
    """An error as the one handler makes it: a problem document, or a page."""
    assert response.status_code == status, response.text
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert {"accept", "accept-language", "cookie"} <= {name.lower() for name in response.vary}
    if response.mimetype == "text/html":
        parser = assert_page(response, status)
        assert ("section", {"class": "error", "data-status": str(status)}) in parser.tags
    elif response.mimetype == "text/plain":
        assert response.text.startswith(f"{status} ")
    else:
        assert response.content_type == "application/problem+json"
        problem = response.get_json(force=True)
        assert set(problem) == {"type", "title", "status", "detail", "reason"} | (
            {"advice"} & set(problem)
        )
        assert problem["status"] == status
        assert all(problem.values())
    if status in {429, 503}:
        assert int(response.headers["Retry-After"]) > 0
