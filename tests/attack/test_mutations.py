"""A thousand queries that were valid once, but for a word or a byte or a few of them."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from kg.query import guard
from kg.settings import ONTOLOGY, ROOT
from tests.attack import assert_sound

QUERY = "application/sparql-query"
FORMS = "application/sparql-results+json, text/turtle;q=0.9"
TEXTS = [
    path.read_text(encoding="utf-8")
    for path in sorted(
        [*(ONTOLOGY / "questions").glob("*.rq"), *(ROOT / "bench/queries").glob("*.rq")]
    )
]
FORM = re.compile(r"^(SELECT|ASK|CONSTRUCT|DESCRIBE)\b", re.MULTILINE)
# By kind, what may stand for another word of the kind.
ALIKE = {
    "variable": ["?other", "$x", "?p"],
    "iri": ["<>", "<x:>", "<http://x/\\u00e9>"],
    "name": ["ess:siren", "skos:prefLabel", "undeclared:name"],
    "number": ["0", "1e400", "99999999999999999999", "1.0"],
    "string": ["''", '"""\\""""', "'\\uFFFF'", "'(a+)+$'", "'1'^^<x:>"],
}
ANY = [
    "{}",
    "()",
    "[]",
    "?s ?p ?o .",
    "UNDEF",
    "SERVICE",
    "DROP ALL",
    "<<",
    "{|",
    "_:b",
    "@fr",
    "#",
    "\0",
]
EDITS = st.sampled_from(["exchange"] * 12 + ["delete", "double", "insert"])
QUIET = settings(
    max_examples=500,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def other_words(draw):
    """A query with words exchanged for others of their kind; now and then one more or less."""
    prologue, form, rest = FORM.split(draw(st.sampled_from(TEXTS)), 1)
    words = list(guard.tokens(form + rest))
    for edit in draw(st.lists(EDITS, min_size=1, max_size=4)):
        kinds = ALIKE if edit == "exchange" else {kind for kind, _ in words}
        place = draw(st.sampled_from([n for n, (kind, _) in enumerate(words) if kind in kinds]))
        kind, word = words[place]
        if edit == "exchange":
            others = [text for other, text in words if other == kind] + ALIKE[kind]
            words[place] = kind, draw(st.sampled_from(others))
        elif edit == "insert":
            words.insert(place, ("", draw(st.sampled_from(ANY))))
        else:
            words[place : place + 1] = [(kind, word)] * (2 if edit == "double" else 0)
    return " ".join([prologue, *(word for _, word in words)]).encode()


@st.composite
def other_bytes(draw):
    """A query with a byte or two changed, gone, or put in."""
    data = bytearray(draw(st.sampled_from(TEXTS)).encode())
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, len(data) - 1))
        data[place : place + draw(st.integers(0, 2))] = draw(
            st.one_of(st.binary(max_size=2), st.text(max_size=1).map(str.encode))
        )
    return bytes(data)


def ask(client, query):
    """A short time is enough: what lost its conditions runs away."""
    reply = client.request("POST", "/sparql?timeout=0.3", query, Content_Type=QUERY, Accept=FORMS)
    event(assert_sound(reply) or "answered")


@QUIET
@given(other_words())
def test_a_query_with_other_words_is_answered_or_refused(client, query):
    ask(client, query)


@QUIET
@given(other_bytes())
def test_a_query_with_other_bytes_is_answered_or_refused(client, query):
    ask(client, query)
