"""What pages load: the files that the front-end bundle holds, and their names.

    static/bundle/manifest.json       the name of a source (`style.css`) to that of its file
    static/bundle/<name>-<hash>.*     style, fonts, scripts: a name is for ever the same bytes
    static/bundle/departements-*.json  the outlines of the départements (`france.py`)
    static/bundle/<kind>-<hash>.png    the picture of a kind, beside a link to it elsewhere

`frontend/` has the sources. `make` bundles them; without a bundle the pages still say everything,
in the browser's own style.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "static" / "bundle"


@cache
def manifest() -> dict[str, str]:
    """The files of the bundle by the names of their sources; empty, with a warning, without one."""
    names = _read("manifest.json")
    if names is None:
        logging.getLogger(__name__).warning(
            "There is no front-end bundle: pages have no style and no scripts. Run 'make bundle'."
        )
    return names or {}


@cache
def departements() -> dict[str, Any]:
    """The drawing of the map of France: `viewBox`, and `locations` with `id`, `name`, `path`."""
    name = manifest().get("departements.json")
    return (_read(name) if name else None) or {}


def _read(name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found
