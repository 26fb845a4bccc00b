"""A computation of tensors that CUDA replays as a graph, for each of the shapes it is called with.

A step of a diffusion transformer is a thousand small kernels, and launching them takes longer than
running them. A graph launches all at once, if nothing in it changes its shape or its place: so its
inputs are copied into tensors that stay, those alone that have changed since. On other devices the
computation is called as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from secondtake.core.generate import note

if TYPE_CHECKING:
    from torch import Tensor

KEPT_GRAPHS = 8  # shapes: each graph holds the memory that its computation works in
Inputs = Mapping[str, Any]  # tensors, tuples of them, and constants, by name


class GraphedCall:
    """`work(**inputs)`, a tensor, of tensors, tuples of tensors, and constants (hashable).

    work: changes none of its inputs, waits for nothing, and decides nothing by a tensor's numbers.
    dtype: torch's name of what it computes in, on which it depends how near a graph must be.
    Graphs live as long as this object does.
    """

    def __init__(self, work: Callable[..., Tensor], device: str, dtype: str) -> None:
        self.work, self.dtype = work, dtype
        self.is_graphed = device.startswith("cuda")
        self._graphs: dict[Hashable, _Graph] = {}  # the one used last is the last

    def __call__(self, **inputs: Any) -> Tensor:
        if not self.is_graphed:
            return self.work(**inputs)
        key = tuple((name, _key(value)) for name, value in inputs.items())
        graph = self._graphs.pop(key, None)
        if graph is None:
            plain = self.work(**inputs)
            graph = self._captured(inputs, plain)
            result = plain
        else:
            result = graph(inputs)
        if graph is not None:
            self._graphs[key] = graph
        return result

    def __len__(self) -> int:
        """The graphs that are kept."""
        return len(self._graphs)

    def _captured(self, inputs: Inputs, plain: Tensor) -> _Graph | None:
        """A graph for inputs of these shapes; None, with a note, if it cannot be trusted."""
        from secondtake.models.inference.graphs import TOLERANCE

        while len(self._graphs) >= KEPT_GRAPHS:
            del self._graphs[next(iter(self._graphs))]
        try:
            graph = _Graph(self.work, inputs, plain)
            largest = plain.abs().max().clamp_(min=1e-12)
            distance = float((graph(inputs) - plain).abs().max() / largest)
        except RuntimeError as reason:
            self._give_up(f"without CUDA graphs, so more slowly: {reason}")
            return None
        if not distance <= TOLERANCE[self.dtype]:
            self._give_up(f"without CUDA graphs, so more slowly: they are {distance:.2g} off")
            return None
        return graph

    def _give_up(self, reason: str) -> None:
        self.is_graphed = False
        self._graphs.clear()
        note(reason)


class _Graph:
    """A captured computation: its inputs are written, it is replayed, its result is copied."""

    def __init__(self, work: Callable[..., Tensor], inputs: Inputs, plain: Tensor) -> None:
        import torch

        from secondtake.models.inference.graphs import capture

        def run() -> None:
            result.copy_(work(**static))

        with _normal_mode():
            static = {name: _replace(value, torch.clone) for name, value in inputs.items()}
            result = torch.empty_like(plain)
            self.replay = capture(run)
        self.buffers, self.result = list(_tensors(static.values())), result
        self.seen: list[UnchangedTensor | None] = [None] * len(self.buffers)

    def __call__(self, inputs: Inputs) -> Tensor:
        with _normal_mode():
            for place, tensor in enumerate(_tensors(inputs.values())):
                seen = self.seen[place]
                if seen is None or not seen.is_still(tensor):
                    self.buffers[place].copy_(tensor)
                    self.seen[place] = UnchangedTensor(tensor)
            self.replay()
            return self.result.clone()


@contextmanager
def _normal_mode() -> Iterator[None]:
    """Without gradients, and without inference mode: what is made in that, as is the state of
    random numbers that torch keeps for all graphs, could be written in that alone."""
    import torch

    with torch.inference_mode(mode=False), torch.no_grad():
        yield


class UnchangedTensor:
    """A tensor as it was when it was last looked at: known again without reading its numbers."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor, self.version = tensor, _version(tensor)

    def is_still(self, other: Tensor) -> bool:
        """True if `other` is that very tensor, and no operation has written into it since."""
        return other is self.tensor and self.version == _version(other) is not None


class LastInput:
    """Whether a computation is given its last input again, whose result it may have kept.

    by_number: another tensor of the same numbers is the same input too. These are compared, which
    waits for the device, only where it is not the very tensor.
    """

    def __init__(self, *, by_number: bool) -> None:
        self.by_number = by_number
        self.seen: UnchangedTensor | None = None
        self.numbers: Tensor | None = None

    def is_again(self, x: Tensor) -> bool:
        """True if x is the last input, which it is from now on."""
        is_same = self.seen is not None and (self.seen.is_still(x) or self._is_equal(x))
        if self.by_number and not is_same:
            self.numbers = x.clone()
        self.seen = UnchangedTensor(x)
        return is_same

    def _is_equal(self, x: Tensor) -> bool:
        import torch

        last = self.numbers
        return last is not None and last.shape == x.shape and torch.equal(last, x)


def _version(tensor: Tensor) -> int | None:
    """The number of operations that wrote into a tensor; None where nobody counts them."""
    return None if tensor.is_inference() else int(tensor._version)


def _replace(value: Any, by: Callable[[Tensor], Tensor]) -> Any:
    """A tensor, or each one of a tuple, replaced; a constant as it is."""
    if isinstance(value, tuple):
        return tuple(_replace(item, by) for item in value)
    return by(value) if hasattr(value, "is_floating_point") else value


def _tensors(values: Any) -> Iterator[Tensor]:
    """Every tensor among values and within tuples of them, in order."""
    for value in values:
        if isinstance(value, tuple):
            yield from _tensors(value)
        elif hasattr(value, "is_floating_point"):
            yield value


def _key(value: Any) -> Hashable:
    """Equal for inputs that one graph can take: shapes and dtypes, and the constants themselves."""
    if isinstance(value, tuple):
        return tuple(map(_key, value))
    if hasattr(value, "is_floating_point"):
        return tuple(value.shape), value.dtype
    key: Hashable = value
    return key
