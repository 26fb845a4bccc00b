"""Ways to misbehave, each for paths that end in a given name, each used up as it happens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Odd = Callable[[Any], None]  # answers in its own way, given the handler of the connection


@dataclass
class Faults:
    """Faults, and the number of times that each happens; a path is matched by its end."""

    cut: dict[str, list[int]] = field(default_factory=dict)  # body bytes before the line is cut
    status: dict[str, list[int]] = field(default_factory=dict)  # answers instead of the right one
    spoil: dict[str, int] = field(default_factory=dict)  # how often the body is altered
    pause: dict[str, float] = field(default_factory=dict)  # seconds before every answer
    odd: dict[str, Odd] = field(default_factory=dict)  # always, in place of the right answer
    no_ranges: bool = False  # always the whole file

    def next_cut(self, path: str) -> int | None:
        return _next(self.cut, path)

    def next_status(self, path: str) -> int | None:
        return _next(self.status, path)

    def spoils(self, path: str) -> bool:
        for name, left in self.spoil.items():
            if path.endswith(name) and left > 0:
                self.spoil[name] = left - 1
                return True
        return False

    def odd_answer(self, path: str) -> Odd | None:
        return next((odd for name, odd in self.odd.items() if path.endswith(name)), None)

    def seconds(self, path: str) -> float:
        return sum(seconds for name, seconds in self.pause.items() if path.endswith(name))


def _next(waiting: dict[str, list[int]], path: str) -> int | None:
    return next(
        (left.pop(0) for name, left in waiting.items() if path.endswith(name) and left), None
    )
