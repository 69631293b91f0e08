"""XML and HTML that strangers wrote: read without doing what it says.

XML is read without its DTD, without the network, and not at all if it declares entities: that
leaves nothing for a bomb or an external entity to do. HTML is read from text, as browsers do it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree, html

from kg.clean import text
from kg.errors import InputError, MissingFile

# What begins a new line, and what is no text.
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt"),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section"),
        *("table", "td", "th", "tr", "ul"),
    }
)
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "iframe"})
_SPACE = re.compile(r"\s+")


def xml(path: Path) -> etree._Element:
    """The root of an XML file, comments and processing instructions out.

    A prefix without its declaration is read as part of the name: many feeds write `itunes:` so.
    Raises `MissingFile`, and `InputError` with the line for what is not well-formed, for bytes
    that are not in the stated encoding, and for a declaration of entities.
    """
    content = _bytes(path)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise _broken(path, error.msg or "is not XML", error.lineno) from None
    for entry in parser.error_log.filter_from_errors():
        if entry.type != etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE:
            raise _broken(path, entry.message, entry.line)
    if root is None:
        raise _broken(path, "is empty", None)
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise InputError(
            "the file declares XML entities, which may be a trap",
            file=path,
            line=1,
            mend="ask the publisher for a file without <!ENTITY …>",
        )
    for entity in root.iter(etree.Entity):
        raise _broken(path, f"{entity.text} is declared elsewhere, if at all", entity.sourceline)
    return root


def _broken(path: Path, problem: str, line: int | None) -> InputError:
    mend = "get the file again; if it stays so, tell its publisher"
    return InputError(f"the XML cannot be read: {problem.strip()}", path, line, mend=mend)


def read_text(path: Path, encoding: str = "utf-8-sig") -> str:
    """A file as text. Raises `MissingFile`, `InputError` with the line for bytes that are not in
    the encoding, or for an encoding that there is not.
    """
    content = _bytes(path)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        name = encoding.removesuffix("-sig").upper()
        raise InputError(
            f"the file is not {name} text", path, line, mend="save it again as UTF-8"
        ) from None
    except LookupError:
        raise InputError("is not an encoding", path, value=encoding) from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MissingFile(f"cannot be read: {error.strerror}", file=path) from None


def document(content: str) -> html.HtmlElement:
    """The root of an HTML page."""
    parser = html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    return html.document_fromstring(content.encode() or b"<html/>", parser=parser)


def plain(content: str) -> str:
    """HTML, or text with character references, as one line of text.

    >>> plain("<p>L&#x2019;<b>Avise</b></p><p>agit &amp; relie</p>")
    'L’Avise agit & relie'
    """
    if not re.search(r"[<&]", content):
        return text(content)
    return text("".join(_texts(document(f"<body><div>{content}</div></body>"))))


def lines(element: html.HtmlElement) -> list[str]:
    """The text of an element, one string for each block, empty ones out."""
    found = (text(line) for line in "".join(_texts(element)).split("\n"))
    return [line for line in found if line]


def _texts(element: html.HtmlElement) -> Iterator[str]:
    """The texts of an element in order; a block begins and ends with a line break."""
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        if event == "start" and node.tag in _SILENT:
            walk.skip_subtree()
            continue
        if node.tag in _BLOCKS:
            yield "\n"
        inner = node.text if event == "start" else node.tail if node is not element else ""
        yield _SPACE.sub(" ", inner or "")
