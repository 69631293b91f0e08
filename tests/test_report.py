"""The report: grouped, bounded, complete in its file."""

import duckdb
import pytest
from pyoxigraph import RdfFormat, Store

from kg import report
from kg.report import Finding

SEVERAL = 1_000


def finding(number, topic="", check="contradiction", severity="info"):
    return Finding(severity, check, f"https://example.org/{number:06}", "fr", "en", "why", topic)


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        report.begin(connection)
        yield connection


def test_findings_are_grouped_by_severity_check_and_topic_with_their_numbers(connection):
    report.add(connection, [finding(number, "date") for number in range(3)])
    report.add(connection, [finding(9, "name"), finding(1, check="masked", severity="violation")])
    report.add(connection, [])
    found = report.groups(connection)
    assert [(each.check, each.topic, each.number) for each in found] == [
        ("masked", "", 1),
        ("contradiction", "date", 3),
        ("contradiction", "name", 1),
    ]
    assert report.violations(found) == found[:1]
    assert found[1].first == [finding(number, "date") for number in range(3)]


def test_a_report_of_many_findings_shows_the_first_and_keeps_all(connection, tmp_path):
    report.add(connection, [finding(number, "date") for number in reversed(range(SEVERAL))])
    (group,) = report.write(connection, [("lignes", "rows", "7")], tmp_path, "ESS")
    assert (group.number, len(group.first)) == (SEVERAL, report.SHOWN)
    assert group.first == [finding(number, "date") for number in range(report.SHOWN)]
    page = (tmp_path / "report.html").read_text()
    assert f"({SEVERAL:,})" in page
    assert page.count("<td>why</td>") == report.SHOWN
    assert "findings.parquet" in page
    store = Store()
    store.load(path=tmp_path / "report.ttl", format=RdfFormat.TURTLE)
    results = [q for q in store if q.predicate.value.endswith("#resultSeverity")]
    assert len(results) == report.SHOWN
    rows = duckdb.read_parquet(str(tmp_path / "findings.parquet")).fetchall()
    assert [row[2] for row in rows] == [finding(number).entity for number in range(SEVERAL)]
