"""The machine: whether its platform is supported, and its resources now.

Resources are room on a disk, memory that a model can use, processors and devices.
"""

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from secondtake.core.devices import accelerators as accelerators  # a part of the machine
from secondtake.core.errors import ModelError

MEMORY_FACTS = Path("proc/meminfo")
OWN_GROUPS = Path("proc/self/cgroup")
GROUPS = Path("sys/fs/cgroup")
# Limit, usage, and which line of memory.stat counts file pages that the kernel gives back at once.
VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
VERSION_2 = ("memory.max", "memory.current", "inactive_file")


OLDEST_MACOS = {"analysis": 14, "lyrics": 14}  # of wheels of onnxruntime and of av
COMPILED = ("sketch",)  # on Linux with an ARM processor tinysoundfont is compiled, from C++
COMPILERS = ("c++", "g++", "clang++")


def platform_fault(environment: str) -> tuple[str, str] | None:
    """Why an environment cannot be built on this platform, and what helps; None if it can."""
    system, processor = platform.system(), platform.machine()
    if (system, processor) == ("Darwin", "x86_64"):
        return (
            "PyTorch and others have no packages for Macs with an Intel processor",
            "use a Mac with Apple silicon, or Linux; on Apple silicon this Python is one for "
            "Intel: type uv python install 3.11 in a terminal that does not run under Rosetta",
        )
    if system == "Darwin":
        major, oldest = platform.mac_ver()[0].partition(".")[0], OLDEST_MACOS.get(environment, 0)
        if major.isdigit() and int(major) < oldest:
            message = f"its packages need macOS {oldest}, this is macOS {platform.mac_ver()[0]}"
            return message, "update macOS; the other environments can be built all the same"
        return None
    if system != "Linux" or processor not in ("x86_64", "aarch64"):
        message = f"there are no packages for {system} on {processor}"
        return (
            message,
            "use Linux (x86-64 or aarch64; WSL2 on Windows), or a Mac with Apple silicon",
        )
    if processor == "aarch64" and environment in COMPILED:
        named = os.environ.get("CXX", "").split()[:1]
        if not any(shutil.which(compiler) for compiler in (*named, *COMPILERS)):
            message = "on this processor one of its packages is compiled, and there is no compiler"
            return message, "install a C++ compiler (Debian, Ubuntu: sudo apt install g++)"
    return None


def check_platform(environment: str) -> None:
    """ModelError environment if it cannot be built on this platform."""
    if fault := platform_fault(environment):
        raise ModelError("environment", *fault)


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
