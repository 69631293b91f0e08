"""What the index knows of each entity, gathered from the table `statement` in SQL.

    word      what each entity is called, its identifiers, its dates
    wider     what a territory or a concept is part of
    facet     the values by which lists are narrowed; a wide value finds what is narrower
    ordered   the entity's place in every order, and what a row of a list shows

Names come in the order of the French collation of Unicode (ICU, in DuckDB), over the words of a
name: punctuation does not count, accents and capitals only where all letters are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyoxigraph import RdfFormat, parse

from kg.iri import BASE, schemes
from kg.vocab import DCTERMS, ESS, FOAF, LEGAL, ORG, RDFS, SCHEMA, SKOS

if TYPE_CHECKING:
    import duckdb

# How many entities are put together in memory at once.
PART = 200_000
# How properties are used, and the kinds of their values where these are things.
_NAMING = {
    "label": (RDFS.label, SKOS.prefLabel),
    "acronym": (ESS.acronym,),
    "name": (
        *(SKOS.altLabel, SKOS.hiddenLabel, ESS.formerName, DCTERMS.title, FOAF.name),
        *(LEGAL.legalName, SCHEMA.postalCode),
    ),
    "code": (
        *(ESS.siren, ESS.siret, ESS.rna, ESS.inseeCode, ESS.doi, ESS.halId, ESS.isbn, ESS.nor),
        *(ESS.eli, SKOS.notation, SCHEMA.identifier, SCHEMA.sameAs),
    ),
    "began": (SCHEMA.foundingDate, DCTERMS.issued, SCHEMA.datePublished, SCHEMA.startDate),
    "ended": (SCHEMA.dissolutionDate, SCHEMA.endDate),
    "place": (ESS.place, ESS.seat),
}
# Titles of editions and former identifiers are found as their owner's.
_OF_PARTS = (DCTERMS.title, SKOS.notation)
_FACETS = (
    (ESS.legalFamily, "family", "legal-family"),
    (ESS.legalForm, "form", "legal-form"),
    (ESS.sizeClass, "size", "size-class"),
    (ESS.activity, "activity", "activity"),
    (DCTERMS.subject, "theme", "theme"),
    (ORG.classification, "type", "organization-type"),
    (DCTERMS.type, "type", "publication-type"),
    (ESS.territoryLevel, "type", "territory-level"),
    (ESS.commune, "place", "territory"),
    (ESS.departement, "place", "territory"),
    (ESS.region, "place", "territory"),
    (DCTERMS.spatial, "place", "territory"),
)


@dataclass(frozen=True)
class Shown:
    """What a row of a list can show. Each name in its language, or in none; "" for what is not."""

    path: str
    fr: str = ""
    en: str = ""
    plain: str = ""
    acronym: str = ""
    code: str = ""
    place: str = ""
    began: str = ""
    ended: str = ""

    @property
    def kind(self) -> str:
        """The kind of the entity."""
        return self.path.partition("/")[0]


@dataclass(frozen=True)
class Entry:
    """What the index knows of an entity; its places in the orders `kg.search.fields.ORDERS`."""

    shown: Shown
    labels: Sequence[str]
    orders: tuple[int, ...]
    weight: float = 0.0
    names: Sequence[str] = ()
    codes: Sequence[str] = ()
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)


def _path(column: str) -> str:
    """SQL: `<kind>/<key>` of a term that is the IRI of an entity."""
    return f"{column}[{len(BASE) + len('<id/') + 1}:-2]"


def _words(column: str) -> str:
    """SQL: a name without its punctuation, in the order of French dictionaries."""
    together = f"regexp_replace({column}, '\\b(\\pL)\\.', '\\1', 'g')"  # S.C.I.C.
    return f"trim(regexp_replace({together}, '[^\\pL\\pM\\pN]+', ' ', 'g')) COLLATE fr"


_WORD = f"""
SELECT split_part({_path("subject")}, '#', 1) AS entity, use, predicate,
       regexp_extract(object, '^"(.*)"', 1) || regexp_extract(object, '/(Q[0-9]+)>$', 1) AS value,
       regexp_extract(object, '"@([A-Za-z]+)[A-Za-z0-9-]*$', 1) AS lang
