"""Asking a site politely (`kg.fetch.client`), and nobody else: other hosts are not looked at."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from lxml import etree
from pyoxigraph import Quad, RdfFormat, parse

from kg.errors import FetchFailed
from kg.fetch.client import Client
from kg.harvest.report import Part

# The largest document that is read at once, in bytes.
LARGEST = 64 << 20
# UTF-8 that was read as Latin-1, or what could not be read at all.
_BROKEN = re.compile("\u00c3[\u0080-\u00bf\u2013-\u2122]|\u00c2[\u00a0-\u00bf]|\ufffd")
# As precise as the publisher knows: a year, a month, a day, a moment (DCAT 3, section 6.4).
_TIME = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2})?)?)?(?![\d-])")


class Walk:
    """One check of one site: `root` is its address, `base` that of its IRIs, which it answers too.

    Nothing is wrong that came at `now`; times are in UTC.
    """

    def __init__(
        self,
        root: str,
        base: str,
        contact: str,
        now: datetime,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.root = root.rstrip("/")
        self.base = base
        self.now = now
        host = urlsplit(self.root).hostname or ""
        self._client = Client(frozenset({host}), contact, sleep)

    def reach(self) -> None:
        """`FetchFailed` if nobody answers there."""
        self._client.reach(f"{self.root}/")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def here(self, address: str) -> str | None:
        """The address on this site; None for one of another."""
        whole = urljoin(f"{self.root}/", address)
        if whole.startswith(self.base):
            whole = f"{self.root}/{whole.removeprefix(self.base)}"
        return whole if whole == self.root or whole.startswith(f"{self.root}/") else None

    def read(self, address: str, accept: str = "*/*") -> tuple[bytes, str]:
        """A document, whole, and its media type; `FetchFailed` says what is wrong."""
        found = self.here(address)
        if found is None:
            raise FetchFailed(f"{address} is not on {self.root}.")
        with self._client.get(found, headers={"Accept": accept}) as response:
            chunks, size = [], 0
            for chunk in response.iter_content(1 << 16):
                chunks.append(chunk)
                size += len(chunk)
                if size > LARGEST:
                    raise FetchFailed(f"{address} has more than {LARGEST >> 20} MiB.")
            media_type = response.headers.get("Content-Type", "").partition(";")[0]
        return b"".join(chunks), media_type

    def answers(self, address: str, part: Part) -> None:
        """Whether a link of this site leads to something."""
        found = self.here(address)
        if found is None:
            return
        part.count("links")
        try:
            with self._client.get(found):
                pass
        except FetchFailed as error:
            part.wrong(str(error))

    def checksum(self, address: str, expected: str, part: Part) -> None:
        """Whether a file of this site has that SHA-256."""
        found = self.here(address)
        if found is None:
            return
        part.count("files")
        digest = hashlib.sha256()
        try:
            with self._client.get(found) as response:
                for chunk in response.iter_content(1 << 20):
                    digest.update(chunk)
        except FetchFailed as error:
            part.wrong(str(error))
            return
        if digest.hexdigest() != expected.lower():
            part.wrong(f"{address} is not the file of its checksum {expected}.")

    def rdf(self, address: str, part: Part, accept: str = "text/turtle") -> list[Quad]:
        """The statements of a document. What cannot be read is a bad IRI as a rule."""
        body, media_type = self.read(address, accept)
        form = RdfFormat.from_media_type(media_type)
        if form is None:
            raise FetchFailed(f"{address} answered {media_type or 'no media type'}, not RDF.")
        self.intact(body, address, part)
        try:
            quads = list(
                parse(body, format=form, base_iri=self.here(address), rename_blank_nodes=True)
            )
        except (SyntaxError, ValueError) as error:
            raise FetchFailed(f"{address} cannot be read: {error}") from None
        part.count("statements", len(quads))
        return quads

    def xml(self, address: str, part: Part) -> etree._Element:
        """The root of an XML document."""
        body, _ = self.read(address)
        self.intact(body, address, part)
        try:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            return etree.fromstring(body, parser)
        except etree.XMLSyntaxError as error:
            raise FetchFailed(f"{address} cannot be read: {error}") from None

    def intact(self, body: bytes, address: str, part: Part) -> None:
        """Whether a text is UTF-8, with its accents."""
        try:
            broken = _BROKEN.search(body.decode("utf-8"))
        except UnicodeDecodeError as error:
            part.wrong(f"{address} is not UTF-8: byte {error.start}.")
            return
        if broken:
            part.wrong(f"{address} has broken accents: {broken[0]!r} at {broken.start()}.")

    def past(self, text: str, address: str, part: Part) -> None:
        """Whether a date or time is one, and not in the future."""
        part.count("dates")
        found = _TIME.match(text)
        if not found:
            part.wrong(f"{address}: {text!r} is not a date.")
        elif found[0] > self.now.isoformat()[: len(found[0])]:
            part.wrong(f"{address}: {text} is in the future.")


def values(quads: list[Quad], predicate: object) -> Iterator[str]:
    """The values of a property."""
    return (str(getattr(q.object, "value", "")) for q in quads if q.predicate == predicate)
