"""Time of all that is measured, against the first study's script, on the same files.

    venv-analysis/bin/python -m benchmarks.analysis.speed [--runs 3] \
        [--write docs/lab/performance.md]

Twenty excerpts of 10 to 20 s from Debian's music (corpus.py). Every run of every side is a process
of its own; its numbers are seconds from its start, imports included (cold), and of the same files
once again in the same process (warm). librosa's compiled code is there before (except in the side
that is named so). The sides take turns. Nothing else should be running. Takes about five minutes.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import soundfile
from benchmarks.analysis.corpus import seeded, tracks
from benchmarks.harness import (
    Runs,
    Side,
    chosen,
    counted,
    in_turn,
    keep,
    median_of,
    page,
    put,
    times,
)

from secondtake.analysis.audio_io import read
from secondtake.analysis.parallel import THREADS, cores

FILES = 20
SHORTEST, LONGEST = 10.0, 20.0  # s
START = 20.0  # s into the song
THEIRS, OURS = "analysis/speed_theirs.py", "analysis/speed_measured.py"
SCRIPT, ARITHMETIC, ALL = (
    "the study's script",
    "everything but the networks, ours, a process per core",
    "everything, ours",
)
UNCOMPILED = "the study's script, nothing compiled yet (one run)"
Found = Mapping[str, Any]


def main() -> None:
    options = page(__doc__, "analysis").parse_args()
    excerpts = options.folder / "excerpts"
    write_excerpts(excerpts)
    os.environ["NUMBA_CACHE_DIR"] = str(options.folder / "numba")
    os.environ.update(dict.fromkeys(THREADS, "1"))  # the script has one thread; a pool sets its own
    sides = chosen(list(_sides()), options.sides)
    if any(side.name == SCRIPT for side in sides):
        in_turn([Side(SCRIPT, THEIRS)], 1, (str(excerpts), "1"), "compiling", _cold)
    measured: dict[str, Runs] = {}
    for count in (FILES, 1):
        facts = (str(excerpts), str(count))
        compiled = [side for side in sides if side.name != UNCOMPILED]
        made = in_turn(compiled, options.runs, facts, f"{count} files", _cold)
        if len(compiled) < len(sides):
            uncompiled = [side for side in sides if side.name == UNCOMPILED]
            with _nothing_compiled():  # one run: a second would be compiled
                made |= in_turn(uncompiled, 1, facts, f"{count} files", _cold)
        measured |= {f"{name}, {count}": runs for name, runs in made.items()}
    keep(options.json, measured)
    put(options.write, "analysis_speed", report(measured, options.runs))


def write_excerpts(folder: Path) -> None:
    """Twenty songs' excerpts as 16-bit wavs at their own rate, unless they are there."""
    if len(list(folder.glob("*.wav"))) == FILES:
        return
    folder.mkdir(parents=True, exist_ok=True)
    songs = tracks()
    for place in range(FILES):
        track = songs[place * len(songs) // FILES]
        share = seeded(track.title) / 2**32
        audio = read(track.path, START, START + SHORTEST + (LONGEST - SHORTEST) * share)
        soundfile.write(folder / f"{place:02d}.wav", audio.samples, audio.sample_rate, "PCM_16")


def report(measured: Found, runs: int) -> str:
    """Seconds and how many times faster, as a table."""
    lines = [
        f"{FILES} files of {SHORTEST:.0f} to {LONGEST:.0f} s, {cores()} cores, "
        f"{counted(runs)}, seconds:",
        "",
        f"| | {FILES} files, warm | | {FILES} files, cold | | one file, cold | | peak memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in (SCRIPT, UNCOMPILED, ARITHMETIC, ALL):
        if f"{name}, {FILES}" in measured:
            lines.append(_row(measured, name))
    return "\n".join(lines)


def _row(measured: Found, name: str) -> str:
    cells = []
    for count, moment in ((FILES, "warm"), (FILES, "cold"), (1, "cold")):
        seconds = median_of(measured[f"{name}, {count}"], moment)
        base = measured.get(f"{SCRIPT}, {count}")
        faster = times(median_of(base, moment), seconds) if base and name != SCRIPT else ""
        text = f"{seconds:.2f}"
        if name == ALL and moment == "warm":
            text += " (from the cache)"
        cells += [text, f"**{faster}**" if faster else ""]
    memory = median_of(measured[f"{name}, {FILES}"], "peak") / 1e6
    return f"| {name} | {' | '.join(cells)} | {memory:.0f} MB |"


def _sides() -> Iterator[Side]:
    yield Side(SCRIPT, THEIRS)
    yield Side(UNCOMPILED, THEIRS)
    yield Side(ARITHMETIC, OURS, ("arithmetic",))
    yield Side(ALL, OURS, ("all",))


@contextmanager
def _nothing_compiled() -> Iterator[None]:
    """An empty folder in place of the compiled code."""
    before = os.environ["NUMBA_CACHE_DIR"]
    with tempfile.TemporaryDirectory() as empty:
        os.environ["NUMBA_CACHE_DIR"] = empty
        yield
    os.environ["NUMBA_CACHE_DIR"] = before


def _cold(run: Mapping[str, Any]) -> float:
    return float(run["cold"])


if __name__ == "__main__":
    main()
