"""Excerpts of recordings, as the metrics see them: measured once and kept for the next run.

A recording gives a stretch of up to 24 s from the middle of either half; one under 18 s gives a
single stretch.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
from benchmarks.analysis.corpus import FOLDER, tracks
from benchmarks.analysis.impostors import impostors
from benchmarks.analysis.spoken import RATE, joined, spoken
from benchmarks.analysis.sung import recordings

import secondtake
from secondtake.analysis.audio_io import Audio, as_audio, read, read_header
from secondtake.analysis.dsp.first_study import first_study_row
from secondtake.analysis.dsp.preprocess import WINDOW_SECONDS
from secondtake.analysis.features.extract import FIELDS, Features, extract_features
from secondtake.analysis.networks.neural_features import NeuralFeatures
from secondtake.analysis.parallel import parallel_map
from secondtake.core.errors import UserError
from secondtake.core.files import replacing

SECONDS = 24.0  # of a stretch: eight windows
LEAST_SECONDS = 9.0  # of a stretch of two
MARGIN, SHORT_MARGIN = 3.0, 0.1  # s at either end that are left out: fades, if it has a minute
MINUTE = 60.0
KEPT = FOLDER.parent / "excerpts"
SKETCHES = FOLDER.parent / "sketches"  # made by sketches.py
VOICES = 6  # stretches of spoken announcements, all of them in the design set
MEASURED_BY = (
    "analysis/dsp/preprocess analysis/dsp/fullband analysis/dsp/spectral analysis/dsp/tempogram "
    "analysis/features/extract analysis/networks/* audio/loudness audio/true_peak"
)
NAIVELY_MEASURED_BY = "analysis/dsp/first_study"
IMPOSTORS = "../../benchmarks/analysis/impostors"  # from the package's folder
NAIVE = ("mfcc", "chroma")  # what the naive cosines are made of


@dataclass(frozen=True)
class Material:
    """A recording to take excerpts of, and what is known of it."""

    path: Path
    song: str  # a name that no other recording has
    album: str  # recordings of one maker or band, which are alike for other reasons than the song
    kind: str  # sung, instrumental, acappella, speech
    split: str  # design, calibration, test
    group: str = ""  # recordings of one song share it
    made_by: str = ""
    has_naive: bool = False


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A stretch of a recording."""

    material: Material
    half: int  # 0 or 1
    start: float  # s
    features: Features
    naive: dict[str, np.ndarray]  # mean MFCC with c0, mean chroma at the native rate; or empty

    @property
    def song(self) -> str:
        return self.material.song

    @property
    def album(self) -> str:
        return self.material.album

    def cut(self, windows: int) -> "Excerpt":
        """The first windows of it."""
        rows = np.arange(min(windows, self.features.windows))
        features = replace(
            self.features.take_windows(rows), seconds=min(windows * WINDOW_SECONDS, SECONDS)
        )
        return replace(self, features=features)


def materials(*splits: str, naive: bool = False) -> Iterator[Material]:
    """The music of these splits: Debian's albums and the small public recordings."""
    for track in tracks():
        if track.album.split in splits:
            album, split = track.album.name, track.album.split
            yield Material(track.path, track.title, album, "instrumental", split, has_naive=naive)
    for source in recordings(*splits):
        yield Material(
            source.path,
            source.name,
            f"{source.repo} {source.made_by}",
            source.kind,
            source.split,
            f"{source.repo} {source.group}" if source.group else "",
            source.made_by,
            naive,
        )


