"""The departure of who asked: what is under way for nobody is ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Departure:
    """Happens at most once; whoever works for the one who asks can say how that ends the work."""

    def __init__(self) -> None:
        self.happened = False
        self._ends: set[Callable[[], None]] = set()
        self._lock = threading.Lock()

    def happen(self) -> None:
        """End what is under way, and whatever is begun later."""
        with self._lock:
            self.happened = True
            for end in self._ends:
                end()

    @contextmanager
    def ends(self, end: Callable[[], None]) -> Iterator[None]:
        """Within the block, `end` is called when it happens, or at once if it already has."""
        with self._lock:
            self._ends.add(end)
            if self.happened:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)
