"""What people give to sources that no register publishes: a file, or a folder of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from kg.errors import InputError, MissingFile


def files(given: Path | None, endings: Collection[str], source: str, what: str) -> list[Path]:
    """The given file, or those of the given folder that have one of the endings, by name.

    Raises `MissingFile`, which says how to give one, and `InputError` for another kind of file.
    """
    if given and given.is_file():
        if given.suffix not in endings:
            raise InputError(
                "is in none of the forms that are read",
                given,
                value=given.suffix,
                mend=f"give a file that ends in {', '.join(sorted(endings))}",
            )
        return [given]
    found = sorted(given.glob("*")) if given else []
    if chosen := [path for path in found if path.suffix in endings]:
        return chosen
    raise MissingFile(
        f"there is no {what} here",
        file=given,
        mend=f"give one: kg build --with {source}=PATH",
    )


def broken(paths: list[Path], read: Callable[[Path], object]) -> list[InputError]:
    """The errors of all files that cannot be read, in their order."""
    found = []
    for path in paths:
        try:
            read(path)
        except InputError as error:
            found.append(error)
    return found
