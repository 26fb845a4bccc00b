"""ACE-Step's speed: unmodified AceStepPipeline and ours, in turn, on full-size weights.

    venv-ace-step/bin/python -m benchmarks.ace_step.speed [--seconds 14 60] [--steps 8] [--runs 1]
                             [--device cuda] [--write docs/lab/performance.md]

Every run of every side is a process of its own, so that each has a cold start and a peak memory;
the unmodified one needs some 13 GB. Nothing else should be running. The first run writes 11 GB of
random weights to --folder, and ours makes up to 5 GB more of them, for the precisions that the
probe compares, as it would once on any machine.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.ace_step.tables import report
from benchmarks.floor import measure_floor, multiplies_bfloat16
from benchmarks.harness import Run, Side, child, chosen, in_turn, keep, page, put, tell

OURS, THEIRS = "ace_step/ours.py", "ace_step/theirs.py"
SIDES = (
    Side("unmodified", THEIRS, ("float32",)),
    Side("unmodified, bfloat16", THEIRS, ("bfloat16",)),
    Side("exact", OURS, ("exact", "auto")),
    Side("fast", OURS, ("fast", "auto")),
)
FIRST_DAY = ("2", "2")  # seconds and steps of a take that only converts and measures


def main() -> None:
    options = _page().parse_args()
    os.environ["DEVICE"] = options.device  # for both sides
    floor = measure_floor(options.device)
    folder = str(options.folder)
    child("ace_step/weights.py", folder)
    tell("first day: converting, measuring …")
    child(OURS, folder, *FIRST_DAY, "fast", "auto", "0")
    results: dict[float, dict[str, list[dict[str, Any]]]] = {}
    errors: dict[float, dict[str, float]] = {}
    sides = chosen(_sides(options.device), options.sides)
    for seconds in options.seconds:
        with tempfile.TemporaryDirectory() as sounds:
            os.environ["SOUNDS"] = sounds
            facts = (folder, str(seconds), str(options.steps))
            results[seconds] = in_turn(sides, options.runs, facts, f"{seconds:g} s", _seconds)
            errors[seconds] = _errors(results[seconds])
    probe = measured(options.folder)
    facts_of = {"steps": options.steps, "floor": floor.as_json(), "probe": probe, "errors": errors}
    keep(options.json, {**facts_of, "takes": results})
    put(options.write, "ace_step_speed", report(results, errors, floor, options.steps, probe))


def _page() -> argparse.ArgumentParser:
    parser = page(__doc__, "ace_step", runs=1)
    parser.add_argument("--steps", type=int, default=8, help="of a take (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, nargs="+", default=[14.0, 60.0], help="of sound for each take"
    )
    return parser


def _sides(device: str) -> list[Side]:
    return [side for side in SIDES if "bfloat16" not in side.name or multiplies_bfloat16(device)]


def measured(folder: Path) -> dict[str, dict[str, float]]:
    """The latest measurements of the probe: seconds of a step and error, by precision."""
    files = (folder / "cache" / "measured").glob("ace_step-*.json")
    latest = max(files, key=lambda path: path.stat().st_mtime)
    return dict(json.loads(latest.read_text(encoding="utf-8"))["measured"])


def _errors(results: Mapping[str, list[dict[str, Any]]]) -> dict[str, float]:
    """Root mean square of each first sound's difference from the first side's, as a share of it."""
    import numpy as np

    reference, *others = results
    sound = np.load(results[reference][0]["sound"])
    return {
        name: float(
            np.linalg.norm(np.load(results[name][0]["sound"]) - sound) / np.linalg.norm(sound)
        )
        for name in others
    }


def _seconds(run: Run) -> float:
    return float(sum(run["stages"].values()))


if __name__ == "__main__":
    main()
