"""Cleaning and checking of single values: dates, codes, text, web addresses.

Each function takes a string and returns the clean string or typed literal, or raises `ValueError`
whose text continues the sentence "'<value>' …".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode

XSD = "http://www.w3.org/2001/XMLSchema#"
DATE, G_YEAR = NamedNode(XSD + "date"), NamedNode(XSD + "gYear")
G_YEAR_MONTH = NamedNode(XSD + "gYearMonth")
LA_POSTE = "356000000"
UNKNOWN_LANGUAGE = "und"  # ISO 639-2: undetermined
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# What no decomposition of Unicode takes apart; and the apostrophe that is a letter there.
_APART = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ʼ": " "}
# A digit to its value, and to the digit sum of its double.
_ONCE = bytes.maketrans(b"0123456789", bytes(range(10)))
_TWICE = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_SIREN, _SIRET = re.compile(r"[0-9]{9}"), re.compile(r"[0-9]{14}")
_YEAR, _MONTH = re.compile(r"[12][0-9]{3}"), re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")
# E-mail addresses, and telephone numbers as they are written in France. The look-behind and the
# possessive quantifier keep the search linear, whatever the text.
_CONTACT = re.compile(
    r"(?:mailto:)?(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+"
    r"|(?<![\w/.-])(?:\+33|0033|0)[ .]?(?:\(0\))?[ .]?[1-9](?:[ .-]?\d{2}){4}(?!\d)"
)


def text(value: str) -> str:
    """Unicode NFC, white space folded, control characters out.

    >>> text("  E\\u0301meline\\u00a0 Baume ")
    'Émeline Baume'
    """
    return " ".join(unicodedata.normalize("NFC", _CONTROL.sub("", value)).split())


def without_contacts(value: str) -> str:
    """Text without e-mail addresses and telephone numbers, which are nobody's to publish.

    >>> without_contacts("Écrire à <jeanne@example.org> ou au 01 23 45 67 89.")
    'Écrire à <…> ou au ….'
    """
    return _CONTACT.sub("…", value)


def language(tag: str) -> str:
    """The ISO 639 code that a language tag begins with (BCP 47); empty if it does not.

    >>> language("fr-FR"), language(" EN_us"), language("français")
    ('fr', 'en', '')
    """
    found = re.match(r"[a-z]{2,3}(?![^\W\d_])", tag.strip().lower())
    return found[0] if found else ""


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


def fold(value: str) -> str:
    """Text as it is indexed and searched: blind to accents, case, ligatures and punctuation.

    >>> fold("L'Œuvre d’Émeline – SCIC")
    'l oeuvre d emeline scic'
    """
    return " ".join(value.translate(_FOLDING).split())


def words(value: str) -> Iterator[tuple[str, int, int]]:
    """The words of `fold(value)`, each with where it begins and ends in the text.

    >>> list(words("L’Œuvre"))
    [('l', 0, 1), ('oeuvre', 2, 7)]
    """
    letters = ((letter, at) for at, char in enumerate(value) for letter in _FOLDING[ord(char)])
    for blank, group in groupby(letters, key=lambda each: each[0] == " "):
        if not blank:
            word = list(group)
            yield "".join(letter for letter, _ in word), word[0][1], word[-1][1] + 1


def slug(value: str) -> str:
    """Text as a part of a key: letters without accents and digits, words joined by hyphens.

    >>> slug("Anne-Cœur D'ÉTÉ")
    'anne-coeur-d-ete'
    """
    return "-".join(re.findall("[a-z0-9]+", fold(value)))


def _luhn(digits: str) -> bool:
    """Whether the digits and, from the right, the digit sums of every other one's double add up to
    a multiple of ten (ISO/IEC 7812-1, annex B).
    """
    behind = digits.encode()[::-1]
    return (sum(behind[::2].translate(_ONCE)) + sum(behind[1::2].translate(_TWICE))) % 10 == 0


def siren(value: str) -> str:
    """A SIREN: nine digits with the Luhn check digit (INSEE, Système SIRENE).

    >>> siren("200 046 977")
    '200046977'
    """
    digits = value.replace(" ", "").replace("\u00a0", "")
    if not _SIREN.fullmatch(digits):
        raise ValueError("is not a SIREN: nine digits are needed")
    if not (_luhn(digits) and int(digits)):
        raise ValueError("is not a SIREN: its check digit is wrong")
    return digits


def siret(value: str) -> str:
    """A SIRET: fourteen digits with check digit; La Poste's add up to a multiple of five."""
    digits = value.replace(" ", "").replace("\u00a0", "")
    if not _SIRET.fullmatch(digits):
        raise ValueError("is not a SIRET: fourteen digits are needed")
    posted = digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0
    if not (_luhn(digits) or posted):
        raise ValueError("is not a SIRET: its check digit is wrong")
    return digits


