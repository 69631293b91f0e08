"""Candidate mentions: found where a name stands as a name, with their evidence, and never facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from kg.clean import fold, words
from kg.iri import named, part
from kg.sources import mentions
from kg.sources.mentions import Names, find
from kg.sources.rows import Row
from kg.vocab import DCTERMS, ESS, OA, RDF

NAMES = {
    "Avise": ["avise"],
    "RTES": ["rtes"],
    "MES": ["mes"],
    "Réseau des collectivités Territoriales pour une Économie Solidaire": ["rtes"],
    "CRESS": ["cress-bretagne", "cress-corse"],
    "ESS France": ["ess-france"],
    "France urbaine": ["france-urbaine"],
    "La Cloche": ["la-cloche"],
    "Économie Circulaire & ESS": ["commission"],
    "Commission Économie Circulaire & ESS de France urbaine": ["commission"],
    "France": ["france"],
    "ESS": ["ess"],
    "L’Œuvre": ["oeuvre"],
    "De la": ["none"],
    "42": ["none"],
}


@pytest.fixture(scope="module")
def names():
    tree = Names()
    for name, bearers in NAMES.items():
        for bearer in bearers:
            tree.add(name, named("organization", bearer).value)
    return tree


def found(names, text):
    return [
        (text[each.start : each.end], [iri.rpartition("/")[2] for iri in each.bearers])
        for each in find(names, text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l’Avise et le RTES", [("Avise", ["avise"]), ("RTES", ["rtes"])]),
        ("Il avise ses amis, mes amis", []),
        ("LE RTES ET MES AMIS DE L’AVISE", []),
        ("ESS FRANCE ET MES AMIS", [("ESS FRANCE", ["ess-france"])]),
        ("MES amis du MES", [("MES", ["mes"]), ("MES", ["mes"])]),
        ("Rtes, rtes", []),
        ("AVISE", []),
        ("une page de AVISE", [("AVISE", ["avise"])]),
        ("l'ESS en France, à Paris", []),
        ("ess france", [("ess france", ["ess-france"])]),
        ("la cloche sonne à La Cloche", [("La Cloche", ["la-cloche"])]),
        ("avisé, Aviser, Avisée, préAvise", []),
        ("la CRESS", [("CRESS", ["cress-bretagne", "cress-corse"])]),
        (
            "commission « Economie circulaire & ESS » de France urbaine",
            [("commission « Economie circulaire & ESS » de France urbaine", ["commission"])],
        ),
        ("économie circulaire et ESS de France urbaine", [("France urbaine", ["france-urbaine"])]),
        ("l'oeuvre, L'OEUVRE de Œuvre", [("L'OEUVRE", ["oeuvre"])]),
        ("de la 42", []),
        ("", []),
    ],
)
def test_a_name_is_found_where_it_stands_as_a_name(names, text, expected):
    assert found(names, text) == expected


def test_the_accents_of_a_text_do_not_matter_and_its_places_are_its_own(names):
    text = "E\u0301tude : re\u0301seau des collectivite\u0301s territoriales pour une économie "
    text += "solidaire."
    ((passage, bearers),) = found(names, text)
    assert (passage[-9:], bearers) == ("solidaire", ["rtes"])


@given(st.text())
def test_the_words_of_a_text_are_those_of_its_folded_form(text):
    assert [word for word, _, _ in words(text)] == fold(text).split()
    assert all(fold(text[start:end]).split() for _, start, end in words(text))


@given(st.lists(st.sampled_from(["Avise", "RTES", "ESS", "France", "urbaine", "le", "mes", "x"])))
def test_passages_follow_each_other_and_are_names(words_of_text):
    tree = Names()
    for name in ("Avise", "RTES", "ESS France", "France urbaine"):
        tree.add(name, named("organization", "x").value)
    text = " ".join(words_of_text)
    end = 0
    for each in find(tree, text):
        assert end <= each.start < each.end
        assert text[each.start : each.end] in {"Avise", "RTES", "ESS France", "France urbaine"}
        end = each.end


def test_names_are_those_of_people_and_organisations_with_their_other_names(converted):
    tree = mentions.known(converted["curated"])
    text = "Emeline Baume, du RTES, de la Métropole européenne de Lille et des Territoires urbains"
    assert [key for _, (key, *_) in found(tree, text)] == [
        "emeline-baume",
        "rtes",
        "metropole-europeenne-de-lille",
    ]


@pytest.fixture
def stated(names):
    thing = named("episode", "item-1")
    text = "Une série réalisée avec beaucoup d’amis, dont l’Avise, que\nl’on ne présente plus ici."
    origin = Row({}, "feed.xml", 7)
    (row,) = mentions.rows(names, thing, [(DCTERMS.description, text, "fr")], origin)
    assert mentions.is_mention(row)
    assert (row.file, row.line) == ("feed.xml", 7)
    return thing, text, list(mentions.triples(row))


def test_a_mention_is_an_annotation_with_its_evidence(stated):
    thing, text, triples = stated
    said = {(s, p): o for s, p, o in triples}
    start = text.index("Avise")
    me = part(thing, f"mention-description-{start}-organization-avise")
    passage = part(thing, f"passage-description-{start}")
    place = part(thing, f"passage-description-{start}-selector")
    assert said[me, RDF.type] == OA.Annotation
    assert said[me, OA.hasBody] == named("organization", "avise")
    assert said[me, OA.motivatedBy] == OA.identifying
    assert said[me, ESS.mentionStatus] == Literal("candidate")
    assert said[said[me, OA.hasTarget], OA.hasSource] == thing
    assert said[passage, ESS.field] == DCTERMS.description
    assert said[passage, OA.hasSelector] == place
    first, last = int(said[place, OA.start].value), int(said[place, OA.end].value)
    assert text[first:last] == said[place, OA.exact].value == "Avise"
    around = [said[place, each].value for each in (OA.prefix, OA.exact, OA.suffix)]
    assert "".join(around) in text


def test_a_mention_says_nothing_of_the_thing_itself_nor_of_whom_it_may_name(stated):
    _, _, triples = stated
    assert all(
        (isinstance(s, NamedNode) and "#mention-" in s.value) or "#passage-" in s.value
        for s, _, _ in triples
    )


def test_a_credit_has_its_mentions_too(names):
    credit = part(named("episode", "item-1"), "credit-2")
    (row,) = mentions.rows(
        names, credit, [(ESS.creditedName, "RTES (réseau)", "")], Row({}, "f", 1)
    )
    subjects = {s.value.partition("#")[2] for s, _, _ in mentions.triples(row)}
    assert "mention-credit-2-creditedName-0-organization-rtes" in subjects
