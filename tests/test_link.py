"""Linking: what identifies what, what is joined, what is told instead."""

import itertools
import random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.iri import BASE, kinds
from kg.link import link
from kg.link.authorities import AUTHORITIES
from kg.link.decisions import Decision
from kg.vocab import ADMS, DCTERMS, ESS, ORG, RDFS, SCHEMA, SKOS

A, B, C = "301463253", "200046977", "356000000"
W1, W2 = "W751000001", "W751000002"
LEVEL = f"<{BASE}id/territory-level/"


def thing(key, kind="organization"):
    return f"{BASE}id/{kind}/{key}"


def says(key, predicate, value, kind="organization", source="s"):
    """A statement that a thing has an identifier; an IRI if the value looks like one."""
    iri = value.startswith("http") and predicate != ESS.doi
    term = f"<{value}>" if iri else f'"{value}"'
    return f"<{thing(key, kind)}>", str(predicate), term, source


def named(*keys, kind="organization", source="s"):
    """The statements that give things a name, so that they are there."""
    return [(f"<{thing(key, kind)}>", str(RDFS.label), f'"{key}"', source) for key in keys]


def former(key, scheme, value, kind="organization", source="s"):
    """The statements of a former identifier, as the curated tables make them."""
    owner = thing(key, kind)
    part = f"<{owner}#{scheme}-{value}>"
    return [
        (f"<{owner}>", str(ADMS.identifier), part, source),
        (part, str(SKOS.notation), f'"{value}"', source),
        (part, str(DCTERMS.type), f'"{scheme}"', source),
        (part, str(ESS.identifierStatus), '"former"', source),
    ]


def same(one, other, kind="organization"):
    return Decision(True, thing(one, kind), thing(other, kind))


def not_same(one, other, kind="organization"):
    return Decision(False, thing(one, kind), thing(other, kind))


