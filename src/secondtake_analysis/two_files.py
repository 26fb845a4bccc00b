"""Two audio files of no song: the second held against the first, with all that stands beside it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.errors import UserError
from secondtake_analysis.audio import Header, read_header
from secondtake_analysis.cache import Cache
from secondtake_analysis.calibration import Calibration
from secondtake_analysis.evaluate import Pair, evaluate
from secondtake_analysis.features import LEAST_WINDOW
from secondtake_analysis.figures import rounded
from secondtake_analysis.measurement import Measurement
from secondtake_analysis.naive import row as naive
from secondtake_analysis.patience import patience
from secondtake_analysis.recording import Recording, naive_noise

FORMAT = 1


@dataclass(frozen=True)
class TwoFiles:
    """The original and what is held against it, both readable."""

    reference: Recording
    estimate: Recording
    headers: tuple[Header, Header]

    @property
    def same(self) -> bool:
        """Whether they hold the same bytes."""
        return bool(self.reference.identity == self.estimate.identity)


def two_files(reference: Path, estimate: Path, cache: Cache) -> TwoFiles:
    """Both files, looked at but not decoded; AudioError (a UserError) where one is no audio."""
    headers = read_header(reference), read_header(estimate)
    return TwoFiles(
        Recording(reference, str(reference), cache),
        Recording(estimate, str(estimate), cache),
        headers,
    )


def measurements(two: TwoFiles, calibration: Calibration | None = None) -> list[Measurement]:
    """Every metric; UserError where a file holds too little sound for any of them."""
    for recording, header in zip((two.reference, two.estimate), two.headers, strict=True):
        with patience(f"measuring {recording.label} ({header.seconds:.0f} s)"):
            windows = recording.features.windows
        if not windows:
            raise UserError(_too_little(recording, header))
    with patience("comparing"):
        pair = Pair(two.reference.features, two.estimate.features)
        return list(evaluate(pair, calibration).values())


def naive_figures(two: TwoFiles) -> dict[str, Any]:
    """The first study's rows and cosines, and what pink noise scores in the place of the second."""
    with patience("the first study's figures"):
        reference, estimate = two.reference.naive, two.estimate.naive
        noise = naive_noise(two.estimate.cache, estimate.sample_rate)
    return {
        "reference": asdict(reference),
        "estimate": asdict(estimate),
        "pink_noise": asdict(noise),
        "mfcc_cosine": naive.mfcc_cosine(reference, estimate),
        "chroma_cosine": naive.chroma_cosine(reference, estimate),
        "pink_mfcc_cosine": naive.mfcc_cosine(reference, noise),
        "pink_chroma_cosine": naive.chroma_cosine(reference, noise),
    }


def as_json(
    two: TwoFiles, measured: list[Measurement], naively: dict[str, Any] | None
) -> dict[str, Any]:
    """One JSON object; docs/commands.md names its keys."""
    files = zip(("reference", "estimate"), (two.reference, two.estimate), two.headers, strict=True)
    told: dict[str, Any] = {
        "format": FORMAT,
        **{side: _file(recording, header) for side, recording, header in files},
        "same_file": two.same,
        "measurements": [asdict(one) for one in measured],
    }
    if naively is not None:
        told["naive"] = naively
    return dict(rounded(told))


def _file(recording: Recording, header: Header) -> dict[str, Any]:
    return {
        "file": str(recording.path),
        "sha256": recording.identity[0],
        "seconds": header.seconds,
        "sample_rate": header.sample_rate,
        "channels": header.channels,
    }


def _too_little(recording: Recording, header: Header) -> str:
    if header.seconds < LEAST_WINDOW:
        return (
            f"{recording.path}: {header.seconds:.2f} s is too short to compare; "
            f"give at least {LEAST_WINDOW:g} s, and 12 s for every question"
        )
    return (
        f"{recording.path}: holds less than {LEAST_WINDOW:g} s of sound, the rest is silence; "
        "invoke check FILE says more"
    )
