"""The samples of Sirene in a release: links, rules, checks and shapes find no fault."""

from dataclasses import replace

import pytest
from rdflib import Graph
from rich.console import Console

from kg import build, check, sources
from kg.iri import graph as graph_of
from kg.query.local import open_store
from kg.settings import Settings
from kg.vocab import ESS
from tests.sources.registers import SAMPLES, converted, lines

NAMES = ("territories", "sirene", "establishments")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The release that is built of the samples, which are a small part of the registers."""
    chosen = [replace(sources.load(name), expect={}) for name in ("ontology", *NAMES)]
    given = {name: SAMPLES / name for name in NAMES}
    options = {name: {"only": "all", "extent": "part"} for name in NAMES[1:]}
    settings = Settings(var=tmp_path_factory.mktemp("var"), max_set_aside=0.5)
    plan = build.Plan(chosen, given, options)
    return open_store(build.build(settings, plan, "2026-11-24", Console(quiet=True)))


def ask(store, query):
    rows = store.query(query, use_default_graph_as_union=True)
    return [tuple(term.value.rpartition("/")[2] if term else None for term in row) for row in rows]


def test_the_samples_make_a_release_whose_checks_find_no_violation(store):
    units = store.quads_for_pattern(None, ESS.siren, None)
    assert {quad.graph_name.value.rpartition("/")[2] for quad in units} == {"sirene", "territories"}


def test_units_are_counted_by_commune_and_family_without_their_establishments(store):
    counted = ask(
        store,
        f"""SELECT ?commune ?family (COUNT(*) AS ?units) WHERE {{
        ?unit {ESS.commune} ?commune ; {ESS.legalFamily} ?family }}
        GROUP BY ?commune ?family ORDER BY ?commune ?family""",
    )
    assert ("insee-69123", "cooperative", "1") in counted
    assert sum(int(number) for _, _, number in counted) == 6


def test_an_organisation_leads_to_the_points_of_its_workplaces(store):
    found = ask(
        store,
        """PREFIX org: <http://www.w3.org/ns/org#> PREFIX geo: <http://www.opengis.net/ont/geosparql#>
        SELECT ?site ?wkt WHERE {
          ?site org:siteOf <https://w3id.org/ess-kg/id/organization/siren-123456709> .
          OPTIONAL { ?site geo:hasGeometry/geo:asWKT ?wkt } } ORDER BY ?site""",
    )
    assert found == [
        ("siret-12345670900013", None),
        ("siret-12345670900021", "POINT(4.832 45.7578)"),
        ("siret-12345670900039", None),
    ]


def test_nothing_is_inferred_of_what_the_registers_state(store):
    inferred = store.quads_for_pattern(None, None, None, graph_of(["inferred"]))
    subjects = {quad.subject.value for quad in inferred}
    assert not {each for each in subjects if "/siren-" in each or "/siret-" in each}


def test_shapes_find_no_fault(tmp_path):
    done = [converted(tmp_path, name) for name in NAMES[:2]]
    done.append(converted(tmp_path, "establishments", *done))
    graph = Graph()
    for each in done[1:]:
        graph.parse(data="\n".join(lines(each)), format="nt")
    found = {(f.severity, f.check) for f in check.against_shapes(graph) if f.severity != "info"}
    assert found == {("warning", "organization-type-expected")}  # no register tells it
