"""What benchmarks of two sides share: their page, child processes, turns, and a place in docs/.

Every run of every side is a process of its own, so that each has a cold start and a peak memory.
A side's script prints its figures as JSON in its last line; what it has to know beyond its
arguments are the variables STARTED (time.monotonic() before it began) and DEVICE.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from secondtake.core.environ import thread_settings

ROOT = Path(__file__).parents[1]
OURS = "ours.py"  # how scripts end that are started as the runner starts a worker
LONG_RUN = 300.0  # seconds of a side's run, start and end included, beyond which it is not repeated
LONGEST_RUN = 7200.0  # seconds after which a child has hung, as on kernels that a processor lacks

Run = Mapping[str, Any]
Runs = Sequence[Run]


@dataclass(frozen=True)
class Side:
    """One thing that is timed."""

    name: str
    script: str
    arguments: tuple[str, ...] = ()
    takes: int = 1


def page(description: str | None, model: str, runs: int = 3) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument(
        "--runs", type=int, default=runs, help="of every side (default: %(default)s)"
    )
    parser.add_argument("--sides", nargs="+", default=[], help="only these, by name")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda", "mps"])
    folder = ROOT / ".cache" / "benchmarks" / model
    parser.add_argument("--folder", type=Path, default=folder, help="of the random weights")
    parser.add_argument("--write", type=Path, help="put the tables into this page of docs/")
    parser.add_argument("--json", type=Path, help="keep the figures of every run here")
    return parser


def chosen(sides: Sequence[Side], names: Sequence[str]) -> list[Side]:
    """The sides of these names, in order; all if none is named. Exits if one does not exist."""
    unknown = set(names) - {side.name for side in sides}
    if unknown:
        known = ", ".join(repr(side.name) for side in sides)
        sys.exit(f"there is no side {min(unknown)!r}; there are {known}")
    return [side for side in sides if not names or side.name in names]


def in_turn(
    sides: Sequence[Side],
    runs: int,
    facts: Sequence[str],
    told: str,
    seconds: Callable[[Run], float],
) -> dict[str, list[dict[str, Any]]]:
    """Every side's runs, one after the other in turn, so that a busy hour hits them all.

    A side whose run takes longer than LONG_RUN has no other one. facts: a script's first arguments;
    its side's follow, and the run's number. seconds: what to tell of a run, divided by its takes.
    """
    made: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
    again = list(sides)
    for run in range(runs):
        for side in tuple(again):
            tell(f"{told}: run {run + 1}, {side.name} …")
            start = time.monotonic()
            said = child(side.script, *facts, *side.arguments, str(run))
            made[side.name].append(json.loads(said.splitlines()[-1]))
            tell(f"    {seconds(made[side.name][-1]) / side.takes:.1f} s a take")
            if time.monotonic() - start > LONG_RUN:
                again.remove(side)
    return made


def child(script: str, *arguments: str) -> str:
    """Run a script below this folder (bark/ours.py) in this Python; what it prints. Its clock
    starts here. subprocess.TimeoutExpired after LONGEST_RUN."""
    environment = {**os.environ, **_variables(script), "STARTED": repr(time.monotonic())}
    module = f"benchmarks.{script.removesuffix('.py').replace('/', '.')}"
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=LONGEST_RUN,
    )
    return done.stdout


def _variables(script: str) -> Mapping[str, str]:
    """No network for either side; ours as its workers are started on an idle machine."""
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    quiet["PYTHONDONTWRITEBYTECODE"] = ""  # libraries are compiled once, on the first day
    return {**quiet, **thread_settings(idle=True)} if script.endswith(OURS) else quiet


def elapsed() -> float:
    """In a child: seconds since its process was started."""
    return time.monotonic() - float(os.environ["STARTED"])


def wait() -> None:
    """In a child: until the device has done what it was given."""
    import torch

    if os.environ["DEVICE"] == "cuda":
        torch.cuda.synchronize()
    elif os.environ["DEVICE"] == "mps":
        torch.mps.synchronize()


def peak_memory() -> dict[str, int]:
    """In a child that computes on a device: its peak_bytes, and the most graphics memory that it
    held, what PyTorch kept back included; 0 on a processor, and on mps, which has no other."""
    import torch

    is_cuda = os.environ["DEVICE"] == "cuda"
    graphics = torch.cuda.max_memory_reserved() if is_cuda else 0
    return {"peak_bytes": peak_bytes(), "graphics_bytes": graphics}


def memory_text(runs: Runs) -> str:
    """The peak memory of a side's runs, as tables say it."""
    texts = [f"{median_of(runs, 'peak_bytes') / (1 << 30):.1f} GiB"]
    if graphics := median_of(runs, "graphics_bytes"):
        texts.append(f"{graphics / (1 << 30):.1f} GiB of graphics memory")
    return ", ".join(texts)


def peak_bytes() -> int:
    """The most memory that this process had. (Linux counts the parent's for ru_maxrss as well.)"""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def keep_sound(samples: Any) -> str:
    """In a child: keep (frames, channels) as a file in the folder SOUNDS, if that is set; where."""
    if "SOUNDS" not in os.environ:
        return ""
    import numpy as np

    path = Path(os.environ["SOUNDS"]) / f"{os.getpid()}.npy"
    np.save(path, samples)
    return str(path)


def tell(line: str) -> None:
    """What is being done, for who waits."""
    print(line, file=sys.stderr, flush=True)


def median_of(runs: Runs, *path: str) -> float:
    """The median of one figure; path: its keys, from the outside."""
    values = []
    for run in runs:
        value: Any = run
        for key in path:
            value = value[key]
        values.append(float(value))
    return median(values)


def counted(runs: int) -> str:
    """How a table says of how many runs it tells."""
    return "one run" if runs == 1 else f"medians of {runs} runs"


def times(base: float | None, value: float) -> str:
    """How many times smaller than the base a value is: 2.9x; nothing without a base."""
    return f"{base / value:.1f}x" if base else ""


def keep(path: Path | None, facts: Mapping[str, Any]) -> None:
    """Write the figures of a benchmark, and the day, where `--json` says."""
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        dated = {"date": datetime.now(UTC).date().isoformat(), **facts}
        path.write_text(json.dumps(dated, indent=2) + "\n", encoding="utf-8")


def put(path: Path | None, name: str, text: str) -> None:
    """Print the text, and replace by it what stands between the two marks of a page."""
    print(text)
    if path is None:
        return
    page = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = page.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        sys.exit(f"{path} has no lines {begin} and {end}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
