"""Queries made up from a release's own terms: the same for the same release and seed.

Each begins at a class and at what its instances have, so that it has rows, and combines the parts
of SPARQL 1.1 in ways that nobody chose. None depends on the order of rows, or on more than the
standard says: no SAMPLE, no GROUP_CONCAT, no LIMIT without a total order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from pyoxigraph import Store

from kg.vocab import prefixes

SEED = 20260131
HEAD = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes().items())
FEWEST, MOST = 3, 3000
CLASSES = "SELECT ?class (COUNT(*) AS ?count) { ?s a ?class } GROUP BY ?class"
HARD = """SELECT DISTINCT ?class
{ ?s ?p ?o FILTER(DATATYPE(?o) IN (xsd:boolean, xsd:duration)) ?s a ?class }"""
PROPERTIES = """SELECT ?p (MIN(?o) AS ?value)
{ { SELECT ?s { ?s a %s } ORDER BY ?s LIMIT 300 } ?s ?p ?o FILTER(?p != rdf:type) } GROUP BY ?p"""


class Maker:
    """Makes queries, each about a class and its instances, ?s.

    With `easy`, nothing is asked for that a known difference of an engine is about: the parts of a
    query have no variables in common, which an OPTIONAL or a branch of a UNION may leave unbound,
    and no value is a boolean or a duration.
    """

    def __init__(self, store: Store, easy: bool, seed: int = SEED) -> None:
        self._store = store
        self._easy = easy
        self._random = random.Random(seed)
        self._properties: list[tuple[str, str]] = []
        self._fresh = 0
        hard = {row["class"] for row in self._ask(HARD)} if easy else set()
        self._classes = sorted(
            str(row["class"])
            for row in self._ask(CLASSES)
            if FEWEST <= int(row["count"].value) <= MOST and row["class"] not in hard
        )

    def _ask(self, text: str) -> list:
        return list(self._store.query(HEAD + text, use_default_graph_as_union=True))

    def queries(self, number: int) -> Iterator[str]:
        """So many queries, of every form in turn."""
        forms = [self._rows, self._groups, self._page, self._path, self._subselect, self._graphs]
        forms += [self._construct, self._whether]
        for count in range(number):
            chosen = self._random.choice(self._classes)
            rows = self._ask(PROPERTIES % chosen)
            self._properties = sorted((str(row["p"]), str(row["value"])) for row in rows)
            self._fresh = 0
            yield HEAD + forms[count % len(forms)](chosen)

    def _property(self) -> str:
        return self._random.choice(self._properties)[0]

    def _link(self) -> str:
        links = [name for name, value in self._properties if value.startswith("<")]
        return self._random.choice(links or ["rdf:type"])

    def _variables(self) -> tuple[str, str]:
        self._fresh += self._easy or self._fresh == 0
        return f"?a{self._fresh}", f"?b{self._fresh}"

    def _part(self) -> str:
        """One part of a group."""
        a, b = self._variables()
        fixed, value = self._random.choice(self._properties)
        some = self._property()
        return self._random.choice(
            [
                f"OPTIONAL {{ ?s {some} {a} }}",
                f"OPTIONAL {{ ?s {self._link()} {a} . {a} rdfs:label {b} }}",
                f"{{ ?s {some} {a} }} UNION {{ ?s {self._link()} {b} }}",
                f"MINUS {{ ?s {fixed} {value} }}",
                f"MINUS {{ ?s {some} {a} . ?s {self._property()} {a} }}",
                f"FILTER NOT EXISTS {{ ?s {fixed} {value} }}",
                f"FILTER EXISTS {{ ?s {some} {a} }}",
                f"?s {some} {a} FILTER(ISLITERAL({a}) || {a} != {value})",
                f"?s {some} {a} FILTER(STRLEN(STR({a})) > {self._random.randint(5, 40)})",
                f'?s rdfs:label {a} FILTER(LANG({a}) = "{self._letter(["fr", "en", ""])}")',
                f'?s rdfs:label {a} FILTER(REGEX(STR({a}), "[{self._letter("aeio")}][rst]"))',
                f'?s rdfs:label {a} FILTER(CONTAINS(LCASE(STR({a})), "{self._letter("éèod")}"))',
            ]
        )

    def _letter(self, choices: Sequence[str]) -> str:
        return self._random.choice(choices)

    def _group(self, chosen: str) -> str:
        return " . ".join([f"?s a {chosen}", *(self._part() for _ in range(self._few()))])

    def _few(self) -> int:
        return self._random.randint(1, 2)

    def _rows(self, chosen: str) -> str:
        distinct = self._random.choice(["", "DISTINCT"])
        return f"SELECT {distinct} ?s ?a1 ?b1 ?c {{ {self._group(chosen)} BIND(STR(?s) AS ?c) }}"

    def _groups(self, chosen: str) -> str:
        having = self._random.choice(["", "HAVING(COUNT(*) > 1)"])
        return (
            "SELECT ?p (COUNT(*) AS ?rows) (COUNT(DISTINCT ?s) AS ?things) (MIN(STR(?o)) AS ?least)"
            f" (MAX(STRLEN(STR(?o))) AS ?most) {{ {self._group(chosen)} . ?s ?p ?o }}"
            f" GROUP BY ?p {having}"
        )

    def _page(self, chosen: str) -> str:
        order = self._random.choice(["?s", "DESC(?s)"])
        limit, offset = self._random.randint(3, 30), self._random.randint(0, 5)
        return (
            f"SELECT DISTINCT ?s {{ {self._group(chosen)} }} ORDER BY {order}"
            f" LIMIT {limit} OFFSET {offset}"
        )

    def _path(self, chosen: str) -> str:
        path = self._random.choice(
            [
                f"{self._link()}/rdfs:label",
                f"({self._link()}|{self._link()})/rdf:type",
                f"^{self._link()}",
                f"({self._link()}|dcterms:isPartOf)+",
                "dcterms:isPartOf+",
                "dcterms:isPartOf*",
                f"{self._link()}?",
                f"!({self._property()}|rdf:type)",
            ]
        )
        return f"SELECT ?o (COUNT(*) AS ?n) {{ ?s a {chosen} . ?s {path} ?o }} GROUP BY ?o"

    def _subselect(self, chosen: str) -> str:
        inner = (
            f"SELECT ?s (COUNT(?o) AS ?n) {{ ?s a {chosen} ; {self._property()} ?o }} GROUP BY ?s"
        )
        return f"SELECT ?s ?n ?a1 {{ {{ {inner} }} {self._part()} }}"

    def _graphs(self, chosen: str) -> str:
        return (
            f"SELECT ?g (COUNT(DISTINCT ?s) AS ?n) {{ ?s a {chosen} ."
            f" GRAPH ?g {{ ?s {self._property()} ?o }} }} GROUP BY ?g"
        )

    def _construct(self, chosen: str) -> str:
        template = "?s ?p ?o . ?s dcterms:relation ?a1"
        return f"CONSTRUCT {{ {template} }} {{ {self._group(chosen)} . ?s ?p ?o }}"

    def _whether(self, chosen: str) -> str:
        fixed, value = self._random.choice(self._properties)
        return f"ASK {{ {self._group(chosen)} . ?s {fixed} {value} }}"
