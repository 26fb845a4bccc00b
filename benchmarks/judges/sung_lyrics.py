"""How much of the sung words in public demo songs the checkpoints of Whisper understand.

    python -m benchmarks.judges.sung_lyrics --demos FOLDER… [--checkpoints base,large-v3-turbo]
        [--songs N] [--write docs/lyrics.md]

FOLDER: clones of the repositories in demo_songs.READERS. Every song is heard whole, in its own
language, as a take is. Printed are, by checkpoint and source, the median character error rate with
a 95 % interval (bootstrap over songs), the median word error rate, the share of all words that were
heard in their place, the median CER of shuffled lyrics, and the seconds of computing for each
second of music. A checkpoint whose weights are not here is left out, with how to get them.

It listens in venv-lyrics and compares in venv-analysis.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.harness import ROOT, put
from benchmarks.judges.demo_songs import DemoSong, demo_songs

from secondtake.core.errors import ModelError
from secondtake.core.judgments import JudgeJob, TranscribedSpan
from secondtake.core.project import find_project
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.weights import verified_weights

MODULE = "benchmarks.judges.sung_lyrics"
MARK = "sung lyrics"
CHECKPOINTS = "base,large-v3-turbo"
RESAMPLES = 2000
HEAD = (
    "| checkpoint | source | set | songs | CER, median | WER, median | words understood "
    "| CER, shuffled | s per s |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Figures:
    """What was understood of one song."""

    repository: str
    split: str
    cer: float
    wer: float
    floor: float  # CER against shuffled lyrics
    hits: int  # words in their place
    words: int
    seconds: float  # of listening
    duration: float  # of the song, s


def listen(songs: Sequence[DemoSong], checkpoint: str) -> list[dict[str, Any]]:
    """The spans of every song, with the seconds that it took and has. Runs in venv-lyrics."""
    from secondtake.judges.recordings import read_mono
    from secondtake.judges.whisper import SAMPLE_RATE, Transcriber, model_folder

    weights = verified_weights(find_project(), WHISPER, WHISPER.checkpoint(checkpoint))
    transcriber = Transcriber(model_folder(checkpoint, weights))
    heard = []
    for count, song in enumerate(songs, 1):
        print(f"{checkpoint}: {count} of {len(songs)}", file=sys.stderr, flush=True)
        samples = read_mono(JudgeJob(WHISPER.name, checkpoint, "song", song.file, ""), SAMPLE_RATE)
        begin = time.monotonic()
        spans = transcriber.transcribe(samples, [song.language])
        seconds = time.monotonic() - begin
        duration = len(samples) / SAMPLE_RATE
        heard.append({"spans": [*map(asdict, spans)], "seconds": seconds, "duration": duration})
    return heard


def compare(songs: Sequence[DemoSong], heard: Sequence[dict[str, Any]]) -> list[Figures]:
    """What was understood of each song. Runs in venv-analysis."""
    from secondtake.analysis.lyrics.text import (
        character_error_rate,
        shuffled_error_rates,
        word_error_rate,
    )
    from secondtake.analysis.lyrics.transcripts import make_transcript

    figures = []
    for song, recording in zip(songs, heard, strict=True):
        spans = [TranscribedSpan(**span) for span in recording["spans"]]
        transcript = make_transcript(song.lyrics, [song.language], spans)
        words, hypothesis = transcript.reference, transcript.hypothesis
        alignment = transcript.alignment
        figures.append(
            Figures(
                song.repository,
                song.split,
                character_error_rate(words, hypothesis),
                word_error_rate(alignment),
                shuffled_error_rates(words, hypothesis)["cer"],
                alignment.hits,
                alignment.reference_length,
                recording["seconds"],
                recording["duration"],
            )
        )
    return figures


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % of the medians of resampled songs."""
    dice = random.Random(len(values))
    medians = [median(dice.choices(values, k=len(values))) for _ in range(RESAMPLES)]
    cuts = quantiles(medians, n=40, method="inclusive")
    return cuts[0], cuts[-1]


