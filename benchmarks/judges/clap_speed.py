"""CLAP's speed: unmodified transformers and ours, in turn, on full-size random weights.

    venv-clap/bin/python -m benchmarks.judges.clap_speed [--runs 1]
                         [--write docs/lab/performance.md]

Every run of every side is a process of its own, so that each has a cold start and a peak memory.
Nothing else should be running. The first run writes 776 MB of random weights to --folder, and ours
converts them, as it would once on any machine.
"""

import json
import os
from collections.abc import Iterator

import numpy as np
from benchmarks.floor import measure_floor
from benchmarks.harness import (
    Run,
    Runs,
    Side,
    child,
    chosen,
    counted,
    in_turn,
    keep,
    median_of,
    memory_text,
    page,
    put,
    tell,
    times,
)
from benchmarks.judges.clap_timing import TIMES
from benchmarks.judges.clap_weights import make

OURS = "judges/clap_ours.py"
SIDES = (Side("unmodified", "judges/clap_theirs.py"), Side("ours", OURS))


def main() -> None:
    options = page(__doc__, "clap", runs=1).parse_args()
    sides = chosen(SIDES, options.sides)
    os.environ["DEVICE"] = options.device  # for both sides
    floor = measure_floor(options.device)
    make(options.folder)
    facts = [str(options.folder)]
    tell("first day: converting …")
    first = json.loads(child(OURS, *facts, "0").splitlines()[-1])
    results = in_turn(sides, options.runs, facts, "general", _seconds)
    keep(options.json, {"floor": floor.as_json(), "first": first, "sides": results})
    lines = _lines({name: runs for name, runs in results.items() if runs}, options.runs)
    converted = f"\nConverted once, in {first['convert_seconds']:.1f} s.\n"
    put(options.write, "clap_speed", "\n".join((floor.sentence(), converted, *lines)))


def _seconds(run: Run) -> float:
    return float(run["batch_seconds"])


def _lines(results: dict[str, list[dict[str, object]]], count: int) -> Iterator[str]:
    """A row for each side: {counted} of a process, in each the median of TIMES."""
    theirs = results.get("unmodified")
    yield f"A window of 10 s, {counted(count)}, each the median of {TIMES}:\n"
    yield "| | loaded | a window | in batches | ratio | a style | peak memory | differs by |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, runs in results.items():
        window, batch, text = (
            median_of(runs, f"{what}_seconds") for what in ("window", "batch", "text")
        )
        base = median_of(theirs, "batch_seconds") if theirs else None
        yield (
            f"| {name} | {median_of(runs, 'load_seconds'):.1f} s | {window:.2f} s | {batch:.2f} s "
            f"| {times(base, batch)} | {text * 1e3:.0f} ms | {memory_text(runs)} "
            f"| {_difference(runs, theirs)} |"
        )


def _difference(runs: Runs, theirs: Runs | None) -> str:
    """The largest of an embedding's numbers from the other side's."""
    if theirs is None or runs is theirs:
        return ""
    ours, other = (np.array(side[0]["embedding"]) for side in (runs, theirs))
    return f"{abs(ours - other).max():.1e}"


if __name__ == "__main__":
    main()
