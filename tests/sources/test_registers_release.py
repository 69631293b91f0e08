"""The samples of all registers in one release: they confirm, complete and contradict each other."""

import re

import pytest
from pyoxigraph import Literal

from kg import sources
from kg.convert import convert
from kg.iri import named, part
from kg.query.local import open_store
from kg.vocab import ESS, ORG, RDFS, SCHEMA, SKOS
from tests.sources.registers import SAMPLES, converted, inferred

JARDINS, ENERGIES, SANS = (
    named("organization", f"siren-{siren}") for siren in ("123456709", "123456717", "123456782")
)


@pytest.fixture(scope="module")
def store(registers_release):
    return open_store(registers_release)


def said(store, subject, predicate):
    """The values of a property, each with the sources that state it."""
    return {
        (
            quad.object.value if isinstance(quad.object, Literal) else quad.object,
            quad.graph_name.value.rpartition("/")[2],
        )
        for quad in store.quads_for_pattern(subject, predicate, None)
    }


def test_a_register_confirms_what_another_says(store):
    assert said(store, JARDINS, ESS.siren) == {("123456709", "ess-france+sirene")}
    assert said(store, ENERGIES, ESS.siren) == {("123456717", "ess-france+esus+sirene")}
    assert said(store, JARDINS, RDFS.label) == {("LES JARDINS PARTAGES", "ess-france+sirene")}


def test_a_register_completes_what_another_leaves_open(store):
    families = said(store, ENERGIES, ESS.legalFamily)
    assert families == {
        (named("legal-family", "undetermined"), "sirene"),
        (named("legal-family", "cooperative"), "ess-france+esus"),
    }
    (purpose,) = said(store, JARDINS, ORG.purpose)
    assert purpose == (named("association-purpose", "007070"), "rna")


def test_an_association_is_the_unit_whose_w_number_it_is(store, registers_release):
    assert said(store, JARDINS, ESS.rna) == {("W691234567", "rna+sirene")}
    old = named("organization", "rna-W691234567")
    assert registers_release.successor(old.value) == JARDINS.value
    assert ("Les Jardins partagés", "rna") in said(store, JARDINS, SKOS.altLabel)


def test_dates_that_registers_give_differently_are_all_kept(store):
    assert said(store, JARDINS, SCHEMA.foundingDate) == {
        ("1998-03-12", "sirene"),
        ("1998-03-02", "rna"),
    }


def test_contradictions_between_registers_are_reported_by_kind(registers_release):
    report = (registers_release.folder / "report.html").read_text(encoding="utf-8")
    found = [
        (match[1], each)
        for each in report.split("<summary>")
        if (match := re.match(r"<strong class=.*?>(.*?)</strong>", each))
    ]
    for check, siren in {
        "contradiction-flag": "123456782",
        "contradiction-status": "123456733",
        "contradiction-approval": "123456725",
        "contradiction": "123456709",
    }.items():
        assert [each for name, each in found if name == check and siren in each], check
    # A family that Sirene leaves undetermined contradicts none.
    assert not [each for name, each in found if "legal-family/undetermined" in each]


def test_an_office_has_a_label_and_its_authority_governs_the_territory(store):
    mayor = part(named("person", "rne-insee-59512-camille-exemple"), "mayor")
    assert said(store, mayor, RDFS.label) == {
        ("Maire, Roubaix (commune)", "inferred"),
        ("mayor, Roubaix (commune)", "inferred"),
    }
    roubaix = named("organization", "siren-215905126")
    governed = said(store, named("territory", "insee-59512"), ESS.governedBy)
    assert governed == {(roubaix, "inferred")}


@pytest.mark.parametrize("name", ["ess-france", "rna"])
def test_the_rules_add_nothing_to_what_a_complete_source_states(name, tmp_path):
    territories = converted(tmp_path, "territories")
    source = sources.load(name)
    assert source.complete
    sample = SAMPLES / source.folder.name
    given = sample / "entreprises.csv" if name == "ess-france" else sample
    options = {"associations": "all"}
    done = convert(source, given, tmp_path, options=options, needed=[territories])
    assert set(inferred(territories, done)) == set(inferred(territories))