def run(rows, made=(), connection=None):
    """(key to the key that stays, findings, the linked statements)."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE stated "
            "(subject VARCHAR, predicate VARCHAR, object VARCHAR, source VARCHAR)"
        )
        connection.executemany("INSERT INTO stated VALUES (?, ?, ?, ?)", list(rows))
        findings = link(connection, list(made))
        links = connection.execute("SELECT old, new FROM link").fetchall()
        linked = connection.execute("FROM linked").fetchall()
    return {short(old): short(new) for old, new in links}, findings, set(linked)


def short(iri):
    return iri.rpartition("/")[2]


# What identifies


@pytest.mark.parametrize(
    ("rows", "stays"),
    [
        ([says("a", ESS.siren, A)], f"siren-{A}"),
        ([says("a", ESS.siret, f"{A}00011")], f"siren-{A}"),
        ([says("a", ESS.siret, f"{A}00011", "establishment")], f"siret-{A}00011"),
        ([says("a", ESS.rna, W1)], f"rna-{W1}"),
        ([says("a", ESS.rna, W1), says("a", ESS.siren, A)], f"siren-{A}"),
        ([says("a", ESS.halId, "hal-02415793v1", "publication")], "hal-hal-02415793"),
        (
            [
                says("a", ESS.inseeCode, "84", "territory"),
                says("a", ESS.territoryLevel, thing("region", "territory-level"), "territory"),
            ],
            "insee-region-84",
        ),
        (
            [
                says("a", ESS.inseeCode, "84", "territory"),
                says("a", ESS.territoryLevel, thing("departement", "territory-level"), "territory"),
            ],
            "insee-departement-84",
        ),
        (
            [
                says("a", ESS.siren, B, "territory"),
                says("a", ESS.territoryLevel, thing("epci", "territory-level"), "territory"),
            ],
            f"siren-{B}",
        ),
    ],
)
def test_a_thing_with_an_authority_identifier_is_named_by_it(rows, stays):
    assert run(rows)[0]["a"] == stays


Q = "http://www.wikidata.org/entity/Q42"


@pytest.mark.parametrize(
    ("kind", "predicate", "one", "other"),
    [
        ("organization", SCHEMA.sameAs, Q, Q),
        ("organization", SCHEMA.sameAs, Q, "https://www.wikidata.org/wiki/Q42"),
        ("person", SCHEMA.sameAs, Q, Q),
        ("publication", SCHEMA.sameAs, Q, Q),
        ("publication", ESS.doi, "10.1000/Ab(1)", "https://doi.org/10.1000/aB(1)"),
    ],
)
def test_an_identifier_that_names_nothing_joins(kind, predicate, one, other):
    rows = [says("a", predicate, one, kind), says("b", predicate, other, kind)]
    assert run(rows)[0] == {"b": "a"}


@pytest.mark.parametrize(
    "rows",
    [
        # An edition's DOI is not the work's.
        [("a#fr", ESS.doi, "10.1/x", "publication"), ("b", ESS.doi, "10.1/x", "publication")],
        # A printed edition's number; a link to something else; another kind of thing.
        [("a", ESS.isbn, "9782", "publication"), ("b", ESS.isbn, "9782", "publication")],
        [("a", SCHEMA.sameAs, "https://x.example/1"), ("b", SCHEMA.sameAs, "https://x.example/1")],
        [("a", SCHEMA.sameAs, Q), ("b", SCHEMA.sameAs, Q, "person")],
        # What has not the form of an identifier.
        [("a", ESS.siren, "123"), ("b", ESS.siren, "123")],
        [("a", ESS.inseeCode, "84", "territory"), ("b", ESS.inseeCode, "84", "territory")],
    ],
)
def test_what_does_not_identify_joins_nothing(rows):
    links, findings, _ = run([says(*row) for row in rows])
    assert links == {}
    assert findings == []


def test_a_chain_of_several_identifiers_joins_from_end_to_end():
    rows = [
        says("a", SCHEMA.sameAs, Q),
        says("b", SCHEMA.sameAs, Q),
        says("b", ESS.rna, W1),
        says("c", ESS.rna, W1),
        says("c", ESS.siret, f"{A}00011"),
    ]
    links, findings, _ = run(rows)
    assert links == dict.fromkeys(("a", "b", "c", f"rna-{W1}"), f"siren-{A}")
    assert findings == []


def test_a_table_of_authorities_names_only_kinds_that_there_are():
    assert {each.kind for each in AUTHORITIES} <= kinds()


# Conflicts


def test_two_numbers_of_which_a_thing_has_one_are_not_joined_and_the_chain_is_told():
    rows = [
        says(f"siren-{A}", ESS.rna, W1),
        says(f"siren-{B}", ESS.rna, W1),
        *named(f"rna-{W1}"),
        says("c", ESS.siren, A),
    ]
    links, (finding,), _ = run(rows)
    assert links == {"c": f"siren-{A}"}
    assert (finding.severity, finding.check) == ("warning", "identity-conflict")
    assert finding.detail == (
        f'organization: siren-{B}, siren-{A}; chain: siren-{A} rna "{W1}", siren-{B} rna "{W1}"'
    )


def test_a_claim_that_does_not_lie_between_two_ends_is_followed():
    rows = [
        says(f"siren-{A}", SCHEMA.sameAs, Q),
        says(f"siren-{B}", SCHEMA.sameAs, Q),
        says("innocent", SCHEMA.sameAs, Q),
        says("innocent-too", SCHEMA.sameAs, Q),
    ]
    links, findings, _ = run(rows)
    assert links == {"innocent-too": "innocent"}
    assert len(findings) == 1


def test_a_thing_with_two_current_numbers_is_joined_to_neither():
    links, (finding,), _ = run([says("a", ESS.siren, A), says("a", ESS.siren, B)])
    assert links == {}
    assert f"siren-{A}, siren-{B}" in finding.detail or f"siren-{B}, siren-{A}" in finding.detail


def test_the_stronger_claim_is_followed_where_a_weaker_one_conflicts():
    rows = [
        says(f"rna-{W2}", ESS.siren, A),
        says(f"siren-{A}", ESS.rna, W1),
        *named(f"rna-{W1}"),
    ]
    links, (finding,), _ = run(rows)
    assert links == {f"rna-{W2}": f"siren-{A}"}
    assert f'siren-{A} rna "{W1}"' in finding.detail


def test_a_unit_that_bears_the_number_of_its_organisation_is_not_joined_with_it():
    rows = [
        says("unit", ESS.siret, f"{A}00011"),
        says("unit", ORG.unitOf, thing(f"siren-{A}")),
        *named(f"siren-{A}"),
    ]
    links, (finding,), _ = run(rows)
    assert links == {}
    assert finding.severity == "info"


# Decisions


def test_a_decision_joins_what_no_identifier_does():
    assert run(named("a", "b"), [same("b", "a")])[0] == {"b": "a"}


def test_a_decision_keeps_apart_what_an_identifier_would_join():
    rows = [says("a", ESS.siren, A), says("b", ESS.siren, A)]
    links, (finding,), _ = run(rows, [not_same("a", "b")])
    assert links == {}
    assert (finding.severity, finding.check) == ("info", "identity-kept-apart")
    assert finding.detail == f'organization: a, b; chain: a siren "{A}", b siren "{A}"'


def test_a_decision_joins_two_numbers_though_a_thing_has_one():
    rows = named(f"siren-{A}", f"siren-{B}")
    links, findings, _ = run(rows, [same(f"siren-{A}", f"siren-{B}")])
    assert links == {f"siren-{A}": f"siren-{B}"}
    assert findings == []


def test_a_thing_kept_apart_from_a_number_is_not_joined_to_it_in_a_roundabout_way():
    rows = [says("a", ESS.rna, W1), says("b", ESS.rna, W1), says("b", ESS.siren, A)]
    links, findings, _ = run(rows, [not_same("a", f"siren-{A}")])
    assert links == {"b": f"siren-{A}"}
    assert [each.check for each in findings] == ["identity-kept-apart"]


# Former identifiers


def changed():
    """`a` has changed its SIREN from B to A; a register has both records."""
    return [
        says("a", ESS.siren, A),
        *former("a", "siren", B, source="page"),
        *named(f"siren-{A}", f"siren-{B}", source="register"),
        says(f"siren-{A}", ESS.siren, A, source="register"),
        says(f"siren-{B}", ESS.siren, B, source="register"),
        says(f"siren-{B}", ESS.siret, f"{B}00019", source="register"),
    ]


def test_the_record_under_a_former_number_joins_the_present_one():
    links, findings, linked = run(changed())
    assert links == {"a": f"siren-{A}", f"siren-{B}": f"siren-{A}"}
    assert findings == []
    now = f"<{thing(f'siren-{A}')}>"
    assert (now, str(RDFS.label), f'"siren-{B}"', "register") in linked


def test_a_former_number_is_shown_as_such_with_the_sources_that_give_it():
    linked = run(changed())[2]
    now, part = thing(f"siren-{A}"), f"<{thing(f'siren-{A}')}#siren-{B}>"
    assert {o for s, p, o, _ in linked if p == str(ESS.siren)} == {f'"{A}"'}
    assert {o for s, p, o, _ in linked if p == str(ESS.siret)} == set()
    assert (part, str(SKOS.notation), f'"{B}"', "register") in linked
    assert (part, str(SKOS.notation), f'"{B}"', "page") in linked
    status = str(ESS.identifierStatus)
    assert {(s, src) for s, p, _, src in linked if p == status} == {
        (part, "page"),
        (f"<{now}#siret-{B}00019>", "page"),
    }


def test_a_thing_is_not_named_by_a_former_number():
    assert run(former("a", "siren", B))[0] == {f"siren-{B}": "a"}


def test_a_number_that_another_thing_has_is_not_former():
    rows = [says("a", ESS.siren, A), *former("a", "siren", B), says("b", ESS.siren, B)]
    links, (finding,), linked = run(rows)
    assert links == {"b": f"siren-{B}"}
    assert finding.check == "identity-conflict"
    assert (f"<{thing(f'siren-{B}')}>", str(ESS.siren), f'"{B}"', "s") in linked


def test_numbers_that_followed_one_another_lead_to_the_last():
    rows = [
        says("a", ESS.siren, A),
        *former("a", "siren", B),
        *former(f"siren-{B}", "siren", C),
        *named(f"siren-{B}", f"siren-{C}"),
    ]
    assert set(run(rows)[0].values()) == {f"siren-{A}"}
    assert set(run(rows)[0]) == {"a", f"siren-{B}", f"siren-{C}"}


def test_a_former_establishment_does_not_make_the_organisation_former():
    rows = [says("a", ESS.siren, A), *former("a", "siret", f"{A}00011")]
    links, _findings, linked = run(rows)
    assert links == {"a": f"siren-{A}"}
    assert (f"<{thing(f'siren-{A}')}>", str(ESS.siren), f'"{A}"', "s") in linked


# Independence from order

KEYS = [*"abcdef", f"siren-{A}", f"siren-{B}", f"rna-{W1}", f"rna-{W2}"]
claims = st.builds(
    lambda key, said: says(key, *said),
    st.sampled_from(KEYS),
    st.sampled_from(
        [
            (ESS.siren, A),
            (ESS.siren, B),
            (ESS.siret, f"{A}00011"),
            (ESS.rna, W1),
            (ESS.rna, W2),
            (SCHEMA.sameAs, Q),
            (SCHEMA.sameAs, Q + "1"),
        ]
    ),
)
ended = st.builds(
    lambda key, value: former(key, "siren", value), st.sampled_from(KEYS), st.sampled_from([A, B])
)
pairs = st.lists(st.sampled_from(KEYS), min_size=2, max_size=2, unique=True)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(claims, max_size=14),
    st.lists(ended, max_size=2),
    st.lists(st.builds(lambda pair: same(*pair), pairs), max_size=2),
    st.lists(st.builds(lambda pair: not_same(*pair), pairs), max_size=2),
    st.randoms(use_true_random=False),
)
def test_the_outcome_does_not_depend_on_the_order_of_anything(rows, formers, joins, splits, chance):
    rows = rows + list(itertools.chain(*formers)) + named(*KEYS)
    made = joins + splits
    first = run(rows, made)
    turned = [
        Decision(each.same, each.second, each.first) if chance.random() < 0.5 else each
        for each in chance.sample(made, len(made))
    ]
    assert run(chance.sample(rows, len(rows)), turned) == first
    links = first[0]
    for each in splits:
        one, other = (short(iri) for iri in (each.first, each.second))
        assert links.get(one, one) != links.get(other, other)
    assert not set(links) & set(links.values())
    for old, new in links.items():
        assert old != new


def test_a_long_chain_is_one_group():
    keys = [f"k{number:04}" for number in range(400)]
    random.Random(1).shuffle(keys)
    made = [same(one, other) for one, other in itertools.pairwise(keys)]
    links = run(named(*keys), made)[0]
    assert set(links.values()) == {"k0000"}
    assert len(links) == 399
