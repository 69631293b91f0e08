"""A cube of statistics: what it counts, by what, and how to have its figures."""

from __future__ import annotations

from collections import defaultdict

from pyoxigraph import NamedNode

from kg.vocab import DCTERMS, QB
from kg.web.i18n import Text, written
from kg.web.site import site
from kg.web.thing.incoming import Links, name_of
from kg.web.thing.view import View, local


def shown(view: View, lists: list[Links]) -> dict[str, object]:
    """What the page of a cube shows first."""
    cube = NamedNode(view.known.entity)
    found: dict[str, list[tuple[str, Text]]] = defaultdict(list)
    for row in site.rows("components", entity=cube):
        property_ = row["property"].value
        found[local(row["role"].value)].append((property_, name_of(site, property_)))
    return {
        "dimensions": [name for _iri, name in found["dimension"]],
        "measures": [name for _iri, name in found["measure"]],
        "of": ", ".join(map(written, view.literals(DCTERMS.date))),
        "figures": _query(
            cube, [iri for each in ("dimension", "measure") for iri, _ in found[each]]
        ),
        "told": [QB.structure, DCTERMS.date],
        "parts": [],
    }


def _query(cube: NamedNode, properties: list[str]) -> str:
    """The SPARQL query for the figures of a cube: a column for each of its properties."""
    columns = [(f"?{local(iri)}", iri) for iri in properties]
    names = " ".join(name for name, _ in columns)
    lines = [f"  ?observation <{QB.dataSet.value}> {cube} ."]
    lines += [f"  OPTIONAL {{ ?observation <{iri}> {name} }}" for name, iri in columns]
    return "\n".join([f"SELECT {names}", "WHERE {", *lines, "}", f"ORDER BY {names}", ""])
