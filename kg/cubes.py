"""Statistics: how many organisations, employers and establishments the ESS has, as RDF Data Cubes.

Not every combination is counted, but those of `CUBES`. Each cube is a `qb:DataSet` with a structure
of its own; an observation's IRI says what it counts:

    …/id/cube/territory-family
    …/id/observation/territory-family.insee-departement-69.cooperative

Organisations of the ESS are those with a legal family, be it undetermined: ministries and communes
have none. What the graph does not know is in no observation: an organisation without a place is
counted in no territory, and a cube has the measures for which this release has data, so that a zero
is a zero. Where sources disagree, a thing counts under each of the values. The statements are a
source of our own, `statistics`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from kg import hierarchy, iri, statements
from kg.describe import LICENCE
from kg.iri import BASE, named
from kg.sources import Triple
from kg.vocab import DCTERMS, ESS, ORG, QB, RDF, RDFS, SCHEMA, SDMX_DIMENSION, XSD

if TYPE_CHECKING:
    import duckdb

SOURCE = "statistics"
COUNTRY = ("country", "region", "departement", "overseas-collectivity")
GROUPED = (*COUNTRY, "special-status-authority", "epci")
EVERY = (*GROUPED, "commune")


@dataclass(frozen=True)
class Dimension:
    """By what is counted."""

    property: NamedNode
    fr: str
    en: str


@dataclass(frozen=True)
class Cube:
    """What is counted by which dimensions, and the levels of its territories."""

    dimensions: tuple[str, ...]
    levels: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The last part of the cube's IRI, and the first of its observations' keys."""
        return "-".join(self.dimensions)

    @property
    def measures(self) -> dict[str, NamedNode]:
        """What may be counted: what begins and ends in a year, else what exists."""
        return EVENTS if "year" in self.dimensions else EXISTING


