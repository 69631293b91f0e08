"""Building a release: sources, statements, links, rules, checks, then the folder.

    convert each source -> merge -> infer -> check -> count -> describe -> write -> current

Everything that is wrong is gathered first, so that one run tells all. What has a violation is
not released: its report stays in var/build/, and the previous release stays current.
"""

from __future__ import annotations

import fcntl
import functools
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    fetch,
    release,
    report,
    rules,
    sources,
    statements,
    writer,
)
from kg.convert import Converted
from kg.errors import BuildFailed, InputError, KgError, MissingFile
from kg.fetch import addresses
from kg.iri import BASE
from kg.link import decisions
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
        ("warning", "set-aside", "", "Une ligne n'a pu être lue.", "A row could not be read."),
        ("warning", "unread-column", "", "Rien ne lit cette colonne.", "Nothing reads the column."),
        (
            *("warning", "expected-count", ""),
            *("Plus de choses que d'habitude.", "More things than usual."),
        ),
    )
}


@dataclass(frozen=True)
class Plan:
    """What to build from: sources, those before that others need; by name, the files or folders
    given for some of them and the options chosen.
    """

    sources: list[Source]
    given: Mapping[str, Path] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass
class Checked:
    """Statements that were merged, completed and checked, in the working database."""

    connection: duckdb.DuckDBPyConnection
    converted: list[Converted]
    found: list[Group]


def plan(profile: str, given: Mapping[str, Path], raw: Path | None = None) -> Plan:
    """The sources of a profile and those given; what was fetched last (into `raw`) for those of
    them that are given nothing. `InputError` for what is not known.
    """
    path = DATA / "profiles" / f"{profile}.toml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in path.parent.glob("*.toml")))
        raise InputError("is not a profile", value=profile, mend=f"give one of: {known}")
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    names = list(dict.fromkeys([*read.pop("sources"), *given]))
    for name in [*names, *read]:
        if name not in sources.names():
            raise InputError(
                "is not a source", value=name, mend=f"give one of: {', '.join(sources.names())}"
            )
    loaded = _in_order([sources.load(name) for name in names])
    fetched = _fetched([each.name for each in loaded], raw) if raw else {}
    options = {each.name: _options(each, read, path) for each in loaded}
    return Plan(loaded, {**fetched, **given}, options)


def _fetched(names: list[str], raw: Path) -> dict[str, Path]:
    """What was fetched last for those of the sources whose files are not our own."""
    found = {name: fetch.newest(raw, name) for name in names if name in addresses.known()}
    return {name: path for name, path in found.items() if path}


def _in_order(chosen: list[Source]) -> list[Source]:
    """The sources, each behind those that it needs or comes after; what one needs is added."""
    known = {source.name: source for source in chosen}
    found: dict[str, Source] = {}

    def add(source: Source) -> None:
        for name in (*source.needs, *(name for name in source.after if name in known)):
            if name not in found:
                add(known[name] if name in known else sources.load(name))
        found.setdefault(source.name, source)

    for each in chosen:
        add(each)
    return list(found.values())


def _options(source: Source, read: Mapping[str, Mapping[str, str]], path: Path) -> dict[str, str]:
    """The options of a source: what its table in the profile says, else the first of each."""
    options = {name: choices[0] for name, choices in source.options.items()}
    for name, value in read.get(source.name, {}).items():
        choices = source.options.get(name, ())
        if value not in choices:
            mend = f"give one of: {', '.join(choices)}" if choices else "take it out"
            raise InputError(f"is not an option of {source.name}", path, None, name, value, mend)
        options[name] = value
    return options


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
        )
        stage = functools.partial(_stage, console)
        writer.write(checked.connection, contents, partial, stage)
        counts = _accounts(checked.connection, checked.converted)
        report.write(checked.connection, counts, partial, "ESS")
        with stage("Taking checksums"):
            writer.seal(partial)
        made = releases.finish(partial)
        releases.use(made.folder.name)
        return made


def _serves_from_disk(settings: Settings, count: int) -> bool:
    """Whether a release of so many statements gets a store for the disk engine."""
    return settings.engine == "disk" or (not settings.engine and count > settings.disk_above)


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


def _stop_on_violations(found: list[Group], path: Path) -> None:
    if broken := report.violations(found):
        problems = [str(finding) for each in broken for finding in each.first]
        number = sum(each.number for each in broken)
        raise BuildFailed(
            f"Nothing was released. Violations: {number}.", path, problems[:PROBLEMS_SHOWN]
        )
