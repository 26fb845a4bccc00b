"""Audiobox Aesthetics: its authors' predictor and ours timed in turn, on full-size random weights.

    venv-audiobox/bin/python -m benchmarks.judges.audiobox_speed [--runs 1]
                              [--write docs/lab/performance.md]

Every run of every side is a process of its own, so that each has a cold start and a peak memory.
Nothing else should be running. The first run writes 831 MB of random weights to --folder: the
authors' pickle, which theirs loads, and the safetensors file, which ours does.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from benchmarks.floor import measure_floor
from benchmarks.harness import (
    Run,
    Runs,
    Side,
    chosen,
    counted,
    elapsed,
    in_turn,
    keep,
    median_of,
    memory_text,
    page,
    peak_memory,
    put,
    times,
    wait,
)
from benchmarks.judges.clap_timing import TIMES, median_seconds

from secondtake.core.registry.audiobox import AUDIOBOX
from secondtake.core.weights import Weights
from secondtake.judges.audiobox import AXES, SAMPLE_RATE, Audiobox, load_audiobox
from secondtake.judges.recordings import cut_windows

SCRIPT = "judges/audiobox_speed.py"
THEIRS, OURS = "unmodified", "ours"
SIDES = (Side(THEIRS, SCRIPT, (THEIRS,)), Side(OURS, SCRIPT, (OURS,)))
SECONDS = 10  # of a window
MANY = 8  # windows of a long recording, heard once: theirs computes all of them together
SEED = 20250207
MODEL, CONFIG, PICKLE = "model.safetensors", "config.json", "checkpoint.pt"
# The true ones, as the size of the published file shows; what points are does not matter here.
SETTINGS: Mapping[str, Any] = {
    "proj_num_layer": 5, "proj_ln": True, "proj_act_fn": "gelu", "proj_dropout": 0, "nth_layer": 13,
    "use_weighted_layer_sum": True, "precision": "32", "normalize_embed": True, "output_dim": 1,
    "target_transform": {axis: {"mean": 5.0, "std": 1.0} for axis in AXES},
}  # fmt: skip


def main() -> None:
    options = page(__doc__, "audiobox", runs=1).parse_args()
    os.environ["DEVICE"] = options.device  # for both sides
    floor = measure_floor(options.device)
    make(options.folder)
    facts = [str(options.folder)]
    results = in_turn(chosen(SIDES, options.sides), options.runs, facts, "all axes", _seconds)
    keep(options.json, {"floor": floor.as_json(), "sides": results})
    lines = "\n".join(_lines(results, options.runs))
    put(options.write, "audiobox_speed", f"{floor.sentence()}\n\n{lines}")


def make(folder: Path) -> None:
    """Write the network's files in their true sizes, if they are not there."""
    import torch
    from audiobox_aesthetics.model.aes import AesMultiOutput

    if (folder / PICKLE).exists():
        return
    torch.manual_seed(SEED)
    network = AesMultiOutput(**SETTINGS)
    network.save_pretrained(folder)
    size = (folder / MODEL).stat().st_size
    assert size == AUDIOBOX.default.weights[0].bytes, f"{size} bytes: not the published shape"
    settings = dict(SETTINGS)
    state = {f"model.{name}": tensor for name, tensor in network.state_dict().items()}
    target = settings.pop("target_transform")
    pickled = {"state_dict": state, "model_cfg": settings, "target_transform": target}
    torch.save(pickled, folder / f"{PICKLE}.part")
    (folder / f"{PICKLE}.part").rename(folder / PICKLE)


def measure(folder: Path, side: str) -> None:
    """In a child: one side's figures of one run, printed as JSON."""
    hear = {THEIRS: load_theirs, OURS: load_ours}[side](folder)
    loaded = elapsed()
    rng = np.random.default_rng(SEED)
    long = 0.1 * rng.standard_normal(MANY * SECONDS * SAMPLE_RATE, np.float32)
    scores = hear(long[: SECONDS * SAMPLE_RATE])
    alone = median_seconds(lambda: hear(long[: SECONDS * SAMPLE_RATE]))
    short_memory, start, busy = peak_memory(), time.monotonic(), time.process_time()
    hear(long)
    figures = {
        "load_seconds": loaded,
        "window_seconds": alone,
        "short_memory": short_memory,
        "many_seconds": (time.monotonic() - start) / MANY,
        "busy_seconds": (time.process_time() - busy) / MANY,
        "scores": scores,
        **peak_memory(),
    }
    print(json.dumps(figures))


def load_theirs(folder: Path) -> Callable[[np.ndarray], list[float]]:
    """The authors' predictor, as it is. What it would download with is not installed, and stands
    empty for its import."""
    import torch

    for name in ("requests", "tqdm.rich"):
        sys.modules[name] = ModuleType(name)
    sys.modules["tqdm.rich"].tqdm = None  # type: ignore[attr-defined]
    from audiobox_aesthetics.infer import AesPredictor

    predictor = AesPredictor(checkpoint_pth=str(folder / PICKLE))

    def hear(samples: np.ndarray) -> list[float]:
        sound = {"path": torch.from_numpy(samples)[None], "sample_rate": SAMPLE_RATE}
        (scores,) = predictor.forward([sound])
        wait()
        return [scores[axis] for axis in AXES]

    return hear


def load_ours(folder: Path) -> Callable[[np.ndarray], list[float]]:
    """The judge as its worker loads it."""
    paths = {"model": folder / MODEL, "config": folder / CONFIG}
    judge = load_audiobox(Weights(paths, {}, folder / "cache"), os.environ["DEVICE"]).judge
    assert isinstance(judge, Audiobox)

    def hear(samples: np.ndarray) -> list[float]:
        windows = cut_windows(samples, SAMPLE_RATE, SECONDS, SECONDS)
        scores = judge.scores(windows.samples, lambda _: None)
        return [float(np.mean(scores[axis])) for axis in AXES]

    return hear


def _seconds(run: Run) -> float:
    return float(run["window_seconds"])


def _lines(results: Mapping[str, Runs], count: int) -> Iterator[str]:
    """A row for each side."""
    theirs = results.get(THEIRS)
    base, base_many = (
        median_of(theirs, f"{what}_seconds") if theirs else None for what in ("window", "many")
    )
    yield (
        f"A window of {SECONDS} s alone (the median of {TIMES}), and one of {MANY} of a recording "
        f"(heard once), {counted(count)}:\n"
    )
    yield (
        "| | loaded | a window | **ratio** | its peak memory | "
        f"one of {MANY} | ratio | processor time | peak memory | differs by |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, runs in results.items():
        alone, many = (median_of(runs, f"{what}_seconds") for what in ("window", "many"))
        short = [run["short_memory"] for run in runs]
        yield (
            f"| {name} | {median_of(runs, 'load_seconds'):.1f} s | {alone:.2f} s "
            f"| **{times(base, alone)}** | {memory_text(short)} | {many:.2f} s "
            f"| {times(base_many, many)} | {median_of(runs, 'busy_seconds'):.2f} s "
            f"| {memory_text(runs)} | {_difference(runs, theirs)} |"
        )


def _difference(runs: Runs, theirs: Runs | None) -> str:
    """The largest of a score's from the other side's, in points."""
    if theirs is None or runs is theirs:
        return ""
    ours, other = (np.array(side[0]["scores"]) for side in (runs, theirs))
    return f"{abs(ours - other).max():.0e}"


if __name__ == "__main__":
    if "STARTED" in os.environ:
        measure(Path(sys.argv[1]), sys.argv[2])
    else:
        main()
