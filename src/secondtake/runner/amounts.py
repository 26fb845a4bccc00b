"""Amounts of bytes: what named things weigh to download or on the disk, shared ones once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from secondtake.core.formatting import format_bytes
from secondtake.core.project import Project
from secondtake.runner import environments
from secondtake.runner.package_sizes import Sizes, package_sizes, this_platform

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Amount:
    """Bytes of named things. A sum holds what both have in common once."""

    parts: Mapping[str, int] = field(default_factory=dict)
    unknown: bool = False  # it holds more, of which no size is known

    def __add__(self, other: "Amount") -> "Amount":
        return Amount({**self.parts, **other.parts}, self.unknown or other.unknown)

    @property
    def bytes(self) -> int:
        """What is known of it."""
        return sum(self.parts.values())

    @property
    def known_bytes(self) -> int | None:
        """All of it, None if a part is unknown."""
        return None if self.unknown else self.bytes

    def __bool__(self) -> bool:
        return bool(self.parts) or self.unknown

    def __str__(self) -> str:
        if self.unknown:
            return f"at least {format_bytes(self.bytes)}" if self.bytes else UNKNOWN
        return format_bytes(self.bytes) if self.parts else "nothing"


def sum_amounts(amounts: Iterable[Amount]) -> Amount:
    """All of them together."""
    return reduce(Amount.__add__, amounts, Amount())


def environment_amounts(project: Project, name: str) -> tuple[Amount, Amount]:
    """What building an environment downloads, and what it adds on the disk."""
    if project.lock(name).is_file() and environments.is_built(project, name):
        return Amount(), Amount()
    return amounts(package_sizes(project, name, this_platform()))


def amounts(sizes: Sizes | None) -> tuple[Amount, Amount]:
    """What packages weigh to download, and on the disk."""
    if sizes is None:
        return Amount(unknown=True), Amount(unknown=True)
    wire, disk = ({pin: both[side] for pin, both in sizes.items()} for side in (0, 1))
    return Amount(wire), Amount(disk)
