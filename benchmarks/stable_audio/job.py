"""The job that the benchmarks of Stable Audio ask for, and the files that it is done with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.stable_audio.weights import KEYS, RATE, RATIO

from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.weights import Weights

PROMPT = "instrumental accordion waltz, soft drums, 90 BPM"
SAMPLER = "dpmpp-3m-sde"


def weights(folder: Path) -> Weights:
    """The files of a folder. (Their hashes are known by now when the runner starts a worker; here
    a name and a time stand for one.)"""
    paths = {key: folder / name for key, name in KEYS.items()}
    hashes = {key: f"{path.name}-{path.stat().st_mtime_ns}" for key, path in paths.items()}
    return Weights(paths, hashes, folder / "cache")


def job(prompt: str, seconds: float, steps: int, mode: str, dtype: str, seed: int) -> Job:
    """A take of open-1.0 with the registry's settings, but for these."""
    settings = {each.name: each.default for each in STABLE_AUDIO.parameters if not each.only}
    settings |= {"steps": steps, "sampler": SAMPLER, "mode": mode, "dtype": dtype}
    return Job(
        song="benchmark",
        segment=1,
        kind="instrumental",
        title="",
        model=STABLE_AUDIO.name,
        checkpoint="open-1.0",
        take=1,
        seed=seed,
        seconds=seconds,
        prompt=prompt,
        style=prompt,
        lyrics="",
        languages=(),
        bpm=90.0,
        key="",
        settings=settings,
    )


def latents_of(details: Mapping[str, Any]) -> int:
    """The latents that were denoised; the record of a take has them in seconds."""
    return round(float(details["window_seconds"]) * RATE / RATIO)