FROM statement JOIN naming USING (predicate)
WHERE starts_with(subject, '<{BASE}id/') AND (of_parts OR NOT contains(subject, '#'))
  AND value <> ''
"""
_WIDER = f"""
WITH RECURSIVE step AS (
    SELECT {_path("subject")} AS thing, {_path("object")} AS wider FROM statement
    WHERE predicate = $broader OR (predicate IN ($part_of, $replaced_by)
        AND starts_with(subject, '<{BASE}id/territory/'))
), up AS (
    SELECT thing, wider FROM step
    UNION SELECT up.thing, step.wider FROM up JOIN step ON step.thing = up.wider
)
SELECT thing, wider FROM up UNION SELECT unnest([thing, wider]) AS same, same FROM step
"""
_LEVEL = f"""
SELECT {_path("subject")} AS territory, split_part({_path("object")}, '/', 2) AS level
FROM statement WHERE predicate = $level AND level IN ('commune', 'departement', 'region')
"""
_FACET = f"""
WITH stated AS (
    SELECT {_path("subject")} AS entity, facet AS stated, {_path("object")} AS value
    FROM statement JOIN listing USING (predicate)
    WHERE starts_with(subject, '<{BASE}id/') AND NOT contains(subject, '#')
      AND starts_with(object, '<{BASE}id/' || kind || '/')
      AND NOT list_contains($concepts, split_part(entity, '/', 1))
    UNION SELECT thing, 'place', thing FROM wider WHERE starts_with(thing, 'territory/')
), widened AS (
    SELECT entity, stated, coalesce(wider, value) AS value FROM stated
    LEFT JOIN wider ON thing = value AND stated IN ('theme', 'type', 'place', 'activity')
)
SELECT DISTINCT entity, split_part(value, '/', 2) AS key, CASE
    WHEN stated = 'place' THEN level
    WHEN stated <> 'activity' THEN stated
    WHEN regexp_full_match(key, '[A-Z]') THEN 'section'
    WHEN regexp_full_match(key, '[0-9][0-9]') THEN 'division' END AS facet
FROM widened LEFT JOIN level ON territory = value AND stated = 'place'
UNION SELECT DISTINCT entity, value[:4], 'year' FROM word
WHERE use = 'began' AND regexp_matches(value, '^[0-9]{{4}}')
"""
_ORDERED = f"""
WITH called AS (
    SELECT entity,
        min(value) FILTER (use = 'label' AND lang = 'fr') AS fr,
        min(value) FILTER (use = 'label' AND lang = 'en') AS en,
        min(value) FILTER (use = 'label' AND lang NOT IN ('fr', 'en')) AS plain,
        min(value) FILTER (use = 'acronym') AS acronym,
        arg_min(value, list_position($codes, predicate)) FILTER (use = 'code') AS code,
        min(value) FILTER (use = 'place') AS place,
        min(value) FILTER (use = 'began') AS began,
        max(value) FILTER (use = 'ended') AS ended
    FROM word GROUP BY entity HAVING count(*) FILTER (use = 'label') > 0
), seat AS (
    SELECT facet.entity, min(coalesce(fr, plain, en)) AS seat
    FROM facet JOIN called AS place ON place.entity = 'territory/' || key
    WHERE facet = if(starts_with(facet.entity, 'territory/'), 'departement', 'commune')
      AND facet.entity <> place.entity
    GROUP BY facet.entity
), pointed AS (
    SELECT split_part({_path("object")}, '#', 1) AS entity, log2(count(*))::INTEGER AS links
    FROM statement
    WHERE starts_with(object, '<{BASE}id/') AND starts_with(subject, '<{BASE}id/')
      AND split_part({_path("subject")}, '#', 1) <> entity
    GROUP BY entity
), named AS (
    SELECT *, coalesce(fr, plain, en) AS first, coalesce(en, plain, fr) AS second
    FROM called LEFT JOIN seat USING (entity) LEFT JOIN pointed USING (entity)
), counted AS (
    SELECT *,
        row_number() OVER (ORDER BY {_words("first")}, first COLLATE fr, entity) AS name_fr,
        row_number() OVER (ORDER BY {_words("second")}, second COLLATE fr, entity) AS name_en
    FROM named
)
SELECT *, row_number() OVER (ORDER BY began DESC NULLS LAST, name_fr) AS newest,
    row_number() OVER (ORDER BY least(coalesce(links, -1), 10), name_fr DESC) AS rank
