"""Answers that come page by page: a search of HAL (Solr's cursor), an OAI-PMH archive.

    <name>-00001.json …    a page as it came
    <name>.part            how many there are by now, and the mark of the next

A mark that the server no longer knows (a resumption token that has expired) begins the list anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import requests
from sickle import Sickle
from sickle.iterator import OAIResponseIterator
from sickle.oaiexceptions import (
    BadArgument,
    BadResumptionToken,
    CannotDisseminateFormat,
    NoRecordsMatch,
    NoSetHierarchy,
    OAIError,
)

from kg.errors import FetchFailed
from kg.fetch.addresses import Archive, Search
from kg.fetch.client import Client

# From the mark of a page to its bytes and the mark of the next; the first has none, nor the last.
Ask: TypeAlias = Callable[[str | None], tuple[bytes, str | None]]
Progress: TypeAlias = Callable[[int, int | None], None]
OAI_PMH = "{http://www.openarchives.org/OAI/2.0/}OAI-PMH"


REFUSED = (BadArgument, CannotDisseminateFormat, NoRecordsMatch, NoSetHierarchy, OAIError)


class Expired(Exception):
    """The server does not know this mark any more."""


def save(name: str, suffix: str, ask: Ask, folder: Path, progress: Progress) -> list[Path]:
    """Save all pages, or those that are missing; `progress` gets the number of pages."""
    state = folder / f"{name}.part"
    while True:
        done, mark = _begun(state)
        try:
            while done == 0 or mark is not None:
                content, mark = ask(mark)
                done += 1
                (folder / f"{name}-{done:05}{suffix}").write_bytes(content)
                state.write_text(json.dumps([done, mark]), encoding="utf-8")
                progress(done, None)
        except Expired:
            state.unlink()
            continue
        state.unlink(missing_ok=True)
        for left in sorted(folder.glob(f"{name}-*{suffix}"))[done:]:
            left.unlink()  # of a longer list that had been begun
        return sorted(folder.glob(f"{name}-*{suffix}"))


def _begun(state: Path) -> tuple[int, str | None]:
    """How many pages there are, and the mark of the next."""
    if not state.exists():
        return 0, None
    done, mark = json.loads(state.read_text(encoding="utf-8"))
    return int(done), mark


def search(client: Client, wanted: Search) -> Ask:
    """Asks a Solr service, page by page (its reference guide, "Pagination of Results")."""

    def ask(mark: str | None) -> tuple[bytes, str | None]:
        mark = mark or "*"
        fixed = {"wt": "json", "sort": "docid asc", "cursorMark": mark}
        response = client.read(wanted.url, {**wanted.parameters, **fixed})
        try:
            answer: dict[str, Any] = response.json()
            documents, following = answer["response"]["docs"], str(answer["nextCursorMark"])
        except (ValueError, KeyError, TypeError):
            raise FetchFailed(
                f"{wanted.url} did not answer a search: {response.text[:200]}"
            ) from None
        return response.content, following if documents and following != mark else None

    return ask


class _Polite(Sickle):  # type: ignore[misc]
    """Sickle, asking through our client."""

    def __init__(self, client: Client, url: str) -> None:
        super().__init__(url, iterator=OAIResponseIterator)
        self._client = client

    def _request(self, kwargs: dict[str, str]) -> requests.Response:
        return self._client.read(self.endpoint, kwargs)


def archive(client: Client, wanted: Archive) -> Ask:
    """Asks an OAI-PMH archive for its records in `oai_dc`, page by page (OAI-PMH 2.0, 3.5)."""

    def ask(mark: str | None) -> tuple[bytes, str | None]:
        asked = {"resumptionToken": mark} if mark else {"metadataPrefix": "oai_dc"}
        try:
            found = _Polite(client, wanted.url).ListRecords(
                **asked, **({} if mark else wanted.selection)
            )
            page = next(found)
            is_answer = page.xml.tag == OAI_PMH
        except BadResumptionToken:
            raise Expired from None
        except REFUSED as error:
            raise FetchFailed(f"{wanted.url} answered: {error or type(error).__name__}") from None
        except (SyntaxError, AttributeError):  # lxml's errors are SyntaxErrors
            is_answer = False
        if not is_answer:
            raise FetchFailed(f"{wanted.url} did not answer as an OAI-PMH archive does.")
        token = found.resumption_token
        return page.http_response.content, (token.token or None) if token else None

    return ask
