"""Text as it is indexed and searched: blind to accents, case, ligatures and punctuation."""

from __future__ import annotations

import re

from kg import clean

_DOTTED = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")
_ADDRESS = re.compile(r"https?://[^/]+/", re.IGNORECASE)


def fold(text: str) -> str:
    """Text as it is indexed and searched: as `clean.fold`, and acronyms without their points.

    >>> fold("L'Œuvre d’Émeline – S.C.I.C.")
    'l oeuvre d emeline scic'
    """
    return clean.fold(_DOTTED.sub("", text) if "." in text else text)


def code(text: str) -> str:
    """An identifier as it is indexed: its letters and digits.

    >>> code("10.1000/XYZ-1"), code("200 046 977")
    ('101000xyz1', '200046977')
    """
    if text.isascii() and text.isalnum():  # as most are
        return text.lower()
    return fold(text).replace(" ", "")


def codes(text: str) -> list[str]:
    """The identifiers that a text may be, surest first: itself, what it is the address of, and
    the SIREN that begins a SIRET.

    >>> codes("https://doi.org/10.1000/xyz")
    ['httpsdoiorg101000xyz', '101000xyz', 'xyz']
    >>> codes("200 046 977 00019")
    ['20004697700019', '200046977']
    """
    address = _ADDRESS.sub("", text.strip())
    found = [code(text), code(address), code(address.rpartition("/")[2])]
    if re.fullmatch(r"[0-9]{14}", found[0]):
        found.append(found[0][:9])
    return list(dict.fromkeys(filter(None, found)))
