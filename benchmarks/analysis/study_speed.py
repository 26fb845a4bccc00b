"""Time of the analysis of a long song: 42 segments, four models, three takes of each.

    venv-analysis/bin/python -m benchmarks.analysis.study_speed [--write docs/lab/performance.md]

The recordings are excerpts of 10 s of Debian's music (corpus.py) with the records of takes, in a
project of their own; scripts/analyse_results.py analyses them, once, once more, and a last time
after one take has changed. Takes about ten minutes on two cores.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import soxr
from benchmarks.analysis.corpus import Track, tracks
from benchmarks.harness import page, put, tell

from secondtake.analysis.audio_io import mono, read
from secondtake.analysis.parallel import cores
from secondtake.core.checkout import CACHE_VARIABLE, ROOT_VARIABLE
from secondtake.core.files import sha256_of
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Provenance, Take, Wav, wav_path, write_record
from secondtake.core.wav import write_wav

ROOT = Path(__file__).parents[2]
SEGMENTS, TAKES, SECONDS = 42, 3, 10.0
ORIGINAL, FIRST, STEP = 15.0, 20.0, 3.0  # s into the song where excerpts begin
NAME = "long"
WATCHED_EVERY = 0.2  # s


@dataclass(frozen=True)
class Run:
    """One analysis of the whole song."""

    seconds: float
    busy: float  # cores, on average
    peak: int  # bytes of all its processes together


def main() -> None:
    options = page(__doc__, "study").parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    project = Project(options.folder)
    os.environ[ROOT_VARIABLE] = str(project.root)
    os.environ[CACHE_VARIABLE] = str(project.root / "cache")
    song = write_song(project)
    takes = write_takes(song)
    results = {"the first time": analysed(song)}
    results["once more"] = analysed(song)
    path = wav_path(song.results, takes[0].job.name)
    write_take(song, takes[0], read(path).samples[::-1])
    results["after one take has changed"] = analysed(song)
    put(options.write, "study_speed", report(results, len(takes)))


def write_song(project: Project) -> Song:
    """The song with its baselines, each an excerpt of another of the corpus' songs."""
    project.root.joinpath("songs").mkdir(parents=True)
    project.root.joinpath("noxfile.py").touch()
    models = ", ".join(f'"{name}"' for name in MODELS)
    parts = [f'title = "{NAME}"\nbpm = 120\n']
    for number, track in enumerate(_chosen(), 1):
        file = f"data/baseline/{number}.wav"
        samples = read(track.path, ORIGINAL, ORIGINAL + SECONDS)
        write_wav(project.root / file, samples.samples, samples.sample_rate)
        parts.append(
            f'[[segment]]\nnumber = {number}\nkind = "verse"\ntitle = "{number}"\n'
            f'seconds = {SECONDS:g}\nlyrics = "La la"\nmodels = [{models}]\nbaseline = "{file}"\n'
        )
    path = project.root / "songs" / f"{NAME}.toml"
    path.write_text("\n".join(parts), encoding="utf-8")
    return load_song(path, project)


def write_takes(song: Song) -> list[Take]:
    """A take of every job: excerpts of the segment's own song and of the next, in turn."""
    songs = _chosen()
    takes = []
    for place, job in enumerate(plan(song, Request(takes=TAKES))):
        track = songs[(job.segment - 1 + place % 2) % len(songs)]
        begin = FIRST + STEP * (place % 9)
        audio = read(track.path, begin, begin + SECONDS)
        model = MODELS[job.model]
        samples = audio.samples if model.channels == 2 else mono(audio.samples)[:, None]
        samples = soxr.resample(samples, audio.sample_rate, model.sample_rate)
        nothing = Wav("", "", 0, 0, model.channels, model.sample_rate)
        making = Provenance("2026-01-01T00:00:00+00:00", 1.0, 0.0, "cpu", "float32", 1, "", {})
        take = Take(job, "0" * 64, "1" * 64, {}, nothing, making, (), {})
        takes.append(write_take(song, take, samples))
        tell(f"{job.name} …")
    return takes


def write_take(song: Song, take: Take, samples: np.ndarray) -> Take:
    """The sound and its record."""
    path = wav_path(song.results, take.job.name)
    write_wav(path, samples.astype(np.float32), take.wav.sample_rate)
    size = path.stat().st_size
    wav = replace(take.wav, file=path.name, sha256=sha256_of(path), bytes=size, frames=len(samples))
    written = replace(take, wav=wav)
    write_record(song.results, written)
    return written


def analysed(song: Song) -> Run:
    """Run the script; its wall clock, and what its processes used."""
    tell(f"analysing {len(list(song.results.rglob('*.wav')))} takes …")
    script = [sys.executable, str(ROOT / "scripts" / "analyse_results.py")]
    began, before = time.perf_counter(), os.times()
    child = subprocess.Popen(
        [*script, "--song", str(song.path)], stdout=subprocess.DEVNULL, start_new_session=True
    )
    peaks: list[int] = [0]
    ended = Event()
    watching = Thread(target=_watch, args=(child.pid, ended, peaks))
    watching.start()
    code = child.wait()
    ended.set()
    watching.join()
    if code:
        sys.exit(f"analyse_results.py ended with exit code {code}")
    seconds, after = time.perf_counter() - began, os.times()
    used = (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
    return Run(seconds, used / seconds, max(peaks))


def report(results: Mapping[str, Run], takes: int) -> str:
    """The page's table."""
    lines = [
        f"{SEGMENTS} segments of {SECONDS:g} s with baselines, {takes} takes, {cores()} cores:",
        "",
        "| | seconds | cores busy | peak memory of all processes |",
        "|---|---|---|---|",
    ]
    for name, run in results.items():
        lines.append(f"| {name} | {run.seconds:.1f} | {run.busy:.1f} | {run.peak / 1e6:.0f} MB |")
    return "\n".join(lines)


def _chosen() -> list[Track]:
    """As many songs as there are segments, spread over the corpus."""
    songs = tracks()
    return [songs[place * len(songs) // SEGMENTS] for place in range(SEGMENTS)]


def _watch(session: int, ended: Event, peaks: list[int]) -> None:
    """The memory of a session's processes, every so often."""
    while not ended.wait(WATCHED_EVERY):
        peaks.append(sum(_resident(session)))


def _resident(session: int) -> Iterator[int]:
    """Bytes in memory of each process of a session (Linux)."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = status.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            if int(parts[3]) == session:
                yield int(parts[21]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError, ValueError):
            continue


if __name__ == "__main__":
    main()
