"""What of a model is in memory: each part is read when it is first needed, and kept.

Where memory is short (SECONDTAKE_LOW_MEMORY=1), a part is kept only until another one is read.
"""

from collections.abc import Callable, Hashable
from typing import Any


class Holding:
    """The parts that are in memory now."""

    def __init__(self, *, one_at_a_time: bool) -> None:
        self.one_at_a_time = one_at_a_time
        self._held: dict[Hashable, Any] = {}

    def part(self, key: Hashable, read: Callable[[], Any]) -> Any:
        """The part of that name, read now if it is not held."""
        if key not in self._held:
            if self.one_at_a_time:
                self._held.clear()
            self._held[key] = read()
        return self._held[key]

    def __len__(self) -> int:
        """How many parts are in memory."""
        return len(self._held)

    def clear(self) -> None:
        """Let go of all parts."""
        self._held.clear()
