"""Answers given before. Releases never change, so that an answer is true as long as its key is.

The key stands for the release and all else that an answer depends on: nothing is ever invalidated,
only forgotten when room is short, what was not used for longest first.

    Memory   of one process
    Disk     <var>/cache/answers/<2 letters>/<key>, shared by all processes: what took long to make
               checksum, length of head, head (JSON), body
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import struct
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from kg.web.encoding import SMALLEST, decoded, encoded

MIB = 1 << 20
# An answer takes at most this part of the room.
PART = 8
# Seconds; what was made faster is made anew as soon as it is read from a disk.
LONG = 0.02
# A smaller body is kept as it is: most clients of small answers ask for no coding.
SMALL = 1 << 16
_LENGTH = struct.Struct("!I")
_CHECKSUM = 16
_T = TypeVar("_T")


@dataclass(frozen=True)
class Kept:
    """A whole answer: its headers, and its body in a content coding, or none; `size` is that of the
    plain body.
    """

    headers: list[tuple[str, str]]
    body: bytes
    coding: str
    size: int


class Cache:
    """The two levels as one. Each answer is kept on disk in one coding, in memory in those used."""

    def __init__(self, folder: Path, memory: int, disk: int) -> None:
        """`memory` and `disk` in MiB; `folder` is there for passing files too."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._memory: Memory[Kept] = Memory(memory * MIB)
        self._disk = Disk(folder / "answers", disk * MIB)

    def at_hand(self, key: str, coding: str) -> Kept | None:
        """The answer in that coding, or a small one in any, if it is in memory like that."""
        kept = self._memory.get((key, coding)) or self._memory.get(key)
        return kept if kept and (kept.coding == coding or kept.size < SMALLEST) else None

    def holds(self, key: str) -> bool:
        """Whether there is an answer, in memory or on disk."""
        return self._memory.get(key) is not None or self._disk.holds(key)

    def get(self, key: str, coding: str) -> Kept | None:
        """The answer, in that coding unless it is tiny, or large and in another one."""
        if found := self._memory.get((key, coding)):
            return found
        kept = self._memory.get(key)
        if kept is None and (kept := self._disk.get(key)):
            self._memory.put(key, kept)
        if kept is None or kept.coding == coding or not SMALLEST <= kept.size <= MIB:
            return kept
        found = recoded(kept, coding)
        self._memory.put((key, coding), found)
        return found

    def put(self, key: str, kept: Kept, seconds: float = LONG) -> None:
        """Keep an answer that took so long to make, if it fits."""
        self._memory.put(key, kept)
        if seconds >= LONG:
            self._disk.put(key, kept)


def recoded(kept: Kept, coding: str) -> Kept:
    """The same answer in another coding."""
    plain: Iterable[bytes] = decoded(kept.body) if kept.coding else [kept.body]
    return replace(kept, body=b"".join(encoded(plain, coding) if coding else plain), coding=coding)


class Body(Protocol):
    """Whatever is kept for its body."""

    @property
    def body(self) -> bytes:
        """The bytes."""
        ...


_B = TypeVar("_B", bound=Body)


class Memory(Generic[_B]):
    """Answers in memory, at most `limit` bytes of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[Hashable, _B] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> _B | None:
        """The answer, if it is still here."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, kept: _B) -> None:
        """Keep an answer, and forget others for it."""
        size = _weight(kept)
        if size > self._limit // PART:
            return
        with self._lock:
            if old := self._kept.pop(key, None):
                self._size -= _weight(old)
            self._kept[key] = kept
            self._size += size
            while self._size > self._limit:
                _, old = self._kept.popitem(last=False)
                self._size -= _weight(old)


def _weight(kept: Body) -> int:
    return len(kept.body) + 2000  # headers, key and the objects themselves


class Disk:
    """Answers in files, at most about `limit` bytes of them; a file's date is that of its last use.

    A file is written aside and renamed. One that is not what was written, after a crash say, is
    taken for missing. Whoever has written a sixteenth of the room looks after the size.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._written = limit
        self._lock = threading.Lock()

    def holds(self, key: str) -> bool:
        """Whether there is something for this key."""
        return os.access(self._path(key), os.R_OK)  # for every query: no exception is made

    def get(self, key: str) -> Kept | None:
        """The answer, if there is one and it is whole."""
        path = Path(self._path(key))
        try:
            data = path.read_bytes()
        except OSError:
            return None
        kept = _read(data)
        with contextlib.suppress(OSError):
            if kept is None:
                path.unlink()
            else:
                os.utime(path)
        return kept

    def put(self, key: str, kept: Kept) -> None:
        """Write an answer. A disk that is full or gone costs speed, never an answer."""
        data = _write(kept)
        if len(data) > self._limit // PART:
            return
        path = Path(self._path(key))
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(data)
            Path(file.name).replace(path)
            self._account(len(data))

    def _path(self, key: str) -> str:
        return f"{self._folder}/{key[:2]}/{key}"

    def _account(self, size: int) -> None:
        with self._lock:
            self._written += size
            due = self._written > self._limit // 16
            if due:
                self._written = 0
        if due:
            self.trim()

    def trim(self) -> None:
        """Delete what was not used for longest until a sixteenth of the room is free."""
        found = []
        for folder in os.scandir(self._folder):
            for entry in os.scandir(folder.path):
                with contextlib.suppress(FileNotFoundError):  # another process trims too
                    about = entry.stat()
                    found.append((about.st_mtime_ns, about.st_blocks * 512, entry.path))
        excess = sum(size for _, size, _ in found) - (self._limit - self._limit // 16)
        for _, size, path in sorted(found):
            if excess <= 0:
                break
            Path(path).unlink(missing_ok=True)
            excess -= size


def _write(kept: Kept) -> bytes:
    about = asdict(kept)
    del about["body"]
    head = json.dumps(about).encode()
    data = _LENGTH.pack(len(head)) + head + kept.body
    return blake2b(data, digest_size=_CHECKSUM).digest() + data


def _read(data: bytes) -> Kept | None:
    checksum, rest = data[:_CHECKSUM], memoryview(data)[_CHECKSUM:]
    if blake2b(rest, digest_size=_CHECKSUM).digest() != checksum:
        return None
    start = _LENGTH.size + _LENGTH.unpack_from(rest)[0]
    about = json.loads(bytes(rest[_LENGTH.size : start]))
    headers = [(name, value) for name, value in about.pop("headers")]
    return Kept(headers, bytes(rest[start:]), **about)


class Flights(Generic[_T]):
    """Work that several ask for at the same time is done once; the others wait for its outcome."""

    def __init__(self) -> None:
        # Who waits for each; most often nobody.
        self._flying: dict[Hashable, list[Future[_T]]] = {}
        self._lock = threading.Lock()

    async def once(self, key: Hashable, work: Callable[[], Awaitable[_T]]) -> tuple[_T, bool]:
        """What `work` returns, and whether it was this call that did it; raises what it raises.

        Those who wait may be on other event loops.
        """
        coming: Future[_T] | None = None
        with self._lock:
            if key in self._flying:
                coming = Future()
                self._flying[key].append(coming)
            else:
                self._flying[key] = []
        if coming:
            return await asyncio.wrap_future(coming), False
        try:
            found = await work()
        except BaseException as error:
            for each in self._landed(key):
                each.set_exception(error)
            raise
        for each in self._landed(key):
            each.set_result(found)
        return found, True

    def _landed(self, key: Hashable) -> list[Future[_T]]:
        """Those who still wait for it."""
        with self._lock:
            waiting = self._flying.pop(key)
        return [each for each in waiting if each.set_running_or_notify_cancel()]
