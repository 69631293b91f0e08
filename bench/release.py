"""A release of a generated graph, so that it is served like any other.

<var>/bench/<size>/releases/…      written once, by the builder's own writer
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench.generate import generate
from kg import describe, statements, writer
from kg.iri import BASE
from kg.release import Release, Releases
from kg.settings import Settings

DATE = "2026-01-01"
READ = """INSERT INTO statement
SELECT split_part(line, ' ', 1), split_part(line, ' ', 2), quad.object, split(quad.sources, '+')
FROM (
  SELECT line, regexp_extract(
    line, '^\\S+ \\S+ (.*) <[^ ]*/graph/([^ >]*)> \\.$', ['object', 'sources']) AS quad
  FROM read_csv($file, columns={'line': 'VARCHAR'}, delim='\x01', quote='', escape='',
    header=false, auto_detect=false, compression='zstd')
)"""


def release(settings: Settings, size: int) -> Release:
    """The release of that size; it is made if it is not there."""
    folder = settings.var / "bench" / str(size)
    releases = Releases(folder / "releases")
    if (made := releases.current()) is not None:
        return made
    quads = folder / "generated.nq.zst"
    generate(size, quads)
    with statements.connect(folder / "work") as connection:
        read(connection, quads)
        made = _write(connection, releases, folder, settings)
    quads.unlink()
    return made


def read(connection: duckdb.DuckDBPyConnection, quads: Path) -> None:
    """Make the table `statement` of generated quads."""
    connection.execute(
        "CREATE TABLE statement "
        "(subject VARCHAR, predicate VARCHAR, object VARCHAR, sources VARCHAR[])"
    )
    connection.execute(READ, {"file": str(quads)})
    connection.execute("CREATE TABLE link (old VARCHAR, new VARCHAR, used BOOLEAN)")  # none


def _write(
    connection: duckdb.DuckDBPyConnection, releases: Releases, folder: Path, settings: Settings
) -> Release:
    name, partial = releases.begin(DATE)
    edition = describe.Edition(name, DATE, f"{BASE}sparql")
    description = describe.describe(connection, [], edition)
    statements.add(connection, description, "description", folder / "description.tsv")
    contents = writer.Contents(
        edition=edition,
        base=BASE,
        sources=[],
        description=description,
        previous=None,
        store=statements.count(connection) > settings.disk_above,
    )
    writer.write(connection, contents, partial)
    writer.seal(partial)
    made = releases.finish(partial)
    releases.use(made.folder.name)
    return made
