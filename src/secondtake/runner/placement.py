"""Placement: the workers for which a machine has room, beside those that it has already.

The registry says what a worker of a checkpoint needs. A model that runs on graphics cards goes to
one with enough memory for it; where no card of the machine ever has, to the processor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, ModelSpec

# Of a worker that computes on the processor: more threads make a take hardly faster, and two
# workers of so many make more takes than one of twice as many.
CORES_A_WORKER = 8


@dataclass(frozen=True)
class Need:
    """What a worker of a checkpoint takes."""

    checkpoint: tuple[str, str]  # its model's name, and its own
    memory: int  # bytes, where it computes on the processor
    graphics: int | None  # bytes of graphics memory; None: it runs on no card
    loading: int = 0  # bytes of memory where it computes on a card: its weights pass through it


def need_of(model: str, checkpoint: str, device: str = "auto", *, low: bool = False) -> Need:
    """The need of a checkpoint by its registry entry. low: one stage in memory at a time."""
    spec = MODELS[model]
    chosen = spec.checkpoint(checkpoint)
    runs_on_cards = "cuda" in spec.devices and device in ("auto", "cuda")
    return Need(
        (model, checkpoint),
        memory=chosen.needed_memory(low=low),
        graphics=_graphics(spec, chosen) if runs_on_cards else None,
        loading=sum(weight.bytes or 0 for weight in chosen.weights),
    )


def _graphics(model: ModelSpec, checkpoint: Checkpoint) -> int:
    mode = str(model.settings(checkpoint, {}).get("mode", ""))
    return checkpoint.needed_graphics(mode) or 0


@dataclass(frozen=True)
class Placement:
    """Room for one worker."""

    need: Need
    card: int | None  # its place among the machine's; None: it computes on the processor
    threads: int  # that it computes with on the processor

    @property
    def cores(self) -> int:
        """Cores that are its own: one that drives a card needs the others only now and then."""
        return self.threads if self.card is None else 1

    @property
    def memory(self) -> int:
        """Bytes of the machine's memory."""
        return self.need.memory if self.card is None else self.need.loading


@dataclass
class Machine:
    """A machine's resources, and the workers that have a part of them.

    limit: the most workers at once. None: as many as there is room for, each with eight cores, but
    no two of one checkpoint on a card, which they would only share.
    """

    memory: int  # bytes for workers
    cores: int
    cards: Sequence[int | None] = ()  # bytes of graphics memory of each; None: unknown
    limit: int | None = None
    whole_cards: bool = False  # a worker has its card for itself
    placed: list[Placement] = field(default_factory=list)

    def place(self, need: Need) -> Placement | None:
        """Take room for a worker; None if there is none now.

        A machine without any worker has room for any: whether it will do was asked before.
        """
        placement = self._find(need)
        if placement is not None:
            self.placed.append(placement)
        return placement

    def free(self, placement: Placement) -> None:
        """Give room back."""
        self.placed.remove(placement)

    def fits(self, need: Need) -> bool:
        """True if the machine has what a worker needs when it has nothing else to do."""
        return self._uses_card(need) or need.memory <= self.memory

    def _find(self, need: Need) -> Placement | None:
        if self.limit is not None and len(self.placed) >= self.limit:
            return None
        placement = self._on_card(need) if self._uses_card(need) else self._on_processor(need)
        if placement is None or not self.placed:
            return placement
        taken = sum(other.memory for other in self.placed)
        return placement if taken + placement.memory <= self.memory else None

    def _on_card(self, need: Need) -> Placement | None:
        card = self._free_card(need)
        if card is None or (self.limit is None and self._free_cores < 1):
            return None
        share = self.cores // max(len(self.cards), self.limit or 1)
        return Placement(need, card, max(1, share))

    def _on_processor(self, need: Need) -> Placement | None:
        if self.limit is not None:
            return Placement(need, None, max(1, self.cores // self.limit))
        idle = set(range(len(self.cards))) - {other.card for other in self.placed}
        wanted = min(CORES_A_WORKER, max(1, self.cores - len(self.cards)))
        threads = min(wanted, self._free_cores - len(idle))  # a core waits for each card's worker
        return Placement(need, None, threads) if 2 * threads >= wanted else None

    def _uses_card(self, need: Need) -> bool:
        if need.graphics is None:
            return False
        return any(size is None or size >= need.graphics for size in self.cards)

    def _free_card(self, need: Need) -> int | None:
        """The card with most room, if that is enough."""
        rooms = {card: self._room(card, need) for card in range(len(self.cards))}
        card = max(rooms, key=lambda card: rooms[card])
        return card if rooms[card] > 0 else None

    def _room(self, card: int, need: Need) -> int:
        """The bytes that a card would have left beside a worker, plus one; 0: none of it fits."""
        others = [other.need for other in self.placed if other.card == card]
        size, wanted = self.cards[card], need.graphics or 0
        twice = any(other.checkpoint == need.checkpoint for other in others)
        if others and (self.whole_cards or size is None or (twice and self.limit is None)):
            return 0
        if size is None:
            return 1
        return max(0, size - wanted - sum(other.graphics or 0 for other in others) + 1)

    @property
    def _free_cores(self) -> int:
        return self.cores - sum(other.cores for other in self.placed)


def count_workers(machines: Sequence[Machine], needs: Sequence[Need]) -> int:
    """How many workers there is room for at once, if each of these needs has use for many."""
    placed = []
    for machine in machines:
        before = len(machine.placed)
        while sum(machine.place(need) is not None for need in needs):
            pass
        placed += [(machine, each) for each in machine.placed[before:]]
    for machine, placement in placed:
        machine.free(placement)
    return len(placed)
