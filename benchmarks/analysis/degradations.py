"""Does each metric react to what it claims to measure, and not to what it does not?

    python -m benchmarks.analysis.degradations --write docs/lab/metrics.md

12 s of real songs are spoilt in known ways, each at four strengths, and compared with themselves.
The table says how far each metric fell: 0 is untouched, 1 is as far as other music. The songs are
those of Debian's games that no floor is made of.
"""

import argparse
import io
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from benchmarks.analysis.corpus import FOLDER, Track, seeded, tracks
from benchmarks.harness import put

from secondtake.analysis.audio_io import Audio, as_audio, read, read_header
from secondtake.analysis.dsp.first_study import pink_noise
from secondtake.analysis.features.corpus import load_default
from secondtake.analysis.features.extract import Features, extract_features
from secondtake.analysis.formatting import markdown_table
from secondtake.analysis.metrics.evaluate import METRICS
from secondtake.analysis.metrics.metric import Metric
from secondtake.analysis.metrics.overall import likeness, usable_parts
from secondtake.analysis.metrics.scoring import aggregate, reference_scale
from secondtake.analysis.networks.neural_features import NeuralFeatures
from secondtake.analysis.parallel import parallel_map

SONGS = 10
SECONDS = 12.0  # of each
ASKED = ("likeness", *(metric.name for metric in METRICS if metric.closer_is))
STEADY = 0.05  # a fall may come back by so much and still counts as steady: ties and rounding


@dataclass(frozen=True)
class Damage:
    """One way to spoil a recording, at rising strengths."""

    name: str
    strengths: tuple[float, ...]
    unit: str
    spoil: Callable[[Audio, float, int], np.ndarray]  # audio, strength, seed -> samples

    @property
    def words(self) -> str:
        return f"{self.name}, {' '.join(f'{one:g}' for one in self.strengths)} {self.unit}".strip()


def quieter(audio: Audio, decibels: float, seed: int) -> np.ndarray:
    return audio.samples * np.float32(10 ** (-decibels / 20))


def noisy(audio: Audio, ratio: float, seed: int) -> np.ndarray:
    """Pink noise at that signal-to-noise ratio in dB."""
    noise = pink_noise(len(audio.samples) / audio.sample_rate, audio.sample_rate, seed)
    noise = noise[: len(audio.samples), None]
    gain = np.sqrt(np.mean(audio.samples**2) / np.mean(noise**2)) * 10 ** (-ratio / 20)
    return audio.samples[: len(noise)] + noise * np.float32(gain)


def dull(audio: Audio, hertz: float, seed: int) -> np.ndarray:
    """Low-passed, eighth order."""
    from scipy.signal import butter, sosfilt

    filters = butter(8, min(hertz, 0.49 * audio.sample_rate), fs=audio.sample_rate, output="sos")
    return np.asarray(sosfilt(filters, audio.samples, axis=0), dtype=np.float32)


def coded(audio: Audio, level: float, seed: int) -> np.ndarray:
    """To Vorbis and back; 0 is the best quality of the encoder, 1 the worst."""
    file = io.BytesIO()
    with soundfile.SoundFile(
        file,
        "w",
        audio.sample_rate,
        audio.samples.shape[1],
        format="OGG",
        subtype="VORBIS",
        compression_level=level,
    ) as out:
        for at in range(
            0, len(audio.samples), audio.sample_rate
        ):  # in blocks: one long one crashes
            out.write(audio.samples[at : at + audio.sample_rate])
    file.seek(0)
    return np.asarray(soundfile.read(file, dtype="float32", always_2d=True)[0])


def faster(audio: Audio, percent: float, seed: int) -> np.ndarray:
    from librosa.effects import time_stretch

    return np.asarray(time_stretch(audio.samples.T, rate=1 + percent / 100)).T


def higher(audio: Audio, semitones: float, seed: int) -> np.ndarray:
    from librosa.effects import pitch_shift

    return np.asarray(pitch_shift(audio.samples.T, sr=audio.sample_rate, n_steps=semitones)).T


def narrower(audio: Audio, percent: float, seed: int) -> np.ndarray:
    """The side made weaker; 100 is mono."""
    middle = audio.samples.mean(axis=1, keepdims=True)
    return np.asarray(middle + (audio.samples - middle) * np.float32(1 - percent / 100))


