"""Reading a saved page: what it says of itself, its own text, and where it links to.

An HTML page says its title, date, language, address and publisher in JSON-LD, in Open Graph or
Dublin Core `meta` elements, in `<link>`, `<html lang>` and `<time>`: the first of these that does
is taken, and none is guessed from the text. Its own text is that of `<article>`, else of `<main>`,
else of `<body>`, without navigation, forms and the like.

A text (.txt) is what one copies from a page: the title is the paragraph before the line that says
"Publié le …", or the first line when there is none; what stands under "Thématiques" are keywords;
"URL : …" and "Publication : …" lines, put before the title, give address and publisher.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

from lxml import html

from kg.clean import fold, text
from kg.sources import keywords, markup
from kg.sources.rows import Row

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_MONTHS = (
    *("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre"),
    *("octobre", "novembre", "decembre"),
)
_PUBLISHED = re.compile(
    rf"publie (?:le )?(?:\w+ )?(\d{{1,2}}|1er) ({'|'.join(_MONTHS)}) (\d{{4}})\b"
)
_HEAD = re.compile(r"(URL|Publication)\s*:\s*(\S.*)", re.IGNORECASE)
_LD_TYPES = {"Article", "NewsArticle", "BlogPosting", "Report", "WebPage", "PressRelease"}
# Where a page says something, the best first: the key in JSON-LD and the names of `meta` elements.
_SAYS = {
    "title": ("headline", "og:title", "dc.title", "dcterms.title"),
    "description": ("description", "og:description", "description"),
    "date": ("datePublished", "article:published_time", "dc.date", "dcterms.issued", "date"),
    "publisher": ("publisher", "og:site_name", "dc.publisher", "application-name"),
    "address": ("url", "og:url"),
    "language": ("inLanguage", "og:locale", "dc.language"),
}
_KEYWORDS = ("keywords", "article:tag", "news_keywords", "dc.subject")
_NOT_OWN = (
    *("nav", "header", "footer", "aside", "form", "button"),
    *("script", "style", "noscript", "template"),
)


def page(path: Path) -> Row:
    """The row of a saved page: title, description, date, publisher, address, language, keywords
    (a line each), links (a line each), and `body`, its own text, which is searched and not stated.
    """
    return _text(path) if path.suffix == ".txt" else _html(path)


def _html(path: Path) -> Row:
    root = markup.document(markup.read_text(path, _encoding(path)))
    said = _in_metas(root) | _in_json(root)
    row = {name: _said(said, keys).partition("\n")[0] for name, keys in _SAYS.items()}
    row["keywords"] = _said(said, _KEYWORDS)
    row["title"] = row["title"] or _first(root, "//h1//text()") or _first(root, "//title/text()")
    row["address"] = _first(root, "//link[@rel='canonical']/@href") or row["address"]
    row["language"] = row["language"] or _first(root, "/html/@lang")
    row["date"] = row["date"] or _first(root, "//article//time/@datetime")
    own = _own(root)
    row["links"] = "\n".join(_links(own, row["address"]))
    row["body"] = "\n".join(markup.lines(own))
    return Row(row, path, 1)


def _encoding(path: Path) -> str:
    """The encoding that a page states, UTF-8 if none: it is read as that, or not at all."""
    with path.open("rb") as file:
        found = _CHARSET.search(file.read(2048))
    return found[1].decode() if found and found[1].lower() != b"utf-8" else "utf-8-sig"


def _in_metas(root: html.HtmlElement) -> dict[str, list[str]]:
    """The `meta` elements, by name in small letters."""
    found: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if value := text(meta.get("content") or ""):
            found.setdefault(name, []).append(value)
    return found


def _in_json(root: html.HtmlElement) -> dict[str, list[str]]:
    """What the JSON-LD says of an article. What is not JSON is passed over, as browsers do."""
    for script in root.iterfind(".//script[@type='application/ld+json']"):
        try:
            said = json.loads(script.text or "")
        except ValueError:
            continue
        for item in _items(said):
            if _LD_TYPES & set(_list(item.get("@type"))):
                return {name: list(_names(value)) for name, value in item.items()}
    return {}


def _items(said: object) -> Iterator[dict[str, object]]:
    for each in _list(said):
        if isinstance(each, dict):
            yield each
            yield from _items(each.get("@graph", []))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _names(value: object) -> Iterator[str]:
    """The texts of a JSON-LD value; of an object its name."""
    for each in _list(value):
        if isinstance(each, dict):
            yield from _names(each.get("name", each.get("@id", "")))
        elif isinstance(each, str) and text(each):
            yield text(each)


def _said(said: dict[str, list[str]], keys: tuple[str, ...]) -> str:
    return next(("\n".join(said[key]) for key in keys if said.get(key)), "")


def _first(root: html.HtmlElement, path: str) -> str:
    found = root.xpath(path)
    return next((text(str(each)) for each in found if text(str(each))), "")


def _own(root: html.HtmlElement) -> html.HtmlElement:
    """The part of the page that is its own text, the longest if several seem to be: what is no
    text is taken out of it.
    """
    tags = (list(root.iter(tag)) for tag in ("article", "main", "body"))
    candidates = next(filter(None, tags), [root])
    own = max(candidates, key=lambda each: len(each.text_content()))
    for each in [found for tag in _NOT_OWN for found in own.iter(tag)]:
        each.drop_tree()
    return own


def _links(own: html.HtmlElement, address: str) -> list[str]:
    """The addresses that the text links to, each once; not the page's own, nor e-mail addresses."""
    found = (urljoin(address, href.strip()).partition("#")[0] for href in own.xpath(".//a/@href"))
    web = (each for each in found if each.startswith(("http://", "https://")))
    return [each for each in dict.fromkeys(web) if each != address.partition("#")[0]]


def _text(path: Path) -> Row:
    """The row of a copied text."""
    lines = [text(line) for line in markup.read_text(path).splitlines()]
    head = {m[1].lower(): m[2] for line in lines[:10] if (m := _HEAD.fullmatch(line))}
    lines = [line for place, line in enumerate(lines) if place >= 10 or not _HEAD.fullmatch(line)]
    dated = next((n for n, line in enumerate(lines) if _PUBLISHED.search(fold(line))), None)
    before = [line for line in lines[:dated] if line]
    title = (before[-1:] if dated is not None else before[:1]) or [""]
    body = lines[dated + 1 :] if dated is not None else lines
    themes = next((n for n, line in enumerate(body) if fold(line) == "thematiques"), None)
    row = {
        "title": title[0],
        "description": "",
        "date": _date(lines[dated]) if dated is not None else "",
        "publisher": head.get("publication", ""),
        "address": head.get("url", ""),
        "language": "fr",
        "keywords": "\n".join(_themes(body[themes + 1 :]) if themes is not None else []),
        "links": "",
        "body": "\n".join(line for line in body[:themes] if line),
    }
    return Row(row, path, 1)


def _date(line: str) -> str:
    found = _PUBLISHED.search(fold(line))
    assert found
    day = 1 if found[1] == "1er" else int(found[1])
    return f"{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{day:02}"


def _themes(lines: list[str]) -> list[str]:
    """The lines under "Thématiques", to the next empty one."""
    found: list[str] = []
    for line in lines:
        if line:
            found += keywords.split(line)
        elif found:
            break
    return found
