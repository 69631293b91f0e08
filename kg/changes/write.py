"""Writing what changed: of a release, into its folder (the layout: `kg.changes`); of any two that
do not come from each other, by comparing all that they state.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from kg import hierarchy, history, sql, statements
from kg.changes import DIFFERENCE, ENTITIES, FOLDER, STATEMENTS, between, lists, texts
from kg.errors import InputError
from kg.iri import rebase
from kg.release import Release, Releases, moment
from kg.settings import Settings
from kg.vocab import DCTERMS, ESS, RDFS

# Where a thing lies, said of it; and of a territory, what it is part of.
_PLACES = (ESS.commune, ESS.departement, ESS.region, DCTERMS.spatial, DCTERMS.isPartOf)
_OWNER = "trim(split_part(subject, '#', 1), '<>')"
_TERRITORY = "{base}id/territory/"


def write(
    connection: duckdb.DuckDBPyConnection, folder: Path, release: str, base: str, previous: Release
) -> dict[str, dict[str, int]]:
    """Write the folder of a release's changes; how many entities of each kind met which fate.

    It is made from the tables `added` and `removed` (`kg.statements.difference`), `before`
    (`kg.history.write`) and `statement`, and the files that the release has already.
    """
    target = folder / FOLDER
    target.mkdir()
    _write_difference(connection, target)
    texts.write(target, previous, release, base)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE changed AS
        SELECT iri, now.kind, before.state AS was, now.state, now.successor, now.modified
        FROM {sql.text(folder / history.FILE)} AS now LEFT JOIN before USING (iri)
        WHERE now.modified = $moment""",
        {"moment": moment(release)},
    )
    connection.execute(
        f"""COPY (FROM {sql.text(folder / "statements.parquet")}
            WHERE {_OWNER} IN (SELECT iri FROM changed WHERE state = 'live')
            ORDER BY subject, predicate, object)
        TO {sql.text(target / STATEMENTS)} (FORMAT parquet, COMPRESSION zstd)"""
    )
    _write_entities(connection, target, base)
    return lists.counts(target)


def between_two(settings: Settings, old: Release, new: Release) -> Path:
    """The folder of the changes between two releases; it is made if it is not there."""
    if old.id == new.id:
        raise InputError("is no later or earlier release", column="NEW", value=new.id)
    folder = settings.changes
    if found := between.prepared(folder, old, new):
        return found
    known = {each.id: each for each in Releases(settings.releases).all()}
    if steps := between.way(old, new, known):
        return between.prepare(folder, old, new, steps)
    with (
        statements.connect(settings.var / "build" / "compare", settings.build_memory) as connection,
        between.kept(folder, old, new) as target,
    ):
        connection.execute(
            f"CREATE VIEW statement AS FROM {sql.text(new.folder / 'statements.parquet')}"
        )
        statements.difference(
            connection, old.folder / "statements.parquet", new.folder / "statements.parquet"
        )
        compare(connection, old, new, target)
    return folder / target.name


def compare(
    connection: duckdb.DuckDBPyConnection, old: Release, new: Release, target: Path
) -> None:
    """Write the changes between two releases whatever lies between them, from the tables `added`
    and `removed`; without the places of what changed, and without names.
    """
    _write_difference(connection, target)
    texts.write(target, old, new.id, new.base)
    connection.execute(
        f"""COPY (
            WITH touched AS (SELECT {_OWNER} AS iri FROM added UNION SELECT {_OWNER} FROM removed)
            SELECT iri, coalesce(now.kind, before.kind) AS kind, before.state AS was,
                coalesce(now.state, 'withdrawn') AS state, now.successor, now.modified,
                []::VARCHAR[] AS labels, []::VARCHAR[] AS places
            FROM {sql.text(old.folder / ENTITIES)} AS before
            FULL JOIN {sql.text(new.folder / ENTITIES)} AS now USING (iri)
            WHERE iri IN (FROM touched) ORDER BY iri
        ) TO {sql.text(target / ENTITIES)} (FORMAT parquet, COMPRESSION zstd)"""
    )


def _write_difference(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    connection.execute(
        f"""COPY (SELECT 1::TINYINT AS sign, * FROM added UNION ALL SELECT -1, * FROM removed
            ORDER BY subject, predicate, object, sign)
        TO {sql.text(target / DIFFERENCE)} (FORMAT parquet, COMPRESSION zstd)"""
    )


def _write_entities(connection: duckdb.DuckDBPyConnection, target: Path, base: str) -> None:
    """Write the entities with their names and places: of what is gone, those that it had."""
    hierarchy.prepare(connection)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE said AS
        SELECT {_OWNER} AS iri, subject, predicate, object FROM {sql.text(target / STATEMENTS)}
        UNION ALL SELECT {_OWNER}, subject, predicate, object FROM removed
        WHERE {_OWNER} IN (SELECT iri FROM changed WHERE state <> 'live')"""
    )
    territory = _TERRITORY.format(base=base)
    predicates = ", ".join(f"'{rebase(str(each), base)}'" for each in _PLACES)
    connection.execute(
        f"""COPY (
            WITH place AS (
                SELECT iri, trim(object, '<>')[{len(territory) + 1}:] AS place FROM said
                WHERE predicate IN ({predicates})
                    AND starts_with(object, $start)
                UNION SELECT iri, iri[{len(territory) + 1}:] FROM changed WHERE kind = 'territory'
            ), wide AS (
                FROM place UNION SELECT iri, split_part(wider, '/', 2)
                FROM place JOIN wider ON thing = 'territory/' || place
            ), placed AS (
                SELECT iri, list_sort(list(DISTINCT place)) AS places FROM wide GROUP BY iri
            ), named AS (
                SELECT iri, list_sort(list(DISTINCT object)) AS labels FROM said
                WHERE predicate = '{RDFS.label}' AND NOT contains(subject, '#') GROUP BY iri
            )
            SELECT iri, kind, was, state, successor, modified,
                coalesce(labels, []) AS labels, coalesce(places, []) AS places
            FROM changed LEFT JOIN named USING (iri) LEFT JOIN placed USING (iri) ORDER BY iri
        ) TO {sql.text(target / ENTITIES)} (FORMAT parquet, COMPRESSION zstd)""",
        {"start": f"<{territory}"},
    )
