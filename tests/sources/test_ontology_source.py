"""The ontology as a source: its triples as they are, and broken files named."""

import pytest

from kg.errors import InputError, MissingFile
from kg.settings import ONTOLOGY
from kg.sources import Inputs
from kg.sources.ontology import importer

HEAD = "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"


def produced(folder):
    return [
        t for row in importer.records(Inputs(importer.paths(folder))) for t in importer.triples(row)
    ]


def folder_with(tmp_path, text):
    (tmp_path / "ontology.ttl").write_text(HEAD + text, encoding="utf-8")
    return tmp_path


def test_a_triple_comes_out_as_it_is_written(tmp_path):
    ((s, p, o),) = produced(folder_with(tmp_path, '<x:a> owl:versionInfo "tab\\t\\"é\\""@fr .'))
    assert (str(s), p.value.rpartition("#")[2], str(o)) == (
        "<x:a>",
        "versionInfo",
        '"tab\\t\\"é\\""@fr',
    )


def test_the_ontology_has_no_blank_node_and_more_than_a_thousand_concepts():
    assert len({s for s, _, _ in produced(ONTOLOGY)}) > 1000


def test_broken_turtle_is_named_with_its_line(tmp_path):
    with pytest.raises(InputError, match=r"ontology\.ttl, line 2: "):
        produced(folder_with(tmp_path, "<x:a> owl:versionInfo ."))


def test_a_blank_node_is_named(tmp_path):
    with pytest.raises(InputError, match=r"ontology\.ttl: a blank node.*give the node an IRI"):
        produced(folder_with(tmp_path, "<x:a> owl:versionInfo [] ."))


def test_a_folder_without_an_ontology_is_named(tmp_path):
    with pytest.raises(MissingFile, match="no ontology.ttl"):
        importer.paths(tmp_path)
