"""The ontology: its terms, shapes, rules, checks and alignments hold to the rules of the house."""

import re
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse
from rdflib import RDF, RDFS, SH, Graph

from kg import check, iri, report, statements, vocab
from kg.queryfile import read_all
from kg.report import Finding
from kg.rules import infer
from kg.settings import ONTOLOGY, ROOT, Settings
from kg.vocab import prefixes

ONTOLOGY_IRI = NamedNode(iri.BASE + "ontology")
SOURCES = ROOT / "kg" / "sources"
ESS, SHAPES = prefixes()["ess"], prefixes()["ess-shapes"]
LANGUAGES = {"fr", "en"}
KINDS = sorted(path.parent.name for path in ONTOLOGY.glob("*/terms.ttl"))
TURTLE_FILES = sorted(ONTOLOGY.rglob("*.ttl"))
# What is in our words: an example quotes, and its names are as their sources write them.
OUR_WORDS = [
    *(path for path in TURTLE_FILES if not path.stem.endswith("example")),
    *sorted(SOURCES.glob("*/source.ttl")),
]
CHECKS = [*read_all(ONTOLOGY / "checks"), *read_all(ONTOLOGY / "checks", suffix=".sql")]
QUERY_FILES = [*read_all(ONTOLOGY / "rules"), *CHECKS]
QUESTIONS = read_all(ONTOLOGY / "questions")
VOCABULARIES = Settings.from_environment().shared / "samples" / "vocab"
PREFIX_LINES = "".join(f"@prefix {name}: <{space}> .\n" for name, space in prefixes().items())
HEAD = f"@base <{iri.BASE}id/> .\n{PREFIX_LINES}"

needs_vocabularies = pytest.mark.skipif(
    not VOCABULARIES.is_dir(), reason=f"no foreign vocabularies in {VOCABULARIES} (KG_SHARED)"
)


def local(node: object) -> str:
    return str(node).rpartition("#")[2]


def named(path: Path) -> str:
    return str(path.relative_to(ONTOLOGY))


def store_of(*texts: str | Path, sources: str = "example") -> Store:
    """A store with Turtle files and snippets; a snippet has every prefix and the base of things."""
    store = Store()
    for text in texts:
        content = text.read_text(encoding="utf-8") if isinstance(text, Path) else HEAD + text
        store.extend(
            Quad(*quad_terms(quad), iri.graph(sources.split("+")))
            for quad in parse(content, format=RdfFormat.TURTLE)
        )
    return store


def quad_terms(quad: Quad) -> tuple:
    return quad.subject, quad.predicate, quad.object


@cache
def terms() -> Store:
    return store_of(ONTOLOGY / "ontology.ttl", *ONTOLOGY.glob("*/terms.ttl"))


def declared() -> set[str]:
    """Local names of the terms that say they are defined by the ontology."""
    found = terms().quads_for_pattern(None, vocab.RDFS.isDefinedBy, ONTOLOGY_IRI)
    return {quad.subject.value.removeprefix(ESS) for quad in found}


def values(term: str, predicate: NamedNode) -> list:
    found = terms().quads_for_pattern(NamedNode(ESS + term), predicate, None)
    return [quad.object for quad in found]


# --- Terms


@pytest.mark.parametrize("term", vocab._own_terms().split())
def test_a_term_is_labelled_and_defined_in_both_languages_with_an_example(term):
    assert term in declared(), f"ess:{term} has no rdfs:isDefinedBy <{ONTOLOGY_IRI.value}>"
    for predicate in (vocab.RDFS.label, vocab.SKOS.definition):
        languages = sorted(value.language for value in values(term, predicate))
        assert languages == ["en", "fr"], f"ess:{term} {predicate.value}: give one fr, one en"
    assert values(term, NamedNode(prefixes()["skos"] + "example")), f"ess:{term} has no example"


@pytest.mark.parametrize("term", vocab._own_terms().split())
def test_the_example_of_a_term_is_turtle_that_uses_it(term):
    for example in values(term, NamedNode(prefixes()["skos"] + "example")):
        used = {
            node
            for quad in parse(HEAD + example.value, format=RdfFormat.TURTLE)
            for node in quad_terms(quad)
        }
        assert NamedNode(ESS + term) in used, f"the example of ess:{term} does not use it"