DIMENSIONS = {
    "territory": Dimension(SDMX_DIMENSION.refArea, "territoire", "territory"),
    "family": Dimension(ESS.observedFamily, "famille juridique", "legal family"),
    "form": Dimension(ESS.observedForm, "catégorie juridique", "legal form"),
    "section": Dimension(ESS.observedSection, "section d’activité", "section of activity"),
    "size": Dimension(ESS.observedSize, "tranche d’effectif", "size class"),
    "year": Dimension(ESS.observedYear, "année", "year"),
}
EXISTING = {
    "organizations": ESS.organizationCount,
    "employers": ESS.employerCount,
    "establishments": ESS.establishmentCount,
}
EVENTS = {"creations": ESS.creationCount, "closures": ESS.closureCount}
CUBES = (
    Cube(("territory",), EVERY),
    Cube(("territory", "family"), EVERY),
    Cube(("territory", "section"), GROUPED),
    Cube(("territory", "form"), COUNTRY),
    Cube(("territory", "size"), COUNTRY),
    Cube(("territory", "year"), COUNTRY),
    Cube(("family",)),
    Cube(("family", "section")),
    Cube(("family", "size")),
    Cube(("family", "year")),
    Cube(("form",)),
    Cube(("section",)),
    Cube(("size",)),
    Cube(("year",)),
)
_OURS = f"<{BASE}id/"
# Some sources tell the département and not the commune.
_PLACES = f"'{ESS.commune}', '{ESS.departement}', '{ESS.region}'"
_THINGS = f"""
CREATE OR REPLACE TEMP TABLE thing AS
WITH ended AS (
    SELECT hash(subject) FROM statement
    WHERE predicate IN ('{SCHEMA.dissolutionDate}', '{DCTERMS.isReplacedBy}')
       OR (predicate = '{ESS.administrativeStatus}' AND ends_with(object, '/ceased>'))
), ours AS (
    SELECT hash(subject) FROM statement WHERE predicate = '{ESS.legalFamily}'
)
SELECT hash(subject) AS thing, object = '{ORG.Site}' AS site,
       hash(subject) NOT IN (FROM ended) AS exists
FROM statement WHERE predicate = '{RDF.type}' AND (
    (object = '{ORG.FormalOrganization}' AND starts_with(subject, '{_OURS}organization/')
        AND hash(subject) IN (FROM ours))
    OR (object = '{ORG.Site}' AND starts_with(subject, '{_OURS}establishment/')))
"""
_COUNTED = f"""
CREATE OR REPLACE TEMP TABLE counted AS
SELECT thing, if(site, 'establishments', 'organizations') AS measure, NULL AS year
FROM thing WHERE exists
UNION SELECT thing, 'employers', NULL FROM statement JOIN thing ON thing = hash(subject)
WHERE predicate = '{ESS.sizeClass}' AND NOT ends_with(object, '/NN>') AND exists AND NOT site
UNION SELECT thing, if(predicate = '{SCHEMA.foundingDate}', 'creations', 'closures'), object[2:5]
FROM statement JOIN thing ON thing = hash(subject)
WHERE predicate IN ('{SCHEMA.foundingDate}', '{SCHEMA.dissolutionDate}')
  AND NOT site AND regexp_matches(object, '^"[0-9]{{4}}')
"""
_VALUES = f"""
CREATE OR REPLACE TEMP TABLE value AS
WITH stated AS (
    SELECT thing, predicate, path(object) AS value
    FROM statement JOIN thing ON thing = hash(subject)
    WHERE predicate IN ('{ESS.legalFamily}', '{ESS.legalForm}', '{ESS.sizeClass}',
                        '{ESS.activity}', {_PLACES})
    UNION ALL
    SELECT hash(one.subject), two.predicate, path(two.object)
    FROM statement AS one JOIN statement AS two ON two.subject = one.object
    WHERE one.predicate = '{ORG.siteOf}'
      AND two.predicate IN ('{ESS.legalFamily}', '{ESS.legalForm}')
)
SELECT DISTINCT stated.thing, CASE predicate
        WHEN '{ESS.legalFamily}' THEN 'family'
        WHEN '{ESS.legalForm}' THEN 'form'
        WHEN '{ESS.sizeClass}' THEN 'size'
        WHEN '{ESS.activity}' THEN 'section'
        ELSE level END AS dimension,
    coalesce(wider, value) AS value
FROM stated
LEFT JOIN wider ON wider.thing = value AND predicate IN ('{ESS.activity}', {_PLACES})
LEFT JOIN level ON territory = wider
WHERE (predicate <> '{ESS.activity}' OR regexp_full_match(wider, 'activity/[A-Z]'))
  AND (predicate NOT IN ({_PLACES}) OR level IN {EVERY})
"""


def add(connection: duckdb.DuckDBPyConnection, date: str, scratch: Path) -> int:
    """Add the cubes of the data of a date to `statement`; how many observations they have."""
    hierarchy.prepare(connection)
    for query in (_THINGS, _COUNTED, _VALUES):
        connection.execute(query)
    rows = connection.execute("SELECT DISTINCT measure FROM counted").fetchall()
    known = {str(measure) for (measure,) in rows}
    total = 0
    described: list[Triple] = []
    for cube in CUBES:
        measures = {name: each for name, each in cube.measures.items() if name in known}
        if count := _observe(connection, cube, measures):
            described += _described(cube, measures, date)
            total += count
    statements.add(connection, described, SOURCE, scratch)
    return total


