"""The files of a release's ontology, read for its page and for its RDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, parse

from kg.iri import rebase
from kg.release import Release
from kg.vocab import DCTERMS, OWL, RDF, RDFS, SKOS, prefixes
from kg.web import urls
from kg.web.layout import Layout

TERMS = ("ontology.ttl", "version.ttl", "*/terms.ttl", "alignments/*.ttl")
SHAPES = ("shapes.ttl", "*/shapes.ttl")
SH = prefixes()["sh"]
# What links a term to others, in the order of the page.
RELATIONS = (
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    RDFS.domain,
    RDFS.range,
    OWL.equivalentClass,
    OWL.equivalentProperty,
    SKOS.exactMatch,
    SKOS.closeMatch,
    SKOS.broadMatch,
    SKOS.narrowMatch,
)


@dataclass(frozen=True)
class Name:
    """An IRI as the page shows it: with its prefix, and where it leads."""

    short: str
    href: str | None


@dataclass(frozen=True)
class Term:
    """A term of ours: its fragment, its texts in every language, what it is linked to."""

    fragment: str
    is_class: bool
    labels: list[Literal]
    definitions: list[Literal]
    notes: list[Literal]
    examples: list[Literal]
    relations: dict[str, list[Name]]


@dataclass(frozen=True)
class Use:
    """A property that things of a kind have, of whichever vocabulary, as its shape says."""

    labels: list[Literal]
    property: Name
    values: list[Name]
    required: bool
    single: bool


@dataclass(frozen=True)
class Section:
    """A folder of the ontology (no `kind` for what several kinds share)."""

    kind: str
    labels: list[Literal]
    terms: list[Term]
    uses: list[Use]
    example: str


@dataclass(frozen=True)
class Told:
    """An ontology: title and description, what its parts say, its SKOS schemes."""

    titles: list[Literal]
    descriptions: list[Literal]
    sections: list[Section]
    schemes: dict[str, list[Literal]]


def triples(release: Release, patterns: Iterable[str]) -> Iterator[Triple]:
    """The statements of files of a release's ontology."""
    for path in _files(release.folder / "ontology", patterns):
        for quad in parse(_text(path, release.base), RdfFormat.TURTLE, rename_blank_nodes=True):
            yield quad.triple


@lru_cache(maxsize=8)
def read(folder: Path, base: str) -> Told:
    """The ontology of a release, for its page."""
    store = _store(folder, TERMS, base)
    header = NamedNode(f"{base}ontology")
    layout = Layout.read(folder, base)
    reader = _Reader(store, base)
    kinds = sorted(layout.things)
    sections = [Section("", [], reader.terms(folder / "ontology.ttl"), [], "")]
    for kind in kinds:
        shapes = folder / kind / "shapes.ttl"
        sections.append(
            Section(
                kind,
                layout.kinds.get(kind, []),
                reader.terms(folder / kind / "terms.ttl"),
                _Reader(_store(folder, [f"{kind}/shapes.ttl"], base), base).uses()
                if shapes.is_file()
                else [],
                _text(folder / kind / "example.ttl", base),
            )
        )
    schemes = {kind: names for kind, names in layout.kinds.items() if kind not in layout.things}
    return Told(
        reader.literals(header, DCTERMS.title),
        reader.literals(header, DCTERMS.description),
        sections,
        dict(sorted(schemes.items())),
    )


def _files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    return [path for pattern in patterns for path in sorted(folder.glob(pattern))]


def _text(path: Path, base: str) -> str:
    return rebase(path.read_text(encoding="utf-8"), base)


def _store(folder: Path, patterns: Iterable[str], base: str) -> Store:
    store = Store()
    for path in _files(folder, patterns):
        store.extend(parse(_text(path, base), format=RdfFormat.TURTLE, rename_blank_nodes=True))
    return store


class _Reader:
    """Reads terms and shapes from a store of Turtle files."""

    def __init__(self, store: Store, base: str) -> None:
        self._store = store
        self._base = base

    def terms(self, file: Path) -> list[Term]:
        """The terms that a file defines, classes first."""
        text = _text(file, self._base)
        defined = {
            quad.subject
            for quad in parse(text, format=RdfFormat.TURTLE)
            if quad.predicate == RDFS.isDefinedBy and isinstance(quad.subject, NamedNode)
        }
        found = [self._term(node) for node in defined]
        return sorted(found, key=lambda term: (not term.is_class, term.fragment.casefold()))

    def _term(self, node: NamedNode) -> Term:
        relations = {
            urls.short(property_.value, self._base): [self._name(each) for each in values]
            for property_ in RELATIONS
            if (values := self._objects(node, property_))
        }
        return Term(
            node.value.rpartition("#")[2],
            OWL.Class in self._objects(node, RDF.type),
            self.literals(node, RDFS.label),
            self.literals(node, SKOS.definition),
            self.literals(node, SKOS.scopeNote),
            self.literals(node, SKOS.example),
            relations,
        )

    def uses(self) -> list[Use]:
        """The properties that the shapes of a store name, in their order."""
        shapes = {
            quad.subject
            for quad in self._store.quads_for_pattern(None, NamedNode(f"{SH}name"), None)
            if isinstance(quad.subject, NamedNode)
        }
        return [use for shape in sorted(shapes, key=self._rank) if (use := self._use(shape))]

    def _rank(self, shape: NamedNode) -> tuple[float, str]:
        order = self.literals(shape, NamedNode(f"{SH}order"))
        return (float(order[0].value) if order else 1000.0, shape.value)

    def _use(self, shape: NamedNode) -> Use | None:
        paths = self._objects(shape, NamedNode(f"{SH}path"))
        if not paths:
            return None
        values = [
            each
            for constraint in ("datatype", "class")
            for each in self._objects(shape, NamedNode(SH + constraint))
        ]
        least, most = (
            self.literals(shape, NamedNode(SH + each)) for each in ("minCount", "maxCount")
        )
        return Use(
            self.literals(shape, NamedNode(f"{SH}name")),
            self._name(paths[0]),
            [self._name(each) for each in values],
            bool(least) and least[0].value != "0",
            bool(most) and most[0].value == "1",
        )

    def literals(self, subject: NamedNode, property_: NamedNode) -> list[Literal]:
        """The literals that a property leads to."""
        found = (quad.object for quad in self._store.quads_for_pattern(subject, property_, None))
        return sorted((term for term in found if isinstance(term, Literal)), key=str)

    def _objects(self, subject: NamedNode | BlankNode, property_: NamedNode) -> list[NamedNode]:
        found = (quad.object for quad in self._store.quads_for_pattern(subject, property_, None))
        return sorted((term for term in found if isinstance(term, NamedNode)), key=str)

    def _name(self, node: NamedNode) -> Name:
        own = node.value.removeprefix(f"{self._base}ontology#")
        href = f"#{own}" if own != node.value else urls.link(node.value, self._base)
        return Name(urls.short(node.value, self._base), href)
