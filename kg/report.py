"""The report of a build: what the checks found, for machines (SHACL results in Turtle) and people.

Findings are rows of a table in the working database, for there may be a million of them:

    finding(severity, check, entity, message_fr, message_en, detail, topic)

The report groups them by check (and by property, where the check says so), with their number and
the first of each; `findings.parquet` holds all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg import sql
from kg.iri import BASE, part
from kg.vocab import DCTERMS, RDF, RDFS, SH, XSD, prefixes

SEVERITIES = ("violation", "warning", "info")
SHOWN = 200
_SEVERITY = {"violation": SH.Violation, "warning": SH.Warning, "info": SH.Info}
_ORDER = f'list_position({list(SEVERITIES)}, severity), "check", topic'


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a check found. `check` names the shape or check; `entity` may be empty.

    `topic` tells the findings of one check apart where their number is of interest (a property).
    """

    severity: str
    check: str
    entity: str
    message_fr: str
    message_en: str
    detail: str = ""
    topic: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, [self.check, self.entity, self.message_en, self.detail]))


_COLUMNS = ", ".join(f'"{each.name}"' for each in fields(Finding))


@dataclass(frozen=True)
class Group:
    """The findings of a check, and the first of them."""

    severity: str
    check: str
    topic: str
    number: int
    first: list[Finding]


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table of findings, empty."""
    connection.execute(
        f"CREATE OR REPLACE TABLE finding ({_COLUMNS.replace(',', ' VARCHAR,')} VARCHAR)"
    )


def add(connection: duckdb.DuckDBPyConnection, findings: Iterable[Finding]) -> None:
    """Add findings to the table."""
    columns = list(zip(*map(astuple, findings), strict=True))
    if columns:
        values = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
        connection.execute(f"INSERT INTO finding SELECT {values}", columns)


def groups(connection: duckdb.DuckDBPyConnection) -> list[Group]:
    """The findings of the table by severity, check and what the check tells apart."""
    found = connection.execute(
        f'SELECT severity, "check", topic, count(*) FROM finding GROUP BY 1, 2, 3 ORDER BY {_ORDER}'
    ).fetchall()
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM finding
        QUALIFY row_number() OVER (
            PARTITION BY severity, "check", topic ORDER BY entity, message_fr, message_en, detail
        ) <= {SHOWN}
        ORDER BY {_ORDER}, entity, message_fr, message_en, detail"""
    ).fetchall()
    first: dict[tuple[str, ...], list[Finding]] = {}
    for finding in (Finding(*row) for row in rows):
        first.setdefault((finding.severity, finding.check, finding.topic), []).append(finding)
    return [
        Group(severity, check, topic, number, first[severity, check, topic])
        for severity, check, topic, number in found
    ]


def violations(found: Iterable[Group]) -> list[Group]:
    """Those that forbid a release."""
    return [each for each in found if each.severity == "violation"]


def write(
    connection: duckdb.DuckDBPyConnection,
    counts: Sequence[tuple[str, str, str]],
    folder: Path,
    title: str,
) -> list[Group]:
    """Write `report.ttl`, `report.html` and `findings.parquet`; the findings that it shows.

    `counts` are (French, English, figure) rows.
    """
    found = groups(connection)
    (folder / "report.ttl").write_bytes(_turtle(found))
    environment = Environment(
        loader=PackageLoader("kg", "."),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    totals = Counter[str]()
    for each in found:
        totals[each.severity] += each.number
    page = environment.get_template("report.html").render(
        title=title,
        counts=counts,
        totals=[(name, totals[name]) for name in SEVERITIES],
        groups=found,
    )
    (folder / "report.html").write_text(page, encoding="utf-8")
    path = sql.text(folder / "findings.parquet")
    connection.execute(
        f"""COPY (SELECT {_COLUMNS} FROM finding ORDER BY {_ORDER}, entity, message_fr, message_en,
        detail) TO {path} (FORMAT parquet, COMPRESSION zstd)"""
    )
    return found


def _turtle(found: Sequence[Group]) -> bytes:
    """The first findings as a SHACL validation report (SHACL, section 3.6)."""
    report = NamedNode(f"{BASE}report")
    triples = [
        Triple(report, RDF.type, SH.ValidationReport),
        Triple(
            report,
            SH.conforms,
            Literal("false" if violations(found) else "true", datatype=XSD.boolean),
        ),
    ]
    shown = (finding for each in found for finding in each.first)
    for number, finding in enumerate(shown, 1):
        result = part(report, f"result-{number}")
        triples += [
            Triple(report, SH.result, result),
            Triple(result, RDF.type, NamedNode(prefixes()["sh"] + "ValidationResult")),
            Triple(result, SH.resultSeverity, _SEVERITY[finding.severity]),
            Triple(result, DCTERMS.identifier, Literal(finding.check)),
            Triple(result, SH.resultMessage, Literal(finding.message_fr, language="fr")),
            Triple(result, SH.resultMessage, Literal(finding.message_en, language="en")),
        ]
        if finding.entity.startswith("http"):
            triples.append(Triple(result, SH.focusNode, NamedNode(finding.entity)))
        if finding.detail:
            triples.append(Triple(result, RDFS.comment, Literal(finding.detail)))
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes()) or b""
