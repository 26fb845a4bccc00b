"""One run of acestep.cpp: python ace_step/acestep_cpp.py FOLDER SECONDS STEPS PROGRAM MODELS RUN

PROGRAM is its ace-synth, MODELS a folder with one GGUF file each of the transformer, the text
encoder and the autoencoder. It gets the fields of the same job as ours in a request of its own
format, without codes of its language model. It is one process that reads each part when it is
needed, so a stage begins when its log says that the part was read, and ends with the line that
reports its end; times are when those lines arrive. FOLDER, where ours has its weights, is not used.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.ace_step.job import job
from benchmarks.harness import elapsed

from secondtake.core.prompts.ace_step_prompt import ace_step_fields

RATE = 48_000
LINES = {  # of its log -> the event, and what is read of the line
    "text loaded": r"\[Store\] Load TextEnc: ([\d.]+) ms",
    "text done": r"\[Store\] Unload TextEnc",
    "conditions loaded": r"\[Store\] Load CondEnc: ([\d.]+) ms",
    "conditions done": r"\[Encode-Text Batch0\] .* enc_S=(\d+)",
    "transformer loaded": r"\[Store\] Load DiT: ([\d.]+) ms",
    "first step": r"\[DiT\] Step 1/",
    "last step": r"\[DiT\] Step (\d+)/\1\b",
    "decoder loaded": r"\[Store\] Load VAE-Dec: ([\d.]+) ms",
    "decoded": r"\[VAE-Decode Batch0\] Decode",
    "threads": r"\(CPU threads: (\d+)\)",
}
LOADED = ("text loaded", "conditions loaded", "transformer loaded", "decoder loaded")
TOLD = 12  # last lines of a log that lacks something


def request(seconds: float, steps: int, seed: int) -> dict[str, Any]:
    """The benchmark's job as a request of acestep.cpp."""
    take = job(seconds, steps, "fast", "auto", seed)
    fields = ace_step_fields(take)
    return {
        "task_type": "text2music",
        "caption": fields["prompt"],
        "lyrics": fields["lyrics"],
        **{key: fields[key] for key in ("bpm", "keyscale", "timesignature", "vocal_language")},
        "duration": seconds,
        "inference_steps": steps,
        "shift": take.settings["shift"],
        "guidance_scale": 1.0,
        "seed": seed,
        "output_format": "wav16",
    }


def figures(lines: Iterable[tuple[float, str]]) -> dict[str, Any]:
    """What ours prints as well, from lines of the log and the seconds at which each arrived.

    Exits if a stage is not told of.
    """
    log = list(lines)
    at: dict[str, float] = {}
    value: dict[str, float] = {}
    for seconds, line in log:
        for event, pattern in LINES.items():
            if event not in at and (match := re.search(pattern, line)):
                at[event] = seconds
                value[event] = float(match[1]) if match.groups() else 0.0
    if missing := [event for event in LINES if event not in at]:
        end = "".join(line for _, line in log[-TOLD:])
        sys.exit(f"the log of acestep.cpp does not tell of: {', '.join(missing)}. It ends:\n{end}")
    return {
        "load_seconds": sum(value[event] for event in LOADED) / 1000,
        "stages": {
            "text": _between(at, "text loaded", "text done")
            + _between(at, "conditions loaded", "conditions done"),
            "denoise": _between(at, "transformer loaded", "last step"),
            "decode": _between(at, "decoder loaded", "decoded"),
        },
        "step_seconds": _between(at, "first step", "last step") / (value["last step"] - 1),
        "tokens": int(value["conditions done"]),
        "threads": int(value["threads"]),
    }


def _between(at: Mapping[str, float], begin: str, end: str) -> float:
    return at[end] - at[begin]


def run(program: str, models: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Make one take, measure it, and throw it away."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.json"
        path.write_text(json.dumps(asked), encoding="utf-8")
        command = [program, "--models", models, "--request", str(path)]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as process:
            assert process.stderr is not None
            log = [(time.monotonic(), line) for line in process.stderr]
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        ended = elapsed()
        told = figures(log)
        with wave.open(f"{path.with_suffix('')}0.wav") as sound:
            assert sound.getnframes() == round(asked["duration"] * RATE), sound.getparams()
    return {**told, "first_sound_seconds": ended, "peak_bytes": usage.ru_maxrss * 1024}


if __name__ == "__main__":
    _, _, SECONDS, STEPS, PROGRAM, MODELS, RUN = sys.argv
    asked = request(float(SECONDS), int(STEPS), int(RUN))
    told = run(PROGRAM, MODELS, asked)
    print(json.dumps({**told, "load_average": os.getloadavg()[0]}))
