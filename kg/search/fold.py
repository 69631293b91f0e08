"""Text as it is indexed and searched: blind to accents, case, ligatures and punctuation."""

from __future__ import annotations

import re
import unicodedata

# What no decomposition of Unicode takes apart; and the apostrophe that is a letter there.
_APART = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ʼ": " "}
_DOTTED = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")
_ADDRESS = re.compile(r"https?://[^/]+/", re.IGNORECASE)


class _Folding(dict[int, str]):
    """A character to what it is folded to, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _fold_character(chr(code))
        return self[code]


def _fold_character(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).casefold()
    kept = (_APART.get(c, c) for c in plain if not unicodedata.combining(c))
    folded = "".join(c if c.isalnum() else " " for text in kept for c in text)
    return folded if folded == character else "".join(map(_fold_character, folded))


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Text as it is indexed and searched.

    >>> fold("L'Œuvre d’Émeline – S.C.I.C.")
    'l oeuvre d emeline scic'
    """
    return " ".join(_DOTTED.sub("", text).translate(_FOLDING).split())


def code(text: str) -> str:
    """An identifier as it is indexed: its letters and digits.

    >>> code("10.1000/XYZ-1"), code("200 046 977")
    ('101000xyz1', '200046977')
    """
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
