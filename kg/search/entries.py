"""What the index knows of each entity, gathered from the table `statement`.

    word       what each entity is called, its identifiers, its dates
    tag        the values by which lists are narrowed
    tagged     which entity has which of them; `widened`: a wide value finds what is narrower
    ordered    the entity's place in every order, and what a row of a list shows
    together   all of it, an entity in a row

Each is a query of its own, `<name>.sql`. Entities are numbers there, hashes of `<kind>/<key>`.

Names come in the order of the French collation of Unicode (ICU, in DuckDB), over the words of a
name: punctuation does not count, accents and capitals only where all letters are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from kg import hierarchy
from kg.iri import schemes
from kg.queryfile import read
from kg.vocab import DCTERMS, ESS, FOAF, LEGAL, ORG, RDFS, SCHEMA, SKOS

if TYPE_CHECKING:
    import duckdb

FOLDER = Path(__file__).parent
# How many entities are put together in memory at once.
PART = 400_000
Tags: TypeAlias = dict[int, list[tuple[str, str]]]
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
    "latitude": (SCHEMA.latitude,),
    "longitude": (SCHEMA.longitude,),
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
    (ESS.administrativeStatus, "status", "administrative-status"),
    (ESS.commune, "place", "territory"),
    (ESS.departement, "place", "territory"),
    (ESS.region, "place", "territory"),
    (DCTERMS.spatial, "place", "territory"),
)
_WORDS = r"""CREATE OR REPLACE TEMP MACRO words(name) AS trim(regexp_replace(
    regexp_replace(name, '\b(\pL)\.', '\1', 'g'),  -- S.C.I.C.
    '[^\pL\pM\pN]+', ' ', 'g'))"""


class Shown(NamedTuple):
    """What a row of a list can show. Each name in its language, or in none; "" for what is not.

    Latitude and longitude, in degrees (WGS 84), are the entity's own or its seat's.
    """

    path: str
    fr: str = ""
    en: str = ""
    plain: str = ""
    acronym: str = ""
    code: str = ""
    place: str = ""
    began: str = ""
    ended: str = ""
    latitude: str = ""
    longitude: str = ""

    @property
    def kind(self) -> str:
        """The kind of the entity."""
        return self.path.partition("/")[0]


class Entry(NamedTuple):
    """What the index knows of an entity; its places in the orders `kg.search.fields.ORDERS`."""

    shown: Shown
    labels: Sequence[str]
    orders: tuple[int, ...]
    weight: float = 0.0
    names: Sequence[str] = ()
    codes: Sequence[str] = ()
    facets: Mapping[str, Sequence[str]] = MappingProxyType({})


def gather(connection: duckdb.DuckDBPyConnection) -> Iterator[Entry]:
    """An entry for every entity of the table `statement` that has a label, in no order.

    Nothing else may be asked of the connection before the last one has come.
    """
    tags = _prepare(connection)
    (count,) = connection.execute("SELECT count(*) FROM ordered").fetchone() or (0,)
    parts = 1 + int(count) // PART
    for part in range(parts):
        values = {"count": count, "parts": parts, "part": part}
        connection.execute(_query("together"), values)
        while rows := connection.fetchmany(10_000):
            yield from (_entry(row, tags) for row in rows)


def _prepare(connection: duckdb.DuckDBPyConnection) -> Tags:
    """Make the tables of the module's map, and return what each tag stands for."""
    naming = [
        (str(name), use, rank, name in _OF_PARTS)
        for use, names in _NAMING.items()
        for rank, name in enumerate(names)
    ]
    _fill(connection, "naming", ("predicate", "use", "rank", "of_parts"), naming)
    listing = [(str(name), facet, kind) for name, facet, kind in _FACETS]
    _fill(connection, "listing", ("predicate", "stated", "kind"), listing)
    connection.execute(_WORDS)
    hierarchy.prepare(connection)
    values: dict[str, dict[str, object]] = {"tagged": {"concepts": sorted(schemes())}}
    for name in ("word", "tag", "tagged", "ordered"):
        query = f"CREATE OR REPLACE TEMP TABLE {name} AS {_query(name)}"
        connection.execute(query, values.get(name))
    tags: Tags = defaultdict(list)
    for tag, key, facet in connection.execute(_query("widened")).fetchall():
        tags[tag].append((facet, key))
    return tags


def _query(name: str) -> str:
    return read(FOLDER / f"{name}.sql").text


def _fill(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> None:
    """Make a small table of rows of ours."""
    structs = [dict(zip(names, row, strict=True)) for row in rows]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT unnest($1, recursive := true)", [structs]
    )


def _entry(row: tuple[Any, ...], tags: Tags) -> Entry:
    """A row of the last query as an entry."""
    shown, orders, weight, labels, names, codes, years, tagged = row
    facets: dict[str, list[str]] = {"year": years} if years else {}
    for facet, key in dict.fromkeys(chain.from_iterable(tags[tag] for tag in tagged or ())):
        facets.setdefault(facet, []).append(key)
    return Entry(
        Shown._make(shown), labels, tuple(orders), weight, names or (), codes or (), facets
    )
