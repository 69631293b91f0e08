"""Asking the competency questions of a release, so that others can follow what changed in their
answers (the files: `kg.changes.answers`).

The questions are asked of workers like those of the site, in a process of their own, under limits:
a question that meets one is given up, the others are answered. What is kept is sorted here: so none
is asked to be in order, and one with too many rows is found out after these, not after all of them.
"""

from __future__ import annotations

import json
import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path

from pyoxigraph import Store

from kg import queryfile
from kg.changes import answers
from kg.errors import KgError, QueryError
from kg.query import Request
from kg.query.client import Client
from kg.query.forms import RESULTS
from kg.query.local import LocalEngine, open_store
from kg.query.supervisor import Capacity, Supervisor
from kg.query.worker import Limits
from kg.release import Release
from kg.settings import ONTOLOGY

# What the answer of one question may take: seconds of processor, so that it does not depend on what
# else the machine does which answers a release has, and by the clock where a disk is slow. The
# memory is that of all queries.
SECONDS = 3.0
PATIENCE = 60.0
MIB = 16
ROWS = 10_000
# The end of a question that says in which order all rows come; another that says how many do.
_ORDER = re.compile(r"\nORDER BY [^\n]*\s*\Z")


def write(folder: Path, base: str, memory: int | None) -> dict[str, str]:
    """Write the answers that the statements of a release give, in its folder, as soon as these are
    there; the questions that were given up, each with the name of the limit that it met: `rows`, or
    the reason of a `QueryError`.

    `memory`: the MiB that a query may take; None for a release that is for an engine elsewhere, and
    too large to be asked here, which gives up all for `engine`.
    """
    target = folder / answers.FOLDER
    target.mkdir()
    questions = queryfile.read_all(ONTOLOGY / "questions", base)
    if memory is None:
        given_up = {each.name: "engine" for each in questions}
    else:
        with _asking(folder, base, Limits(PATIENCE, memory, MIB, processor=SECONDS)) as client:
            given_up = {
                each.name: reason
                for each in questions
                if (reason := _answer(client, each.text, target / f"{each.name}.tsv"))
            }
    text = json.dumps(given_up, indent=1, sort_keys=True)
    (target / answers.GIVEN_UP).write_text(f"{text}\n", encoding="utf-8")
    return given_up


def _answer(client: Client, question: str, path: Path) -> str:
    """Write the rows of an answer, sorted; the limit that was met, if one was."""
    try:
        result = client.answer(Request(_first(question), RESULTS["tsv"])).read()
    except QueryError as error:
        return error.reason
    if answers.count(result) > ROWS:
        return "rows"
    head, *rows = result.splitlines(keepends=True)
    path.write_bytes(b"".join([head, *sorted(rows)]))
    return ""


def _first(question: str) -> str:
    """What asks for the rows of a question in any order, and for one more than are kept.

    >>> _first("SELECT ?a { ?a ?b ?c }\\nORDER BY ?a\\n")
    'SELECT ?a { ?a ?b ?c }\\nLIMIT 10001'
    """
    return _ORDER.sub(f"\nLIMIT {ROWS + 1}", question)


@contextmanager
def _asking(folder: Path, base: str, limits: Limits) -> Iterator[Client]:
    """A client of a supervisor over the release, which is another process: this one has threads,
    and must not fork.
    """
    context = get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="kg-") as scratch:
        path = Path(scratch) / "query.sock"
        ready, tell = context.Pipe(duplex=False)
        process = context.Process(
            target=_supervise, args=(Release(folder), base, path, limits, tell), daemon=True
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


def _supervise(release: Release, base: str, path: Path, limits: Limits, ready: Connection) -> None:
    """In the other process: open the statements, say so, and answer until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = parent_process()
    assert parent is not None
    there = release.store.is_dir()
    store = Store.read_only(str(release.store)) if there else open_store(release)
    name = "disk" if there else "memory"
    engine = LocalEngine(store, path.parent, base=f"{base}sparql", name=name)
    supervisor = Supervisor(engine, path, Capacity(workers=1), limits, watch=parent.is_alive)
    signal.signal(signal.SIGTERM, supervisor.stop)
    ready.send(engine.name)
    supervisor.run()
