"""Things in simple Dublin Core, as OAI-PMH wants of every repository (`oai_dc`).

It is made of the statements that the other forms have. What is a thing of its own in the graph, an
author or a place, is told by its names, in each of its languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from pyoxigraph import Literal, NamedNode

from kg.iri import rebase
from kg.vocab import DC, DCTERMS, ESS, ORG, RDFS, SCHEMA, SKOS
from kg.web.facts import Facts, Statement
from kg.web.site import LICENCE, site

NAMESPACE = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA_FILE = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_DC = "http://purl.org/dc/elements/1.1/"
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# In the order of https://www.dublincore.org/specifications/dublin-core/dces/ as its schema has it.
_ELEMENTS: dict[str, tuple[NamedNode, ...]] = {
    "title": (DCTERMS.title, SKOS.prefLabel, RDFS.label),
    "creator": (DCTERMS.creator, DC.creator),
    "subject": (DCTERMS.subject, SCHEMA.keywords, ESS.activity),
    "description": (DCTERMS.description, ESS.statedSubject),
    "publisher": (DCTERMS.publisher, DC.publisher),
    "contributor": (SCHEMA.contributor, SCHEMA.editor, ESS.partner),
    "date": (DCTERMS.issued, SCHEMA.datePublished, SCHEMA.foundingDate),
    "type": (DCTERMS.type, ORG.classification),
    "identifier": (SCHEMA.url, SCHEMA.identifier, ESS.siren, ESS.rna, ESS.isbn),
    "source": (DC.source, DCTERMS.bibliographicCitation),
    "language": (DCTERMS.language,),
    "relation": (SCHEMA.partOfSeries, SCHEMA.isBasedOn, DCTERMS.references, ORG.memberOf),
    "coverage": (DCTERMS.spatial, SCHEMA.areaServed, ESS.commune, ESS.departement, ESS.region),
}
# What says of which thing an identifier is.
_ADDRESSES = {ESS.doi: "https://doi.org/", ESS.halId: "https://hal.science/"}
# Their values are addresses already, not things with names.
_AS_THEY_ARE = {"identifier", "relation"}


def document(found: Facts) -> etree._Element:
    """`<oai_dc:dc>` for a thing."""
    prefixes = {"oai_dc": NAMESPACE, "dc": _DC}
    root = etree.Element(f"{{{NAMESPACE}}}dc", nsmap=prefixes)
    root.set(
        "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", f"{NAMESPACE} {SCHEMA_FILE}"
    )
    for name, text, language in dict.fromkeys(_told(found)):
        element = etree.SubElement(root, f"{{{_DC}}}{name}")
        element.text = printable(text)
        if language:
            element.set(_XML_LANG, language)
    return root


def printable(text: str) -> str:
    """A text without the characters that XML cannot hold (XML 1.0, section 2.2)."""
    return _UNPRINTABLE.sub("", text)


def _told(found: Facts) -> Iterator[tuple[str, str, str]]:
    """Name of the element, text, language."""
    base = site.release.base
    own: dict[str, list[Statement]] = {}
    for each in found.of(found.entity):
        own.setdefault(each.property, []).append(each)
    for name, properties in _ELEMENTS.items():
        if name == "identifier":
            yield name, found.entity, ""
            for property_, address in _ADDRESSES.items():
                for each in own.get(rebase(property_.value, base), ()):
                    yield name, address + each.value.value, ""
        for property_ in properties:
            for each in own.get(rebase(property_.value, base), ()):
                yield from _values(name, each, found)
    yield "rights", LICENCE, ""


def _values(name: str, statement: Statement, found: Facts) -> Iterator[tuple[str, str, str]]:
    value = statement.value
    if isinstance(value, Literal):
        yield name, value.value, value.language or ""
    elif name not in _AS_THEY_ARE and value.value in found.names:
        for each in sorted(found.names[value.value], key=str):
            yield name, each.value, each.language or ""
    else:
        yield name, value.value, ""
