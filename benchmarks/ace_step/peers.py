"""ACE-Step beside acestep.cpp, in turn, on the same full-size random weights, on the processor.

    venv-ace-step/bin/python -m benchmarks.ace_step.peers --program ace-synth
        --models BF16=FOLDER Q8_0=FOLDER [--seconds 14] [--steps 8] [--runs 1]
        [--write docs/lab/performance.md]

What makes it fair: one process for each run of either side, with a cold start; the same machine,
turn by turn; equally many threads, or the runs are refused (acestep.cpp takes half of the
processors that it sees); a text-to-music take of the same caption, lyrics, length and schedule, one
pass of the transformer a step, no guidance, no language model on either side; and weights of the
true shapes, whose numbers are random, since a product's time depends on its shape. Both sides read
the same numbers:

    venv-ace-step/bin/python -m benchmarks.ace_step.peers --prepare CHECKPOINTS

writes them, and links them into acestep.cpp's folder `checkpoints` under the names that its
convert.py looks for; that makes the BF16 files, and its `quantize` Q8_0's. Each needs a folder of
its own: transformer, text encoder and vae-BF16.gguf, which is never quantized.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ace_step.speed import FIRST_DAY, OURS
from benchmarks.ace_step.tables import STAGES
from benchmarks.ace_step.weights import KEYS
from benchmarks.floor import Floor, measure_floor, multiplies_bfloat16
from benchmarks.harness import (
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
)  # fmt: skip

THEIRS = "ace_step/acestep_cpp.py"
FORMATS = {"bfloat16": "BF16", "int8": "Q8_0"}  # our precision -> the file that is like it
LINKS = {"turbo": "acestep-v15-turbo", "text_encoder": "Qwen3-Embedding-0.6B", "vae": "vae"}
TAKE = "**a take**"
COMPARED: Mapping[str, Sequence[tuple[str, ...]]] = {  # a row of figures -> where a run has them
    "a step": [("step_seconds",)],
    "text": [("stages", "text")],
    "decode": [("stages", "decode")],
    TAKE: [("stages", stage) for stage in STAGES],
    "loading": [("load_seconds",)],
    "loading and text": [("load_seconds",), ("stages", "text")],
    "from the start to the sound": [("first_sound_seconds",)],
    "peak memory": [("peak_bytes",)],
}

Sides = Mapping[str, Runs]


def main() -> None:
    options = _page().parse_args()
    os.environ["DEVICE"] = "cpu"
    sides = [] if options.prepare else chosen(_sides(options), options.sides)
    upstream = options.folder / "upstream"
    if not (upstream / KEYS["model"]).exists():
        child("ace_step/weights.py", str(options.folder))
    if options.prepare:
        prepare(upstream, options.prepare)
        return
    floor = measure_floor("cpu")
    _first_day(sides, str(options.folder))
    facts = (str(options.folder), str(options.seconds), str(options.steps))
    results = in_turn(sides, options.runs, facts, f"{options.seconds:g} s", _seconds)
    _check_threads(results, floor.threads)
    keep(options.json, {"steps": options.steps, "floor": floor.as_json(), "sides": results})
    put(options.write, "ace_step_peers", report(results, floor, options.seconds, options.steps))


def _page() -> argparse.ArgumentParser:
    parser = page(__doc__, "ace_step", runs=1)
    parser.add_argument("--program", type=Path, help="acestep.cpp's ace-synth, built")
    parser.add_argument(
        "--models", nargs="+", default=[], metavar="NAME=FOLDER", help="of GGUF files, by format"
    )
    parser.add_argument("--seconds", type=float, default=14.0, help="of sound")
    parser.add_argument("--steps", type=int, default=8, help="of a take (default: %(default)s)")
    parser.add_argument(
        "--prepare", type=Path, metavar="CHECKPOINTS", help="only link the weights into this folder"
    )
    return parser


def prepare(upstream: Path, checkpoints: Path) -> None:
    """Link our random weights as acestep.cpp's converter expects them.

    It reads the tokenizer from vocab.json and merges.txt, which are parts of tokenizer.json.
    """
    for ours, theirs in LINKS.items():
        (checkpoints / theirs).mkdir(parents=True, exist_ok=True)
        for file in (upstream / ours).iterdir():
            link = checkpoints / theirs / file.name
            link.unlink(missing_ok=True)
            link.symlink_to(file.resolve())
    text = checkpoints / LINKS["text_encoder"]
    words = json.loads((text / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    (text / "vocab.json").write_text(json.dumps(words["vocab"]), encoding="utf-8")
    pairs = (pair if isinstance(pair, str) else " ".join(pair) for pair in words["merges"])
    (text / "merges.txt").write_text("".join(f"{pair}\n" for pair in pairs), encoding="utf-8")


def _sides(options: argparse.Namespace) -> list[Side]:
    """Ours and theirs of each format, one after the other."""
    if not options.program or not options.program.is_file() or not options.models:
        sys.exit("--program has to name a built ace-synth, and --models its folders of weights")
    folders = dict(model.partition("=")[::2] for model in options.models)
    sides = []
    for ours, theirs in FORMATS.items():
        if ours != "bfloat16" or multiplies_bfloat16("cpu"):
            sides.append(Side(f"ours, {ours}", OURS, ("fast", ours)))
        if theirs in folders:
            folder = Path(folders.pop(theirs)).resolve()
            arguments = (str(options.program.resolve()), str(folder))
            sides.append(Side(f"acestep.cpp, {theirs}", THEIRS, arguments))
    if folders:
        sys.exit(f"--models names {min(folders)!r}; there are {', '.join(FORMATS.values())}")
    return sides


def _first_day(sides: list[Side], folder: str) -> None:
    """Convert what ours converts once on any machine."""
    for side in sides:
        if side.script == OURS:
            tell(f"first day: {side.name} …")
            child(OURS, folder, *FIRST_DAY, *side.arguments, "0")


def _check_threads(results: Sides, threads: int) -> None:
    for name, runs in results.items():
        for run in runs:
            if (theirs := run.get("threads", threads)) != threads:
                sys.exit(f"{name} computed with {theirs} threads, PyTorch with {threads}")


def report(results: Sides, floor: Floor, seconds: float, steps: int) -> str:
    load = median_of([run for runs in results.values() for run in runs], "load_average")
    runs = len(next(iter(results.values())))
    return "\n".join(
        [
            f"{floor.sentence()} Load average {load:.1f}.\n",
            f"**turbo**, a take of {seconds:g} s, {steps} steps, {counted(runs)}:\n",
            *_takes(results),
            "",
            *_starts(results),
            "",
            *_ratios(results),
        ]
    )


def _takes(results: Sides) -> Iterator[str]:
    yield "| | a step | text | steps | decode | **s a take** | prompt |"
    yield "|---|---|---|---|---|---|---|"
    for name, runs in results.items():
        stages = " | ".join(f"{median_of(runs, 'stages', stage):.1f}" for stage in STAGES)
        yield (
            f"| {name} | {median_of(runs, 'step_seconds'):.2f} s | {stages} "
            f"| **{_sum(runs, COMPARED[TAKE]):.1f}** | {runs[0]['tokens']} tokens |"
        )


def _starts(results: Sides) -> Iterator[str]:
    yield "| | loading | from the start to the sound | peak memory |"
    yield "|---|---|---|---|"
    for name, runs in results.items():
        load, sound = (median_of(runs, f"{key}_seconds") for key in ("load", "first_sound"))
        peak = median_of(runs, "peak_bytes") / (1 << 30)
        yield f"| {name} | {load:.1f} s | {sound:.1f} s | {peak:.1f} GiB |"


def _ratios(results: Sides) -> Iterator[str]:
    """acestep.cpp's figures divided by ours, where both have the format."""
    pairs = [
        (results[f"ours, {ours}"], results[f"acestep.cpp, {theirs}"], f"{theirs} / {ours}")
        for ours, theirs in FORMATS.items()
        if f"ours, {ours}" in results and f"acestep.cpp, {theirs}" in results
    ]
    if not pairs:
        return
    yield "acestep.cpp's figures as multiples of ours (below 1 it is ahead):\n"
    yield f"| | {' | '.join(title for *_, title in pairs)} |"
    yield "|---" * (len(pairs) + 1) + "|"
    for row, paths in COMPARED.items():
        shares = (_sum(theirs, paths) / _sum(ours, paths) for ours, theirs, _ in pairs)
        yield f"| {row} | {' | '.join(f'{share:.1f}x' for share in shares)} |"


def _sum(runs: Runs, paths: Sequence[tuple[str, ...]]) -> float:
    return sum(median_of(runs, *path) for path in paths)


def _seconds(run: Mapping[str, Any]) -> float:
    return float(sum(run["stages"].values()))


if __name__ == "__main__":
    main()
