"""Bark's first two days within a laptop's memory: converting, measuring, a take in `fast` each day.

    venv-bark/bin/python -m benchmarks.bark.memory [--size large] [--limit 6] [--low]

The limit is that of the process, in GiB: 6 of a laptop's 8, of which the system and a browser have
the rest. It is kept by a control group (Linux) that counts files which are mapped as well, and
gives it no swap; where there is none, the peak is measured, and nothing shows what would happen at
the limit. Whatever is cached of the weights is forgotten before, and all that is converted of them
is written anew, and deleted at the end: 4 GB for large.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, child, keep, page, peak_bytes, put, tell

from secondtake.core.environ import LOW_MEMORY, thread_settings

GIB = 1 << 30
CONTROL_GROUPS = Path("/sys/fs/cgroup/memory")  # of version 1
SYSTEMD = ("systemd-run", "--user", "--scope", "--quiet")
STATUS, PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")
QUIET: Mapping[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
MODULE = "benchmarks.bark.memory"
DAYS = ("first day", "second day")


def main() -> None:
    options = _page().parse_args()
    folder = options.folder
    child("bark/weights.py", str(folder), options.size)
    _forget_files(folder.glob("*.pt"))
    cache = Path(tempfile.mkdtemp(prefix="first-day-", dir=folder))
    try:
        facts = [str(folder), options.size, str(options.seconds), str(cache)]
        with _limited(round(options.limit * GIB)) as (prefix, group, way):
            days = []
            for day in DAYS:
                tell(f"{options.size}, {day}, {way} …")
                command = [*prefix, sys.executable, "-m", MODULE, *facts]
                days.append(_run(command, group, options.low))
    finally:
        shutil.rmtree(cache)
    limited = f"{options.limit:g} GiB, {way}" if prefix or group else way
    keep(options.json, {"limit": limited, "low_memory": options.low, "days": days})
    told = f"**{options.size}**, a take of {options.seconds:g} s in `fast`, {limited}"
    told += f", `{LOW_MEMORY}=1`" if options.low else ""
    put(options.write, "bark_memory", report(days, told))


def _page() -> argparse.ArgumentParser:
    parser = page(__doc__, "bark", runs=1)
    parser.add_argument("--size", default="large", choices=["small", "large"])
    parser.add_argument("--seconds", type=float, default=14.0, help="of sound")
    parser.add_argument("--limit", type=float, default=6.0, help="in GiB (default: %(default)s)")
    parser.add_argument("--low", action="store_true", help=f"with {LOW_MEMORY}=1")
    return parser


def _forget_files(paths: Iterator[Path]) -> None:
    """Let the system read them anew: what is cached already would count for nobody."""
    os.sync()
    for path in paths:
        with path.open("rb") as file:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def _limited(limit: int) -> Iterator[tuple[Sequence[str], Path | None, str]]:
    """How to run a command with at most `limit` bytes: what to put before it, or the control group
    that it has to enter; and a word about it."""
    group = _own_group() / f"secondtake-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:  # no version 1, or not ours to make
        scope = (*SYSTEMD, "-p", f"MemoryMax={limit}", "-p", "MemorySwapMax=0", "--")
        works = shutil.which(scope[0]) and not subprocess.run([*scope, "true"], **QUIET).returncode
        yield (scope, None, "limited by systemd") if works else ((), None, "without a limit")
        return
    try:
        (group / "memory.limit_in_bytes").write_text(str(limit))
        (group / "memory.swappiness").write_text("0")
        yield (), group, "limited by a control group"
    finally:
        group.rmdir()


def _own_group() -> Path:
    """The control group of version 1 that this process is in; a path that is not there elsewhere"""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except OSError:
        return CONTROL_GROUPS
    own = next((line for line in lines if line.split(":")[1] == "memory"), "::none")
    return CONTROL_GROUPS / own.split(":", 2)[2].lstrip("/")


def _run(command: Sequence[str], group: Path | None, low: bool) -> dict[str, Any]:
    """What the process of MODULE prints. It fails where memory does not suffice."""
    environment = {
        **os.environ,
        **thread_settings(idle=True),
        LOW_MEMORY: "1" if low else "",
        "GROUP": str(group or ""),
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def report(days: Sequence[Mapping[str, Any]], told: str) -> str:
    lines = [
        f"{told}:",
        "",
        "| | | seconds | most memory | of it no files | faults that read the disk | swapped |",
        "|---|---|---|---|---|---|---|",
    ]
    for day, facts in zip(DAYS, days, strict=True):
        for name, phase in facts["phases"].items():
            lines.append(
                f"| {day} | {name} | {phase['seconds']:.1f} | {phase['peak_bytes'] / GIB:.1f} GiB "
                f"| {phase['own_bytes'] / GIB:.1f} GiB | {phase['major_faults']} "
                f"| {phase['swapped_bytes'] / GIB:.1f} GiB |"
            )
    return "\n".join(lines)


class Phases:
    """In the process that is measured: what each part of the work needed."""

    def __init__(self) -> None:
        self.figures: dict[str, dict[str, float]] = {}

    def run(self, name: str, work: Callable[[], Any]) -> Any:
        faults, start = _major_faults(), time.monotonic()
        if PEAK.exists():
            PEAK.write_text("5")  # forget the peak of the phase before
        result = work()
        self.figures[name] = {
            "seconds": time.monotonic() - start,
            "peak_bytes": peak_bytes(),
            "own_bytes": _status_bytes("RssAnon"),
            "major_faults": _major_faults() - faults,
            "swapped_bytes": _status_bytes("VmSwap"),
        }
        tell(f"    {name}: {self.figures[name]}")
        return result


def _major_faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt


def _status_bytes(key: str) -> int:
    """A figure of this process's, as Linux has it; 0 elsewhere."""
    try:
        status = STATUS.read_text(encoding="ascii")
    except OSError:
        return 0
    return int(status.partition(f"{key}:")[2].split()[0]) * 1024


