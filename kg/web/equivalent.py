"""The SPARQL query that gives the same as a list of the site.

Each facet is a pattern, and its values are IRIs that the library writes. The index is blind to
accents and looks for beginnings of words in all names; SPARQL has no such search, so that words
become a search for what is in a name, as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from kg.search.fields import FACETS
from kg.vocab import prefixes
from kg.web.site import site

_PLACE = (
    "(ess:commune|ess:departement|ess:region|dcterms:spatial)?/"
    "(dcterms:isPartOf|dcterms:isReplacedBy)*"
)
_ACTIVITY = "ess:activity/skos:broader*"
# From an entity to the values of a facet.
PATHS = {
    "type": "(org:classification|dcterms:type|ess:territoryLevel)/skos:broader*",
    "region": _PLACE,
    "departement": _PLACE,
    "epci": _PLACE,
    "commune": _PLACE,
    "family": "ess:legalFamily",
    "form": "ess:legalForm",
    "section": _ACTIVITY,
    "division": _ACTIVITY,
    "theme": "dcterms:subject/skos:broader*",
    "size": "ess:sizeClass",
    "status": "ess:administrativeStatus",
}
_BEGAN = "schema:foundingDate|dcterms:issued|schema:datePublished|schema:startDate"


def query(words: str, filters: Mapping[str, Sequence[str]]) -> str:
    """The text of the query, with its prefixes."""
    parts = 'FILTER(!CONTAINS(STR(?entity), "#"))'
    lines = ["?entity rdfs:label ?label .", parts]
    for facet, keys in filters.items():
        lines += _pattern(facet, keys)
    for word in words.split():
        sought = Literal(word.casefold())
        lines.append(f"FILTER(CONTAINS(LCASE(STR(?label)), {sought}))")
    body = "\n".join(f"  {line}" for line in lines)
    text = f"SELECT DISTINCT ?entity ?label\nWHERE {{\n{body}\n}}\nORDER BY ?label ?entity\n"
    table = prefixes(site.release.base)
    used = {name: space for name, space in table.items() if f"{name}:" in text}
    return "".join(f"PREFIX {name}: <{space}>\n" for name, space in used.items()) + f"\n{text}"


def _pattern(facet: str, keys: Sequence[str]) -> list[str]:
    if facet == "kind":
        starts = [Literal(f"{site.release.base}id/{kind}/") for kind in keys]
        tests = " || ".join(f"STRSTARTS(STR(?entity), {start})" for start in starts)
        return [f"FILTER({tests})"]
    if facet == "year":
        years = " || ".join(f"STRSTARTS(STR(?began), {Literal(key)})" for key in keys)
        return [f"?entity {_BEGAN} ?began .", f"FILTER({years})"]
    iris = [site.thing(kind, key) for kind in FACETS[facet] for key in keys]
    values = " ".join(str(iri) for iri in iris if isinstance(iri, NamedNode))
    return [f"VALUES ?{facet} {{ {values} }}", f"?entity {PATHS[facet]} ?{facet} ."]
