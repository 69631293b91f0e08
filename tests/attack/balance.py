"""What a server holds: processes, files, memory. Before and after an attack it must be the same."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.served import Server


@dataclass(frozen=True)
class Balance:
    """`files` counts what the processes that stay have open, by kind; `left` names files that were
    forgotten; `memory` is resident memory of these processes, in bytes.
    """

    workers: int
    processes: int
    files: Counter[str]
    left: frozenset[str]
    memory: dict[str, int]


def balance(server: Server) -> Balance:
    """The server's balance now."""
    staying = {"web": server.web[-1], "supervisor": server.supervisors[-1]}
    return Balance(
        workers=len(server.workers),
        processes=len(server.family()),
        files=sum((_files(pid) for pid in [server.process.pid, *staying.values()]), Counter()),
        left=frozenset(_left(server, staying.values())),
        memory={name: _memory(pid) for name, pid in staying.items()},
    )


def _files(pid: int) -> Counter[str]:
    """Open files of a process: sockets, pipes and the like by kind, others by what they are."""
    found = Counter()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found[str(path.readlink()).partition(":[")[0]] += 1
        except FileNotFoundError:
            continue
    return found


def _left(server: Server, pids: Iterable[int]) -> Iterator[str]:
    """Files where passing ones are put, and shared memory."""
    for folder in (server.temporary, server.var / "cache"):
        yield from map(str, folder.iterdir())
    for pid in pids:
        maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").split()
        yield from (word for word in maps if word.startswith(("/dev/shm", "/memfd", "/SYSV")))


def _memory(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