def test_classes_begin_with_a_capital_and_properties_do_not():
    classes = {term for term in declared() if vocab.OWL.Class in values(term, vocab.RDF.type)}
    assert {term for term in declared() if term[0].isupper()} == classes


def test_the_ontology_is_titled_described_and_licensed_without_a_version():
    header = {}
    for quad in terms().quads_for_pattern(ONTOLOGY_IRI, None, None):
        header.setdefault(quad.predicate, []).append(quad.object)
    for predicate in (vocab.DCTERMS.title, vocab.DCTERMS.description):
        assert {value.language for value in header[predicate]} == LANGUAGES
    vann = prefixes()["vann"]
    assert header[NamedNode(vann + "preferredNamespaceUri")] == [Literal(ESS)]
    assert header[NamedNode(vann + "preferredNamespacePrefix")] == [Literal("ess")]
    for predicate in ("creator", "publisher", "license", "issued"):
        assert header[vocab.DCTERMS[predicate]], f"the header lacks dcterms:{predicate}"
    assert vocab.OWL.versionInfo not in header, "the version is stamped at release"


@pytest.mark.parametrize("path", TURTLE_FILES, ids=named)
def test_a_term_of_ours_that_a_turtle_file_uses_is_declared(path):
    quads = parse(path=path, format=RdfFormat.TURTLE)
    nodes = {
        node.value for quad in quads for node in quad_terms(quad) if isinstance(node, NamedNode)
    }
    used = {node.removeprefix(ESS) for node in nodes if node.startswith(ESS)}
    assert used <= declared(), f"{named(path)}: declare {used - declared()} in a terms.ttl"


@pytest.mark.parametrize("path", OUR_WORDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_people_read_in_a_turtle_file_has_typographic_apostrophes(path):
    quads = parse(path=path, format=RdfFormat.TURTLE)
    texts = [
        quad.object.value
        for quad in quads
        if isinstance(quad.object, Literal) and quad.object.language in LANGUAGES
        if quad.predicate.value != prefixes()["skos"] + "example"
    ]
    assert [text for text in texts if "'" in text] == [], "write ’, as people do"


@pytest.mark.parametrize("file", [*QUERY_FILES, *QUESTIONS], ids=lambda file: file.name)
def test_what_people_read_of_a_query_has_typographic_apostrophes(file):
    texts = [text for field, text in file.header.items() if "@" in field]
    assert [text for text in texts if "'" in text] == [], "write ’, as people do"


@pytest.mark.parametrize("file", [*QUERY_FILES, *QUESTIONS], ids=lambda file: file.name)
def test_a_term_of_ours_that_a_query_uses_is_declared(file):
    used = set(re.findall(r"\bess:(\w+)", file.text))
    assert used <= declared(), f"{file.path}: declare {used - declared()} in a terms.ttl"


@pytest.mark.parametrize("path", TURTLE_FILES, ids=named)
def test_a_turtle_file_uses_the_prefixes_of_the_project(path):
    found = re.findall(r"^@prefix ([\w-]+): <([^>]*)>", path.read_text(encoding="utf-8"), re.M)
    wrong = {name: space for name, space in found if prefixes().get(name) != space}
    assert not wrong, f"{named(path)}: take the prefix from ontology/prefixes.ttl, or add it there"


# --- Shapes


@cache
def shapes() -> Graph:
    graph = Graph()
    for path in ONTOLOGY.rglob("shapes.ttl"):
        graph.parse(path)
    return graph


def results(path: Path) -> list[tuple[str, str]]:
    """Severity and shape of every result."""
    data = Graph().parse(path)
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes(), advanced=False)
    return [
        (local(report.value(node, SH.resultSeverity)), local(report.value(node, SH.sourceShape)))
        for node in report.subjects(RDF.type, SH.ValidationResult)
    ]


