"""Building a release: sources, statements, links, rules, checks, then the folder.

    convert each source -> merge -> infer -> check -> count -> describe -> write -> current

Everything that is wrong is gathered first, so that one run tells all. What has a violation is
not released: its report stays in var/build/, and the previous release stays current.
"""

from __future__ import annotations

import fcntl
import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rdflib import Graph
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kg import (
    check,
    convert,
    cubes,
    describe,
    release,
    report,
    rules,
    statements,
    writer,
)
from kg.convert import Converted
from kg.errors import BuildFailed, InputError, KgError, MissingFile
from kg.iri import BASE
from kg.link import decisions
from kg.plan import Plan
from kg.report import Finding, Group
from kg.settings import DATA, Settings
from kg.sources import Source
from kg.sources.rows import LeftOut, Row
from kg.vocab import RDF

PROBLEMS_SHOWN = 200
# A disk that is full ends a transaction of the working database, or makes it useless.
_FILE_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
# Severity, check, entity, message in French and in English.
_OF_SOURCES = {
    each[1]: each
    for each in (
        ("violation", "input", "", "Un problème des données reçues.", "A problem of the input."),
        ("warning", "set-aside", "", "Une ligne n’a pu être lue.", "A row could not be read."),
        ("warning", "unread-column", "", "Rien ne lit cette colonne.", "Nothing reads the column."),
        (
            *("warning", "expected-count", ""),
            *("Plus de choses que d’habitude.", "More things than usual."),
        ),
    )
}


@dataclass
class Checked:
    """Statements that were merged, completed and checked, in the working database."""

    connection: duckdb.DuckDBPyConnection
    converted: list[Converted]
    found: list[Group]


def build(settings: Settings, what: Plan, date: str, console: Console) -> release.Release:
    """Build a release and make it current; whatever fails leaves the current one as it was."""
    try:
        return _build(settings, what, date, console)
    except duckdb.OutOfMemoryException as error:
        raise KgError(f"KG_BUILD_MEMORY is too little for this build: {error}") from None
    except _FILE_ERRORS as error:
        raise KgError(f"The files of the build cannot be written or read: {error}") from None


def _build(settings: Settings, what: Plan, date: str, console: Console) -> release.Release:
    releases = release.Releases(settings.releases)
    with _alone(settings), _checked(settings, what, console) as checked:
        _stop_on_violations(checked.found, settings.var / "build" / "report.html")
        name, partial = releases.begin(date)
        edition = describe.Edition(name, date, settings.public_url or f"{BASE}sparql")
        scratch = settings.var / "build" / "own.tsv"
        with _stage(console, "Counting"):
            cubes.add(checked.connection, date, scratch)
        with _stage(console, "Describing the graph"):
            description = describe.describe(checked.connection, checked.converted, edition)
            statements.add(checked.connection, description, "description", scratch)
        contents = writer.Contents(
            edition=edition,
            base=settings.base_iri,
            sources=checked.converted,
            description=description,
            previous=releases.current(),
            found=checked.found,
            store=_serves_from_disk(settings, statements.count(checked.connection)),
            memory=_memory(settings, statements.count(checked.connection)),
        )
        stage = functools.partial(_stage, console)
        given_up = writer.write(checked.connection, contents, partial, stage)
        counts = _accounts(checked.connection, checked.converted) + _questions(given_up)
        report.write(checked.connection, counts, partial, "ESS")
        with stage("Taking checksums"):
            writer.seal(partial)
        made = releases.finish(partial)
        releases.use(made.folder.name)
        return made


def _serves_from_disk(settings: Settings, count: int) -> bool:
    """Whether a release of so many statements gets a store for the disk engine."""
    return settings.engine == "disk" or (not settings.engine and count > settings.disk_above)


def _memory(settings: Settings, count: int) -> int | None:
    """What a query may take that answers a question; None for statements that an engine elsewhere
    is to hold, and that are too many for the memory of this machine.
    """
    elsewhere = settings.engine == "remote" and count > settings.disk_above
    return None if elsewhere else settings.query_memory


