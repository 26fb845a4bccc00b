"""MusicGen's speed: transformers, plain and in int8, and ours, in turn, on full-size weights.

    venv-musicgen/bin/python -m benchmarks.musicgen.speed [--seconds 10] [--runs 1]
                             [--write docs/lab/performance.md]

Every run of every side is a process of its own, so that each has a cold start and a peak memory.
Nothing else should be running. The first run writes 2.4 GB of random weights to --folder, and ours
makes 1 GB more of them, as it would once on any machine.
"""

import argparse
import os
from typing import Any

from benchmarks.floor import measure_floor
from benchmarks.harness import Run, Side, child, chosen, in_turn, keep, page, put, tell
from benchmarks.musicgen.tables import report

OURS, PLAIN = "musicgen/ours.py", "musicgen/plain.py"
BATCH = 8
SIDES = (
    Side("unmodified", "musicgen/theirs.py"),
    Side("transformers, int8", PLAIN, ("1",)),
    Side(f"transformers, int8, batch of {BATCH}", PLAIN, (str(BATCH),), BATCH),
    Side("exact", OURS, ("exact", "1")),
    Side("fast", OURS, ("fast", "1")),
    Side(f"fast, batch of {BATCH}", OURS, ("fast", str(BATCH)), BATCH),
)


def main() -> None:
    options = _page().parse_args()
    on_device = [side for side in SIDES if options.device == "cpu" or side.script != PLAIN]
    sides = chosen(on_device, options.sides)
    os.environ["DEVICE"] = options.device  # for both sides
    floor = measure_floor(options.device)
    folder = str(options.folder)
    child("musicgen/weights.py", folder)
    if any(side.arguments[:1] == ("fast",) for side in sides):
        tell("first day: converting, measuring …")
        child(OURS, folder, "0.5", "fast", "1", "0")
    facts = [folder, str(options.seconds)]
    results: dict[str, list[dict[str, Any]]]
    results = in_turn(sides, options.runs, facts, "small", _seconds)
    keep(options.json, {"floor": floor.as_json(), "seconds": options.seconds, "sides": results})
    takes = {side.name: side.takes for side in sides}
    put(options.write, "musicgen_speed", report(results, takes, floor, options.seconds))


def _page() -> argparse.ArgumentParser:
    parser = page(__doc__, "musicgen", runs=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="of sound for each take")
    return parser


def _seconds(run: Run) -> float:
    return float(sum(run["stages"].values()))


if __name__ == "__main__":
    main()
