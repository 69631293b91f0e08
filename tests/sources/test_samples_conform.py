"""What feeds, records and pages become conforms to the shapes of what people write."""

from pathlib import Path

import pytest
from rdflib import Graph

from kg.check import against_shapes


@pytest.mark.parametrize("name", ["podcasts", "publications", "articles"])
def test_the_statements_of_a_sample_conform_to_the_shapes(name):
    graph = Graph().parse(Path(__file__).parent / name / "expected.nt", format="nt")
    broken = [str(each) for each in against_shapes(graph) if each.severity == "violation"]
    assert broken == []
