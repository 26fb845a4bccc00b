"""Exponential noise for a stage's draws, made ahead of time while a GPU computes.

What is drawn does not depend on logits, only the choice of a token does. So threads draw the noise
of the steps to come, each row's from its own generator and in its own order, and it lies ready when
a block of steps begins. A stage that ends sooner puts its generators back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor

PREPARED = 2  # times `ahead`: so many steps are drawn, or being drawn, beyond those handed out


class NoiseAhead:
    """The noise of successive steps, for some rows: a context manager, closed at its end.

    Row r's numbers are those of so many calls of `torch.empty(shape).exponential_` with
    generators[r], which all differ. ahead: steps that are drawn in one go, in a thread for each
    row; with 1, the calling thread draws what it is asked for, when it is asked. total: steps that
    are never exceeded, if they are known.
    """

    def __init__(
        self,
        generators: Sequence[Generator],
        shape: Sequence[int],
        device: str,
        ahead: int,
        total: int | None = None,
    ) -> None:
        self.generators, self.shape = list(generators), tuple(shape)
        self.device, self.steps = device, 0  # of the last block
        pinned = device.startswith("cuda")
        self.threads = [
            _RowThread(generator, (ahead, *self.shape), pinned, total)
            for generator in (self.generators if ahead > 1 else ())
        ]

    def block(self, steps: int) -> Tensor:
        """(steps, rows, *shape) float32 on the device: the noise of so many steps more."""
        import torch

        self.steps = steps
        if not self.threads:
            noise = torch.empty((steps, len(self.generators), *self.shape))
            for row, generator in zip(noise.flatten(0, 1), cycle(self.generators), strict=False):
                row.exponential_(generator=generator)
            return noise.to(self.device)
        rows = torch.empty((len(self.threads), steps, *self.shape), device=self.device)
        for row, thread in zip(rows, self.threads, strict=True):
            start = 0
            for part in thread.take(steps):
                row[start : start + len(part)].copy_(part, non_blocking=True)
                start += len(part)
        return rows.transpose(0, 1)

    def keep_rows(self, rows: Sequence[int], used: Sequence[int] | None = None) -> None:
        """Let all but these rows leave (ascending); the others move to the front, in order.

        used: by row, how many steps of the last block its stage used: all, if it is not given. The
        generator of a row that leaves stands as if no more had been drawn.
        """
        self._leave([row for row in range(len(self.generators)) if row not in rows], used)
        self.generators = [self.generators[row] for row in rows]
        self.threads = [self.threads[row] for row in rows if self.threads]

    def close(self, used: Sequence[int] | None = None) -> None:
        """Let all rows leave, as in `keep_rows`."""
        self.keep_rows((), used)

    def _leave(self, rows: Sequence[int], used: Sequence[int] | None) -> None:
        for row in rows if self.threads else ():
            self.threads[row].leave(self.steps if used is None else used[row], self.steps)

    def __enter__(self) -> NoiseAhead:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class _Chunk:
    """Successive draws of one row."""

    start: int  # draws before its first one
    noise: Tensor  # (draws, *shape) on the CPU
    made: Future[None] | None = None
    state: Tensor | None = None  # of the generator before the first one, once that is due

    @property
    def end(self) -> int:
        return self.start + len(self.noise)


class _RowThread:
    """Draws one row's noise, chunk by chunk."""

    def __init__(
        self, generator: Generator, shape: tuple[int, ...], pinned: bool, total: int | None
    ) -> None:
        self.generator, self.shape, self.pinned, self.total = generator, shape, pinned, total
        self.thread = ThreadPoolExecutor(1, "noise")
        self.chunks: deque[_Chunk] = deque()  # from the last block on
        self.taken = self.asked = self.drawn = 0  # draws
        self.left = False
        self._ask()

    def take(self, steps: int) -> Iterator[Tensor]:
        """The next draws, in parts: (draws, *shape) each."""
        while self.chunks and self.chunks[0].end <= self.taken:
            self.chunks.popleft()
        start, end = self.taken, self.taken + steps
        self.taken = end
        self._ask()
        for chunk in self.chunks:
            if chunk.start < end and chunk.made:
                chunk.made.result()
                yield chunk.noise[max(0, start - chunk.start) : end - chunk.start]

    def _ask(self) -> None:
        """Have the thread draw what is taken, and some more."""
        import torch

        end = self.taken + PREPARED * self.shape[0]
        if self.total is not None:
            end = max(self.taken, min(end, self.total))
        while self.asked < end:
            draws = min(self.shape[0], end - self.asked)
            noise = torch.empty((draws, *self.shape[1:]), pin_memory=self.pinned)
            chunk = _Chunk(self.asked, noise)
            chunk.made = self.thread.submit(self._draw, chunk)
            self.chunks.append(chunk)
            self.asked = chunk.end

    def _draw(self, chunk: _Chunk) -> None:
        import torch

        chunk.state = self.generator.get_state()
        with torch.inference_mode():  # of each thread by itself
            for row in chunk.noise:
                if self.left:
                    return
                row.exponential_(generator=self.generator)
                self.drawn += 1

    def leave(self, used: int, steps: int) -> None:
        """Stop, and let the generator stand after `used` of the last block's steps."""
        import torch

        self.left = True
        self.thread.shutdown(cancel_futures=True)
        end = self.taken - steps + used
        if self.drawn == end:
            return
        begun = [chunk for chunk in self.chunks if chunk.state is not None and chunk.start <= end]
        self.generator.set_state(begun[-1].state)
        again = torch.empty(self.shape[1:])
        for _ in range(end - begun[-1].start):
            again.exponential_(generator=self.generator)
