"""How things are laid out on a page: what the shapes of the ontology say about it.

A property shape's `sh:name`, `sh:group` and `sh:order` name and place a property on the pages of
the shape's classes (SHACL, section 2.3.2); a node shape's `rdfs:label` names the class. A new kind
brings all of it in its own folder.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Store, parse

from kg.iri import rebase
from kg.vocab import RDF, RDFS, SKOS, prefixes

SH = prefixes()["sh"]


@dataclass(frozen=True)
class Place:
    """A property on a page: its names, its group and its rank there."""

    names: tuple[Literal, ...]
    group: str
    order: float

    @property
    def names_things(self) -> bool:
        """Whether its values are names: of those, no language is left out."""
        return self.group.endswith("#names")


@dataclass(frozen=True)
class Layout:
    """Names and places. `groups` maps a group to its names and rank; `things` are the kinds that
    have a folder, the others are vocabularies; `texts` are the properties with literals.
    """

    groups: dict[str, tuple[list[Literal], float]]
    places: dict[str, dict[str, Place]]
    anywhere: dict[str, Place]
    classes: dict[str, list[Literal]]
    kinds: dict[str, list[Literal]]
    things: frozenset[str]
    texts: frozenset[str]

    @classmethod
    def read(cls, folder: Path, base: str) -> Layout:
        """Read the shapes and schemes of a release's `ontology/`."""
        store = Store()
        for path in [
            folder / "shapes.ttl",
            *folder.glob("*/shapes.ttl"),
            *folder.glob("schemes/*.ttl"),
        ]:
            text = rebase(path.read_text(encoding="utf-8"), base)
            store.extend(parse(text, format=RdfFormat.TURTLE))
        places, anywhere = _places(store)
        things = frozenset(path.parent.name for path in folder.glob("*/terms.ttl"))
        kinds = _kinds(store, things, folder, base)
        return cls(_groups(store), places, anywhere, _classes(store), kinds, things, _texts(store))

    def place(self, property_: str, classes: Iterable[str]) -> Place | None:
        """Where a property stands on a thing of these classes."""
        for each in sorted(classes):
            if place := self.places.get(each, {}).get(property_):
                return place
        return self.anywhere.get(property_)


def _sh(name: str) -> NamedNode:
    return NamedNode(SH + name)


def _literals(store: Store, subject: NamedNode, predicate: NamedNode) -> list[Literal]:
    found = (quad.object for quad in store.quads_for_pattern(subject, predicate, None))
    return sorted((term for term in found if isinstance(term, Literal)), key=str)


def _subjects(store: Store, class_: NamedNode) -> list[NamedNode]:
    found = (quad.subject for quad in store.quads_for_pattern(None, RDF.type, class_))
    return sorted((term for term in found if isinstance(term, NamedNode)), key=str)


def _objects(store: Store, subject: NamedNode, predicate: NamedNode) -> list[NamedNode]:
    found = (quad.object for quad in store.quads_for_pattern(subject, predicate, None))
    return sorted((term for term in found if isinstance(term, NamedNode)), key=str)


def _rank(store: Store, subject: NamedNode) -> float:
    order = _literals(store, subject, _sh("order"))
    return float(order[0].value) if order else 1000.0


def _groups(store: Store) -> dict[str, tuple[list[Literal], float]]:
    return {
        group.value: (_literals(store, group, RDFS.label), _rank(store, group))
        for group in _subjects(store, _sh("PropertyGroup"))
    }


def _places(store: Store) -> tuple[dict[str, dict[str, Place]], dict[str, Place]]:
    """The named properties of every class; for those met elsewhere, what most classes say."""
    by_class: dict[str, dict[str, Place]] = defaultdict(dict)
    met: dict[str, list[Place]] = defaultdict(list)
    for shape in _subjects(store, _sh("NodeShape")):
        for property_shape in _objects(store, shape, _sh("property")):
            names = _literals(store, property_shape, _sh("name"))
            paths = _objects(store, property_shape, _sh("path"))
            if not names or not paths:
                continue
            groups = _objects(store, property_shape, _sh("group"))
            group = groups[0].value if groups else ""
            place = Place(tuple(names), group, _rank(store, property_shape))
            met[paths[0].value].append(place)
            for target in _objects(store, shape, _sh("targetClass")):
                by_class[target.value][paths[0].value] = place
                met[paths[0].value].append(place)
    named = {iri: Counter(place.names for place in places) for iri, places in met.items()}
    anywhere = {
        iri: max(met[iri], key=lambda place: names[place.names]) for iri, names in named.items()
    }
    return dict(by_class), anywhere


def _classes(store: Store) -> dict[str, list[Literal]]:
    """The names of classes: those of the narrowest shape that targets one."""
    shapes = [
        (_objects(store, s, _sh("targetClass")), s) for s in _subjects(store, _sh("NodeShape"))
    ]
    names: dict[str, list[Literal]] = {}
    for targets, shape in sorted(shapes, key=lambda each: len(each[0])):
        for target in targets:
            names.setdefault(target.value, _literals(store, shape, RDFS.label))
    return names


def _kinds(
    store: Store, things: frozenset[str], folder: Path, base: str
) -> dict[str, list[Literal]]:
    """The names of kinds: those of the shape that bears the kind's name, else its scheme's."""
    shapes = {s.value.rpartition("#")[2].lower(): s for s in _subjects(store, _sh("NodeShape"))}
    names = {kind: _literals(store, shapes[kind], RDFS.label) for kind in things & set(shapes)}
    for path in folder.glob("schemes/*.ttl"):
        scheme = NamedNode(f"{base}id/scheme/{path.stem}")
        names.setdefault(path.stem, _literals(store, scheme, SKOS.prefLabel))
    return names


def _texts(store: Store) -> frozenset[str]:
    """The properties whose values are literals of some datatype."""
    shapes = {quad.subject for quad in store.quads_for_pattern(None, _sh("datatype"), None)}
    return frozenset(
        path.value
        for shape in shapes
        if isinstance(shape, NamedNode)
        for path in _objects(store, shape, _sh("path"))
    )