DAMAGES = (
    Damage("quieter", (3, 6, 12, 24), "dB", quieter),
    Damage("pink noise", (40, 20, 10, 0), "dB below", noisy),
    Damage("low-pass", (12_000, 8000, 4000, 2000), "Hz", dull),
    Damage("Vorbis", (0.5, 0.8, 0.95, 1.0), "(1 is worst)", coded),
    Damage("faster", (2, 5, 10, 25), "%", faster),
    Damage("higher", (0.5, 1, 2, 5), "semitones", higher),
    Damage("narrower", (30, 60, 90, 100), "%", narrower),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="put the table into this page of docs/")
    parser.add_argument("--songs", type=int, default=SONGS, help="how many (default: %(default)s)")
    options = parser.parse_args()
    listed = [track for track in tracks() if track.album.split != "calibration"]
    chosen = spread_out(listed, options.songs)
    falls: dict[tuple[str, str], list[list[float]]] = {}
    for number, found in enumerate(parallel_map(measured, chosen, few=2), 1):
        for key, fall in found.items():
            falls.setdefault(key, []).append(fall)
        print(f"\r{number} of {len(chosen)} songs spoilt", end="", file=sys.stderr)
    print(file=sys.stderr)
    put(options.write, "degradations", page(falls, len(chosen)))
    return 0


def spread_out(found: Sequence[Track], count: int) -> list[Track]:
    """So many songs, an album after the other."""
    places = np.linspace(0, len(found) - 1, count).round().astype(int)
    return [found[place] for place in places]


def measured(track: Track) -> dict[tuple[str, str], list[float]]:
    """For every metric and damage, how far the metric fell at each strength."""
    networks = NeuralFeatures(FOLDER.parent / "converted")
    audio = cut(track.path)
    standardized = load_default().standardized
    whole = standardized(extract_features(audio, networks))
    found: dict[tuple[str, str], list[float]] = {}
    for damage in DAMAGES:
        for strength in damage.strengths:
            spoilt = damage.spoil(audio, strength, seeded(track.title))
            other = standardized(extract_features(as_audio(spoilt, audio.sample_rate), networks))
            for name, fall in falls_of(whole, other).items():
                found.setdefault((name, damage.name), []).append(fall)
    return found


def cut(path: Path) -> Audio:
    """12 s that begin after a third of the song."""
    start = read_header(path).seconds / 3
    return read(path, start, start + SECONDS)


def falls_of(whole: Features, spoilt: Features) -> dict[str, float]:
    """How far each metric fell, by its name."""
    parts = usable_parts(whole, spoilt, load_default())
    combined = likeness(load_default(), parts) if parts else None
    metrics = [*([combined] if combined else []), *METRICS]
    fell = {m.name: fallen(m, whole, spoilt) for m in metrics if m.closer_is}
    return dict.fromkeys(ASKED, float("nan")) | fell


def fallen(metric: Metric, whole: Features, spoilt: Features) -> float:
    """The share of the way from the recording itself to other music; NaN where it is undecided."""
    floor = reference_scale(metric, whole, load_default()).floor
    itself, now = (_closeness(metric, whole, one) for one in (whole, spoilt))
    if floor is None or itself is None or now is None:
        return float("nan")
    lowest = float(metric.closeness(np.array(floor)))
    return (itself - now) / (itself - lowest) if itself - lowest > 1e-6 else float("nan")


def _closeness(metric: Metric, reference: Features, estimate: Features) -> float | None:
    if metric.validate(reference, estimate) or metric.absence(reference, estimate):
        return None
    if metric.pairs is not None:
        value = aggregate(metric, metric.pairs(reference, estimate))
    else:
        assert metric.compute is not None
        value = metric.compute(reference, estimate).value
    return None if value is None else float(metric.closeness(np.array(value)))


def page(falls: Mapping[tuple[str, str], list[list[float]]], songs: int) -> str:
    rows = []
    for name in ASKED:
        cells = []
        for damage in DAMAGES:
            found = np.array(falls[name, damage.name])
            cells.append(_cell(_medians(found)) if np.isfinite(found).any() else "undecided")
        rows.append((name, *cells))
    head = ("metric", *(damage.words for damage in DAMAGES))
    return (
        f"Medians over {songs} songs, {SECONDS:g} s of each, at four strengths; –: undecided. "
        f"Bold: at the strongest a fifth of the way or more, steadily.\n\n"
        f"{markdown_table(head, rows)}"
    )


def _medians(found: np.ndarray) -> np.ndarray:
    """(songs, strengths) -> the median of each strength; NaN where no song decides."""
    known = [column[np.isfinite(column)] for column in found.T]
    return np.array([np.median(column) if len(column) else np.nan for column in known])


def _cell(fall: np.ndarray) -> str:
    figures = (f"{0 if abs(one) < 0.005 else one:.2f}" for one in fall)
    rounded = (re.sub(r"^(-?)0\.", r"\1.", figure) for figure in figures)  # 10.15 keeps its nought
    text = " ".join(rounded).replace("nan", "–")
    steady = (np.diff(fall) >= -STEADY).all()
    return f"**{text}**" if fall[-1] >= 0.2 and steady else text


if __name__ == "__main__":
    sys.exit(main())
