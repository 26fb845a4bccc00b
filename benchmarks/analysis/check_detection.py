"""Rates of right and false alarms of each check: faults put into real music, and real takes.

Run it in an environment with requirements/tests.txt on a Debian, where the music comes from:
    python -m benchmarks.analysis.check_detection [--write docs/lab/check-detection.md]

Thresholds were chosen on every other track ("tuning") and on the design set of model_output.py; the
page shows the tracks between them and the test set. Takes about ten minutes on two cores.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soxr
from benchmarks.analysis import spoken
from benchmarks.analysis.corpus import Track, seeded, tracks
from benchmarks.analysis.detection_page import page
from benchmarks.analysis.faults import FAULTS, MODEL_RATE, faded
from benchmarks.analysis.model_output import fired, model_output, output_table

from secondtake.analysis.audio_io import read, read_header
from secondtake.analysis.checks import frequency as spectral
from secondtake.analysis.checks import signal
from secondtake.analysis.checks.check import Check
from secondtake.analysis.checks.expectations import Expectations
from secondtake.analysis.checks.repetition import phrase
from secondtake.analysis.checks.spectrogram import Spectrogram
from secondtake.analysis.checks.vocals import voice
from secondtake.core.files import write_text

SECONDS = 12.0  # of every track
MARGIN = 10.0  # s at either end of a track: its fades are no faults
SECOND_TIMES = (0.1, 0.05, 0.02, 0.0)  # how much slower a phrase is sung again
VOICE_LEVELS = (-20.0, -10.0, 0.0, 10.0)  # dB against the music
CUT_BEFORE = (0.8, 1.6)  # s before the end of a sentence
CUT_FADES = (0.5, 0.1, 0.02, 0.0)  # s
BARK = Expectations("bark", 24_000, 1, 12_000.0, False, True, True, "", 14.0, "", 0, ())
Row = tuple[str, str, float | None]  # check, fault, strength; None for the untouched


def main() -> int:
    """Measure, print, and write the page if it is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="put the tables into this page of docs/")
    parser.add_argument("--tracks", type=int, default=0, help="only as many (default: all)")
    options = parser.parse_args()
    songs = [song for song in tracks() if song.album.split == "design"][: options.tracks or None]
    spoken.announcements()  # fetched before two processes want them
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        alarms = list(pool.map(alarmed, songs))
        test, design = (
            list(pool.map(fired, list(model_output(split)))) for split in ("test", "design")
        )
    tuning, held_out = alarms[0::2], alarms[1::2]
    albums = [song.album for song in songs]
    text = page(_counted(held_out), _counted(tuning), albums, output_table(test, design))
    print(text)
    if options.write:
        write_text(options.write, text)
    return 0


def _counted(alarms: Iterable[dict[Row, bool]]) -> dict[Row, tuple[int, int]]:
    """By row: how many alarms among how many."""
    counts: dict[Row, tuple[int, int]] = {}
    for rows in alarms:
        for row, alarm in rows.items():
            count, total = counts.get(row, (0, 0))
            counts[row] = count + alarm, total + 1
    return counts


def alarmed(track: Track) -> dict[Row, bool]:
    """Alarms of each check on a track as it is, and on each of its faults."""
    rng = np.random.default_rng(seeded(track.title))
    samples, rate = _excerpt(track, rng)
    alarms: dict[Row, bool] = {}
    for fault in FAULTS:
        if (fault.check == "stereo" and samples.shape[1] < 2) or (
            fault.check == "band edge" and rate < MODEL_RATE
        ):
            continue  # mono has no stereo, and 22 kHz is what the check of a band should find
        untouched = fault.find(Spectrogram(samples, rate))
        alarms[fault.check, fault.what, None] = _says(untouched, fault.hint)
        for strength in fault.strengths:
            spoilt = fault.spoil(samples, rate, strength, rng)
            alarms[fault.check, fault.what, strength] = _says(
                fault.find(Spectrogram(spoilt, rate)), fault.hint
            )
    alarms["band edge", "any file", None] = _says(
        spectral.band(Spectrogram(samples, rate)), hint=True
    )
    return (
        alarms
        | _phrases(rng)
        | _cut_words(rng)
        | _voices(soxr.resample(samples.mean(axis=1), rate, 24_000), rng)
    )


def _excerpt(track: Track, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """12 s from somewhere in a track."""
    at = rng.uniform(MARGIN, read_header(track.path).seconds - SECONDS - MARGIN)
    audio = read(track.path, at, at + SECONDS)
    return audio.samples, audio.sample_rate


def _phrases(rng: np.random.Generator) -> dict[Row, bool]:
    """An announcement said again, 1 to 4 % slower, after others, against all different ones."""
    row = "repeated phrase", "said again, slower by"
    parts = spoken.spoken(rng)
    alarms: dict[Row, bool] = {(*row, None): _says(_phrase(parts, rng))}
    for slower in SECOND_TIMES:
        again = [*parts[:3], spoken.stretched(parts[1], slower), *parts[3:]]
        alarms[(*row, slower)] = _says(_phrase(again, rng))
    return alarms


def _cut_words(rng: np.random.Generator) -> dict[Row, bool]:
    """A voice that stops at the end of its sentence, and one that is cut off in the middle."""
    row = "ending", "a voice, s of fade before a cut"
    speech = spoken.joined(spoken.spoken(rng)[:3], rng)[
        : -round(spoken.PAUSE_SECONDS * spoken.RATE)
    ]
    alarms: dict[Row, bool] = {(*row, None): _says(signal.ending(speech, spoken.RATE, own=True))}
    cut = speech[: len(speech) - round(rng.uniform(*CUT_BEFORE) * spoken.RATE)]
    for fade in CUT_FADES:
        short = faded(cut, spoken.RATE, fade, rng)
        alarms[(*row, fade)] = _says(signal.ending(short, spoken.RATE, own=True))
    return alarms


def _phrase(parts: list[np.ndarray], rng: np.random.Generator) -> Check:
    return phrase(Spectrogram(spoken.joined(parts, rng), spoken.RATE), BARK)


def _voices(music: np.ndarray, rng: np.random.Generator) -> dict[Row, bool]:
    """Announcements over the music, and the music alone."""
    speech = spoken.joined(spoken.spoken(rng), rng)[: len(music), 0]
    speech *= np.float32(np.sqrt(np.mean(music[: len(speech)] ** 2) / np.mean(speech**2)))
    unasked, missing = ("voice", "a voice that nobody asked for, dB"), ("voice", "no voice")
    alone = Spectrogram(music[:, None], 24_000)
    alarms = {
        (*unasked, None): _says(voice(alone, wanted=False)),
        (*missing, 0.0): _says(voice(alone, wanted=True)),
    }
    for level in VOICE_LEVELS:
        both = music[: len(speech)] + speech * np.float32(10 ** (level / 20))
        sound = Spectrogram(both[:, None], 24_000)
        alarms[(*unasked, level)] = _says(voice(sound, wanted=False))
        if level == 0:
            alarms[(*missing, None)] = _says(voice(sound, wanted=True))
    return alarms


def _says(check: Check, hint: bool = False) -> bool:
    """True if it warns or fails; hint: if it says anything at all."""
    return bool(check.note) if hint else check.verdict != "pass"


if __name__ == "__main__":
    sys.exit(main())
