"""The latest results of something that takes long, by what they were made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LatestResults(Generic[K, V]):
    """At most `most` results; the one that was not asked for the longest goes first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._results: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The result of that key, made now if it is not there: the same object each time."""
        if key not in self._results:
            self._results[key] = make()
            if len(self._results) > self.most:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        return self._results[key]

    def __len__(self) -> int:
        return len(self._results)
