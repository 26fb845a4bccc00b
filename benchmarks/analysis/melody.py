"""Does the contour of the melody tell a recording from other songs? Not well enough for a metric.

    python -m benchmarks.analysis.melody [--split test] [--write docs/lab/melody-contour.md]

Pitch by swift-f0, a step every 96 ms, in excerpts of 12 s of the recordings of sung.py; four ways
to compare two contours, none of which knows the key. Excerpts of one recording (at least 9 s apart)
and of second takes should be closer than those of other songs; metrics in use stand beside them,
asked of the same excerpts. Ways were chosen on the design set; the test set was measured once.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from benchmarks.analysis.corpus import FOLDER
from benchmarks.analysis.separating import area
from benchmarks.analysis.sung import SPLITS, Source, recordings
from benchmarks.harness import put

from secondtake.analysis.audio_io import read
from secondtake.analysis.features.corpus import load_default
from secondtake.analysis.features.extract import Features, extract_features
from secondtake.analysis.formatting import markdown_table
from secondtake.analysis.metrics.harmony import harmony
from secondtake.analysis.metrics.metric import Metric
from secondtake.analysis.metrics.rhythm import pulse
from secondtake.analysis.metrics.timbre import timbre
from secondtake.analysis.networks.neural_features import NeuralFeatures
from secondtake.analysis.networks.vad_f0 import A4, F0_RATE, HOP, LOWEST, VOICED, track_f0

KINDS = ("sung", "acappella")
FRAMES = 6  # of 16 ms to a step
STEP = FRAMES * HOP / F0_RATE  # s
SECONDS = 12.0  # of an excerpt
STEPS = round(SECONDS / STEP)
STRIDE = 21.0  # s from one excerpt to the next: 9 s lie between them
INTRO = 5.0  # s that are left out of a recording of half a minute or more
MOST = 6  # excerpts of a recording
LEAST_SUNG = 0.3  # of an excerpt's steps that have a pitch; less is no melody
LAGS = (1, 2, 4, 8, 16)  # steps, .1 to 1.5 s, over which the pitch moves
FAR, BINS = 8.0, 33  # semitones; half a semitone to a bin
SAME_NOTE = 0.6  # semitones: half a step and vibrato
LEAST_NOTE = 2  # steps
OCTAVE = 12
UNLIKE = 6.0  # semitones beyond which a step is wrong, however far
LEAST_SHARED = 0.5  # of a snippet's steps, that have a pitch on both sides
USED = (timbre, pulse, harmony)


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Twelve seconds of a recording."""

    source: Source
    start: float  # s
    pitch: np.ndarray  # (125,) semitones, 69 is 440 Hz; NaN where there is none
    features: Features  # standardised by the calibration that ships


Way = Callable[[Sequence[Excerpt]], np.ndarray]  # -> (n, n) closeness of all pairs


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--split", choices=SPLITS, default="design")
    parser.add_argument("--write", type=Path, help="put the table into this page")
    options = parser.parse_args()
    sung = [source for source in recordings(options.split) if source.kind in KINDS]
    with ProcessPoolExecutor() as pool:
        excerpts = [excerpt for parts in pool.map(excerpts_of, sung) for excerpt in parts]
    put(options.write, f"melody {options.split}", table(excerpts))
    return 0


def excerpts_of(source: Source) -> list[Excerpt]:
    """The recording's excerpts in which there is a melody."""
    audio = read(source.path)
    contour = steps(*track_f0(soxr.resample(audio.mono, audio.sample_rate, F0_RATE)))
    corpus, networks = load_default(), NeuralFeatures(FOLDER.parent / "converted")
    excerpts: list[Excerpt] = []
    first = INTRO if audio.seconds > 30 else 0.0
    for start in np.arange(first, audio.seconds - SECONDS, STRIDE).tolist():
        place = int(start / STEP)
        pitch = contour[place : place + STEPS]
        if len(pitch) == STEPS and np.isfinite(pitch).mean() >= LEAST_SUNG and len(excerpts) < MOST:
            features = extract_features(read(source.path, start, start + SECONDS), networks)
            excerpts.append(Excerpt(source, start, pitch, corpus.standardized(features)))
    return excerpts