def excerpts(materials: Iterable[Material]) -> list[Excerpt]:
    """The stretches of all recordings, measured on all cores."""
    listed = list(materials)
    measured: list[Excerpt] = []
    for number, parts in enumerate(parallel_map(_of_recording, listed), 1):
        measured += parts
        print(f"\r{number} of {len(listed)} recordings", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return measured


def stretches(seconds: float) -> list[tuple[float, float]]:
    """Start and end in s of the stretches of a recording of that length."""
    margin = MARGIN if seconds >= MINUTE else SHORT_MARGIN
    half = (seconds - 2 * margin) / 2
    if half < LEAST_SECONDS:
        return [(0.0, min(seconds, SECONDS))]
    length = min(SECONDS, half // WINDOW_SECONDS * WINDOW_SECONDS)
    firsts = (margin + (half - length) / 2 + place * half for place in range(2))
    return [(first, first + length) for first in firsts]


def _of_recording(material: Material) -> list[Excerpt]:
    return [
        Excerpt(material, half, start, *_measured(material, start, end))
        for half, (start, end) in enumerate(stretches(read_header(material.path).seconds))
    ]


def _measured(
    material: Material, start: float, end: float
) -> tuple[Features, dict[str, np.ndarray]]:
    """Features and naive means of a stretch, from KEPT if they are there."""
    name = f"{material.path.relative_to(FOLDER.parent)} {start:.3f} {end:.3f}"
    features = kept_features(name, lambda: read(material.path, start, end))
    if not material.has_naive:
        return features, {}
    kept = _kept_file(f"naive {name} {_code(NAIVELY_MEASURED_BY)}")
    if not kept.is_file():
        row = asdict(first_study_row(read(material.path, start, end)))
        with replacing(kept) as file:
            np.savez(file, mfcc=np.array(row["mfcc"]), chroma=np.array(row["chroma"]))
    with np.load(kept, allow_pickle=False) as stored:
        return features, {each: stored[each] for each in NAIVE}


def kept_features(name: str, audio: Callable[[], Audio]) -> Features:
    """The features of a sound of that name, from KEPT if they are there. audio: makes it."""
    kept = _kept_file(f"{name} {_code()}")
    if not kept.is_file():
        features = extract_features(audio(), NeuralFeatures(FOLDER.parent / "converted"))
        with replacing(kept) as file:
            np.savez(file, **{each: getattr(features, each) for each in FIELDS})
    with np.load(kept, allow_pickle=False) as stored:
        values = {each: stored[each] for each in FIELDS}
    return Features(**{n: v.item() if v.ndim == 0 else v for n, v in values.items()})


def _kept_file(name: str) -> Path:
    return KEPT / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.npz"


@cache
def _code(patterns: str = MEASURED_BY) -> str:
    """A hash of the code that measures, or makes a sound."""
    root = Path(secondtake.__file__).parent
    digest = hashlib.sha256()
    for pattern in patterns.split():
        for file in sorted(root.glob(f"{pattern}.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def by_song(listed: Sequence[Excerpt]) -> dict[str, list[Excerpt]]:
    """The excerpts of each song."""
    songs: dict[str, list[Excerpt]] = {}
    for excerpt in listed:
        songs.setdefault(excerpt.song, []).append(excerpt)
    return songs


def impostor_excerpts(split: str) -> list[Excerpt]:
    """What is no song, and sketches, of a set. UserError if the sketches were not made."""
    listed = [
        _impostor(f"{kind} {number}", kind, split, partial(_identity, audio))
        for kind, number, audio in impostors(split)
    ]
    if split == "design":
        listed += [
            _impostor(f"announcements {number}", "speech", split, partial(_announcements, number))
            for number in range(VOICES)
        ]
    files = sorted(SKETCHES.glob(f"{split}*.wav"))
    if not files:
        made_by = "venv-sketch/bin/python -m benchmarks.analysis.sketches"
        raise UserError(f"there are no sketches to measure with; type: {made_by}")
    return listed + [_impostor(f.stem, "sketch", split, partial(read, f)) for f in files]


def _impostor(name: str, kind: str, split: str, audio: Callable[[], Audio]) -> Excerpt:
    material = Material(Path(name), name, kind, kind, split)
    return Excerpt(material, 0, 0.0, kept_features(f"{split} {name} {_code(IMPOSTORS)}", audio), {})


def _identity(audio: Audio) -> Audio:
    return audio


def _announcements(number: int) -> Audio:
    random = np.random.default_rng(number)
    return as_audio(joined(spoken(random), random), RATE)
