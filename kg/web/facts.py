"""What the graph says of one thing, read with one query, and the RDF documents made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from kg.iri import rebase
from kg.query import Term
from kg.query.forms import GRAPH_FORMATS, needed
from kg.query.results import Row
from kg.vocab import DCTERMS, ESS, RDF, RDFS, SKOS

NAMING = {RDFS.label.value, SKOS.prefLabel.value, DCTERMS.title.value}
WITH_GRAPHS = {RdfFormat.TRIG, RdfFormat.N_QUADS}


@dataclass(frozen=True)
class Statement:
    """One statement, and the graph that says who states it."""

    subject: str
    property: str
    value: Term
    graph: str


@dataclass(frozen=True)
class Facts:
    """A thing's statements and those of its parts; the names of all that they mention; and the
    dates of the roles that its guests speak by virtue of, by role and property, of an episode.
    """

    entity: str
    statements: list[Statement]
    naming: list[Statement]
    names: dict[str, list[Literal]]
    single: frozenset[str]
    dates: dict[tuple[str, str], list[Literal]]

    @cached_property
    def _by_subject(self) -> dict[str, list[Statement]]:
        found: dict[str, list[Statement]] = defaultdict(list)
        for each in self.statements:
            found[each.subject].append(each)
        return dict(found)

    def of(self, subject: str) -> list[Statement]:
        """The statements about the thing or one of its parts."""
        return self._by_subject.get(subject, [])

    def literal(self, subject: str, property_: str) -> str:
        """The first value that the thing, or a part of it, has for a property; empty without."""
        return next((s.value.value for s in self.of(subject) if s.property == property_), "")

    def parts(self) -> list[str]:
        """The IRIs of its parts, in a steady order."""
        return sorted({each.subject for each in self.statements} - {self.entity})

    def classes(self, subject: str) -> set[str]:
        """The classes of the thing or one of its parts."""
        return {each.value.value for each in self.of(subject) if each.property == RDF.type.value}


def gather(entity: str, rows: Iterable[Row], base: str) -> Facts:
    """The rows of `queries/entity.rq`, sorted out."""
    single_valued = rebase(ESS.singleValued.value, base)
    dates: dict[tuple[str, str], list[Literal]] = defaultdict(list)
    statements: list[Statement] = []
    naming: list[Statement] = []
    names: dict[str, list[Literal]] = defaultdict(list)
    single = set()
    for row in rows:
        subject, property_, value = row["subject"].value, row["property"].value, row["value"]
        if property_ == single_valued:
            single.add(subject)
            continue
        graph = row["graph"].value if "graph" in row else ""
        each = Statement(subject, property_, value, graph)
        if subject == entity or subject.startswith(f"{entity}#"):
            statements.append(each)
        elif graph:
            naming.append(each)
        if property_ in NAMING and isinstance(value, Literal):
            names[subject].append(value)
        elif isinstance(value, Literal) and not graph:
            dates[subject, property_].append(value)
    return Facts(entity, statements, naming, dict(names), frozenset(single), dict(dates))


def gather_all(entities: Iterable[str], rows: Iterable[Row], base: str) -> dict[str, Facts]:
    """The rows of `queries/entity.rq`, asked of several things at once; by thing."""
    told: dict[str, list[Row]] = {entity: [] for entity in entities}
    for row in rows:
        told[row["entity"].value].append(row)
    return {entity: gather(entity, own, base) for entity, own in told.items()}


def triples(facts: Facts) -> list[Triple]:
    """The statements, and the names of what they point to, in a steady order."""
    return [quad.triple for quad in _quads(facts, with_graphs=False)]


def document(facts: Facts, media_type: str, base: str) -> bytes:
    """The same as an RDF document."""
    form = GRAPH_FORMATS[media_type]
    quads = _quads(facts, form in WITH_GRAPHS)
    told = [quad.triple for quad in quads]
    content = quads if form in WITH_GRAPHS else told
    return serialize(content, format=form, prefixes=needed(told, base)) or b""


def _quads(facts: Facts, with_graphs: bool) -> list[Quad]:
    return sorted(
        (
            Quad(NamedNode(s.subject), NamedNode(s.property), s.value, NamedNode(s.graph))
            for s in [*facts.statements, *facts.naming]
        ),
        key=lambda quad: (str(quad.graph_name) if with_graphs else "", str(quad)),
    )