def check_only(settings: Settings, what: Plan, console: Console) -> list[Group]:
    """Everything up to the report, without a release; what was found."""
    with _alone(settings), _checked(settings, what, console) as checked:
        return checked.found


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One build at a time in a `var` folder; a lock that a killed build leaves is free again."""
    folder = settings.var / "build"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise KgError(f"Another build is running in {folder}; wait for its end.") from None
        yield


@contextmanager
def _stage(console: Console, name: str) -> Iterator[None]:
    """Show what is being done, and then how long it took."""
    with _timed(console, name), console.status(name):
        yield


@contextmanager
def _timed(console: Console, name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    console.print(f"{time.perf_counter() - start:8.1f} s  {name}", highlight=False)


@contextmanager
def _checked(settings: Settings, what: Plan, console: Console) -> Iterator[Checked]:
    build = settings.var / "build"
    converted, findings = _convert_all(settings, what, console)
    with statements.connect(build / "work", settings.build_memory) as connection:
        report.begin(connection)
        report.add(connection, findings)
        with _stage(console, "Merging statements"):
            made = decisions.read(DATA / "links.csv")
            report.add(connection, statements.merge(connection, converted, made))
        with _stage(console, "Applying rules"):
            store = rules.store(connection, converted, build / "statements.nq")
            derived = rules.infer(store)
            statements.add(
                connection,
                ((t.subject, t.predicate, t.object) for t in derived),  # type: ignore[misc]
                "inferred",
                build / "inferred.tsv",
            )
        with _stage(console, "Checking"):
            report.add(connection, check.by_queries(store))
            report.add(connection, _check_shapes(connection, converted))
            check.over_everything(connection)
            disputed = check.disputed(connection)
            statements.add(connection, disputed, "inferred", build / "inferred.tsv")
        del store
        found = report.write(connection, _accounts(connection, converted), build, "ESS")
        yield Checked(connection, converted, found)


def _convert_all(
    settings: Settings, what: Plan, console: Console
) -> tuple[list[Converted], list[Finding]]:
    """Convert every source; problems that forbid going on are raised together, and files that are
    not there before any other is read.
    """
    converted: list[Converted] = []
    findings: list[Finding] = []
    problems: list[str] = []
    _stop_on_problems(_missing(what), [], settings)
    with _progress(console) as progress:

        def track(rows: Iterator[Row | LeftOut], name: str) -> Iterator[Row | LeftOut]:
            return iter(progress.track(rows, total=None, description=name))

        for source in what.sources:
            given = what.given.get(source.name)
            if set(source.needs) - {each.source.name for each in converted}:
                continue  # what is wrong with those has been said
            try:
                if wrong := source.check(given):
                    problems += [str(each) for each in wrong]
                    continue
                with _timed(console, f"Converting {source.name}"):
                    done = convert.convert(
                        source,
                        given,
                        settings.var / "build",
                        track,
                        options=what.options.get(source.name),
                        needed=_heard(source, converted),
                    )
            except InputError as error:
                problems.append(str(error))
                continue
            converted.append(done)
            short, warnings = convert.check_expected(done)
            problems += short + _too_many_set_aside(done, settings)
            findings += [_finding("expected-count", each) for each in warnings]
            findings += [_finding("set-aside", str(each)) for each in done.outcome.set_aside]
            findings += [
                _finding("unread-column", f"{source.name}: {column}")
                for column in done.outcome.unread
            ]
    _stop_on_problems(problems, findings, settings)
    return converted, findings


def _missing(what: Plan) -> list[str]:
    """What is wrong with the files that were given, or not given."""
    problems = []
    for source in what.sources:
        try:
            files = source.paths(what.given.get(source.name))
        except InputError as error:
            problems.append(str(error))
            continue
        absent = [file for file in files if not file.exists()]
        problems += [str(MissingFile("there is no such file", file)) for file in absent]
    return problems


def _stop_on_problems(problems: list[str], findings: list[Finding], settings: Settings) -> None:
    """Report the problems of the input, if there are any, with what else was found."""
    if not problems:
        return
    folder = settings.var / "build"
    with duckdb.connect() as connection:
        report.begin(connection)
        report.add(connection, [*findings, *(_finding("input", each) for each in problems)])
        report.write(connection, [], folder, "ESS")
    raise BuildFailed(
        f"Nothing was released. Problems in the input: {len(problems)}.",
        folder / "report.html",
        problems[:PROBLEMS_SHOWN],
    )


def _heard(source: Source, converted: list[Converted]) -> list[Converted]:
    """The sources that this one needs, and those that it comes after."""
    return [each for each in converted if each.source.name in {*source.needs, *source.after}]


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:>14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _finding(name: str, text: str) -> Finding:
    """What the reading of the sources found."""
    return Finding(*_OF_SOURCES[name], detail=text)


def _too_many_set_aside(done: Converted, settings: Settings) -> list[str]:
    """The rows set aside, as problems, when they are more than the setting allows."""
    aside = done.outcome.set_aside
    if len(aside) <= settings.max_set_aside * done.outcome.rows:
        return []
    return [str(each) for each in aside]


def _check_shapes(
    connection: duckdb.DuckDBPyConnection, converted: list[Converted]
) -> list[Finding]:
    """Shapes over everything that the curated tables speak of.

    The types of what it refers to are needed too, but are no reason to check those things.
    """
    curated = [str(each.statements) for each in converted if each.source.name == "curated"]
    if not curated:
        return []
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE written AS SELECT DISTINCT subject FROM statement "
        "WHERE sources IN (FROM (SELECT DISTINCT sources FROM statement) WHERE "
        "list_has_any(sources, (SELECT list(DISTINCT source) FROM read_parquet($files))))",
        {"files": curated},
    )
    condition = (
        f"subject IN (FROM written) OR (predicate = '{RDF.type}' AND subject IN "
        "(SELECT object FROM statement WHERE subject IN (FROM written)))"
    )
    graph = Graph()
    for batch in statements.batches(connection, condition):
        graph.parse(data=batch, format="nt")
    rows = connection.execute("SELECT trim(subject, '<>') FROM written").fetchall()
    written = {iri for (iri,) in rows}
    return [each for each in check.against_shapes(graph) if each.entity in written]


def _accounts(
    connection: duckdb.DuckDBPyConnection, converted: list[Converted]
) -> list[tuple[str, str, str]]:
    """The figures of the report: (French, English, numbers)."""
    return [
        ("énoncés", "statements", f"{statements.count(connection):,}"),
        *(row for each in converted for row in _account(each)),
    ]


def _account(done: Converted) -> Iterator[tuple[str, str, str]]:
    """What became of a source's rows."""
    outcome, name = done.outcome, done.source.name
    yield (
        f"{name} : lignes lues, mises de côté",
        f"{name}: rows read, set aside",
        f"{outcome.rows:,}, {len(outcome.set_aside):,}",
    )
    for reason, number in outcome.left_out.items():
        yield f"{name} : écartées, {reason}", f"{name}: left out, {reason}", f"{number:,}"


def _questions(given_up: dict[str, str]) -> list[tuple[str, str, str]]:
    """The questions whose answers the release does not hold."""
    return [
        (f"question abandonnée : {name}", f"question given up: {name}", reason)
        for name, reason in given_up.items()
    ]


def _stop_on_violations(found: list[Group], path: Path) -> None:
    if broken := report.violations(found):
        problems = [str(finding) for each in broken for finding in each.first]
        number = sum(each.number for each in broken)
        raise BuildFailed(
            f"Nothing was released. Violations: {number}.", path, problems[:PROBLEMS_SHOWN]
        )
