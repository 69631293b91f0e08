"""Worker processes: for work that would keep one process busy while other cores are idle."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from typing import Any

from kg.errors import KgError

# The niceness of what is done aside.
ASIDE = 10


@contextmanager
def workers(number: int) -> Iterator[Executor]:
    """So many processes to give work to; with 0, it is done in this process, when its result is
    asked for.

    They are begun anew, for a fork of a process with threads, as DuckDB has them, may hang. They
    end with the `with` block or with this process, at once if by an error. `KgError` if one dies.
    """
    if not number:
        yield _Here()
        return
    with ProcessPoolExecutor(number, get_context("spawn"), initializer=_begin) as pool:
        try:
            yield pool
        except BaseException as error:
            for child in active_children():
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise KgError(
                    "A process of the build was ended, perhaps for want of memory. What was "
                    "converted is kept: run the build again."
                ) from None
            raise


class _Here(Executor):
    """Keeps what it is given until the result is asked for."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as in the base
        return _Kept(partial(fn, *args, **kwargs))


class _Kept(Future[Any]):
    """Done by who asks for its result, once; an error is raised there."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call = call

    def result(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - as in the base
        if not self.done():
            self.set_result(self._call())
        return super().result(timeout)


def aside(call: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - what the call returns
    """In a process of `workers`: do what others need not wait for, when a core is idle."""
    if parent_process():
        os.setpriority(os.PRIO_PROCESS, 0, max(ASIDE, os.getpriority(os.PRIO_PROCESS, 0)))
    return call(*args)


def _begin() -> None:
    """Let this process end in silence when it is interrupted, and when its parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