def rna(value: str) -> str:
    """An RNA number: W and nine characters (Corsica's départements have a letter)."""
    code = value.replace(" ", "").upper()
    if not re.fullmatch(r"W[0-9][0-9A-Z][0-9]{7}", code):
        raise ValueError("is not an RNA number: W and nine characters are needed")
    return code


def postal_code(value: str) -> str:
    """A French postal code: five digits, of which the first two are no zeros."""
    if not re.fullmatch(r"(?!00)[0-9]{5}", value):
        raise ValueError("is not a postal code: five digits are needed")
    return value


def orcid(value: str) -> str:
    """An ORCID: sixteen characters with their check digit (ISO 7064, MOD 11-2).

    >>> orcid("https://orcid.org/0000-0002-1825-0097")
    '0000-0002-1825-0097'
    """
    code = re.sub(r"^https?://orcid\.org/", "", value.strip())
    if not re.fullmatch(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]", code):
        raise ValueError("is not an ORCID: four groups of four digits are needed")
    total = 0
    for digit in code.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    if "0123456789X"[(12 - total % 11) % 11] != code[-1]:
        raise ValueError("is not an ORCID: its check digit is wrong")
    return code


def doi(value: str) -> str:
    """A DOI without its resolver's address; in lower case, since case does not tell two apart.

    >>> doi("https://doi.org/10.4000/RFSIC.3610")
    '10.4000/rfsic.3610'
    """
    code = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", value.strip(), flags=re.I).lower()
    if not re.fullmatch(r"10\.[0-9]{4,9}/\S+", code):
        raise ValueError("is not a DOI: it begins with 10.")
    return code


def day(value: str) -> Literal:
    """A date with the precision it has: `xsd:gYear`, `xsd:gYearMonth` or `xsd:date`.

    >>> day("2021-11")
    <Literal value=2021-11 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#gYearMonth>>
    """
    if _YEAR.fullmatch(value):
        return Literal(value, datatype=G_YEAR)
    if _MONTH.fullmatch(value):
        return Literal(value, datatype=G_YEAR_MONTH)
    try:
        if not _DAY.fullmatch(value):
            raise ValueError
        date.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a date: write YYYY, YYYY-MM or YYYY-MM-DD") from None
    return Literal(value, datatype=DATE)


def french_day(value: str) -> Literal:
    """A date as French registers write it, a time of day behind it or not, with its precision.

    >>> [french_day(text).value for text in ("5/01/2023", "03/2024", "2023-01-05 12:51:34")]
    ['2023-01-05', '2024-03', '2023-01-05']
    """
    if parts := re.fullmatch(r"(?:([0-9]{1,2})[/.-])?([0-9]{1,2})[/.-]([0-9]{4})", value):
        return day("-".join(part.zfill(2) for part in reversed(parts.groups()) if part))
    return day(re.sub(r"[T ][0-9:.]+Z?$", "", value))


def integer(value: str) -> Literal:
    """A whole number in its canonical form, as the store writes it.

    >>> integer("0012").value
    '12'
    """
    if not re.fullmatch(r"[0-9]+", value):
        raise ValueError("is not a whole number: write digits only")
    return Literal(str(int(value)), datatype=NamedNode(XSD + "integer"))


def decimal(value: str) -> Literal:
    """A number with decimals in its canonical form.

    >>> decimal("99.50").value, decimal("100000").value
    ('99.5', '100000')
    """
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        raise ValueError("is not an amount: write 1000 or 99.50")
    whole, _, part = value.partition(".")
    text = ".".join(filter(None, [str(int(whole)), part.rstrip("0")]))
    return Literal(text, datatype=NamedNode(XSD + "decimal"))


def duration(value: str) -> Literal:
    """A duration of days or less in its canonical form, as the store writes it (XSD 1.1, E.3.3).

    >>> duration("PT60M").value, duration("PT1H17M").value
    ('PT1H', 'PT1H17M')
    """
    parts = re.fullmatch(r"PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", value)
    if not parts:
        raise ValueError("is not a duration: write PT1H17M, PT20M or PT45S")
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    minutes, seconds = divmod(3600 * hours + 60 * minutes + seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    text = "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return Literal(text if text != "P" else "PT0S", datatype=NamedNode(XSD + "duration"))


def web(value: str) -> NamedNode:
    """A web address (http or https only) as an IRI; characters that IRIs forbid are escaped."""
    address = text(value)
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not a web address: it must begin with https:// or http://")
    escaped = re.sub(
        r"[\x00-\x20<>\"{}|\\^`]", lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), address
    )
    return NamedNode(escaped)


def address(value: str) -> str:
    """A web address as it is compared: http and https, with and without www., a final slash or a
    fragment, lead to one page.

    >>> address("http://www.example.org/page/#top")
    'example.org/page'
    """
    return re.sub(r"^https?://(?:www\.)?", "", text(value).partition("#")[0]).rstrip("/")
