"""Minting IRIs and reading them back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from kg import iri
from kg.vocab import prefixes

KINDS = st.sampled_from(sorted(iri.kinds()))
KEYS = st.from_regex(iri.KEY, fullmatch=True)


@given(KINDS, KEYS, st.one_of(st.just(""), KEYS))
def test_what_is_minted_is_read_back(kind, key, fragment):
    node = iri.named(kind, key)
    if fragment:
        node = iri.part(node, fragment)
    assert iri.parse(node.value) == iri.Thing(kind, key, fragment)


@given(st.text(max_size=40))
def test_any_key_is_refused_or_gives_an_iri_that_is_read_back(key):
    try:
        node = iri.named("person", key)
    except ValueError:
        return
    assert iri.parse(node.value).key == key
    NamedNode(node.value)


@given(st.text(max_size=60))
def test_any_text_is_read_as_a_thing_or_as_none(text):
    for candidate in (text, f"{iri.BASE}id/{text}", f"{iri.BASE}id/person/{text}"):
        found = iri.try_parse(candidate)
        assert found is None or found.kind in iri.kinds()


@given(st.lists(KEYS, min_size=1, max_size=5))
def test_a_graph_does_not_depend_on_the_order_of_its_sources(sources):
    assert iri.graph(sources) == iri.graph(reversed(sources))


def test_sources_cannot_be_confused_in_a_graph():
    assert "+" not in iri.KEY.pattern.replace("]*", "").replace(")?", "")
    with pytest.raises(ValueError, match="not a key"):
        iri.named("source", "a+b")


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("siren", "200046978"),
        ("siren", "20004697"),
        ("siren", "٢٠٠٠٤٦٩٧٧"),
        ("siret", "20004697700011"),
        ("rna", "X751000000"),
        ("insee", "6912"),
        ("insee-departement", "2C"),
        ("insee-region", "843"),
        ("iso", "fr"),
        ("hal", "02415793"),
    ],
)
def test_an_identifier_that_its_authority_could_not_have_given_is_refused(scheme, value):
    with pytest.raises(ValueError, match="is not"):
        iri.mint("organization", scheme, value)


@pytest.mark.parametrize(
    ("scheme", "value", "key"),
    [
        ("siren", "200 046 977", "siren-200046977"),
        ("siret", "35600000000048", "siret-35600000000048"),
        ("rna", "w2A1000000", "rna-W2A1000000"),
        ("insee", "2A004", "insee-2A004"),
        ("insee", "69M", "insee-69M"),
        ("insee-departement", "974", "insee-departement-974"),
        ("hal", "halshs-02415793", "hal-halshs-02415793"),
    ],
)
def test_an_identifier_makes_the_key(scheme, value, key):
    assert iri.mint("organization", scheme, value).value.endswith(f"/id/organization/{key}")


def test_every_kind_has_its_prefix():
    for kind in iri.kinds():
        assert prefixes().get(kind) == f"{iri.BASE}id/{kind}/", "add it to ontology/prefixes.ttl"


def test_rebasing_changes_every_iri_of_ours_and_nothing_else():
    text = f"PREFIX a: <{iri.BASE}id/> # http://w3id.org/other"
    assert iri.rebase(text, iri.BASE) is text
    assert iri.rebase(text, "http://x/") == "PREFIX a: <http://x/id/> # http://w3id.org/other"
