"""The SKOS schemes of `ontology/schemes/`, ours and INSEE's."""

from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg import iri
from kg.settings import ONTOLOGY
from kg.vocab import DCTERMS, RDF, SKOS

FILES = sorted((ONTOLOGY / "schemes").glob("*.ttl"))
FRENCH = {"activity", "association-purpose", "legal-form"}  # registers name theirs in French only


def read(path: Path):
    return [(q.subject, q.predicate, q.object) for q in parse(path=path, format=RdfFormat.TURTLE)]


def concepts(graph):
    return sorted({s for s, p, o in graph if (p, o) == (RDF.type, SKOS.Concept)}, key=str)


def languages(graph, subject, predicate):
    """Language to number of texts."""
    texts = [o for s, p, o in graph if (s, p) == (subject, predicate)]
    return Counter(text.language for text in texts)


def scheme_of(path: Path) -> NamedNode:
    return NamedNode(f"{iri.BASE}id/scheme/{path.stem}")


each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@each_file
def test_the_scheme_is_named_after_its_file_and_describes_itself_in_both_languages(path):
    graph = read(path)
    schemes = {s for s, p, o in graph if (p, o) == (RDF.type, SKOS.ConceptScheme)}
    assert schemes == {scheme_of(path)}, f"{path}: the only scheme must be scheme/{path.stem}"
    for predicate in (SKOS.prefLabel, DCTERMS.description):
        found = languages(graph, scheme_of(path), predicate)
        assert found == {"fr": 1, "en": 1}, f"{path}: give the scheme {predicate} in fr and en"


@each_file
def test_each_concept_is_in_the_scheme_and_named_by_its_notation(path):
    graph = set(read(path))
    for concept in concepts(graph):
        thing = iri.parse(concept.value)
        assert thing.kind == path.stem, f"{path}: <{concept.value}> belongs in {thing.kind}.ttl"
        for predicate, value in [
            (SKOS.inScheme, scheme_of(path)),
            (SKOS.notation, Literal(thing.key)),
        ]:
            found = [o for s, p, o in graph if (s, p) == (concept, predicate)]
            assert found == [value], f"{path}: give <{thing.kind}/{thing.key}> {predicate} {value}"


@each_file
def test_each_concept_has_one_label_in_each_language(path):
    graph = read(path)
    for concept in concepts(graph):
        found = languages(graph, concept, SKOS.prefLabel)
        wanted = {"fr"} if path.stem in FRENCH and "en" not in found else {"fr", "en"}
        assert found == dict.fromkeys(wanted, 1), (
            f"{path}: <{concept.value}> needs one prefLabel in each of {sorted(wanted)}"
        )


@each_file
def test_labels_are_clean(path):
    for subject, predicate, value in read(path):
        if isinstance(value, Literal):
            text = value.value
            assert text == text.strip(), f"{path}: spaces around {text!r} of {subject}"
            assert "  " not in text and "&" not in text, f"{path}: {predicate} of {subject}: {text}"


@each_file
def test_broader_concepts_exist_and_lead_to_the_top(path):
    graph = read(path)
    known = set(concepts(graph))
    broader: dict[NamedNode, set[NamedNode]] = {concept: set() for concept in known}
    for subject, predicate, value in graph:
        if predicate == SKOS.broader:
            assert value in known, f"{path}: <{subject.value}> has a broader that is not there"
            broader[subject].add(value)
    tops = {s for s, p, o in graph if (p, o) == (SKOS.topConceptOf, scheme_of(path))}
    without = {concept for concept, above in broader.items() if not above}
    assert tops == without, f"{path}: topConceptOf belongs to what has no broader, and only there"
    reached: set[NamedNode] = set()
    while found := {c for c, above in broader.items() if c not in reached and above <= reached}:
        reached |= found
    assert reached == known, f"{path}: broader goes round in {sorted(map(str, known - reached))}"


def test_the_codes_of_registers_are_all_there():
    counts = {path.stem: len(concepts(read(path))) for path in FILES}
    assert counts["activity"] == 21 + 88 + 732
    assert counts["legal-form"] == 10 + 39 + 260
    assert counts["size-class"] == 16
    assert counts["association-purpose"] == 29 + 268


def test_the_family_of_a_legal_form_is_one_of_the_law():
    family = iri.named("legal-family", "undetermined")
    families = set(concepts(read(ONTOLOGY / "schemes/legal-family.ttl"))) - {family}
    stated = {
        (iri.parse(s.value).key, o)
        for s, p, o in read(ONTOLOGY / "schemes/legal-form.ttl")
        if p.value.endswith("#legalFamily")
    }
    assert {o for _, o in stated} <= families
    assert ("9220", iri.named("legal-family", "association")) in stated
    assert not {"5499", "5710"} & {key for key, _ in stated}, "these say nothing of the family"
