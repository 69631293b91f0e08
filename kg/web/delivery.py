"""One answer to one client: its content coding, its validators, or word that it has it already.

A representation's ETag is that of its plain form, with the coding behind it when it has one.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, TypeAlias, cast

from werkzeug.datastructures import Headers
from werkzeug.http import parse_date
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import FileWrapper

from kg.web.cache import MIB, SMALL, Kept, recoded
from kg.web.encoding import CHUNK, decoded, encoded, worthwhile

# How long a representation may be kept that never changes.
FOREVER = "public, max-age=31536000, immutable"
# These belong to one sending of an answer, not to the answer.
PASSING = ("Content-Length", "Date")


# The fields of a head in their order: many answers are made of one such list.
Fields: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True)
class Large:
    """An answer that is too large to keep."""

    headers: Fields
    file: BinaryIO
    size: int


Content: TypeAlias = Kept | Large


def keep(headers: Fields, chunks: Iterable[bytes], size: int) -> Kept:
    """An answer in the coding that it is kept in; `size` is that of the chunks together."""
    lasting = [(name, value) for name, value in headers if name not in PASSING]
    if size > SMALL and worthwhile(dict(headers)["Content-Type"], size):
        return Kept(lasting, b"".join(encoded(chunks, "zstd")), "zstd", size)
    return Kept(lasting, b"".join(chunks), "", size)


def send(
    request: Request, content: Content, coding: str, folder: Path, status: int = 200
) -> Response:
    """The answer in the coding that the client takes; a large one passes through `folder`."""
    response = Response(status=status, headers=Headers(content.headers), direct_passthrough=True)
    if worthwhile(response.content_type or "", content.size):
        response.vary.add("Accept-Encoding")
    else:
        coding = ""
    etag, _ = response.get_etag()
    if coding:
        response.headers["Content-Encoding"] = coding
        if etag:
            response.set_etag(f"{etag}-{coding}")
    if status == 200 and _unchanged(request, response):
        response.status_code = 304
        if isinstance(content, Large):
            content.file.close()
        return response
    response.response, response.content_length = _body(content, coding, folder)
    return response


def _body(content: Content, coding: str, folder: Path) -> tuple[Iterable[bytes], int]:
    """The bytes to send, and how many."""
    if isinstance(content, Large):
        plain: FileWrapper | Generator[bytes] = FileWrapper(cast(IO[bytes], content.file), CHUNK)
    elif content.coding == coding:
        return [content.body], len(content.body)
    elif content.size <= MIB:
        body = recoded(content, coding).body
        return [body], len(body)
    else:
        plain = decoded(content.body)
    if not coding:
        return plain, content.size
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed when it is sent
    with contextlib.closing(plain):
        file.writelines(encoded(plain, coding))
    size = file.tell()
    file.seek(0)
    return FileWrapper(cast(IO[bytes], file), CHUNK), size


def not_modified(headers: Fields, etag: str) -> Response:
    """Word that the client has the representation of this tag already."""
    response = Response(status=304, headers=headers)
    response.set_etag(etag)
    response.vary.add("Accept-Encoding")
    return response


def held(request: Request, etag: str, coding: str) -> str:
    """The tag of the representation that the client says it has, if it is this one."""
    if request.method not in {"GET", "HEAD"}:
        return ""
    names = request.if_none_match.as_set(include_weak=True)
    return next((tag for tag in (f"{etag}-{coding}", etag) if tag in names), "")


def _unchanged(request: Request, response: Response) -> bool:
    """Whether the client has this representation already (RFC 9110, section 13.2.2).

    A date counts only if it is the very date: after a return to an older release, "not modified
    since" would be true of what the client must not go on using.
    """
    if request.method not in {"GET", "HEAD"}:
        return False
    if "If-None-Match" in request.headers:
        etag, _ = response.get_etag()
        return etag is not None and request.if_none_match.contains_weak(etag)
    since = parse_date(request.headers.get("If-Modified-Since"))
    return since is not None and since == response.last_modified
