"""VoID partitions: which classes have which properties, and what these lead to, with counts.

    dataset#<class>                  what is of a class
    dataset#<class>.<property>       its statements with a property
    dataset#<class>.<property>.<x>   those that lead to things of a class, or to a datatype
    dataset#<property>               all statements with a property
    dataset#source-<name>            what a source folder states: its classes and properties

Terms have their prefix, as in `dataset#foaf.Person` (VoID, section 4.5; datatypes: void-ext). The
graphs are too many to be described like that: there is one for each set of sources.

A thing has one of few sets of classes. So sets are counted, in one pass over the statements; the
partitions are made of these few counts, and the memory does not grow with the statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.iri import KEY, named
from kg.sources import Triple
from kg.vocab import DCTERMS, RDF, VOID, VOID_EXT, XSD, prefixes

if TYPE_CHECKING:
    import duckdb

_TYPED = f"""
CREATE OR REPLACE TEMP TABLE typed AS
SELECT hash(subject) AS thing, bit_xor(hash(object)) AS classes FROM statement
WHERE predicate = '{RDF.type}' GROUP BY thing
"""
_SETS = f"""
SELECT classes, list(str(object)) FROM statement
JOIN (SELECT min(thing) AS thing, classes FROM typed GROUP BY classes) ON thing = hash(subject)
WHERE predicate = '{RDF.type}' GROUP BY classes
"""
_ENTITIES = f"""
SELECT sources, str(object), count(*) FROM statement WHERE predicate = '{RDF.type}' GROUP BY ALL
"""
_STATEMENTS = f"""
SELECT sources, subjects.classes, str(predicate), objects.classes,
    CASE WHEN NOT starts_with(object, '"') THEN ''
         WHEN ends_with(object, '"') THEN '{XSD.string.value}'
         WHEN ends_with(object, '>') THEN regexp_extract(object, '<([^<>]*)>$', 1)
         ELSE '{RDF.langString.value}' END AS datatype,
    count(*)
FROM statement
LEFT JOIN typed AS subjects ON subjects.thing = hash(subject)
LEFT JOIN typed AS objects ON objects.thing = hash(object) AND starts_with(object, '<')
GROUP BY ALL
"""


def partitions(
    connection: duckdb.DuckDBPyConnection,
    dataset: NamedNode,
    folders: Mapping[str, Iterable[str]],
) -> Iterator[Triple]:
    """The partitions of the table `statement`; `folders`: source folder to the sources it has."""
    connection.execute(_TYPED)
    entities = connection.execute(_ENTITIES).fetchall()
    classes = dict(connection.execute(_SETS).fetchall())
    counts = connection.execute(_STATEMENTS).fetchall()
    yield from _classes(dataset, _sum((class_, n) for _, class_, n in entities))
    yield from _properties(dataset, _sum((row[2], row[5]) for row in counts))
    yield from _nested(dataset, counts, classes)
    for name, makers in folders.items():
        own = set(makers)
        part = iri.part(dataset, f"source-{name}")
        stated = _sum((row[2], row[5]) for row in counts if own.intersection(row[0]))
        yield dataset, VOID.subset, part
        yield part, RDF.type, VOID.Dataset
        yield part, DCTERMS.source, named("source", name)
        yield part, VOID.triples, _integer(sum(stated.values()))
        yield from _classes(part, _sum((c, n) for all_, c, n in entities if own.intersection(all_)))
        yield from _properties(part, stated)


def _sum(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for key, number in counts:
        total[key] += number
    return total


def _integer(value: int) -> Literal:
    return Literal(str(value), datatype=XSD.integer)


def _classes(whole: NamedNode, counts: Mapping[str, int]) -> Iterator[Triple]:
    for class_, number in counts.items():
        node = _part(whole, class_)
        yield whole, VOID.classPartition, node
        yield node, VOID["class"], NamedNode(class_)
        yield node, VOID.entities, _integer(number)


def _properties(whole: NamedNode, counts: Mapping[str, int]) -> Iterator[Triple]:
    for property_, number in counts.items():
        node = _part(whole, property_)
        yield whole, VOID.propertyPartition, node
        yield node, VOID.property, NamedNode(property_)
        yield node, VOID.triples, _integer(number)


def _nested(
    dataset: NamedNode,
    counts: Iterable[tuple[list[str], int | None, str, int | None, str, int]],
    classes: Mapping[int | None, list[str]],
) -> Iterator[Triple]:
    """The properties of every class, and what they lead to."""
    properties: Counter[tuple[str, str]] = Counter()
    targets: Counter[tuple[str, str, str]] = Counter()
    datatypes: Counter[tuple[str, str, str]] = Counter()
    for _, subjects, property_, objects, datatype, number in counts:
        for class_ in classes.get(subjects, ()):
            properties[class_, property_] += number
            for target in classes.get(objects, ()):
                targets[class_, property_, target] += number
            if datatype:
                datatypes[class_, property_, datatype] += number
    for (class_, property_), number in properties.items():
        yield from _properties(_part(dataset, class_), {property_: number})
    for found, partition, leads_to in (
        (targets, VOID.classPartition, VOID["class"]),
        (datatypes, VOID_EXT.datatypePartition, VOID_EXT.datatype),
    ):
        for (class_, property_, target), number in found.items():
            whole = _part(_part(dataset, class_), property_)
            node = _part(whole, target)
            yield whole, partition, node
            yield node, leads_to, NamedNode(target)
            yield node, VOID.triples, _integer(number)


def _part(whole: NamedNode, term: str) -> NamedNode:
    """The partition of a whole for a term.

    >>> _part(NamedNode("https://w3id.org/ess-kg/dataset"), "http://xmlns.com/foaf/0.1/Person").value
    'https://w3id.org/ess-kg/dataset#foaf.Person'
    """
    return NamedNode(f"{whole.value}{'.' if '#' in whole.value else '#'}{_name(term)}")


def _name(term: str) -> str:
    """A term with its prefix; a checksum where it has none, or what follows cannot stand there."""
    for prefix, space in prefixes().items():
        name = f"{prefix}.{term.removeprefix(space)}"
        if term.startswith(space) and KEY.fullmatch(name):
            return name
    return sha256(term.encode()).hexdigest()[:16]
