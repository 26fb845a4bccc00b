"""Copies between the host and a simulated device, and the waits for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tests.simulated import failures
from tests.simulated.graphs import poison
from tests.simulated.tensors import SimulatedTensor


class Copies:
    """Copies that do not block end at the next wait, pinned memory, and what a capture forbids."""

    def __init__(self, accelerator: Any) -> None:
        self.accelerator = accelerator
        self._pinned: dict[int, Any] = {}  # storages, kept so that no other takes their place
        self._in_flight: list[tuple[Tensor, Tensor]] = []  # pinned memory, and what it held
        self._landing: list[tuple[Tensor, Tensor]] = []  # host memory, and what it will hold

    def wait(self, what: str) -> None:
        """The processor waits for the device: all copies have ended."""
        card = self.accelerator
        if card.tape is not None:
            card.capture_failed = True
            raise failures.not_while_capturing(what)
        card.counts.waits += 1
        landing, self._landing = self._landing, []
        in_flight, self._in_flight = self._in_flight, []
        with card.aside():
            for target, value in landing:
                target.copy_(value)
            for source, held in in_flight:
                assert torch.equal(source, held), "pinned memory was written during its upload"

    def pin(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        self._pinned[storage._cdata] = storage
        return tensor

    def is_pinned(self, tensor: Tensor) -> bool:
        return tensor.untyped_storage()._cdata in self._pinned

    def upload(self, tensor: Tensor, dtype: Any = None, non_blocking: bool = False) -> Tensor:
        """A tensor of the CPU as one on the device."""
        card = self.accelerator
        with card.aside():
            target = torch.empty_like(tensor, dtype=dtype or tensor.dtype)
        uploaded = card.made(target)
        if card.tape is not None:
            card.tape.note_made([target])
        self.write(uploaded, tensor, non_blocking)
        return uploaded

    def write(self, target: SimulatedTensor, source: Tensor, non_blocking: bool) -> None:
        """Copy host memory into a tensor of the device."""
        card, elem = self.accelerator, target.elem
        card.counts.uploads += 1
        if not non_blocking:
            self.wait("a copy from the host")
        elif self.is_pinned(source):
            with card.aside():
                self._in_flight.append((source, source.clone()))
        elif card.tape is not None:
            self.wait("a copy from memory that is not pinned")
        if card.tape is not None:
            card.tape.note_inputs([target], mutated=True)
            card.tape.add(lambda: elem.copy_(source), [])
        with card.aside():
            elem.copy_(source)

    def download(self, tensor: SimulatedTensor, target: Tensor | None = None,
                 non_blocking: bool = False) -> Tensor:  # fmt: skip
        """A copy on the CPU, in `target` if there is one."""
        card, elem = self.accelerator, tensor.elem
        card.counts.downloads += 1
        with card.aside():
            if target is None:
                target = torch.empty_like(elem)
            if not non_blocking or (card.tape is not None and not self.is_pinned(target)):
                self.wait("a copy to the host")
                return target.copy_(elem)
            if card.tape is not None:
                card.tape.note_inputs([tensor], mutated=False)
                card.tape.add(lambda: target.copy_(elem), [])
                return target
            self._landing.append((target, elem.to(target.dtype, copy=True)))
            poison(target)
        return target
