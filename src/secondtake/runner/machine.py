"""The machine's resources now: room on a disk, memory that a model can use, processors, devices."""

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

MEMORY_FACTS = Path("proc/meminfo")
OWN_GROUPS = Path("proc/self/cgroup")
GROUPS = Path("sys/fs/cgroup")
NVIDIA_CARDS = Path("proc/driver/nvidia/gpus")  # a folder each, where NVIDIA's driver is loaded
WINDOWS_CUDA = Path("usr/lib/wsl/lib/libcuda.so.1")  # in WSL2 the driver is that of Windows
# Limit, usage, and which line of memory.stat counts file pages that the kernel gives back at once.
VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
VERSION_2 = ("memory.max", "memory.current", "inactive_file")


def nearest_folder(path: Path) -> Path:
    """`path`, or the nearest folder above it that exists."""
    path = path.resolve()
    return next(folder for folder in [path, *path.parents] if folder.is_dir())


def free_disk_bytes(path: Path) -> int:
    """Room for files below `path`, which need not exist yet."""
    return shutil.disk_usage(nearest_folder(path)).free


def disk_of(path: Path) -> int:
    """A number that is equal for paths on one disk."""
    return nearest_folder(path).stat().st_dev


def available_memory_bytes(root: Path = Path("/")) -> int:
    """Memory that a new process can use: Linux's figure of the available memory, less what a
    container or service may not use; all of the memory where the system does not say (macOS)."""
    try:
        facts = dict(line.split(":", 1) for line in _lines(root / MEMORY_FACTS))
        available = int(facts["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError, IndexError):
        available = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([available, *_left_in_groups(root)])


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux: a container or taskset may allow only some
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def accelerators(root: Path = Path("/")) -> dict[str, str]:
    """Devices beside the processor that models know (registry.spec.DEVICES), and their names.

    Read from the files that the driver shows, in a second and before an environment is built.
    PyTorch, in the model's environment, decides if it can use one.
    """
    cards = [_card(folder) for folder in sorted((root / NVIDIA_CARDS).glob("*"))]
    if cards:
        return {"cuda": ", ".join(cards)}
    if (root / WINDOWS_CUDA).exists():
        return {"cuda": "NVIDIA, through Windows"}
    if (platform.system(), platform.machine()) == ("Darwin", "arm64"):
        return {"mps": "Apple"}
    return {}


def _card(folder: Path) -> str:
    try:
        facts = dict(line.split(":", 1) for line in _lines(folder / "information"))
        return facts["Model"].strip()
    except (OSError, KeyError, ValueError):
        return "NVIDIA"


def _left_in_groups(root: Path) -> Iterator[int]:
    """The memory that each control group around this process leaves to it (none outside Linux)."""
    try:
        lines = _lines(root / OWN_GROUPS)
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if "memory" in controllers.split(","):
            base, names = root / GROUPS / "memory", VERSION_1
        elif not controllers:
            base, names = root / GROUPS, VERSION_2
        else:
            continue
        folder = base / group.lstrip("/")
        # A container may see its own group as the root, whatever the path says.
        for place in (p for p in (folder, *folder.parents) if p.is_relative_to(base)):
            if (left := _left_in_group(place, *names)) is not None:
                yield left


def _left_in_group(folder: Path, limit: str, usage: str, cache: str) -> int | None:
    try:
        allowed = int((folder / limit).read_text())
        used = int((folder / usage).read_text())
        counts = dict(line.split() for line in _lines(folder / "memory.stat"))
    except (OSError, ValueError):  # no limit reads "max"
        return None
    return max(0, allowed - (used - int(counts.get(cache, 0))))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
