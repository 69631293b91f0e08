"""The command line: `kg <command> --help` explains each. Exit codes are those of `kg.errors`.

Commands import what they need when they run, so that `kg serve` stays small: its process is the
one that query workers are forked from.
"""

from __future__ import annotations

import datetime
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.errors import InputError, KgError
from kg.release import Releases
from kg.settings import Settings

if TYPE_CHECKING:
    from kg.plan import Plan

FORMATS = ("nq", "nt", "ttl", "jsonld", "rdf")
_COMMA = re.compile(r",(?=[a-z][a-z-]*=)")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kg")
@click.pass_context
def commands(context: click.Context) -> None:
    """The knowledge graph of the French social and solidarity economy."""
    context.obj = Settings.from_environment()


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors become one message on standard error and an exit code."""
    try:
        commands(arguments, standalone_mode=False)
    except KgError as error:
        click.echo(f"kg: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"kg: {error.strerror or error}: {error.filename or ''}", err=True)
        sys.exit(KgError.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _given(pairs: tuple[str, ...]) -> dict[str, Path]:
    """`name=path` pairs as a mapping; several may stand in one, with commas between.

    A comma begins another pair only before a name and `=`: paths may have commas.
    """
    given = {}
    for pair in (part for text in pairs for part in _COMMA.split(text)):
        name, equals, path = pair.partition("=")
        if not equals or not path:
            raise InputError(
                "is not SOURCE=PATH", column="--with", value=pair, mend="write e.g. curated=data"
            )
        given[name] = Path(path)
    return given


def _plan(settings: Settings, profile: str, pairs: tuple[str, ...]) -> Plan:
    """What to build: the files given, else those that were fetched last."""
    from kg import plan  # noqa: PLC0415

    return plan.read(profile, _given(pairs), settings.var / "raw")


with_option = click.option(
    "--with",
    "pairs",
    multiple=True,
    metavar="SOURCE=PATH,…",
    help="Read a source from this path.",
)
profile_option = click.option(
    "--profile", default="default", show_default=True, help="A set of sources: data/profiles/."
)


@commands.command()
@profile_option
@with_option
@click.option("--date", help="The release's date, YYYY-MM-DD; today if not given.")
@click.pass_obj
def build(settings: Settings, profile: str, pairs: tuple[str, ...], date: str | None) -> None:
    """Build a release from its sources and make it current."""
    from rich.console import Console  # noqa: PLC0415

    from kg import build as building  # noqa: PLC0415

    day = _date(date)
    made = building.build(settings, _plan(settings, profile, pairs), day, Console(stderr=True))
    counts = made.manifest["counts"]
    changes = made.manifest["changes"]
    click.echo(
        f"Release {made.id}: {counts['statements']:,} statements from {counts['sources']} sources, "
        f"{sum(counts['entities'].values()):,} entities "
        f"(+{changes['added']:,} / -{changes['removed']:,} statements)."
    )
    click.echo(f"Report: {made.folder / 'report.html'}")


def _date(date: str | None) -> str:
    try:
        return datetime.date.fromisoformat(date or datetime.date.today().isoformat()).isoformat()
    except ValueError:
        raise InputError(
            "is not a date", column="--date", value=date, mend="write YYYY-MM-DD"
        ) from None


@commands.command()
@profile_option
@with_option
@click.pass_obj
def check(settings: Settings, profile: str, pairs: tuple[str, ...]) -> None:
    """Check the sources and what follows from them, without a release."""
    from rich.console import Console  # noqa: PLC0415

    from kg import build as building  # noqa: PLC0415
    from kg.errors import BuildFailed  # noqa: PLC0415
    from kg.report import violations  # noqa: PLC0415

    what = _plan(settings, profile, pairs)
    found = building.check_only(settings, what, Console(stderr=True))
    for each in found:
        name = " ".join(filter(None, [each.check, each.topic]))
        click.echo(f"{each.severity:>9}  {each.number:>9,}  {name}")
    report = settings.var / "build" / "report.html"
    if broken := violations(found):
        problems = [str(finding) for each in broken for finding in each.first]
        raise BuildFailed(f"{sum(f.number for f in broken)} violations.", report, problems[:50])
    click.echo(f"No violation. Report: {report}")


@commands.command()
@click.argument("names", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--date", help="The name of the folder, YYYY-MM-DD; today if not given.")
@click.pass_obj
def fetch(settings: Settings, names: tuple[str, ...], date: str | None) -> None:
    """Fetch the files of each SOURCE from its publisher, into var/raw/SOURCE/DATE/.

    What broke off is taken up, what has not changed is not fetched again.
    """
    from rich.console import Console  # noqa: PLC0415

    from kg import fetch as fetching  # noqa: PLC0415
    from kg.fetch import addresses, progress  # noqa: PLC0415

    day = _date(date)
    wanted = {name: addresses.of(name) for name in names}
    for name, each in wanted.items():
        with progress.shown(Console(stderr=True)) as told:
            found = fetching.fetch(
                name, each, settings.var / "raw", day, settings.contact or settings.base_iri, told
            )
        size = sum(record.size for record in found.records.values())
        what = f"{len(found.records)} files, {size / 2**20:,.1f} MiB"
        click.echo(f"{name}: {what} in {found.folder}" + ("" if found.new else ", nothing newer"))


@commands.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; fail if a file would.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
def fmt(only_check: bool, paths: tuple[Path, ...]) -> None:
    """Put tables and query files in canonical form (all of them, or PATHS)."""
    from kg import fmt as formatting  # noqa: PLC0415

    changed = []
    for path in paths or formatting.files():
        text = formatting.canonical(path)
        if text.encode() != path.read_bytes():
            changed.append(path)
            if not only_check:
                path.write_bytes(text.encode())
    for path in changed:
        click.echo(f"{'would change' if only_check else 'rewrote'} {path}")
    if only_check and changed:
        raise InputError("these files are not canonical", mend="run 'kg fmt'")


@commands.command("harvest-check")
@click.argument("url", required=False)
@click.option("--files", is_flag=True, help="Download every dump too, to compare its checksum.")
@click.option(
    "--shapes",
    "shape_files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Hold the catalogue to the SHACL shapes in this Turtle file too.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def harvest_check(
    settings: Settings, url: str | None, files: bool, shape_files: tuple[Path, ...], as_json: bool
) -> None:
    """Walk the interfaces of the site at URL (this one, if not given) as harvesters do.

    What was found is shown at /about/harvest-check of the site that has this KG_VAR.
    """
    from contextlib import closing  # noqa: PLC0415
    from datetime import UTC  # noqa: PLC0415

    from kg.harvest import parts, walk  # noqa: PLC0415

    root = url or f"http://{settings.host}:{settings.port}"
    shapes = {path: parts.read_shapes(path) for path in shape_files}
    now = datetime.datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    contact = settings.contact or settings.base_iri
    with closing(walk.Walk(root, settings.base_iri, contact, now)) as walking:
        report = parts.check(walking, files, shapes)
    report.write(settings.harvest_check)
    written = settings.harvest_check.read_text("utf-8")
    click.echo(written if as_json else report.text(), nl=not as_json)
    if report.problems:
        raise KgError(f"{root}: {report.problems:,} problems.")


@commands.group()
def link() -> None:
    """Decide which things are one: review what is similar, accept what was decided."""


@link.command("review")
@click.option("--release", default="current", show_default=True, help="The release to look at.")
@click.option("--least", default=90, show_default=True, help="The least score, of at most 100.")
@click.option("--limit", default=1000, show_default=True, help="The most rows to propose.")
@click.pass_obj
def link_review(settings: Settings, release: str, least: int, limit: int) -> None:
    """Propose pairs of things that may be one, in a table to edit: var/review/links.csv.

    Rows that somebody has written in are kept.
    """
    from kg.link import review as reviewing  # noqa: PLC0415
    from kg.settings import DATA  # noqa: PLC0415

    table = settings.var / "review" / "links.csv"
    chosen = Releases(settings.releases).get(release)
    found = reviewing.review(chosen, table, DATA / "links.csv", least, limit)
    more = f"; {found.more:,} more with lower scores (--limit)" if found.more else ""
    click.echo(f"{table}: {found.waiting:,} to decide, {found.decided:,} decided{more}")


@link.command("accept")
@click.option("--author", default="", help="Who decided, where a row does not say.")
@click.option("--date", help="When, where a row does not say, YYYY-MM-DD; today if not given.")
@click.pass_obj
def link_accept(settings: Settings, author: str, date: str | None) -> None:
    """Move the rows of var/review/links.csv that have a decision into data/links.csv."""
    from kg.link import review as reviewing  # noqa: PLC0415
    from kg.settings import DATA  # noqa: PLC0415

    table, links = settings.var / "review" / "links.csv", DATA / "links.csv"
    moved = reviewing.accept(table, links, author, _date(date))
    click.echo(f"{links}: {moved:,} added")


@commands.command()
@click.pass_obj
def releases(settings: Settings) -> None:
    """List the releases; the current one bears a star."""
    folder = Releases(settings.releases)
    current = folder.current()
    for each in folder.all():
        star = "*" if current and each.folder == current.folder else " "
        counts = each.manifest["counts"]
        click.echo(
            f"{star} {each.id:<14} {counts['statements']:>12,} statements "
            f"{sum(counts['entities'].values()):>10,} entities  {each.base}"
        )
    if current is None:
        click.echo("There is no release yet: run 'kg build'.", err=True)


@commands.command()
@click.argument("old")
@click.argument("new")
@click.pass_obj
def changes(settings: Settings, old: str, new: str) -> None:
    """Write what changed from release OLD to release NEW: N-Quads, an RDF Patch, entities.

    They are written into var/changes/OLD..NEW/, where `kg serve` finds them, unless NEW has them.
    """
    from kg import changes as changing  # noqa: PLC0415
    from kg.changes.write import between_two  # noqa: PLC0415

    folder = between_two(settings, *(Releases(settings.releases).get(each) for each in (old, new)))
    for name in (*changing.TEXTS, changing.ENTITIES):
        click.echo(folder / name)


@commands.command()
@click.argument("release")
@click.pass_obj
def use(settings: Settings, release: str) -> None:
    """Make RELEASE current, an older one too (rollback). Nothing is built or deleted."""
    click.echo(f"The current release is {Releases(settings.releases).use(release).id}.")


@commands.command()
@click.option("--release", default="current", show_default=True, help="The release to load.")
@click.option("--graph-store", "store", metavar="URL", help="Its Graph Store Protocol address.")
@click.option("--virtuoso", metavar="HOST:PORT", help="The SQL port of a Virtuoso.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Where to put files meanwhile; a Virtuoso must be allowed to read there.",
)
@click.pass_obj
def publish(
    settings: Settings,
    release: str,
    store: str | None,
    virtuoso: str | None,
    folder: Path | None,
) -> None:
    """Load a release into the remote engine (KG_REMOTE_URL), in place of what it holds."""
    from kg import publish as publishing  # noqa: PLC0415

    if bool(store) == bool(virtuoso):
        raise InputError("give either --graph-store or --virtuoso")
    chosen = Releases(settings.releases).get(release)
    folder = folder or settings.var / "publish"
    count = publishing.publish(settings, chosen, folder, store, virtuoso)
    click.echo(f"{settings.remote_url} holds release {chosen.id}: {count:,} statements.")


@commands.command()
@click.argument("text", metavar="QUERY")
@click.option("--release", default="current", show_default=True, help="The release to ask.")
@click.option("--format", "form", default=None, help="json, xml, csv, tsv; ttl, nt, jsonld, rdf.")
@click.pass_obj
def query(settings: Settings, text: str, release: str, form: str | None) -> None:
    """Answer a SPARQL query from a release. QUERY is its text, @FILE, or - for standard input.

    The prefixes of ontology/prefixes.ttl need not be declared.
    """
    from kg.query import Request, guard  # noqa: PLC0415
    from kg.query.forms import GRAPHS, RESULTS  # noqa: PLC0415
    from kg.query.local import LocalEngine, open_store  # noqa: PLC0415
    from kg.vocab import prefixes  # noqa: PLC0415

    if text == "-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        text = _read(Path(text[1:]))
    forms = GRAPHS if guard.form(text) in {"CONSTRUCT", "DESCRIBE"} else RESULTS
    form = form or ("ttl" if forms is GRAPHS else "tsv")
    if form not in forms:
        raise InputError(
            "is not a form of this result",
            column="--format",
            value=form,
            mend=f"give one of: {', '.join(forms)}",
        )
    asked = Releases(settings.releases).get(release)
    engine = LocalEngine(open_store(asked), base=f"{asked.base}sparql", known=prefixes(asked.base))
    body = engine.answer(Request(text, media_type=forms[form])).read()
    sys.stdout.buffer.write(body)
    if sys.stdout.isatty() and not body.endswith(b"\n"):
        click.echo()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=path) from None


@commands.command()
@click.option("--release", default="current", show_default=True, help="The release to export.")
@click.option("--kind", help="Only entities of this kind (organization, person…).")
@click.option("--source", help="Only statements that this source makes.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="nq",
    show_default=True,
    help="The form.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A file; else standard output."
)
@click.pass_obj
def export(  # noqa: PLR0913, PLR0917 - one parameter per option
    settings: Settings,
    release: str,
    kind: str | None,
    source: str | None,
    form: str,
    output: Path | None,
) -> None:
    """Write statements of a release as RDF."""
    from typing import BinaryIO, cast  # noqa: PLC0415

    from kg import export as exporting  # noqa: PLC0415

    chosen = Releases(settings.releases).get(release)
    with click.open_file(str(output or "-"), "wb", atomic=output is not None) as file:
        exporting.write(chosen, cast(BinaryIO, file), form, kind=kind, source=source)


@commands.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the current release: pages, SPARQL, dumps."""
    from dataclasses import replace  # noqa: PLC0415

    from kg import serve as serving  # noqa: PLC0415

    serving.serve(replace(settings, host=host or settings.host, port=port or settings.port))


if __name__ == "__main__":
    main()
