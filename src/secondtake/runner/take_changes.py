"""What changed between a take and the same take made again, and what is promised all the same."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from secondtake.core.jobs import inputs_hash
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Take

ROUNDING_SNR_DB = 60.0  # what is so far below a sound is masked by it
ROUNDING_LOG_MEL_DB = 1.0  # about the smallest change of a band's level that is heard
DIGITS = 12  # of a hash, for people
LONGEST = 60  # characters of a value, for people
MARK = "@sha256:"  # in a setting that names a file, before the hash of its bytes
NONE = "–"
# Whatever decides the sound but for rounding: where one of these changed, nothing is promised.
INPUTS = frozenset({"recipe", "lock", "weights", "setting", "dtype"})

Verdict = Literal["identical", "rounding", "different", "unmeasured"]


@dataclass(frozen=True)
class Change:
    """One circumstance of a take that is another now."""

    kind: str  # recipe, lock, weights, setting, source, device, dtype, platform, version, batch, …
    what: str  # in words
    then: str
    now: str


@dataclass(frozen=True)
class SoundDifference:
    """By how much two sounds differ (secondtake.analysis.difference)."""

    max_abs: float
    snr_db: float | None
    log_mel_db: float
    frames: tuple[int, int]

    @property
    def is_rounding(self) -> bool:
        """True if they are the same sound for whoever listens."""
        same_length = self.frames[0] == self.frames[1]
        far_below = self.max_abs == 0 or (self.snr_db or 0) >= ROUNDING_SNR_DB
        return same_length and far_below and self.log_mel_db <= ROUNDING_LOG_MEL_DB

    def __str__(self) -> str:
        snr = "" if self.snr_db is None else f", {self.snr_db:.1f} dB below the sound (SNR)"
        words = f"at most {self.max_abs:.2g} of full scale{snr}, "
        words += f"log-mel distance {self.log_mel_db:.2g} dB"
        first, second = self.frames
        if first != second:
            words += f"; it has {second} frames instead of {first}, those that both have compared"
        return words


def list_changes(take: Take, again: Take) -> list[Change]:
    """Every circumstance that two records of one job have differently, the weightiest first."""
    return [*_inputs(take, again), *_circumstances(take, again)]


def promises_rounding(changes: list[Change]) -> bool:
    """True if a model's takes differ by rounding alone, whatever else changed.

    Weights, recipe, lock, settings and dtype are the record's: then the same noise is drawn, and
    the same numbers are multiplied. What is left is the order of additions, which is another on
    another device or processor, with another number of threads (which records do not name), and in
    a batch.
    """
    return not any(change.kind in INPUTS for change in changes)


def verdict_of(figures: SoundDifference | None, changes: list[Change]) -> Verdict:
    """The verdict on two sounds that are not the same bytes."""
    if figures is None:
        return "unmeasured"
    return "rounding" if figures.is_rounding and promises_rounding(changes) else "different"


def _inputs(take: Take, again: Take) -> Iterator[Change]:
    model = take.job.model
    if inputs_hash(take.job, take.lock_sha256, take.weights) != take.inputs_hash:
        version = MODELS[model].generation_version
        now = f"generation_version {version}, or the record was edited"
        yield Change("recipe", "the model's recipe", "another inputs_hash", now)
    for key in sorted({*take.weights, *again.weights}):
        pair = (_short(record.weights.get(key, "")) for record in (take, again))
        yield from _changed("weights", f"weights {key!r}", *pair)
    locks = (_short(record.lock_sha256) for record in (take, again))
    yield from _changed("lock", f"the lock of {model}'s environment", *locks)
    for change in _mapping("setting", "setting", take.job.settings, again.job.settings):
        then, now = (text.rpartition(MARK)[2] for text in (change.then, change.now))
        moved = MARK in change.then and then == now  # the bytes decide, whatever their file's name
        yield replace(change, kind="source", what="recording") if moved else change


def _circumstances(take: Take, again: Take) -> Iterator[Change]:
    for name in ("device", "dtype", "platform"):
        yield from _changed(name, name, *(getattr(record.made, name) for record in (take, again)))
    cards = (asdict(card) if (card := record.made.accelerator) else {} for record in (take, again))
    yield from _mapping("accelerator", "accelerator's", *cards)
    yield from _mapping("version", "version of", take.made.versions, again.made.versions)
    batches = (_batch(record.made.batch) for record in (take, again))
    yield from _changed("batch", "made", *batches)
    for name in ("sample_rate", "channels"):
        values = (getattr(record.wav, name) for record in (take, again))
        yield from _changed("format", name.replace("_", " "), *map(str, values))
    # A model notes there what else it computed with: driver, number of threads, schedule.
    yield from _mapping("details", "its model's", take.details, again.details)


def _mapping(
    kind: str, what: str, then: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[Change]:
    for name in sorted({*then, *now}):
        yield from _changed(kind, f"{what} {name}", _shown(then, name), _shown(now, name))


def _changed(kind: str, what: str, then: str, now: str) -> Iterator[Change]:
    if then != now:
        yield Change(kind, what, then, now)


def _shown(values: Mapping[str, Any], name: str) -> str:
    text = str(values.get(name, NONE)) or NONE
    return text if len(text) <= LONGEST or MARK in text else f"{text[: LONGEST - 1]}…"


def short_hash(text: str) -> str:
    """A value for people: the hash of a file that it names is cut to its first digits."""
    start, mark, sha256 = text.rpartition(MARK)
    return f"{start}{mark}{_short(sha256)}" if mark else text


def _batch(size: int) -> str:
    return f"in a batch of {size}" if size > 1 else "alone"


def _short(sha256: str) -> str:
    return f"{sha256[:DIGITS]}…" if sha256 else NONE
