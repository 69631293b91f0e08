"""VoID linksets: the links that lead elsewhere, counted by property and host."""

from kg.describe import DATASET
from kg.linksets import linksets
from kg.query.local import open_store
from kg.vocab import FOAF, RDF, SCHEMA, VOID
from tests.stated import stated

WIKIDATA = "http://www.wikidata.org/"
GIVEN = f"""
person/a schema:sameAs <{WIKIDATA}entity/Q1>
person/b schema:sameAs <{WIKIDATA}entity/Q2>
person/b schema:sameAs person/a
person/b foaf:homepage <{WIKIDATA}wiki/Q2>
theme/x skos:closeMatch <http://purl.org/x>
theme/x skos:closeMatch <http://localhost:8000/x>
"""


def test_links_are_counted_by_property_and_where_they_lead(tmp_path):
    with stated(tmp_path, GIVEN) as connection:
        triples = set(linksets(connection, DATASET))
    counts = {s.value.partition("#")[2]: o.value for s, p, o in triples if p == VOID.triples}
    assert counts == {"links.schema-sameAs.www.wikidata.org": "2", "links.closeMatch.purl.org": "1"}
    (node,) = {s for s, p, o in triples if (p, o) == (VOID.linkPredicate, SCHEMA.sameAs)}
    (target,) = {o for s, p, o in triples if (s, p) == (node, VOID.objectsTarget)}
    said = {p: o.value for s, p, o in triples if s == target}
    assert said[FOAF.homepage] == said[VOID.uriSpace] == WIKIDATA
    assert (DATASET, VOID.subset, node) in triples and (node, RDF.type, VOID.Linkset) in triples


def test_a_linkset_counts_what_a_query_counts(default_release):
    store = open_store(default_release)
    query = """
    PREFIX void: <http://rdfs.org/ns/void#>
    SELECT ?predicate ?space ?n (COUNT(*) AS ?counted) {
      ?set a void:Linkset ; void:linkPredicate ?predicate ; void:triples ?n ;
        void:objectsTarget/void:uriSpace ?space .
      ?s ?predicate ?o FILTER(isIRI(?o) && STRSTARTS(STR(?o), ?space))
    } GROUP BY ?predicate ?space ?n"""
    found = list(store.query(query, use_default_graph_as_union=True))
    assert len(found) > 1
    for row in found:
        assert row["n"].value == row["counted"].value, row["space"].value


def test_the_description_names_one_endpoint(default_release):
    text = (default_release.folder / "description.ttl").read_text(encoding="utf-8")
    base = default_release.base
    store = open_store(default_release)
    query = """PREFIX void: <http://rdfs.org/ns/void#>
    PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
    PREFIX dcat: <http://www.w3.org/ns/dcat#>
    SELECT DISTINCT ?e { ?s void:sparqlEndpoint|sd:endpoint|dcat:endpointURL ?e }"""
    (row,) = store.query(query, use_default_graph_as_union=True)
    assert row["e"].value == f"{base}sparql" and f"<{base}sparql>" in text
