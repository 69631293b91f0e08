"""Publishing: the statements of a release, loaded into the service behind the remote engine.

    graph store   SPARQL 1.1 Graph Store Protocol: PUT of every graph, DELETE of those that are gone
    Virtuoso      its bulk loader, told through isql; the server reads the files itself

Neither way replaces a whole release in one step. So the graph that names the release goes first
and comes last: a service that holds part of a release says that it holds none, and no server
begins to ask it. What is served from it meanwhile sees graphs of both releases. Whoever must not
show that loads a second service, and then changes `KG_REMOTE_URL`.

Only graphs named `<base>graph/…` are touched. Files go to a folder that is removed at
the end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from urllib.parse import quote

import duckdb

from kg import iri, sql
from kg.errors import KgError
from kg.iri import GRAPH, rebase
from kg.query.engines import connect, held
from kg.query.remote import Address, RemoteEngine
from kg.query.results import select
from kg.release import Release
from kg.settings import Settings

SECONDS = 3600.0
MARKER = iri.graph(["description"]).value
# Not DISTINCT, which Virtuoso answers by a procedure that does not end where graphs are hidden.
GRAPHS = "SELECT ?graph (COUNT(*) AS ?count) { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"
COUNT = "SELECT (COUNT(*) AS ?count) { ?s ?p ?o }"
TRIPLE = "concat_ws(' ', subject, predicate, object, '.')"
QUAD = "concat_ws(' ', subject, predicate, object, graph, '.')"
PRIVATE = "http://www.openlinksw.com/schemas/virtrdf#PrivateGraphs"
CLIENTS = ("isql-vt", "isql-v", "isql")
_NAME = re.compile(r"[^\s<>\"{}|^`\\';]+")


@dataclass(frozen=True)
class Statements:
    """The statements of a release, by graph, in a working database; `folder` is for files."""

    connection: duckdb.DuckDBPyConnection
    base: str
    folder: Path

    @property
    def marker(self) -> str:
        """The graph that names the release."""
        return rebase(MARKER, self.base)

    @property
    def graphs(self) -> list[str]:
        """The graphs of the release, the marker last."""
        rows = self.connection.execute("SELECT DISTINCT trim(graph, '<>') FROM quad").fetchall()
        return sorted((name for (name,) in rows), key=lambda name: (name == self.marker, name))

    def ours(self, graph: str) -> bool:
        """Whether a graph of the service is one that a release may have put there."""
        return graph.startswith(f"{self.base}graph/") and bool(_NAME.fullmatch(graph))

    def write(self, path: Path, line: str, condition: str, graph: str) -> None:
        """Write lines of the graph, or of all others, compressed if the name ends in `.gz`."""
        compression = "gzip" if path.suffix == ".gz" else "uncompressed"
        self.connection.execute(
            f"""COPY (SELECT {line} FROM quad WHERE graph {condition} $graph) TO {sql.text(path)}
            (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01',
             COMPRESSION {compression})""",  # noqa: S608 - words and paths of our own
            {"graph": f"<{graph}>"},
        )


def publish(
    settings: Settings, release: Release, folder: Path, store: str | None, virtuoso: str | None
) -> int:
    """Load a release, by graph store or into a Virtuoso, and see that all of it is there.

    Returns the number of its statements; `KgError` says what went wrong and how to mend it.
    """
    engine = connect(replace(settings, query_seconds=SECONDS), release.base)
    with _statements(release, folder) as statements:
        there = [row["graph"].value for row in select(engine, GRAPHS)]
        if virtuoso:
            _Virtuoso(virtuoso, settings).load(statements, there)
        elif store:
            address = Address(store, settings.remote_user, settings.remote_password)
            _by_graph_store(address, statements, there)
    return _verified(engine, release)


@contextmanager
def _statements(release: Release, folder: Path) -> Iterator[Statements]:
    folder.mkdir(parents=True, exist_ok=True)
    graph = rebase(GRAPH, release.base)
    with (
        tempfile.TemporaryDirectory(dir=folder.resolve()) as scratch,
        duckdb.connect(f"{scratch}/quads") as connection,
    ):
        Path(scratch).chmod(0o755)  # a database server reads there, under its own name
        connection.execute(
            f"""CREATE TABLE quad AS SELECT subject, predicate, object, {graph} AS graph
            FROM read_parquet($file) ORDER BY graph""",  # noqa: S608 - an expression of our own
            {"file": str(release.folder / "statements.parquet")},
        )
        yield Statements(connection, release.base, Path(scratch))


def _by_graph_store(address: Address, statements: Statements, there: list[str]) -> None:
    """Replace every graph, and take away those that the release has not."""
    *graphs, marker = statements.graphs
    path = statements.folder / "graph.nt"

    def put(graph: str) -> None:
        statements.write(path, TRIPLE, "=", graph)
        _send(address, "PUT", graph, path)

    if marker in there:
        _send(address, "DELETE", marker)
    for graph in graphs:
        put(graph)
    for graph in sorted(set(there) - set(graphs) - {marker}):
        if statements.ours(graph):
            _send(address, "DELETE", graph)
    put(marker)


def _send(address: Address, method: str, graph: str, path: Path | None = None) -> None:
    """One request of the Graph Store Protocol (sections 5.3 and 5.4)."""
    headers, parameters = {}, f"graph={quote(graph, safe='')}"
    if path:
        size = str(path.stat().st_size)
        headers = {"Content-Type": "application/n-triples", "Content-Length": size}
    try:
        with (
            (path or Path(os.devnull)).open("rb") as file,
            address.send(
                method, file if path else None, headers, seconds=SECONDS, parameters=parameters
            ) as response,
        ):
            status = response.status
    except (OSError, HTTPException) as error:
        raise KgError(f"{address.url} cannot be reached: {error}.") from None
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise KgError(
            f"{address.url} answers {status} to {method} of {graph}; the release is not complete "
            "there. Mend that, and run 'kg publish' again."
        )


class _Virtuoso:
    """A Virtuoso server, spoken to in SQL through its command-line client."""

    def __init__(self, address: str, settings: Settings) -> None:
        """`KgError` when the client is not installed."""
        client = next(filter(None, map(shutil.which, CLIENTS)), None)
        if client is None:
            raise KgError("isql is not installed: it is in virtuoso-opensource-7-bin of Debian.")
        self._command = [
            *(client, address, settings.remote_user or "dba", settings.remote_password or "dba"),
            *("VERBOSE=OFF", "BANNER=OFF", "PROMPT=OFF", "ERRORS=STDOUT"),
        ]

    def load(self, statements: Statements, there: list[str]) -> None:
        """Clear what is ours, hide what is Virtuoso's own, load the release.

        Nothing is logged, and a checkpoint ends it: after a crash the server has what it had.
        """
        self._check_settings()
        paths = [statements.folder / name for name in ("statements.nq.gz", "description.nq.gz")]
        for path, condition in zip(paths, ("!=", "="), strict=True):
            statements.write(path, QUAD, condition, statements.marker)
            self._check_reads(path)
        for graph in sorted(there, key=lambda graph: graph != statements.marker):
            if statements.ours(graph):
                self._run("log_enable(2, 1)", f"SPARQL CLEAR GRAPH <{graph}>")
        self._hide([graph for graph in there if not statements.ours(graph)])
        for path in paths:
            self._load(path)
        self._run("checkpoint")

    def _check_settings(self) -> None:
        """Refuse a server whose settings would make it answer wrongly (docs/engines.md)."""
        threads, rows = self._run(
            "select sys_stat('enable_qp')",
            "select cfg_item_value(virtuoso_ini_path(), 'SPARQL', 'ResultSetMaxRows')",
        ).split()
        if threads != "1":
            raise KgError(
                "This Virtuoso evaluates a query in several threads, and then fails at random where"
                " graphs are hidden. Set ThreadsPerQuery = 1 under [Parameters] in its virtuoso.ini"
                " and start it again."
            )
        if rows != "NULL":
            raise KgError(
                f"This Virtuoso cuts results after {rows} rows without saying so. Remove "
                "ResultSetMaxRows from [SPARQL] in its virtuoso.ini and start it again."
            )

    def _hide(self, graphs: list[str]) -> None:
        """Make graphs invisible to the public endpoint, whose default graph is all it can see."""
        self._run(
            f"DB.DBA.RDF_GRAPH_GROUP_CREATE('{PRIVATE}', 1)",
            "DB.DBA.RDF_DEFAULT_USER_PERMS_SET('nobody', 1)",
            "DB.DBA.RDF_DEFAULT_USER_PERMS_SET('nobody', 0, 1)",
            *(
                f"DB.DBA.RDF_GRAPH_GROUP_INS('{PRIVATE}', '{graph}')"
                for graph in graphs
                if _NAME.fullmatch(graph)
            ),
        )

    def _check_reads(self, path: Path) -> None:
        """Refuse, before anything is lost, a file that the server cannot read."""
        mend = "give --folder one that is on the server and in DirsAllowed of its virtuoso.ini"
        if not _NAME.fullmatch(str(path)):
            raise KgError(f"{path}: give --folder one without blanks and quotes in its name.")
        try:
            self._run(f"select file_to_string('{path}', 0, 1)")
        except KgError as error:
            raise KgError(f"{error}. To mend it: {mend}") from None

    def _load(self, path: Path) -> None:
        """Let the server read a file of N-Quads."""
        row = f"from DB.DBA.load_list where ll_file = '{path}'"
        self._run(
            f"delete {row}",
            f"ld_dir('{path.parent}', '{path.name}', 'urn:none')",
            "rdf_loader_run()",
        )
        if problem := self._run(f"select coalesce(ll_error, '') {row}"):
            raise KgError(f"Virtuoso could not load {path.name}: {problem}")

    def _run(self, *statements: str) -> str:
        """What the server says to SQL statements; `KgError` with its first error."""
        done = subprocess.run(  # noqa: S603 - the words are our own, and the deployer's
            self._command,
            input="".join(f"{statement};\n" for statement in statements),
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout.strip()
        if found := re.search(r"\*\*\* Error (.*)", done.stdout + done.stderr):
            raise KgError(f"Virtuoso at {self._command[1]} says: {found[1]}")
        return output


def _verified(engine: RemoteEngine, release: Release) -> int:
    """See that the service has exactly the release's statements in its default graph."""
    count = int(select(engine, COUNT)[0]["count"].value)
    wanted = int(release.manifest["counts"]["statements"])
    if held(engine, release.base) != release.id or count != wanted:
        raise KgError(
            f"The service has {count:,} statements in its default graph instead of {wanted:,}. That"
            " must be the union of all named graphs, and of no others than the release's: "
            "docs/engines.md."
        )
    return count
