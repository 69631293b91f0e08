"""The report of a build: every finding, for machines (SHACL results in Turtle) and for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg.iri import BASE, part
from kg.vocab import DCTERMS, RDF, RDFS, SH, XSD, prefixes

SEVERITIES = ("violation", "warning", "info")
_SEVERITY = {"violation": SH.Violation, "warning": SH.Warning, "info": SH.Info}


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a check found. `check` names the shape or check; `entity` may be empty."""

    severity: str
    check: str
    entity: str
    message_fr: str
    message_en: str
    detail: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, [self.check, self.entity, self.message_en, self.detail]))


def violations(findings: Iterable[Finding]) -> list[Finding]:
    """Those that forbid a release."""
    return [each for each in findings if each.severity == "violation"]


def write(
    findings: Sequence[Finding], counts: Sequence[tuple[str, str, str]], folder: Path, title: str
) -> None:
    """Write `report.ttl` and `report.html`. `counts` are (French, English, figure) rows."""
    ordered = sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f))
    (folder / "report.ttl").write_bytes(_turtle(ordered))
    environment = Environment(
        loader=PackageLoader("kg", "."),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    totals = Counter(each.severity for each in ordered)
    by_check: dict[str, list[Finding]] = {}
    for each in ordered:
        by_check.setdefault(each.check, []).append(each)
    page = environment.get_template("report.html").render(
        title=title,
        counts=counts,
        totals=[(name, totals[name]) for name in SEVERITIES],
        checks=by_check,
        shown=200,
    )
    (folder / "report.html").write_text(page, encoding="utf-8")


def _turtle(findings: Sequence[Finding]) -> bytes:
    """The findings as a SHACL validation report (SHACL, section 3.6)."""
    report = NamedNode(f"{BASE}report")
    triples = [
        Triple(report, RDF.type, SH.ValidationReport),
        Triple(
            report,
            SH.conforms,
            Literal("false" if violations(findings) else "true", datatype=XSD.boolean),
        ),
    ]
    for number, finding in enumerate(findings, 1):
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
