"""A tiny release with everything that pages must cope with, served in-process."""

import hashlib
import json
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, Store, parse

from kg import search
from kg.query.local import LocalEngine
from kg.release import Release
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
    foaf:homepage <https://reseau.example/> , <javascript:alert(1)> ;
    schema:foundingDate "2002"^^xsd:gYear .
  <organization/ville> a org:FormalOrganization ; rdfs:label "Ville"@fr .
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
}
"""
MEMBERS = 120
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
LABELS = {
    "person/ada": ("person", "Ada Exemple", "Ada Exemple"),
    "organization/reseau": ("organization", "Réseau d’exemple", "Example network"),
    "organization/ville": ("organization", "Ville", "Ville"),
    "organization/evil": ("organization", "<script>alert('x')</script>", ""),
    **{
        f"organization/member-{n:03}": ("organization", f"Membre {n:03}", "")
        for n in range(MEMBERS)
    },
}


def _members():
    for n in range(MEMBERS):
        yield (
            f"<{BASE}id/organization/member-{n:03}> <{prefixes()['rdfs']}label> "
            f'"Membre {n:03}"@fr <{BASE}graph/b> .\n'
            f"<{BASE}id/organization/member-{n:03}> <{prefixes()['org']}memberOf> "
            f"<{BASE}id/organization/reseau> <{BASE}graph/b> .\n"
        )


@pytest.fixture(scope="session")
def store():
    store = Store()
    store.extend(parse(PREFIXES + DATA, format=RdfFormat.TRIG))
    store.extend(parse("".join(_members()), format=RdfFormat.N_QUADS))
    return store


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases") / MANIFEST["id"]
    (folder / "dumps").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "redirects.tsv").write_text(
        f"{BASE}id/organization/old\t{BASE}id/organization/reseau\n"
    )
    (folder / "withdrawn.tsv").write_text(f"{BASE}id/organization/gone\t2026-10-01-1\n")
    (folder / "dumps" / "all.nq.zst").write_bytes(bytes(range(256)))
    (folder / "dumps" / "all.ttl.zst").write_bytes(b"turtle")
    sums = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  dumps/{path.name}\n"
        for path in (folder / "dumps").iterdir()
    )
    (folder / "SHA256SUMS").write_text("".join(sums))
    (folder / "report.html").write_text("<!doctype html><style>p { color: red }</style><p>Report")
    (folder / "ontology").symlink_to(ONTOLOGY)
    entries = [
        search.Entry(f"{BASE}id/{path}", kind, fr, en, "", (fr, en))
        for path, (kind, fr, en) in LABELS.items()
    ]
    search.write(entries, folder / "search")
    return Release(folder)


@pytest.fixture(scope="session")
def app(release, store):
    compile_all()
    index = search.Index(release.folder / "search")
    app = create_app(release, LocalEngine(store), index, Settings(query_length=10_000))
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

    void = frozenset({"meta", "link", "img", "input", "br", "hr", "path", "circle"})

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> while {self.open} are open"
        self.open.pop()


def assert_page(response, status=200):
    """A whole HTML page: balanced tags, ids used once, a language, one h1, no script or style."""
    assert response.status_code == status, response.text
    assert response.content_type == "text/html; charset=utf-8"
    parser = Balanced()
    parser.feed(response.text)
    assert not parser.open
    assert len(parser.ids) == len(set(parser.ids)), sorted(parser.ids)
    names = [tag for tag, _ in parser.tags]
    assert names.count("h1") == names.count("main") == 1
    assert not {"script", "style"} & set(names)
    assert not [a for _, attrs in parser.tags for a in attrs if a == "style" or a.startswith("on")]
    assert dict(parser.tags)["html"]["lang"] == response.headers["Content-Language"]
    return parser


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
