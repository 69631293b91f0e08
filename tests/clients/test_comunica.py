"""Comunica, which joins fragments by itself, finds what the endpoint finds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from SPARQLWrapper import JSON, SPARQLWrapper

from kg.vocab import prefixes
from tests.served import AVISE

FOLDER = Path(__file__).parent
DECLARED = "".join(f"PREFIX {name}: <{space}>\n" for name, space in prefixes().items())
QUERIES = {
    "one thing": f"SELECT ?p ?o {{ <{AVISE}> ?p ?o }}",
    "a join": "SELECT ?s ?name { ?s ess:siren '301463253' ; skos:prefLabel ?name }",
    "more than a page": "SELECT ?concept ?label { ?concept skos:inScheme ?scheme ; "
    "rdfs:label ?label FILTER(LANG(?label) = 'fr') }",
    "a path of three": """SELECT ?name ?top { ?s skos:broader ?b . ?b skos:broader ?c .
        ?s skos:prefLabel ?name . ?c skos:prefLabel ?top . ?c skos:inScheme ?scheme
        FILTER(LANG(?name) = 'fr' && LANG(?top) = 'fr') }""",
    "optional": "SELECT ?s ?siren { ?s a org:FormalOrganization OPTIONAL { ?s ess:siren ?siren } }",
    "count": "SELECT ?class (COUNT(?s) AS ?n) { ?s a ?class ; skos:prefLabel ?x } GROUP BY ?class",
    "nothing": "SELECT ?s { ?s a org:Membership ; rdfs:label ?name }",
}


@pytest.fixture(scope="session")
def comunica(server):
    """`comunica(query)`: the rows that it finds in the fragments."""
    local = Path(sys.executable).parent / "node"
    node = shutil.which("node") or (str(local) if local.is_file() else None)
    if not node or not (FOLDER / "node_modules" / "@comunica").is_dir():
        pytest.skip("Comunica is not installed: run 'make test', or 'npm ci' in tests/clients")

    def run(query):
        done = subprocess.run(
            [node, "comunica.js", f"{server.root}/fragments"],
            input=query,
            capture_output=True,
            text=True,
            cwd=FOLDER,
            timeout=300,
            env={**os.environ, "NO_COLOR": "1"},
        )
        assert done.returncode == 0, done.stderr
        return rows(json.loads(done.stdout))

    return run


def rows(results):
    """A bag of rows; a plain literal has the datatype that it has unsaid."""
    return Counter(
        tuple(
            sorted(
                (name, cell["value"], cell.get("xml:lang"), cell.get("datatype", "xsd:string"))
                for name, cell in row.items()
            )
        )
        for row in results["results"]["bindings"]
    )


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_comunica_joins_fragments_to_what_the_endpoint_answers(comunica, endpoint, query):
    wrapper = SPARQLWrapper(endpoint, returnFormat=JSON)
    wrapper.setMethod("POST")
    wrapper.setQuery(DECLARED + query)
    expected = rows(wrapper.queryAndConvert())
    assert comunica(DECLARED + query) == expected
    assert expected or "Membership" in query
