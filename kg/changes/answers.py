"""The answers of the competency questions that a release holds, and which of their rows changed.

    answers/<question>.tsv                  the rows of an answer, sorted (SPARQL 1.1 Query Results
                                            TSV Format); written by `kg.ask`
    answers/given-up.json                   why the release does not hold the others, by question
    changes/answers/<question>.added.tsv    rows that came since the release before, and that went;
    changes/answers/<question>.removed.tsv  both files, if any row did

Answers are compared as bags: a row may stand in them several times. One that either release does
not hold, or that has other columns now, is not compared.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from kg.changes import FOLDER as CHANGES
from kg.release import Release

FOLDER = "answers"
GIVEN_UP = "given-up.json"
_ADDED, _REMOVED = ".added.tsv", ".removed.tsv"


@dataclass(frozen=True)
class Change:
    """The rows that came to an answer and those that went, each a result in TSV."""

    added: bytes
    removed: bytes

    @property
    def numbers(self) -> tuple[int, int]:
        """How many came, and how many went."""
        return count(self.added), count(self.removed)


def count(result: bytes) -> int:
    """How many rows a result in TSV has; an end of line within a literal is escaped."""
    return result.count(b"\n") - 1


def held(release: Release, question: str) -> bool:
    """Whether a release holds the answer of a question."""
    return (release.folder / FOLDER / f"{question}.tsv").is_file()


def given_up(release: Release, question: str) -> str:
    """Why a release does not hold an answer: the name of a limit, or "" if nobody asked."""
    path = release.folder / FOLDER / GIVEN_UP
    reasons = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return str(reasons.get(question, ""))


def changed(changes: Path, question: str) -> Change | None:
    """What a folder of changes says of an answer; None if nothing changed, or nobody knows."""
    added, removed = (changes / FOLDER / f"{question}{part}" for part in (_ADDED, _REMOVED))
    return Change(added.read_bytes(), removed.read_bytes()) if added.is_file() else None


def questions(changes: Path) -> list[str]:
    """The questions in whose answers rows changed, as a folder of changes says."""
    found = (changes / FOLDER).glob(f"*{_ADDED}")
    return sorted(path.name.removesuffix(_ADDED) for path in found)


def write(folder: Path, before: Path) -> None:
    """Compare all answers in the folder of a release with those of the release before."""
    target = folder / CHANGES / FOLDER
    target.mkdir()
    for path in sorted((folder / FOLDER).glob("*.tsv")):
        old = before / FOLDER / path.name
        if old.is_file() and (change := difference(old.read_bytes(), path.read_bytes())):
            (target / f"{path.stem}{_ADDED}").write_bytes(change.added)
            (target / f"{path.stem}{_REMOVED}").write_bytes(change.removed)


def difference(old: bytes, new: bytes) -> Change | None:
    """The rows that came and went between two results; None if none did, or the columns did.

    >>> difference(b"?a\\n1\\n1\\n", b"?a\\n1\\n2\\n")
    Change(added=b'?a\\n2\\n', removed=b'?a\\n1\\n')
    """
    (head, *went), (columns, *came) = (each.splitlines(keepends=True) for each in (old, new))
    before, after = Counter(went), Counter(came)
    if head != columns or before == after:
        return None
    added, removed = (sorted(each.elements()) for each in (after - before, before - after))
    return Change(b"".join([head, *added]), b"".join([head, *removed]))
