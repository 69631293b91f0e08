"""Answering the competency questions for a release, so that others can follow what changed in them
(the files: `kg.changes.answers`).

The questions are asked of workers like those of the site, in a process of their own, under limits:
a question that meets one is given up, the others are answered.
"""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path

from kg import queryfile
from kg.changes import answers
from kg.errors import KgError, QueryError
from kg.query import Request
from kg.query.client import Client
from kg.query.engines import open_engine
from kg.query.forms import RESULTS
from kg.query.supervisor import Capacity, Supervisor
from kg.query.worker import Limits
from kg.release import Release
from kg.settings import Settings

# What the answer of one question may take; the memory is that of all queries.
SECONDS = 5.0
MIB = 16
ROWS = 10_000


def write(settings: Settings, release: Release, before: Release | None) -> dict[str, str]:
    """Write the answers of a release, and what changed in them; the questions that were given up,
    each with the name of the limit that it met: `rows`, the reason of a `QueryError`, or `engine`
    if the release is for an engine elsewhere.

    The release is whole but for its report and checksums.
    """
    folder = release.folder / answers.FOLDER
    folder.mkdir()
    questions = queryfile.read_all(release.folder / "ontology" / "questions", release.base)
    if _needs_another(settings, release):
        given_up = {each.name: "engine" for each in questions}
    else:
        with _asking(settings, release) as client:
            given_up = {
                each.name: reason
                for each in questions
                if (reason := _answer(client, each.text, folder / f"{each.name}.tsv"))
            }
    text = json.dumps(given_up, indent=1, sort_keys=True)
    (folder / answers.GIVEN_UP).write_text(f"{text}\n", encoding="utf-8")
    if before:
        answers.write(release, before)
    return given_up


def _needs_another(settings: Settings, release: Release) -> bool:
    """Whether the release is for an engine elsewhere, and more than this machine is meant to hold
    in memory.
    """
    large = release.manifest["counts"]["statements"] > settings.disk_above
    return large and settings.engine == "remote"


def _answer(client: Client, question: str, path: Path) -> str:
    """Write the rows of an answer, sorted; the limit that was met, if one was."""
    try:
        result = client.answer(Request(question, RESULTS["tsv"])).read()
    except QueryError as error:
        return error.reason
    if answers.count(result) > ROWS:
        return "rows"
    head, *rows = result.splitlines(keepends=True)
    path.write_bytes(b"".join([head, *sorted(rows)]))
    return ""


@contextmanager
def _asking(settings: Settings, release: Release) -> Iterator[Client]:
    """A client of a supervisor over the release, which is another process: this one has threads,
    and must not fork.
    """
    context = get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="kg-") as folder:
        path = Path(folder) / "query.sock"
        ready, tell = context.Pipe(duplex=False)
        limits = Limits(SECONDS, settings.query_memory, MIB)
        process = context.Process(
            target=_supervise, args=(settings, release.folder, path, limits, tell), daemon=True
        )
        process.start()
        tell.close()
        try:
            ready.recv()
            yield Client(path)
        except EOFError:
            raise KgError("The questions cannot be answered: see above.") from None
        finally:
            process.terminate()
            process.join()


def _supervise(
    settings: Settings, folder: Path, path: Path, limits: Limits, ready: Connection
) -> None:
    """In the other process: open the release, say so, and answer until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = parent_process()
    assert parent is not None
    release = Release(folder)
    here = replace(settings, engine="disk" if release.store.is_dir() else "memory")
    engine = open_engine(here, release, path.parent)
    supervisor = Supervisor(engine, path, Capacity(workers=1), limits, watch=parent.is_alive)
    signal.signal(signal.SIGTERM, supervisor.stop)
    ready.send(engine.name)
    supervisor.run()
