"""Every metric of a pair of recordings. A new metric is one module and one line here."""

from secondtake_analysis.features import Features
from secondtake_analysis.measurement import Measurement
from secondtake_analysis.metrics import balance, harmony, level, rhythm, timbre
from secondtake_analysis.metrics.key import CHANCE, key
from secondtake_analysis.metrics.key import score as key_score
from secondtake_analysis.metrics.tempo import ratio, tempo
from secondtake_analysis.metrics.windowed import WindowMetric
from secondtake_analysis.similarity import similarity

WINDOWED: tuple[WindowMetric, ...] = (
    timbre.METRIC,
    balance.METRIC,
    rhythm.METRIC,
    harmony.METRIC,
    harmony.TRANSPOSED,
)
NO_SCORE = "a difference, not a score"


def compare(
    reference: Features, estimate: Features, noise: Features, mark: Features | None = None
) -> list[Measurement]:
    """All measurements of an estimate against a reference; `mark` is the segment's sketch."""
    return [
        *(similarity(metric, reference, estimate, noise, mark) for metric in WINDOWED),
        measure_tempo(reference, estimate, mark),
        measure_key(reference, estimate, mark),
        _level("loudness", "LU", level.loudness(reference, estimate), "under 0.4 s or silent"),
        _level("loudness range", "LU", level.loudness_range(reference, estimate), "under 10 s"),
        _level("true peak", "dB", level.true_peak(reference, estimate), "silent"),
    ]


def measure_tempo(reference: Features, estimate: Features, mark: Features | None) -> Measurement:
    """The tempo ratio; 1 is the reference's tempo, and a half or a double is named as such."""
    ours = tempo(reference)
    value, note = ratio(ours, tempo(estimate))
    beside = ratio(ours, tempo(mark))[0] if mark is not None else None
    return Measurement("tempo", value, "ratio", mark=beside, ceiling=1.0, note=note)


def measure_key(reference: Features, estimate: Features, mark: Features | None) -> Measurement:
    """The MIREX score of the estimate's key; the floor is what a key drawn by lot scores."""
    ours, theirs, beside = key(reference), key(estimate), key(mark) if mark else None
    if ours is None or theirs is None:
        return Measurement("key", None, "MIREX score", note="no pitches on one side")
    value, relation = key_score(ours, theirs)
    return Measurement(
        "key",
        value,
        "MIREX score",
        CHANCE,
        key_score(ours, beside)[0] if beside else None,
        1.0,
        closer_is="higher",
        note=f"{theirs.words} against {ours.words}: {relation}",
    )


def _level(name: str, unit: str, value: float | None, why_not: str) -> Measurement:
    note = NO_SCORE if value is not None else f"not defined: one side is {why_not}"
    return Measurement(name, value, unit, note=note)
