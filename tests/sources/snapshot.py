"""Snapshots: what a source must produce from its sample, as sorted N-Triples in a file."""

from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import RdfFormat, serialize
from pyoxigraph import Triple as OxTriple

from kg.sources import Triple


def canonical(triples: Iterable[Triple]) -> str:
    """The statements as N-Triples, each once, in alphabetical order."""
    unique = {OxTriple(*triple) for triple in triples}
    lines = serialize(unique, format=RdfFormat.N_TRIPLES).decode().splitlines()
    return "".join(f"{line}\n" for line in sorted(lines))


def assert_snapshot(path: Path, text: str, rewrite: bool) -> None:
    """Compare with the file, or write it when pytest was given `--rewrite-snapshots`."""
    if rewrite:
        path.write_text(text, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.is_file() else ""
    added = sorted(set(text.splitlines()) - set(expected.splitlines()))
    removed = sorted(set(expected.splitlines()) - set(text.splitlines()))
    changes = [f"+ {line}" for line in added] + [f"- {line}" for line in removed]
    assert text == expected, (
        f"{path} does not hold what is produced now ({len(added)} more, {len(removed)} fewer). "
        "If that is intended: pytest --rewrite-snapshots, and review the difference\n"
        + "\n".join(changes)
    )
