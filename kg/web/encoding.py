"""Content codings (RFC 9110, section 12.5.3): which one a client takes, and bytes in it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from functools import lru_cache

import zstandard
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

# The server's favourite first. The empty name stands for bytes as they are.
CODINGS = ("zstd", "gzip")
SMALLEST = 1000
CHUNK = 1 << 18
_TEXT = re.compile(r"text/|image/svg|application/.*(json|xml|javascript|n-triples|n-quads|trig)")


@lru_cache(maxsize=256)
def choose(accept: str | None) -> str:
    """The coding to answer in.

    >>> [choose(each) for each in (None, "gzip", "gzip, zstd", "*", "gzip;q=0, *")]
    ['', 'gzip', 'zstd', 'zstd', 'zstd']
    >>> [choose(each) for each in ("gzip;q=0.5, identity", "br", "zstd;q=0.1, gzip;q=0.2")]
    ['', '', 'gzip']
    """
    given = {name.lower(): quality for name, quality in parse_accept_header(accept or "", Accept)}
    given.setdefault("gzip", given.get("x-gzip", given.get("*", 0.0)))
    given.setdefault("zstd", given.get("*", 0.0))
    best = max(CODINGS, key=lambda coding: given[coding])
    return best if given[best] and given[best] >= given.get("identity", 0.0) else ""


def is_text(content_type: str) -> bool:
    """Whether it is text, which is not compressed by its nature."""
    return _TEXT.match(content_type) is not None


def worthwhile(content_type: str, size: int) -> bool:
    """Whether compression gains anything: on text that is not tiny."""
    return size >= SMALLEST and is_text(content_type)


def encoded(source: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The bytes in a coding, piece by piece."""
    zstd = coding == "zstd"
    # 31: with gzip's header.
    packer = zstandard.ZstdCompressor(level=3).compressobj() if zstd else zlib.compressobj(wbits=31)
    for chunk in source:
        yield packer.compress(chunk)
    yield packer.flush()


def decoded(body: bytes) -> Generator[bytes]:
    """What `encoded` made zstd of."""
    yield from zstandard.ZstdDecompressor().read_to_iter(body)