def _observe(
    connection: duckdb.DuckDBPyConnection, cube: Cube, measures: dict[str, NamedNode]
) -> int:
    """Add the observations of a cube; how many there are."""
    if not measures:
        return 0
    said = [
        (RDF.type, f"'{QB.Observation}'"),
        (QB.dataSet, f"'{named('cube', cube.key)}'"),
        *((DIMENSIONS[name].property, _term(name)) for name in cube.dimensions),
        *(
            (each, f"""concat('"', {name}, '"^^{XSD.integer}')""")
            for name, each in measures.items()
        ),
    ]
    key = ", ".join(map(_key, cube.dimensions))
    pairs = ", ".join(f"['{predicate}', {value}]" for predicate, value in said)
    (count,) = connection.execute(
        f"""INSERT INTO statement BY NAME
        SELECT subject, pair[1] AS predicate, pair[2] AS object, ['{SOURCE}'] AS sources FROM (
            SELECT '{_OURS}observation/' || concat_ws('.', '{cube.key}', {key}) || '>' AS subject,
                   unnest([{pairs}]) AS pair
            FROM ({_cells(cube, measures)}))"""
    ).fetchone() or (0,)
    return int(count) // len(said)


def _cells(cube: Cube, measures: Iterable[str]) -> str:
    """SQL: a row for each combination of values that there is, and what is counted there."""
    values, joins = [], []
    for name in cube.dimensions:
        if name == "year":
            values.append("year")
        else:
            values.append(f"{name}.value AS {name}")
            dimensions = list(cube.levels) if name == "territory" else [name]
            joins.append(
                f"JOIN value AS {name} ON {name}.thing = counted.thing "
                f"AND list_contains({dimensions}, {name}.dimension)"
            )
    counts = [f"count(*) FILTER (measure = '{each}') AS {each}" for each in measures]
    return (
        f"SELECT {', '.join([*values, *counts])} FROM counted {' '.join(joins)} "
        f"WHERE list_contains({list(measures)}, measure) GROUP BY ALL"
    )


def _key(dimension: str) -> str:
    """SQL: a value in the IRI of an observation."""
    return dimension if dimension == "year" else f"split_part({dimension}, '/', 2)"


def _term(dimension: str) -> str:
    """SQL: a value as an N-Triples term."""
    if dimension == "year":
        return f"""concat('"', year, '"^^{XSD.gYear}')"""
    return f"concat('{_OURS}', {dimension}, '>')"


def _described(cube: Cube, measures: dict[str, NamedNode], date: str) -> Iterator[Triple]:
    """The cube and its structure (RDF Data Cube, sections 6 and 8)."""
    node = named("cube", cube.key)
    structure = iri.part(node, "structure")
    day = Literal(date, datatype=XSD.date)
    yield node, RDF.type, QB.DataSet
    for lang, title in _titles(cube).items():
        yield node, RDFS.label, Literal(title, language=lang)
        yield node, DCTERMS.title, Literal(title, language=lang)
        yield structure, RDFS.label, Literal(title, language=lang)
    yield node, DCTERMS.date, day
    yield node, DCTERMS.license, LICENCE
    yield node, QB.structure, structure
    yield structure, RDF.type, QB.DataStructureDefinition
    components = [
        *((name, QB.dimension, DIMENSIONS[name].property) for name in cube.dimensions),
        *((name, QB.measure, each) for name, each in measures.items()),
        ("date", QB.attribute, DCTERMS.date),
    ]
    for order, (name, role, property_) in enumerate(components, 1):
        component = iri.part(node, name)
        yield structure, QB.component, component
        yield component, RDF.type, QB.ComponentSpecification
        yield component, role, property_
        yield component, QB.order, Literal(order)
    yield iri.part(node, "date"), QB.componentAttachment, QB.DataSet


def _titles(cube: Cube) -> dict[str, str]:
    """The title in each language."""
    by = [DIMENSIONS[name] for name in cube.dimensions]
    events = "year" in cube.dimensions
    what_fr = "Créations et fermetures dans l’ESS" if events else "Organisations de l’ESS"
    what_en = "Creations and closures in the ESS" if events else "Organisations of the ESS"
    return {
        "fr": f"{what_fr} par {' et '.join(each.fr for each in by)}",
        "en": f"{what_en} by {' and '.join(each.en for each in by)}",
    }