def named_failures(path: Path) -> list[str]:
    return re.findall(r"^# fails: ess-shapes:(\S+)  \S", path.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_kind_conforms(kind):
    faults = [result for result in results(ONTOLOGY / kind / "example.ttl") if result[0] != "Info"]
    assert faults == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_counterexample_of_a_kind_fails_for_exactly_the_reasons_it_names(kind):
    path = ONTOLOGY / kind / "counterexample.ttl"
    names = named_failures(path)
    assert len(names) == len(set(names)), "a reason stands twice"
    assert {shape for _, shape in results(path)} == set(names)


def test_every_property_shape_has_a_counterexample():
    named_somewhere = {
        name for kind in KINDS for name in named_failures(ONTOLOGY / kind / "counterexample.ttl")
    }
    every = {local(node) for node in shapes().subjects(RDF.type, SH.PropertyShape)}
    assert every - named_somewhere == set(), "add what fails it to a counterexample.ttl"


def test_every_shape_speaks_both_languages_and_has_a_severity():
    faults = []
    for node in shapes().subjects(RDF.type, SH.PropertyShape):
        if {text.language for text in shapes().objects(node, SH.message)} != LANGUAGES:
            faults.append(f"{local(node)}: give sh:message in fr and en")
        if shapes().value(node, SH.severity) not in {SH.Violation, SH.Warning, SH.Info}:
            faults.append(f"{local(node)}: give sh:severity")
    assert faults == []


def test_a_shape_that_pages_show_has_a_name_in_both_languages_a_group_and_an_order():
    for node in shapes().subjects(SH.group, None):
        group = shapes().value(node, SH.group)
        assert (group, RDF.type, SH.PropertyGroup) in shapes(), f"{local(group)} is no group"
        assert {text.language for text in shapes().objects(group, RDFS.label)} == LANGUAGES
        assert {text.language for text in shapes().objects(node, SH.name)} == LANGUAGES
        assert shapes().value(node, SH.order) is not None, local(node)


def test_shapes_hold_no_queries():
    assert not list(shapes().subject_objects(SH.sparql)), "write a check: ontology/checks/*.rq"


def test_property_shapes_have_iris_so_that_they_can_be_switched_off():
    for shape in shapes().objects(None, SH.property):
        assert str(shape).startswith(SHAPES), f"{shape} is not in {SHAPES}"


# --- Queries


@pytest.mark.parametrize("file", QUERY_FILES, ids=lambda file: file.name)
def test_a_query_parses_and_has_its_header_in_both_languages(file):
    if file.path.suffix == ".rq":
        Store().query(file.text)
    fields = ("title", "problem", "solution") if file.path.parent.name == "checks" else ("title",)
    assert all(file.get(field, language) for field in fields for language in sorted(LANGUAGES))


@pytest.mark.parametrize("rule", read_all(ONTOLOGY / "rules"), ids=lambda file: file.name)
def test_a_rule_constructs_without_blank_nodes(rule):
    template = re.search(r"CONSTRUCT\s*\{(.*?)\}", rule.text, re.S)
    assert template, "a rule is a CONSTRUCT query"
    assert "_:" not in template[1]
    assert "[" not in template[1]


@pytest.mark.parametrize("file", QUERY_FILES, ids=lambda file: file.name)
def test_the_concepts_that_a_query_names_are_in_their_schemes(file):
    schemes = "|".join(path.stem for path in ONTOLOGY.glob("schemes/*.ttl"))
    for scheme, key in re.findall(rf"(?<![\w:?-])({schemes}):([\w.-]+)", file.text):
        concepts = (ONTOLOGY / "schemes" / f"{scheme}.ttl").read_text(encoding="utf-8")
        assert f"<{scheme}/{key}> a " in concepts, f"ontology/schemes/{scheme}.ttl has no {key}"


def inferred(turtle: str) -> set[str]:
    """What the rules add, short: `subject predicate object` with the last words of each."""
    short = re.compile(r"^.*[/#](?=[^/#]+$)")
    return {
        " ".join(short.sub("", part.value) for part in (t.subject, t.predicate, t.object))
        for t in infer(store_of(turtle))
    }


PLACES = """
<territory/old> dcterms:isReplacedBy <territory/new> .
<territory/quarter> dcterms:isPartOf <territory/new> .
<territory/new> a igeo:Commune ; dcterms:isPartOf <territory/d> , <territory/epci> .
<territory/d> a igeo:Departement ; dcterms:isPartOf <territory/r> .
<territory/epci> a igeo:Intercommunalite ; dcterms:isPartOf <territory/elsewhere> .
<territory/elsewhere> a igeo:Departement . <territory/r> a igeo:Region .
"""


@pytest.mark.parametrize("seat", ["new", "old", "quarter"])
def test_the_seat_gives_departement_and_region_of_the_present_commune(seat):
    added = inferred(f"{PLACES} <organization/o> ess:commune <territory/{seat}> .")
    assert added == {"o departement d", "o region r"}


def test_a_merger_replaces_the_organisation_and_a_renaming_does_not():
    event = (
        "<organization/{0}#c> a org:ChangeEvent ; dcterms:type <change-type/{1}> ; "
        "org:originalOrganization <organization/{0}> ; org:resultingOrganization <organization/n> ."
    )
    assert inferred(event.format("a", "merger")) == {"a isReplacedBy n"}
    assert inferred(event.format("a", "renaming")) == set()


def role(person: str, facts: str, key: str = "r") -> str:
    return (
        f"<person/{person}> a foaf:Person , foaf:Agent ."
        f"<person/{person}#{key}> a org:Membership ; org:member <person/{person}> ; "
        f"org:organization <organization/o> ; {facts} ."
    )


def offices(turtle: str) -> set[str]:
    return {line for line in inferred(turtle) if " holdsOffice " in line}


@pytest.mark.parametrize(
    ("facts", "held"),
    [
        ('schema:startDate "2019"^^xsd:gYear', True),
        ('ess:attestedOn "2022-05-11"^^xsd:date', True),
        ('schema:startDate "2019"^^xsd:gYear ; schema:endDate "2020"^^xsd:gYear', False),
        ("org:role role:president", False),
        ('org:role role:founder ; schema:startDate "2019"^^xsd:gYear', False),
    ],
)
def test_an_office_is_held_from_a_start_or_attestation_until_an_end(facts, held):
    assert offices(role("a", facts)) == ({"a holdsOffice o"} if held else set())


@pytest.mark.parametrize(
    ("known", "held"),
    [('"2022"^^xsd:gYear', False), ('"2023-10-31"^^xsd:date', False), ('"2023"^^xsd:gYear', True)],
)
def test_an_office_last_known_three_years_before_the_last_reading_is_no_longer_held(known, held):
    read = """<source/old> a schema:WebPage ; dcterms:date "2021-02-03"^^xsd:date .
        <source/new> a schema:WebPage ; dcterms:date "2026-11-23"^^xsd:date ."""
    found = offices(read + role("a", f"ess:attestedOn {known}"))
    assert found == ({"a holdsOffice o"} if held else set())


def test_a_president_without_known_end_leaves_when_the_next_one_begins():
    first = 'org:role role:president ; schema:startDate "2019"^^xsd:gYear'
    then = 'org:role role:president ; schema:startDate "2024-06"^^xsd:gYearMonth'
    assert offices(role("a", first) + role("b", then)) == {"b holdsOffice o"}
    seen = first + ' ; ess:attestedOn "2025-01-07"^^xsd:date'
    assert offices(role("a", seen) + role("b", then)) == {"a holdsOffice o", "b holdsOffice o"}


def test_nobody_holds_office_in_an_organisation_that_has_ended():
    ended = '<organization/o> schema:dissolutionDate "2020"^^xsd:gYear .'
    assert offices(role("a", 'schema:startDate "2019"^^xsd:gYear') + ended) == set()


def test_the_dates_of_a_role_become_an_interval_at_their_precision():
    facts = 'schema:startDate "2019"^^xsd:gYear ; schema:endDate "2020-02-03"^^xsd:date'
    added = inferred(role("a", facts))
    assert added == {
        "r memberDuring r-during", "r-during type Interval",
        "r-during hasBeginning r-start", "r-start type Instant", "r-start inXSDgYear 2019",
        "r-during hasEnd r-end", "r-end type Instant", "r-end inXSDDate 2020-02-03",
    }  # fmt: skip


def test_rules_add_the_inverses_and_shortcuts():
    added = inferred("""
        <organization/u> org:unitOf <organization/o> .
        <organization/o> ess:governs <territory/t> .
        <episode/e> a schema:PodcastEpisode ; ess:appearance <episode/e#x> ;
            schema:partOfSeries <podcast/s> .
        <episode/e#x> ess:guest <person/p> .
        <podcast/s> schema:isBasedOn <publication/w> .
        <publication/w#en> schema:translationOfWork <publication/w#fr> .
        <organization/m#k> a org:Membership ; org:member <organization/m> ;
            org:organization <organization/o> .
    """)
    assert added == {
        "o hasUnit u", "t governedBy o", "e contributor p", "e isBasedOn w",
        "fr workTranslation en", "m memberOf o",
    }  # fmt: skip


def test_a_membership_without_a_label_is_named_after_its_role_and_organisation():
    added = inferred("""
        role:member skos:prefLabel "membre"@fr , "member"@en .
        <organization/o> rdfs:label "Réseau"@fr .
        <organization/m#k> a org:Membership ; org:member <organization/m> ; org:role role:member ;
            org:organization <organization/o> .
    """)
    assert added == {"m memberOf o", "k label membre, Réseau", "k label member, Réseau"}


# What each check must find, and nothing else: the faulty entity is <x> or <x#part>. Where it
# matters who says so, by the sources of the statements.
FAULTS = {
    "attested-outside-role": """<x> schema:startDate "2020-03"^^xsd:gYearMonth ;
        ess:attestedOn "2020"^^xsd:gYear , "2020-02-28"^^xsd:date .""",
    "broader-cycle": "<x> skos:broader <x> .",
    "broader-orphan": "<x> skos:broader <y> . <z> skos:broader <w> . <w> a skos:Concept .",
    "capacity-of-another": """<x> ess:guest <person/a> ; ess:inCapacityOf <person/b#r> .
        <person/b#r> org:member <person/b> .""",
    "concept-without-scheme": "<x> a skos:Concept . <y> a skos:Concept ; skos:inScheme <z> .",
    "contradiction": """schema:startDate ess:singleValued true .
        <x> schema:startDate "2019"^^xsd:gYear , "2020-01"^^xsd:gYearMonth .
        <y> schema:startDate "2019"^^xsd:gYear , "2019-01"^^xsd:gYearMonth .
        ess:legalFamily ess:singleValued true .
        <z> ess:legalFamily legal-family:undetermined , legal-family:cooperative .""",
    "contradiction-approval": """
        <x> ess:administrativeStatus administrative-status:ceased ; schema:hasCertification <x#e> ;
            schema:dissolutionDate "2022-06-30"^^xsd:date .
        <x#e> schema:expires "2025-01-05"^^xsd:date .
        <y> ess:administrativeStatus administrative-status:ceased ; schema:hasCertification <y#e> ;
            schema:dissolutionDate "2025-06-30"^^xsd:date .
        <y#e> schema:expires "2025"^^xsd:gYear .
        <z> ess:administrativeStatus administrative-status:active ; schema:hasCertification <z#e> .
        <z#e> schema:expires "2025"^^xsd:gYear .""",
    "contradiction-flag": {
        "ess-france": '<x> ess:siren "1" ; ess:legalFamily legal-family:association .',
        "ess-france+sirene": '<y> ess:siren "2" .',
        "rna+sirene": '<z> ess:siren "3" .',
        "curated": '<w> ess:siren "4" .',
    },
    "contradiction-status": """
        <x> ess:administrativeStatus administrative-status:ceased , administrative-status:active .
        <y> ess:administrativeStatus administrative-status:ceased .
        <z> ess:administrativeStatus administrative-status:active .""",
    "contradiction-type": """<x> org:classification <scic> , <consumer> .
        <y> org:classification <scic> , <cooperative> . <scic> skos:broader <cooperative> .
        <consumer> skos:broader <cooperative> .""",
    "credit-undetermined": """<x> ess:creditBasis credit-basis:undetermined ; ess:creditedName "X" .
        <y> ess:creditBasis credit-basis:stated ; ess:creditedName "Y" .""",
    "dangling-reference": "<x> org:unitOf <missing> ; dcterms:isPartOf <x> .",
    "deprecated-term": """ess:old owl:deprecated true ; dcterms:isReplacedBy ess:acronym .
        <x> ess:old "X" .""",
    "duplicate-label": '<x> rdfs:label "a"@fr , "b"@fr . <y> rdfs:label "a"@fr , "b"@en .',
    "duplicate-suspected": """<x> a foaf:Person ; rdfs:label "A" .
        <y> a foaf:Person ; rdfs:label "A" .
        <z> a org:Organization ; rdfs:label "A" .""",
    "label-missing": '<x> a foaf:Agent . <y> a foaf:Agent ; rdfs:label "Y" .',
    "label-untranslated": '<c> skos:inScheme <x> ; skos:prefLabel "c"@fr .',
    "masked-value": '<x> foaf:name "[ND]" .',
    "office-in-ended-organization": """<x> a org:Membership ; org:organization <o> .
        <y> a org:Membership ; org:organization <o> ; schema:endDate "2019"^^xsd:gYear .
        <o> schema:dissolutionDate "2020"^^xsd:gYear .""",
    "office-superseded": """<x> org:role role:president ; org:organization <o> ; org:member <a> ;
            schema:startDate "2019"^^xsd:gYear .
        <y> org:role role:president ; org:organization <o> ; org:member <b> ;
            schema:startDate "2021"^^xsd:gYear .""",
    "organization-without-identifier": """<x> a org:FormalOrganization ; ess:commune <c> .
        <y> a org:FormalOrganization ; ess:commune <c> ; ess:siren "1" .
        <z> a org:FormalOrganization ; ess:seat "Liège (BE)"@fr .""",
    "person-without-identifier": "<x> a foaf:Person . <y> a foaf:Person ; schema:sameAs wd:Q1 .",
    "person-without-role": "<x> a foaf:Person . <y> a foaf:Person . <z> dcterms:creator <y> .",
    "replaced-by-cycle": "<x> dcterms:isReplacedBy <x> . <y> dcterms:isReplacedBy <x> .",
    "reversed-dates": """
        <x> schema:startDate "2020-03"^^xsd:gYearMonth ; schema:endDate "2019"^^xsd:gYear .
        <y> schema:startDate "2020-03"^^xsd:gYearMonth ; schema:endDate "2020"^^xsd:gYear .""",
    "same-person-suspected": """
        <x> foaf:name "Anne D'ÉTÉ" . <x#m> org:member <x> ; org:organization <o> .
        <y> foaf:name "Anne d'Été" . <y#m> org:member <y> ; org:organization <o> .
        <z> foaf:name "Anne d'Été" . <z#m> org:member <z> ; org:organization <p> .""",
    "seat-in-former-commune": "<x> ess:commune <c> . <c> a ess:FormerCommune .",
    "seat-without-region": """<x> ess:commune <nowhere> . <y> ess:commune <c> ; ess:region <r> .
        <z> ess:commune <island> . <island> dcterms:isPartOf <overseas> .
        <overseas> a igeo:CollectiviteDOutreMer .""",
    "shared-identifier": """<publication/x> ess:nor "1" . <publication/y> ess:nor "1" .
        <event/z> ess:nor "1" . <publication/x#fr> ess:nor "1" .""",
    "shared-insee-code": """<x> ess:inseeCode "1" ; ess:territoryLevel <l> .
        <y> ess:inseeCode "1" ; ess:territoryLevel <l> .
        <z> ess:inseeCode "1" ; ess:territoryLevel <m> .""",
    "territory-without-parent": "<x> a igeo:Commune . <y> a igeo:Region ; dcterms:isPartOf <z> .",
    "undeclared-term": "<y> ess:x <z> ; ess:acronym <z> . ess:acronym rdfs:isDefinedBy <o> .",
    "undocumented-episodes": """<x> schema:numberOfEpisodes 2 . <y> schema:numberOfEpisodes 1 .
        <e> a schema:PodcastEpisode ; schema:partOfSeries <x> , <y> .""",
}


@pytest.fixture
def findings(tmp_path):
    """What the checks find in a store."""

    def find(store: Store) -> list[Finding]:
        rows = [
            (str(q.subject), str(q.predicate), str(q.object), _sources(q.graph_name)) for q in store
        ]
        with statements.connect(tmp_path / "work") as connection:
            connection.execute(
                "CREATE TABLE statement AS SELECT unnest($1) AS subject, unnest($2) AS predicate, "
                "unnest($3) AS object, unnest($4) AS sources",
                [list(column) for column in zip(*rows, strict=True)],
            )
            report.begin(connection)
            report.add(connection, check.by_queries(store))
            check.over_everything(connection)
            return [finding for group in report.groups(connection) for finding in group.first]

    return find


def _sources(graph: NamedNode) -> list[str]:
    return graph.value.rpartition("/")[2].split("+")


def test_no_two_checks_have_one_name():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_a_check_finds_its_fault_and_only_that(name, findings):
    assert name in FAULTS, "add to FAULTS what the check must find"
    fault = FAULTS[name]
    store = Store()
    for sources, text in (fault if isinstance(fault, dict) else {"example": fault}).items():
        store.extend(store_of(text, sources=sources))
    found = [each for each in findings(store) if each.check == name]
    assert {re.sub(r"^.*[/#]", "", each.entity) for each in found} == {"x"}


def test_the_examples_have_none_of_the_faults_that_are_violations(findings):
    store = store_of(*(ONTOLOGY / kind / "example.ttl" for kind in KINDS))
    store.extend(terms().quads_for_pattern(None, None, None))
    infer(store)
    # The examples lead to things that they do not describe.
    assert not [
        str(each)
        for each in findings(store)
        if each.severity == "violation" and each.check != "dangling-reference"
    ]


# --- Other vocabularies


@cache
def foreign_terms() -> frozenset[str]:
    """Every IRI that the stored vocabularies name, in whatever place of a statement."""
    nodes = set()
    formats = {".ttl": RdfFormat.TURTLE, ".owl": RdfFormat.RDF_XML, ".skos": RdfFormat.RDF_XML}
    for path in VOCABULARIES.glob("*/*"):
        if path.suffix in formats:
            store = Store()
            store.load(path=path, format=formats[path.suffix], lenient=True)
            for quad in store.quads_for_pattern(None, None, None, DefaultGraph()):
                nodes |= {node.value for node in quad_terms(quad) if isinstance(node, NamedNode)}
    return frozenset(nodes)


# Namespaces whose vocabulary is stored.
STORED = ("essglobal", "fabio", "igeo", "legal", "pair")
SPACES = (
    *(prefixes()[name] for name in STORED),
    "http://data.europa.eu/m8g/",
    "http://purl.org/essglobal/standard/",
)


@needs_vocabularies
@pytest.mark.parametrize("path", sorted(ONTOLOGY.glob("alignments/*.ttl")), ids=named)
def test_the_terms_that_we_align_with_exist(path):
    quads = parse(path=path, format=RdfFormat.TURTLE)
    used = {node.value for quad in quads for node in (quad.subject, quad.object)}
    unknown = {node for node in used if node.startswith(SPACES)} - foreign_terms()
    assert unknown == set()


@pytest.mark.parametrize("path", sorted(ONTOLOGY.glob("alignments/*.ttl")), ids=named)
def test_an_alignment_is_no_identity(path):
    predicates = {quad.predicate for quad in parse(path=path, format=RdfFormat.TURTLE)}
    assert vocab.OWL.sameAs not in predicates, "write skos:closeMatch or owl:equivalentClass"


@needs_vocabularies
@pytest.mark.parametrize("name", ["FABIO", "IGEO", "LEGAL"])
def test_the_foreign_terms_that_the_code_uses_exist(name):
    used = {node.value for node in getattr(vocab, name)}
    assert used - foreign_terms() == set(), f"correct {name} in kg/vocab.py"