def steps(hertz: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(frames,) Hz and confidence -> the median pitch of every 96 ms in semitones, (steps,).

    NaN where fewer than half of the frames have a pitch.
    """
    semitones = A4 + 12 * np.log2(np.maximum(hertz, LOWEST) / 440)
    semitones = np.where(confidence >= VOICED, semitones, np.nan)
    count = len(semitones) // FRAMES
    rows = semitones[: count * FRAMES].reshape(count, FRAMES)
    is_voiced = np.isfinite(rows).sum(axis=1) * 2 >= FRAMES
    pitch = np.full(count, np.nan)
    pitch[is_voiced] = np.nanmedian(rows[is_voiced], axis=1)
    return pitch


def movement(pitch: np.ndarray) -> np.ndarray:
    """How far the pitch moves within .1 to 1.5 s: a histogram for each of LAGS, (5 * 33,)."""
    histograms = []
    for lag in LAGS:
        moves = pitch[lag:] - pitch[:-lag]
        moves = np.clip(moves[np.isfinite(moves)], -FAR, FAR)
        histograms.append(_shares(np.histogram(moves, BINS, (-FAR, FAR))[0]))
    return np.concatenate(histograms)


def intervals(pitch: np.ndarray) -> np.ndarray:
    """How often the melody goes by each interval, an octave down to an octave up, (25,)."""
    jumps = np.rint(np.diff(notes(pitch)))
    jumps = jumps[np.abs(jumps) <= OCTAVE].astype(int)
    return _shares(np.bincount(jumps + OCTAVE, minlength=2 * OCTAVE + 1))


def pitch_classes(pitch: np.ndarray) -> np.ndarray:
    """How often each quarter-tone sounds, whatever the octave, (24,). It knows the key."""
    sounding = pitch[np.isfinite(pitch)] % OCTAVE
    return _shares(np.histogram(sounding, 2 * OCTAVE, (0, OCTAVE))[0])


def notes(pitch: np.ndarray) -> np.ndarray:
    """Steps -> the pitch of every note that is held for .2 s, in semitones."""
    held: list[float] = []
    found = []
    for semitones in [*pitch.tolist(), np.nan]:
        if held and not abs(semitones - np.median(held)) <= SAME_NOTE:
            if len(held) >= LEAST_NOTE:
                found.append(float(np.median(held)))
            held = []
        if np.isfinite(semitones):
            held.append(semitones)
    return np.array(found)


def _shares(counts: np.ndarray) -> np.ndarray:
    """Counts -> roots of their shares, so that a cosine is a Bhattacharyya coefficient."""
    return np.asarray(np.sqrt(counts / max(counts.sum(), 1)))


def histograms(measure: Callable[[np.ndarray], np.ndarray]) -> Way:
    """Cosine of histograms less their mean over all excerpts."""

    def closeness(excerpts: Sequence[Excerpt]) -> np.ndarray:
        rows = np.array([measure(excerpt.pitch) for excerpt in excerpts])
        rows -= rows.mean(axis=0)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9
        return np.asarray(rows @ rows.T)

    return closeness


def shape(seconds: float) -> Way:
    """Snippets of that length, each laid where it fits best in the other excerpt.

    The transposition that fits best is allowed. Minus the mean distance in semitones, both ways.
    """
    length = round(seconds / STEP)

    def closeness(excerpts: Sequence[Excerpt]) -> np.ndarray:
        pitches = np.array([excerpt.pitch for excerpt in excerpts])
        places = np.lib.stride_tricks.sliding_window_view(pitches, length, axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's, of places without a pitch
            distances = np.array([_distances(pitch, places) for pitch in pitches])
        return np.asarray(-(distances + distances.T) / 2)

    return closeness


def _distances(pitch: np.ndarray, places: np.ndarray) -> np.ndarray:
    """An excerpt (steps,) in every place of the others, (n, places, length) -> distances, (n,)."""
    length = places.shape[2]
    best = []
    for first in range(0, len(pitch) - length + 1, length // 2):
        snippet = pitch[first : first + length]
        apart = places - snippet
        apart = np.abs(apart - np.nanmedian(apart, axis=2, keepdims=True))
        mean = np.nanmean(np.minimum(apart, UNLIKE), axis=2)  # (n, places)
        shared = np.isfinite(apart).sum(axis=2)
        least = LEAST_SHARED * max(int(np.isfinite(snippet).sum()), length // 2)
        best.append(np.nanmin(np.where(shared >= least, mean, np.nan), axis=1))
    return np.asarray(np.nanmean(best, axis=0))


def metric(asked: Metric) -> Way:
    """A metric in use: the mean over all pairs of windows."""

    def closeness(excerpts: Sequence[Excerpt]) -> np.ndarray:
        assert asked.pairs is not None
        sides = [excerpt.features for excerpt in excerpts]
        return np.array([[asked.pairs(a, b).mean() for b in sides] for a in sides])

    return closeness


WAYS: Mapping[str, Way] = {
    "contour: movement within .1 to 1.5 s": histograms(movement),
    "contour: intervals between notes": histograms(intervals),
    "contour: shape of 3 s at its best place": shape(3.0),
    "contour: shape of 6 s at its best place": shape(6.0),
    "pitch classes of the melody (with the key)": histograms(pitch_classes),
    **{f"in use: {used.name}": metric(used) for used in USED},
}


def table(excerpts: Sequence[Excerpt]) -> str:
    """Areas of every way: of one recording, and of second takes, against songs of other sources."""
    songs, repos, files, starts = (
        np.array(column)
        for column in zip(
            *((e.source.group or e.source.name, e.source.repo, e.source.name, e.start)
              for e in excerpts), strict=True,
        )
    )  # fmt: skip
    one_song, one_file = songs[:, None] == songs, files[:, None] == files
    other = repos[:, None] != repos
    fellow = ~one_song & ~other
    second = one_song & ~one_file & (np.abs(starts[:, None] - starts) < STEP)
    _, numbers = np.unique(songs, return_inverse=True)
    rows = []
    for name, way in WAYS.items():
        print(f"{name} …", file=sys.stderr, flush=True)
        close = way(excerpts)
        kinds = ((one_file, other), (one_file, fellow), (second, other))
        rows.append((name, *(str(area(close, same, far, numbers)) for same, far in kinds)))
    head = (
        f"{len(excerpts)} excerpts of {len(set(songs))} songs",
        "one recording against other sources",
        "against the same source",
        "second takes at the same place against other sources",
    )
    return markdown_table(head, rows)


if __name__ == "__main__":
    sys.exit(main())
