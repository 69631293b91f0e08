"""Translations: French stands in code and templates, English in `en/LC_MESSAGES/messages.po`.

python -m kg.web.translations            compile (the .mo file is not committed)
python -m kg.web.translations update     bring new texts into the .po file, then compile
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FOLDER = Path(__file__).parent
PO = FOLDER / "en" / "LC_MESSAGES" / "messages.po"
METHODS: list[Any] = [
    ("translations/**", "ignore"),
    ("**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.xml", "jinja2"),
]
KEYWORDS: dict[str, Any] = {"_": None, "later": None, "gettext": None, "ngettext": (1, 2)}


def extracted() -> Catalog:
    """Every text that the code and the templates say."""
    catalog = Catalog(locale="en", charset="utf-8", fuzzy=False)
    found = extract_from_dir(FOLDER.parent, METHODS, keywords=KEYWORDS, comment_tags=())
    for _file, _line, message, comments, _context in found:
        catalog.add(message, auto_comments=comments)
    return catalog


def translated() -> Catalog:
    """The English texts."""
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def update() -> None:
    """Add what is new to the .po file, empty for a translator, and drop what is gone."""
    catalog = translated()
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with PO.open("wb") as file:
        write_po(file, catalog, width=100, sort_output=True, omit_header=True)


def compile_all() -> None:
    """Write the .mo file that the site reads, at one stroke: another process may be reading it."""
    with tempfile.NamedTemporaryFile(dir=PO.parent, delete=False) as file:
        write_mo(file, translated())
    Path(file.name).chmod(0o644)
    Path(file.name).replace(PO.with_suffix(".mo"))
