"""The publisher: what it offers for an entry of `fetch.toml` today, and with which checksum.

data.gouv.fr (udata) tells the address of a resource and, for files that it holds itself, their
checksum (`checksum`, of the type sha1, sha256 or md5; its API, `GET /datasets/{id}/` of version 1
and `GET /datasets/resources/{id}/` of version 2). Of files that lie elsewhere it tells what they
were when it last looked, which says nothing of what is there now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urljoin

from kg.errors import FetchFailed
from kg.fetch.addresses import File
from kg.fetch.client import Client

METHODS = {"md5", "sha1", "sha256"}
_LINK = re.compile(r"""href\s*=\s*["']([^"'>]+)["']""", re.IGNORECASE)


@dataclass(frozen=True)
class Offer:
    """A file that is there: its address, its checksum (method, value) if known, its least size."""

    url: str
    checksum: tuple[str, str] | None = None
    least: int = 1


def offer(client: Client, file: File, api: str) -> Offer:
    """What the publisher offers for a file; `FetchFailed` if it is not there, or not alone."""
    if file.resource:
        found = _json(client, f"{api}/2/datasets/resources/{file.resource}/")
        return _of_resource(found["resource"], file)
    if file.dataset:
        return _of_resource(_newest(client, file, api), file)
    return Offer(_linked(client, file) if file.page else file.url, None, file.least)


def _json(client: Client, address: str) -> dict[str, Any]:
    try:
        return dict(client.read(address).json())
    except ValueError:
        raise FetchFailed(f"{address} did not answer with JSON.") from None


def _of_resource(resource: Mapping[str, Any], file: File) -> Offer:
    given = resource.get("checksum") or {}
    method, value = str(given.get("type", "")), str(given.get("value", ""))
    ours = resource.get("filetype") == "file" and method in METHODS
    return Offer(str(resource["url"]), (method, value.lower()) if ours else None, file.least)


def _newest(client: Client, file: File, api: str) -> Mapping[str, Any]:
    """The newest resource of a data set, of those whose address matches: by what the pattern's
    group finds there, else by the day of the last change.
    """
    address = f"{api}/1/datasets/{file.dataset}/"
    resources = _json(client, address).get("resources", [])
    found = {
        match[1] if match.re.groups else str(each.get("last_modified")): each
        for each in resources
        if (match := re.search(file.like, str(each.get("url"))))
    }
    if not found:
        urls = ", ".join(str(each.get("url")) for each in resources)
        raise FetchFailed(f"{address} has nothing like {file.like!r}; there is: {urls}.")
    return dict(found[max(found)])


def _linked(client: Client, file: File) -> str:
    """The address that a page links to, of the one that matches."""
    text = client.read(file.page).text
    links = {urljoin(file.page, unescape(link)) for link in _LINK.findall(text)}
    found = sorted(link for link in links if re.search(file.link, link))
    if len(found) != 1:
        what = ", ".join(found) or "none"
        raise FetchFailed(f"{file.page} should have one link like {file.link!r}; it has: {what}.")
    return found[0]
