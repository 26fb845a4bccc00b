"""The job that the benchmark of MusicGen asks for, and the files that it is done with."""

from pathlib import Path

from benchmarks.musicgen.weights import KEYS

from secondtake.core.jobs import Job
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.weights import Weights

PROMPT = "instrumental accordion waltz, soft drums, 90 BPM"
GUIDANCE, TOP_K, TEMPERATURE = 3.0, 250, 1.0  # the registry's defaults, and transformers'


def weights(folder: Path) -> Weights:
    """The files of a folder. (Their hashes are known by now when the runner starts a worker; here
    a name and a time stand for one.)"""
    paths = {key: folder / name for key, name in KEYS.items()}
    hashes = {key: f"{path.name}-{path.stat().st_mtime_ns}" for key, path in paths.items()}
    return Weights(paths, hashes, folder / "cache")


def job(seconds: float, mode: str, take: int, seed: int) -> Job:
    """A take of the small checkpoint with the registry's settings, but for its mode."""
    settings = {each.name: each.default for each in MUSICGEN.parameters if not each.only}
    settings |= {"guidance": GUIDANCE, "top_k": TOP_K, "temperature": TEMPERATURE, "mode": mode}
    return Job(
        song="benchmark",
        segment=1,
        kind="instrumental",
        title="",
        model=MUSICGEN.name,
        checkpoint="small",
        take=take,
        seed=seed,
        seconds=seconds,
        prompt=PROMPT,
        style=PROMPT,
        lyrics="",
        languages=(),
        bpm=90.0,
        key="",
        settings=settings,
    )