FROM counted
"""
_PUT_TOGETHER = """
SELECT [entity, fr, en, plain, acronym, code, coalesce(seat, place), began, ended],
    [name_fr, name_en, newest], 2 ** (1 + rank / (1 + $count)) - 2, labels, names, codes, facets
FROM ordered
JOIN (SELECT entity, list(DISTINCT value) FILTER (use = 'label') AS labels,
             list(DISTINCT value) FILTER (use IN ('acronym', 'name')) AS names,
             list(DISTINCT value) FILTER (use = 'code') AS codes
      FROM word WHERE hash(entity) % $parts = $part GROUP BY entity) USING (entity)
LEFT JOIN (SELECT entity, list([facet, key]) AS facets FROM facet
           WHERE facet IS NOT NULL AND hash(entity) % $parts = $part GROUP BY entity) USING (entity)
"""


def gather(connection: duckdb.DuckDBPyConnection) -> Iterator[Entry]:
    """An entry for every entity of the table `statement` that has a label, in no order.

    Nothing else may be asked of the connection before the last one has come.
    """
    _prepare(connection)
    (count,) = connection.execute("SELECT count(*) FROM ordered").fetchone() or (0,)
    parts = 1 + int(count) // PART
    for part in range(parts):
        connection.execute(_PUT_TOGETHER, {"count": count, "parts": parts, "part": part})
        while rows := connection.fetchmany(10_000):
            yield from map(_entry, rows)


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of the module's map, in the order in which they need each other."""
    naming = [(str(name), use, name in _OF_PARTS) for use, all_ in _NAMING.items() for name in all_]
    listing = [(str(name), facet, kind) for name, facet, kind in _FACETS]
    rows = "SELECT unnest($rows, recursive := true)"
    tables: dict[str, tuple[str, dict[str, object]]] = {
        "naming": (rows, {"rows": _structs(("predicate", "use", "of_parts"), naming)}),
        "listing": (rows, {"rows": _structs(("predicate", "facet", "kind"), listing)}),
        "word": (_WORD, {}),
        "wider": (
            _WIDER,
            {
                "broader": str(SKOS.broader),
                "part_of": str(DCTERMS.isPartOf),
                "replaced_by": str(DCTERMS.isReplacedBy),
            },
        ),
        "level": (_LEVEL, {"level": str(ESS.territoryLevel)}),
        "facet": (_FACET, {"concepts": sorted(schemes())}),
        "ordered": (_ORDERED, {"codes": [str(name) for name in _NAMING["code"]]}),
    }
    for name, (query, values) in tables.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}", values)


def _structs(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[dict[str, object]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _entry(row: tuple[Any, ...]) -> Entry:
    """A row of the last query as an entry."""
    shown, orders, weight, *words, facets = row
    thing = Shown(*(_text(value or "") for value in shown))
    by_facet = defaultdict(list)
    for facet, key in facets or ():
        by_facet[facet].append(key)
    labels, names, codes = ([_text(each) for each in found or ()] for found in words)
    return Entry(thing, labels, tuple(orders), weight, names, codes, by_facet)


def _text(value: str) -> str:
    """What stands between the quotes of an N-Triples literal."""
    if "\\" not in value:
        return value
    (quad,) = parse(f'<x:x> <x:x> "{value}" .', format=RdfFormat.N_TRIPLES)
    return str(quad.object.value)
