"""Language: which one a reader gets, and dates, numbers and names written in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal, get_group_symbol
from babel.support import Translations
from flask import Flask, Response, g, request
from flask_babel import Babel, get_locale, get_translations, gettext, lazy_gettext
from pyoxigraph import Literal, NamedNode
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Request

from kg.vocab import XSD

LANGUAGES = {"fr": "Français", "en": "English"}
COOKIE = "lang"
YEAR = 365 * 24 * 3600
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


@dataclass(frozen=True)
class Text:
    """A text to show; `lang` only where it is not the page's own language."""

    text: str
    lang: str = ""


def _(message: str, **values: object) -> str:
    """The message in the reader's language, with its values."""
    return str(gettext(message, **values))


def later(message: str, **values: object) -> str:
    """A message for a table of texts, or an error: `str()` of it is in the reader's language."""
    lazy: str = lazy_gettext(message, **values)
    return lazy


def install(app: Flask) -> None:
    """Make the app speak both languages."""
    Babel(app, default_locale="fr", locale_selector=lambda: choose(request))
    # Templates ask for hundreds of texts: the catalogue is looked up once for a page.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: _catalogue().ugettext(message),
        lambda one, many, count: _catalogue().ungettext(one, many, count),
        newstyle=True,
    )
    app.after_request(_remember)
    app.jinja_env.filters |= {"number": number, "size": size, "day": _day, "words": _spaced}
    app.jinja_env.globals |= {"languages": LANGUAGES, "lang": lang, "as_text": as_text}


def _catalogue() -> Translations:
    if "catalogue" not in g:
        g.catalogue = get_translations()
    found: Translations = g.catalogue
    return found


def choose(request: Request) -> str:
    """The address says it (`?lang=`), else the cookie of an earlier choice, else the browser."""
    for given in (request.args.get(COOKIE), request.cookies.get(COOKIE)):
        if given in LANGUAGES:
            return given
    return _preferred(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=256)
def _preferred(accept: str) -> str:
    return parse_accept_header(accept, LanguageAccept).best_match(list(LANGUAGES)) or "fr"


def lang() -> str:
    """The language of the page that is being made."""
    return str(get_locale() or "fr")


def _remember(response: Response) -> Response:
    """Keep the reader's choice, and tell caches what an HTML page depends on."""
    chosen = request.args.get(COOKIE)
    if chosen in LANGUAGES:
        response.set_cookie(
            COOKIE, chosen, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure
        )
    if response.mimetype == "text/html" and not response.location:
        response.headers.setdefault("Content-Language", lang())
        response.vary.update(["Accept-Language", "Cookie"])
    return response


def pick(names: Iterable[Literal]) -> Text | None:
    """The name to show: the reader's language, else without language, else French, else any."""
    found = [*names]
    if len(found) < 2:  # which most things have, by the hundred
        return text(found[0]) if found else None
    ranks = {"fr": 2, "": 1, lang(): 0}
    return text(min(found, key=lambda name: (ranks.get(name.language or "", 3), name.value)))


def text(literal: Literal) -> Text:
    """A literal as people write it, marked with its language if that is not the page's."""
    language = literal.language or ""
    return Text(written(literal), "" if not language or language == lang() else language)


def as_text(words: str, code: str) -> Text:
    """Words in a language ("" for none) as a text of the page."""
    return Text(words, "" if code in {"", lang()} else code)


def number(value: int | float) -> str:
    """A number with the separators of the language, and all of its decimals that matter."""
    if not isinstance(value, int):
        return str(format_decimal(value, "#,##0.######", locale=lang()))
    if 0 <= value < 1000:  # most of them, and the same everywhere
        return str(value)
    return f"{value:,}".replace(",", _separator(lang()))


@cache
def _separator(language: str) -> str:
    """What stands between thousands."""
    return str(get_group_symbol(language))


def language(code: str) -> str:
    """The name of a language, by its code."""
    locale = get_locale()
    return str(locale.languages.get(code, code)) if locale else code


def size(count: int) -> str:
    """A file's size in powers of a thousand."""
    units = ("o", "ko", "Mo", "Go", "To") if lang() == "fr" else ("B", "kB", "MB", "GB", "TB")
    power = min(max(len(str(count)) - 1, 0) // 3, len(units) - 1)
    return f"{number(round(count / 1000**power, 1))} {units[power]}"


def written(literal: Literal) -> str:
    """A typed value in words: dates at their own precision, durations, numbers, truth."""
    value = literal.value
    if literal.datatype in {XSD.date, XSD.dateTime}:
        return _day(value[:10])
    if literal.datatype == XSD.gYearMonth and re.fullmatch(r"\d{4}-\d{2}", value):
        return _date(date.fromisoformat(f"{value}-01"), "MMMM y")
    if literal.datatype in {XSD.integer, XSD.decimal}:
        return number(float(value) if "." in value else int(value))
    if literal.datatype == XSD.boolean:
        return _("oui") if value in {"true", "1"} else _("non")
    if literal.datatype == XSD.duration and (found := _DURATION.fullmatch(value)):
        units = zip(found.groups(), ("h", "min", "s"), strict=True)
        return " ".join(f"{amount} {unit}" for amount, unit in units if amount)
    return value


def _day(value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    words = _date(day, "long")
    return re.sub(r"^1 ", "1ᵉʳ ", words) if lang() == "fr" else words


def _date(day: date, form: str) -> str:
    """Day before month in both languages: the readers of this site live in Europe."""
    return str(format_date(day, form, locale={"en": "en_GB"}.get(lang(), lang())))


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def is_date(datatype: NamedNode) -> bool:
    """Whether a literal of that type can stand in HTML's `<time datetime>`."""
    return datatype in {XSD.date, XSD.dateTime, XSD.gYear, XSD.gYearMonth}


def period(starts: list[Literal], ends: list[Literal], attested: list[Literal]) -> str:
    """A span of time in words; a date on which something was merely seen is never its start."""
    if not (starts or ends or attested):  # as of most things in a list
        return ""
    either = _("ou")
    first, last = (f" {either} ".join(_dates(each)) for each in (starts, ends))
    if first and last and first != last:
        return f"{first} – {last}"
    if first and first == last:
        return first
    if first:
        return _("début : %(date)s", date=first)
    if last:
        return _("fin : %(date)s", date=last)
    return _("attesté : %(dates)s", dates=", ".join(_dates(attested))) if attested else ""


def _dates(values: list[Literal]) -> list[str]:
    ordered = sorted(values, key=lambda value: value.value)
    return list(dict.fromkeys(written(value) for value in ordered))
