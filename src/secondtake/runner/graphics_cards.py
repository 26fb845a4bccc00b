"""The graphics memory of this machine, as the system tells it: no PyTorch is asked.

On a Mac the graphics cores share the memory, and Metal recommends a share of it as the most.
"""

import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from secondtake.core.formatting import format_bytes
from secondtake.core.registry.spec import GIB
from secondtake.runner import child_process, machine

PROGRAM = "nvidia-smi"
PROGRAM_OF_WINDOWS = Path("/usr/lib/wsl/lib/nvidia-smi")  # which WSL2 does not always find by name
QUERY = "--query-gpu=memory.free,memory.total,driver_version,name"
FORMAT = "--format=csv,noheader,nounits"
VISIBLE = "CUDA_VISIBLE_DEVICES"  # the cards that CUDA is to see, by number or UUID
MIB = 1 << 20  # the program's unit
LONGEST_WAIT = 5.0  # seconds; a driver that starts its card anew needs two
# Metal's recommendedMaxWorkingSetSize, of all memory: up to so much, and with more.
SMALL_MAC, SHARE_OF_SMALL, SHARE_OF_LARGE = 36 * GIB, 2 / 3, 3 / 4


@dataclass(frozen=True)
class GraphicsMemory:
    """The memory of a card, or a Mac's share for graphics, in bytes; None: unknown."""

    device: str  # cuda, mps
    name: str
    free: int | None = None
    total: int | None = None
    driver: str = ""

    def __str__(self) -> str:
        """For people: NVIDIA H200, 138.9 GB of 150.8 GB graphics memory free, driver 570.1."""
        total = format_bytes(self.total or 0)
        if self.device == "mps":
            return f"{self.name}, up to {total} of the memory for graphics"
        memory = "graphics memory unknown"
        if self.free is not None and self.total is not None:
            memory = f"{format_bytes(self.free)} of {total} graphics memory free"
        return ", ".join(filter(None, [self.name, memory, self.driver and f"driver {self.driver}"]))


@cache
def graphics_memories() -> tuple[GraphicsMemory, ...]:
    """One for each card, those first that CUDA would take; () if there is no device but the
    processor. What is free is looked at once in a process."""
    found = machine.accelerators()
    if "mps" in found:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        share = recommended_by_metal(total)
        return (GraphicsMemory("mps", found["mps"], free=share, total=share),)
    if "cuda" in found:
        return parse_cards(_asked_program()) or (GraphicsMemory("cuda", found["cuda"]),)
    return ()


def recommended_by_metal(memory: int) -> int:
    """The most that Metal wants to be used for graphics on a Mac with so many bytes of memory."""
    return int(memory * (SHARE_OF_SMALL if memory <= SMALL_MAC else SHARE_OF_LARGE))


def parse_cards(text: str) -> tuple[GraphicsMemory, ...]:
    """The cards in the program's table; () if it is none. A figure that is none is unknown."""
    cards = []
    for line in text.splitlines():
        fields = [field.strip() for field in line.split(",", 3)]
        if len(fields) < 4 or not fields[3].isprintable():
            return ()
        free, total, driver, name = fields
        cards.append(GraphicsMemory("cuda", name, _mebibytes(free), _mebibytes(total), driver))
    return tuple(cards)


def _mebibytes(figure: str) -> int | None:
    return int(figure) * MIB if figure.isascii() and figure.isdigit() else None


def _asked_program() -> str:
    """The program's table; "" if there is no such program, or it fails or does not answer."""
    program = shutil.which(PROGRAM) or (PROGRAM_OF_WINDOWS if PROGRAM_OF_WINDOWS.is_file() else "")
    if not program:
        return ""
    command = [program, QUERY, FORMAT]
    if visible := os.environ.get(VISIBLE, ""):
        command.append(f"--id={visible}")
    try:
        with child_process.start(
            command,
            cwd=Path("/"),
            env=os.environ,
            stdout=child_process.PIPE,
            stderr=child_process.DEVNULL,
        ) as child:
            code = child.wait(LONGEST_WAIT)
            table: bytes = child.stdout.read() if child.stdout else b""
    except (OSError, TimeoutError):
        return ""
    return "" if code else table.decode(errors="replace")
