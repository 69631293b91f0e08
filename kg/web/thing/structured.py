"""What the graph says of a thing in schema.org's words, for search engines, in the page itself.

It repeats statements of the graph and adds none: those whose property or class is schema.org's,
and its names as `schema:name`, which is what `rdfs:label` means there.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping

from pyoxigraph import Literal, NamedNode

from kg.query import Term
from kg.vocab import RDF, RDFS, XSD, prefixes
from kg.web import urls
from kg.web.facts import Facts, Statement

SPACE = prefixes()["schema"]


def script(facts: Facts) -> str:
    """The content of a `<script type="application/ld+json">`, in which no `</script>` can occur."""
    return embedded({"@context": SPACE, **node(facts.of(facts.entity), facts.entity)})


def embedded(document: Mapping[str, object]) -> str:
    """JSON-LD as the content of such an element."""
    text = json.dumps(document, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def node(statements: list[Statement], iri: str) -> dict[str, object]:
    """A thing as a JSON-LD node in schema.org's context."""
    values: dict[str, list[object]] = defaultdict(list)
    for each in sorted(statements, key=lambda s: (s.property, str(s.value))):
        name = each.property.removeprefix(SPACE)
        if each.property == RDF.type.value and each.value.value.startswith(SPACE):
            values["@type"].append(each.value.value.removeprefix(SPACE))
        elif each.property == RDFS.label.value:
            values["name"].append(_value(each.value))
        elif name != each.property and _safe(each.value):
            values[name].append(_value(each.value))
    return {"@id": iri, **{name: v[0] if len(v) == 1 else v for name, v in values.items()}}


def _safe(value: Term) -> bool:
    return isinstance(value, Literal) or urls.outside(value.value) is not None


def _value(value: Term) -> object:
    """A term as JSON-LD writes it, its datatype kept."""
    if isinstance(value, NamedNode):
        return {"@id": value.value}
    if value.language:
        return {"@value": value.value, "@language": value.language}
    if value.datatype == XSD.string:
        return value.value
    return {"@value": value.value, "@type": value.datatype.value}
