"""Bark's speed: bark.cpp and ours, in turn, on full-size random weights.

    venv-bark/bin/python -m benchmarks.bark.peers --bark-cpp FOLDER [--sizes small large]
                         [--seconds 13] [--runs 1] [--write docs/lab/performance.md]

FOLDER: a clone of PABannier/bark.cpp with its submodules, built in FOLDER/build (or --build) as its
README says. Its own programs convert our random weights, quantize them and make the takes.

What makes it fair: the same text, the same number of threads, and the same number of tokens in
every stage, at the same positions behind beginnings of the same length: 257 positions before the
first semantic token, 257 to 887 anew every 60 coarse ones. bark.cpp reads all of these; ours does
not where nothing has moved, which is one of its gains and most of a short take. bark.cpp has no
batches, so ours is there as a single take and as a batch. Its times are those that it prints: of
whole stages, sampling included, without loading.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.bark.bark_cpp import make
from benchmarks.bark.tables import STAGES
from benchmarks.floor import Floor, measure_floor
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
    page,
    put,
    tell,
    times,
)

from secondtake.models.bark.constants import COARSE_RATE_HZ, FINE_WINDOW

BATCH = 8
FAST = "fast"
NEW_BOOKS = 6 / 2  # fine tokens for each coarse one
OURS = (
    Side("unmodified", "bark/theirs.py"),
    Side("exact", "bark/ours.py", ("exact", "1")),
    Side(FAST, "bark/ours.py", ("fast", "1")),
    Side(f"fast, batch of {BATCH}", "bark/ours.py", ("fast", str(BATCH)), BATCH),
)
# In a second window of the fine stage, bark.cpp writes past the end of its buffer.
MAX_SECONDS = FINE_WINDOW / COARSE_RATE_HZ - 0.05


def main() -> None:
    options = _page().parse_args()
    if options.seconds > MAX_SECONDS:
        sys.exit(f"--seconds: bark.cpp can make {MAX_SECONDS:.1f} s at most")
    build = (options.build or options.bark_cpp / "build").resolve()
    threads = str(options.threads)
    program = str(build / "examples/main/main")
    if not Path(program).exists():
        sys.exit(f"there is no {program}; build bark.cpp, or name its build by --build")
    peers = [
        Side(f"bark.cpp, {precision}", "bark/bark_cpp.py", (program, precision, threads))
        for precision in options.precisions
    ]
    sides = chosen([*OURS, *peers], options.sides)
    os.environ |= {"DEVICE": "cpu", "OMP_NUM_THREADS": threads}  # for all sides
    floor = measure_floor("cpu")
    results = {}
    for size in options.sizes:
        child("bark/weights.py", str(options.folder), size)
        precisions = [side.arguments[1] for side in sides if side in peers]
        clone = options.bark_cpp.resolve()
        make(options.folder, size, options.seconds, precisions, clone, build)
        _warm(str(options.folder), size, sides)
        facts = [str(options.folder), size, str(options.seconds)]
        results[size] = in_turn(sides, options.runs, facts, size, _seconds)
    keep(options.json, {"floor": floor.as_json(), "sizes": results})
    takes = {side.name: side.takes for side in sides}
    put(options.write, "bark_peers", "\n".join(_report(results, takes, floor, options.seconds)))


def _page() -> argparse.ArgumentParser:
    parser = page(__doc__, "bark", runs=1)
    parser.add_argument("--bark-cpp", type=Path, required=True, help="a clone of it")
    parser.add_argument("--build", type=Path, help="where it is built (default: build in there)")
    parser.add_argument(
        "--precisions", nargs="+", default=["f16", "q8_0", "q4_0"], help="of bark.cpp"
    )
    parser.add_argument(
        "--sizes", nargs="+", default=["small", "large"], choices=["small", "large"]
    )
    parser.add_argument("--seconds", type=float, default=13.0, help="of sound for each take")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every side")
    return parser


def _warm(folder: str, size: str, sides: Sequence[Side]) -> None:
    """Convert and measure once, as on any machine's first day; that is no run."""
    for mode in {side.arguments[0] for side in sides if side.script == "bark/ours.py"}:
        tell(f"{size}: first day, {mode} …")
        child("bark/ours.py", folder, size, "0.2", mode, "1", "0")


def _seconds(run: Run) -> float:
    return float(sum(run["stages"].values()))


def _report(
    results: Mapping[str, Mapping[str, Runs]],
    takes: Mapping[str, int],
    floor: Floor,
    seconds: float,
) -> Iterator[str]:
    yield floor.sentence()
    for size, sides in results.items():
        count = min(len(runs) for runs in sides.values())
        counts = {tuple(run["tokens"].values()) for runs in sides.values() for run in runs}
        if len(counts) > 1:
            sys.exit(f"the sides have not made the same number of tokens: {sorted(counts)}")
        semantic, coarse = counts.pop()
        yield (
            f"\n**{size}**, a take of {seconds:g} s ({semantic} semantic tokens, {coarse} coarse), "
            f"{counted(count)}, without loading; tokens a second of all rows together:\n"
        )
        yield from _table(sides, takes)


def _table(sides: Mapping[str, Runs], takes: Mapping[str, int]) -> Iterator[str]:
    yield (
        "| | semantic /s | coarse /s | fine /s | codec | **s a take** | **ratio** "
        "| *fast* is | peak memory |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    totals = {
        name: median(_seconds(run) for run in runs) / takes[name] for name, runs in sides.items()
    }
    for name, runs in sides.items():
        rates = " | ".join(f"{rate * takes[name]:.0f}" for rate in _rates(runs))
        codec = median_of(runs, "stages", "codec") / takes[name]
        ratio = times(totals.get("unmodified"), totals[name]) or "not run"
        ours = times(totals[name], totals[FAST]) if FAST in totals and name != FAST else ""
        peak = median_of(runs, "peak_bytes") / (1 << 30)
        yield (
            f"| {name} | {rates} | {codec:.1f} s | **{totals[name]:.1f}** | **{ratio}** "
            f"| {ours} | {peak:.1f} GiB |"
        )


def _rates(runs: Runs) -> Iterator[float]:
    """Tokens of one row a second, of each stage that makes tokens."""
    for stage in STAGES[:3]:
        tokens = [run["tokens"].get(stage, run["tokens"]["coarse"] * NEW_BOOKS) for run in runs]
        yield median(made / run["stages"][stage] for made, run in zip(tokens, runs, strict=True))


if __name__ == "__main__":
    main()