def row(checkpoint: str, source: str, split: str, songs: Sequence[Figures]) -> str:
    """One row of the table."""
    cers = [song.cer for song in songs]
    low, high = interval(cers)
    cells = (
        checkpoint,
        source,
        split,
        f"{len(songs)}",
        f"{median(cers):.2f} ({low:.2f} to {high:.2f})",
        f"{median(song.wer for song in songs):.2f}",
        f"{100 * sum(song.hits for song in songs) / sum(song.words for song in songs):.0f} %",
        f"{median(song.floor for song in songs):.2f}",
        f"{sum(song.seconds for song in songs) / sum(song.duration for song in songs):.2f}",
    )
    return f"| {' | '.join(cells)} |"


def rows(checkpoint: str, figures: Sequence[Figures]) -> list[str]:
    """A row for each source, then all of the calibration and test sets together."""
    lines = []
    for repository in dict.fromkeys(song.repository for song in figures):
        songs = [song for song in figures if song.repository == repository]
        lines.append(row(checkpoint, f"`{repository}`", songs[0].split, songs))
    return [*lines, row(f"**{checkpoint}**", "all", "", figures)]


def _run(environment: str, job: str, value: Any) -> Any:
    """One of the two jobs in its environment: JSON in, JSON out."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        command = [str(find_project().python(environment)), "-m", MODULE, job, file.name]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
        done = subprocess.run(command, env=variables, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def missing(checkpoint: str) -> str:
    """Why a checkpoint cannot be heard, and how to get it; "" if its weights are here."""
    try:
        verified_weights(find_project(), WHISPER, WHISPER.checkpoint(checkpoint))
    except ModelError as error:
        return f"{error.message}; type: {WHISPER.setup_command}={checkpoint}"
    return ""


def table(songs: Sequence[DemoSong], checkpoints: Sequence[str]) -> str:
    """The rows of every checkpoint that is here, and a line for each that is not."""
    from benchmarks.rerun import processor_name  # needs what only the runner's environment has

    lines, notes = [HEAD], []
    for checkpoint in checkpoints:
        if why := missing(checkpoint):
            notes.append(f"Not measured: {why}")
            continue
        told = [asdict(song) for song in songs]
        heard = _run("lyrics", "--listen", {"songs": told, "checkpoint": checkpoint})
        figures = _run("analysis", "--compare", {"songs": told, "heard": heard})
        lines += rows(checkpoint, [Figures(**song) for song in figures])
    return "\n".join([*lines, "", f"{processor_name()}, {os.cpu_count()} cores.", *notes])


def _find(value: Any) -> list[DemoSong]:
    return demo_songs([Path(folder) for folder in value["folders"]], value["most"])


def _listen(value: Any) -> list[dict[str, Any]]:
    return listen([DemoSong(**song) for song in value["songs"]], value["checkpoint"])


def _compare(value: Any) -> list[Figures]:
    return compare([DemoSong(**song) for song in value["songs"]], value["heard"])


JOBS: dict[str, Callable[[Any], list[Any]]] = {
    "--find": _find,
    "--listen": _listen,
    "--compare": _compare,
}


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in JOBS:
        found = JOBS[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
        print(json.dumps([one if isinstance(one, dict) else asdict(one) for one in found]))
        return
    page = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    page.add_argument("--demos", type=Path, nargs="+", required=True, help="clones")
    page.add_argument("--checkpoints", default=CHECKPOINTS, help="(default: %(default)s)")
    page.add_argument("--songs", type=int, default=1000, help="at most, of each source")
    page.add_argument("--write", type=Path, help="put the table into this page of docs/")
    options = page.parse_args()
    folders = [str(folder.absolute()) for folder in options.demos]
    told = _run("analysis", "--find", {"folders": folders, "most": options.songs})
    songs = [DemoSong(**song) for song in told]
    if not songs:
        sys.exit("none of the folders of --demos is a clone of a repository that is known here")
    put(options.write, MARK, table(songs, options.checkpoints.split(",")))


if __name__ == "__main__":
    main()
