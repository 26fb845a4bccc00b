"""Stable Audio's speed: unmodified stable-audio-tools and ours, in turn, on full-size weights.

    venv-stable-audio/bin/python -m benchmarks.stable_audio.speed [--steps 8] [--runs 1]
                                 [--write docs/lab/performance.md]

Every run of every side is a process of its own, so that each has a cold start and a peak memory;
the unmodified one has 11 GB. Nothing else should be running. The first run writes 5.7 GB of random
weights to --folder, and ours makes 3 GB more of them, for each precision that the probe compares,
as it would once on any machine.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.floor import measure_floor
from benchmarks.harness import Run, Side, child, chosen, in_turn, keep, page, put, tell
from benchmarks.stable_audio.tables import arithmetics, report

OURS = "stable_audio/ours.py"
UNMODIFIED = Side("unmodified", "stable_audio/theirs.py")
FITTED = "fitted, float32"
SIDES = (
    UNMODIFIED,
    Side("exact", OURS, ("exact", "auto")),
    Side(FITTED, OURS, ("fast", "float32")),
    Side("fast", OURS, ("fast", "auto")),
)
FIRST_DAY = ("0.5", "2")  # seconds and steps of a take that only makes and measures


def main() -> None:
    options = _page().parse_args()
    os.environ["DEVICE"] = options.device  # for both sides
    floor = measure_floor(options.device)
    folder = str(options.folder)
    child("stable_audio/weights.py", folder)
    tell("first day: converting, measuring …")
    used = json.loads(child(OURS, folder, *FIRST_DAY, "fast", "auto", "0").splitlines()[-1])
    probe = measured(options.folder)
    sides = chosen(_sides(probe, used["arithmetic"]), options.sides)
    facts = [folder, str(options.seconds), str(options.steps)]
    with tempfile.TemporaryDirectory() as sounds:
        results, errors = _measure(sides, options.runs, facts, Path(sounds))
    facts_of = {"seconds": options.seconds, "steps": options.steps, "floor": floor.as_json()}
    keep(options.json, {**facts_of, "probe": probe, "errors": errors, "sides": results})
    text = report(results, errors, floor, options.steps, options.seconds)
    text += arithmetics(probe, used["arithmetic"])
    put(options.write, "stable_audio_speed", text)


def _page() -> argparse.ArgumentParser:
    parser = page(__doc__, "stable_audio", runs=1)
    parser.add_argument("--steps", type=int, default=8, help="of a take (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of sound for each take")
    return parser


def _sides(probe: Mapping[str, Mapping[str, float]], used: str) -> tuple[Side, ...]:
    """SIDES, and the quickest precision if it is not near enough to be chosen on random weights."""
    quickest = min(probe, key=lambda name: probe[name]["step_seconds"])
    if quickest in (used, "float32"):
        return SIDES
    return (*SIDES, Side(f"fitted, {quickest}", OURS, ("fast", quickest)))


def measured(folder: Path) -> dict[str, dict[str, float]]:
    """The latest measurements of the probe: seconds of a step and error, by precision."""
    files = (folder / "cache" / "measured").glob("stable_audio-*.json")
    latest = max(files, key=lambda path: path.stat().st_mtime)
    return dict(json.loads(latest.read_text(encoding="utf-8"))["measured"])


def _measure(
    sides: Sequence[Side], runs: int, facts: Sequence[str], sounds: Path
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, float]]:
    """Every side's runs, and how far each sound of the first run is from the unmodified one's."""
    os.environ["SOUNDS"] = str(sounds)
    results = in_turn(sides, runs, facts, "open-1.0", _seconds)
    sound_files = {side.name: Path(results[side.name][0]["sound"]) for side in sides}
    pairs = {name: FITTED for name in sound_files if name not in ("exact", FITTED, UNMODIFIED.name)}
    pairs["exact"] = UNMODIFIED.name
    return results, {
        name: _error(sound_files[name], sound_files[other])
        for name, other in pairs.items()
        if name in sound_files and other in sound_files
    }


def _seconds(run: Run) -> float:
    return float(sum(run["stages"].values()))


def _error(path: Path, other: Path) -> float:
    """The difference of two sounds, as a share of the other's size; their edges left out."""
    import numpy as np

    edge = 500  # frames: ours are faded
    sound, reference = (np.load(file)[edge:-edge].astype(np.float64) for file in (path, other))
    return float(np.sqrt(np.mean((sound - reference) ** 2) / np.mean(reference**2)))


if __name__ == "__main__":
    main()
