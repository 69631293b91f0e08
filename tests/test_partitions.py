"""VoID partitions: every number is what a query counts."""

from collections import defaultdict

import pytest
from pyoxigraph import NamedNode

from kg.describe import DATASET
from kg.iri import BASE
from kg.partitions import partitions
from kg.query.local import open_store
from kg.vocab import prefixes
from tests.stated import stated

GIVEN = """
person/a a foaf:Person
person/a a foaf:Agent
person/a foaf:name "A"
person/a label "A"@fr
person/a ess:holdsOffice organization/o
organization/o a foaf:Agent
organization/o schema:foundingDate "2001"^^<http://www.w3.org/2001/XMLSchema#gYear>
organization/o foaf:homepage foaf:elsewhere
"""
PREFIXES = "".join(f"PREFIX {name}: <{space}> " for name, space in prefixes().items())


def described(tmp_path, **folders):
    """Node to what is said of it, both short."""
    with stated(tmp_path, GIVEN) as connection:
        triples = list(partitions(connection, DATASET, folders))
    assert len(set(triples)) == len(triples)
    found = defaultdict(dict)
    for subject, predicate, value in triples:
        name = subject.value.removeprefix(DATASET.value)
        found[name].setdefault(predicate.value.rpartition("#")[2], []).append(value.value)
    return found


def test_classes_have_entities_properties_and_what_these_lead_to(tmp_path):
    found = described(tmp_path)
    agent, name = prefixes()["foaf"] + "Agent", prefixes()["foaf"] + "name"
    assert found["#foaf.Agent"]["class"] == [agent]
    assert found["#foaf.Agent"]["entities"] == ["2"]
    assert found["#foaf.name"] == {"property": [name], "triples": ["1"]}
    assert found["#foaf.Person.foaf.name"]["triples"] == ["1"]
    assert found["#foaf.Person.ess.holdsOffice.foaf.Agent"]["class"] == [agent]
    datatypes = {
        node.rpartition("#foaf.Agent.")[2]: said["datatype"][0].rpartition("#")[2]
        for node, said in found.items()
        if node.startswith("#foaf.Agent.") and "datatype" in said
    }
    assert datatypes == {
        "foaf.name.xsd.string": "string",
        "rdfs.label.rdf.langString": "langString",
        "schema.foundingDate.xsd.gYear": "gYear",
    }


def test_a_source_folder_is_a_part_of_the_data_set_with_what_its_sources_state(tmp_path):
    found = described(tmp_path, register=["test", "another"], silent=["nobody"])
    assert found["#source-register"]["triples"] == [str(len(GIVEN.strip().splitlines()))]
    assert found["#source-register.foaf.Agent"]["entities"] == ["2"]
    assert found["#source-register.foaf.name"]["triples"] == ["1"]
    assert found["#source-silent"]["triples"] == ["0"]
    assert not [node for node in found if node.startswith("#source-silent.")]


def test_a_term_without_a_prefix_has_a_partition_all_the_same(tmp_path):
    with stated(tmp_path, GIVEN) as connection:
        connection.execute("UPDATE statement SET predicate = '<http://x.example/a/b>'")
        found = list(partitions(connection, DATASET, {}))
    (node,) = {s for s, p, o in found if o == NamedNode("http://x.example/a/b")}
    assert node.value.startswith(f"{BASE}dataset#")


# --- Of a whole release


@pytest.fixture(scope="module")
def ask(default_release):
    store = open_store(default_release)

    def rows(query):
        return list(store.query(PREFIXES + query, use_default_graph_as_union=True))

    return rows


def test_the_description_of_a_release_leads_from_class_to_property_to_class_or_datatype(ask):
    rows = ask(
        """SELECT ?class ?property ?target WHERE {
          <https://w3id.org/ess-kg/dataset> void:classPartition ?part .
          ?part void:class ?class ; void:propertyPartition ?sub . ?sub void:property ?property .
          { ?sub void:classPartition/void:class ?target }
          UNION { ?sub void-ext:datatypePartition/void-ext:datatype ?target } }"""
    )
    found = {
        tuple(term.value.rpartition("/")[2].rpartition("#")[2] for term in row) for row in rows
    }
    assert ("Person", "name", "string") in found
    assert ("FormalOrganization", "commune", "Commune") in found
    assert ("Observation", "refArea", "Region") in found


@pytest.mark.parametrize(
    ("class_", "property_"),
    [("foaf:Person", "foaf:name"), ("org:Membership", "org:role"), ("igeo:Commune", "rdf:type")],
)
def test_the_counts_of_a_release_are_right(ask, class_, property_):
    (said,) = ask(
        f"""SELECT ?entities ?triples WHERE {{
          <https://w3id.org/ess-kg/dataset> void:classPartition ?part .
          ?part void:class {class_} ; void:entities ?entities ; void:propertyPartition ?sub .
          ?sub void:property {property_} ; void:triples ?triples }}"""
    )
    (counted,) = ask(
        f"""SELECT (COUNT(DISTINCT ?s) AS ?entities) (COUNT(?o) AS ?triples) WHERE {{
          ?s a {class_} . ?s {property_} ?o }}"""
    )
    assert [term.value for term in said] == [term.value for term in counted]


def test_each_source_folder_of_a_release_is_described(ask):
    rows = ask(
        """SELECT ?source ?triples WHERE { <https://w3id.org/ess-kg/dataset> void:subset ?part .
          ?part dcterms:source ?source ; void:triples ?triples }"""
    )
    counts = {row["source"].value.rpartition("/")[2]: int(row["triples"].value) for row in rows}
    assert set(counts) == {"ontology", "curated", "territories", "inferred", "statistics"}
    assert min(counts.values()) > 0
