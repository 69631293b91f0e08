"""Checks: what is wrong with the statements, as findings.

    ontology/*/shapes.ttl      shapes, over what people wrote
    ontology/checks/*.rq       SPARQL, over the store that the rules are applied to (`kg.rules`)
    ontology/checks/*.sql      SQL, over all statements, however many there are

The first column of a query, `entity`, is the thing that is at fault; the others tell what is wrong.
A header line `topic: <column>` says by which of them the findings are counted in the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
from pyoxigraph import NamedNode, QuerySolutions, Store
from pyshacl import validate
from rdflib import RDF as RDFLIB_RDF
from rdflib import SH, Graph, Literal, URIRef
from rdflib.term import BNode, Node

from kg.errors import InputError
from kg.queryfile import QueryFile, read_all
from kg.report import SEVERITIES, Finding
from kg.settings import ONTOLOGY
from kg.sources import Triple
from kg.vocab import ESS

_SEVERITY = {str(SH[name.capitalize()]): name for name in SEVERITIES}


def shapes() -> Graph:
    """All shapes of the ontology as one graph."""
    graph = Graph()
    for path in [ONTOLOGY / "shapes.ttl", *sorted(ONTOLOGY.glob("*/shapes.ttl"))]:
        graph.parse(path, format="turtle")
    return graph


def against_shapes(data: Graph, shape_graph: Graph | None = None) -> list[Finding]:
    """Every SHACL result as a finding; the check is the IRI of the property shape."""
    return [finding for _, finding in by_shape(data, shape_graph or shapes())]


def by_shape(data: Graph, shape_graph: Graph) -> Iterator[tuple[Node, Finding]]:
    """The same, each with the shape that found it: a node of the graph of shapes."""
    _, results, _ = validate(
        data, shacl_graph=shape_graph, advanced=False, inplace=True, meta_shacl=False
    )
    assert isinstance(results, Graph)
    for node in results.subjects(RDFLIB_RDF.type, SH.ValidationResult):
        shape = results.value(node, SH.sourceShape)
        assert shape is not None  # SHACL, section 3.6.2.4
        yield shape, _finding(results, node)


def named(shape_graph: Graph, shape: Node) -> str:
    """The IRI of a shape, or of the nearest that it is part of; "" if none has one."""
    near, seen = [shape], {shape}
    for each in near:
        if isinstance(each, URIRef):
            return str(each)
        around = set(shape_graph.subjects(None, each)) - seen
        seen |= around
        near += sorted(around, key=str)
    return ""


def _finding(results: Graph, node: Node) -> Finding:
    def value(predicate: URIRef) -> str:
        return str(results.value(node, predicate) or "")

    messages = {
        text.language or "en": str(text)
        for text in results.objects(node, SH.resultMessage)
        if isinstance(text, Literal)
    }
    english = messages.get("en") or next(iter(messages.values()), "")
    return Finding(
        severity=_SEVERITY[value(SH.resultSeverity)],
        check=value(SH.sourceShape).rpartition("#")[2],
        entity=value(SH.focusNode),
        message_fr=messages.get("fr", english),
        message_en=english,
        # A path of several properties is a blank node, whose name changes with every run.
        detail=" ".join(
            str(term)
            for name in (SH.resultPath, SH.value)
            if (term := results.value(node, name)) is not None and not isinstance(term, BNode)
        ),
    )


def by_queries(store: Store, folder: Path = ONTOLOGY / "checks") -> Iterator[Finding]:
    """The rows of every check in SPARQL, run over the union of a store's graphs."""
    for check in read_all(folder):
        severity = _severity(check)
        try:
            rows = store.query(check.text, use_default_graph_as_union=True)
        except SyntaxError as error:
            raise InputError(str(error), file=check.path) from None
        assert isinstance(rows, QuerySolutions)
        names = [variable.value for variable in rows.variables]
        for row in rows:
            entity = row["entity"]
            details = [f"{name}: {row[name].value}" for name in names[1:] if row[name] is not None]
            yield Finding(
                severity=severity,
                check=check.name,
                entity=entity.value if isinstance(entity, NamedNode) else str(entity),
                message_fr=check.get("problem", "fr"),
                message_en=check.get("problem", "en"),
                detail="; ".join(details),
            )


def over_everything(
    connection: duckdb.DuckDBPyConnection, folder: Path = ONTOLOGY / "checks"
) -> None:
    """Add the rows of every check in SQL, run over the table `statement`, to the report's table."""
    for check in read_all(folder, suffix=".sql"):
        names = connection.sql(check.text).columns
        details = ", ".join(f"'{name}: ' || str(\"{name}\")" for name in names[1:])
        topic = f'str("{check.get("topic")}")' if "topic" in check.header else "''"
        connection.execute(
            f"""INSERT INTO finding
            SELECT $severity, $check, str(entity), $fr, $en,
                   concat_ws('; ', {details}), {topic}
            FROM ({check.text})""",
            {
                "severity": _severity(check),
                "check": check.name,
                "fr": check.get("problem", "fr"),
                "en": check.get("problem", "en"),
            },
        )


def disputed(connection: duckdb.DuckDBPyConnection) -> list[Triple]:
    """Where the check `contradiction` found that sources disagree, as statements: who asks for that
    would otherwise compare all values of all things.
    """
    found = connection.execute(
        "SELECT DISTINCT entity, topic FROM finding WHERE \"check\" = 'contradiction' ORDER BY ALL"
    ).fetchall()
    return [
        (NamedNode(entity), ESS.disputedProperty, NamedNode(property_))
        for entity, property_ in found
    ]


def _severity(check: QueryFile) -> str:
    severity = check.get("severity")
    if severity not in SEVERITIES:
        raise InputError(
            "is not a severity",
            file=check.path,
            value=severity,
            mend=f"write one of: {', '.join(SEVERITIES)}",
        )
    return severity
