"""One answer to one client: its content coding, its validators, or word that it has it already.

A representation's ETag is that of its plain form, with the coding behind it when it has one.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, TypeAlias, cast

from werkzeug.http import (
    HTTP_STATUS_CODES,
    parse_date,
    parse_etags,
    quote_etag,
    remove_entity_headers,
    unquote_etag,
)
from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from kg.web.cache import MIB, SMALL, Kept, recoded
from kg.web.encoding import CHUNK, decoded, encoded, worthwhile

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# How long a representation may be kept that never changes.
FOREVER = "public, max-age=31536000, immutable"
# These belong to one sending of an answer, not to the answer.
PASSING = ("Content-Length", "Date")


# The fields of a head in their order: many answers are made of one such list.
Fields: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True)
class Ready:
    """A whole response: an application that always answers the same (PEP 3333)."""

    status: int
    headers: Fields
    body: bytes

    def __call__(self, _: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send it."""
        start_response(f"{self.status} {HTTP_STATUS_CODES[self.status]}", self.headers)
        return [self.body]


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
    environ: WSGIEnvironment, content: Content, coding: str, folder: Path, status: int = 200
) -> Ready | Response:
    """The answer in the coding that the client takes; a large one passes through `folder`."""
    about = dict(content.headers)
    etag = about.get("ETag", "")
    vary = about.get("Vary", "")
    if worthwhile(about["Content-Type"], content.size):
        vary = _with_coding(vary)
    else:
        coding = ""
    if coding and etag:
        etag = f'{etag[:-1]}-{coding}"'
    fields = _with(content.headers, {"ETag": etag, "Vary": vary, "Content-Encoding": coding})
    if status == 200 and _unchanged(environ, etag, about.get("Last-Modified")):
        if isinstance(content, Large):
            content.file.close()
        return _not_modified(fields)
    body, size = _body(content, coding, folder)
    fields.append(("Content-Length", str(size)))
    if isinstance(body, bytes):
        return Ready(status, fields, body)
    return Response(body, status, fields, direct_passthrough=True)


def _with(fields: Fields, own: dict[str, str]) -> Fields:
    """The fields with others in the place of those of the same name, or none if they are empty."""
    others = [each for each in fields if each[0] not in own]
    return others + [(name, value) for name, value in own.items() if value]


def _with_coding(vary: str) -> str:
    """What decides an answer's form (RFC 9110, section 12.5.5), the content coding too."""
    return f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"


def _body(content: Content, coding: str, folder: Path) -> tuple[bytes | Iterable[bytes], int]:
    """The bytes to send, and how many."""
    if isinstance(content, Large):
        plain: FileWrapper | Generator[bytes] = FileWrapper(cast(IO[bytes], content.file), CHUNK)
    elif content.coding == coding or content.size <= MIB:
        body = content.body if content.coding == coding else recoded(content, coding).body
        return body, len(body)
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


def not_modified(headers: Fields, etag: str) -> Ready:
    """Word that the client has the representation of this tag already."""
    vary = _with_coding(dict(headers).get("Vary", ""))
    return _not_modified(_with(headers, {"ETag": quote_etag(etag), "Vary": vary}))


def _not_modified(fields: Fields) -> Ready:
    remove_entity_headers(fields)
    return Ready(304, fields, b"")


def held(environ: WSGIEnvironment, etag: str, coding: str) -> str:
    """The tag of the representation that the client says it has, if it is this one."""
    said = environ.get("HTTP_IF_NONE_MATCH")
    if said is None or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return ""
    names = parse_etags(said).as_set(include_weak=True)
    return next((tag for tag in (f"{etag}-{coding}", etag) if tag in names), "")


def _unchanged(environ: WSGIEnvironment, etag: str, modified: str | None) -> bool:
    """Whether the client has this representation already (RFC 9110, section 13.2.2).

    A date counts only if it is the very date: after a return to an older release, "not modified
    since" would be true of what the client must not go on using.
    """
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return False
    if "HTTP_IF_NONE_MATCH" in environ:
        tags = parse_etags(environ["HTTP_IF_NONE_MATCH"])
        return etag != "" and tags.contains_weak(unquote_etag(etag)[0])
    since = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return since is not None and since == parse_date(modified)
