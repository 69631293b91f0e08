"""Query files: header, prefixes, canonical form."""

import pytest

from kg import queryfile
from kg.errors import InputError

TEXT = """# title@fr: Un titre
# title@en: A title
# text@en: Words that go
#   on here.
PREFIX wrong: <http://wrong/>
SELECT ?s { ?s a org:Membership ; rdfs:label "skos:not a prefix" .
  FILTER(?s != <http://x/dc:y>) } # foaf:no
"""


def test_the_canonical_form_declares_the_prefixes_that_are_used_and_no_others():
    text = queryfile.canonical(TEXT)
    declared = [line.split()[1] for line in text.splitlines() if line.startswith("PREFIX")]
    assert declared == ["org:", "rdfs:"]
    assert queryfile.canonical(text) == text


def test_a_prefix_used_only_inside_a_property_path_is_declared():
    text = queryfile.canonical("SELECT * { ?s org:role/skos:broader*|^foaf:name ?o }")
    declared = [line.split()[1] for line in text.splitlines() if line.startswith("PREFIX")]
    assert declared == ["foaf:", "org:", "skos:"]


def test_an_unknown_prefix_is_named():
    with pytest.raises(KeyError, match="nope"):
        queryfile.canonical("SELECT * { ?s nope:x ?o }")


def test_header_and_text_are_read(tmp_path):
    path = tmp_path / "a-title.rq"
    path.write_text(queryfile.canonical(TEXT), encoding="utf-8")
    query = queryfile.read(path)
    assert query.name == "a-title"
    assert query.get("title", "fr") == "Un titre"
    assert query.get("text", "en") == "Words that go on here."
    assert query.text.startswith("PREFIX org:")
    with pytest.raises(InputError, match=r"a-title\.rq: the header has no 'severity'"):
        query.get("severity")