def measure(folder: Path, size: str, seconds: float, cache: Path) -> dict[str, Any]:
    """What is not there yet, and a take, in this process."""
    from benchmarks.bark.weights import make

    from secondtake.core.weights import Weights
    from secondtake.models.bark import batch
    from secondtake.models.bark.autotune import autotune
    from secondtake.models.bark.constants import SEMANTIC_RATE_HZ, STAGES
    from secondtake.models.inference.checkpoints import as_safetensors
    from secondtake.models.inference.sampling import seeded_generator

    phases, paths = Phases(), make(folder, size)
    weights = Weights(paths, {key: f"{size}-{key}" for key in paths}, cache)
    bark = phases.run("start", lambda: batch.load_bark(weights, "cpu")).components
    for stage in STAGES:  # the second day, both are there
        phases.run(f"convert {stage}", partial(as_safetensors, weights, stage, "model"))
    choice = phases.run("measure precisions", partial(autotune, weights, "cpu", quiet)).choice
    state = _state(bark, seeded_generator(0), int(seconds * SEMANTIC_RATE_HZ) + 1)
    for name, run in (
        ("semantic tokens", batch.run_semantic_stage),
        ("coarse, fine, sound", batch.run_acoustic_stages),
    ):
        phases.run(name, partial(run, bark, choice, [state], quiet))
    chosen = {stage: one.name for stage, one in choice.precisions.items()}
    return {"phases": phases.figures, "precisions": chosen, "stages": state.seconds}


def quiet(*_: object) -> None:
    pass


def _state(bark: Any, generator: Any, tokens: int) -> Any:
    import torch

    from secondtake.models.bark.window import WindowState

    text = torch.tensor(bark.tokenize("♪ We whisper, we whisper ♪"))
    never = 2.0  # no probability of an end is as high
    return WindowState(text, None, 0.7, 0.7, never, generator, max_tokens=tokens)


if __name__ == "__main__":
    if "GROUP" not in os.environ:
        main()
    else:
        if os.environ["GROUP"]:
            Path(os.environ["GROUP"], "cgroup.procs").write_text(str(os.getpid()))
        folder, size, seconds, cache = sys.argv[1:]
        print(json.dumps(measure(Path(folder), size, float(seconds), Path(cache))))
