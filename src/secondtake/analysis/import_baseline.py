"""The import of a baseline: a file, or a part of one, becomes a segment's baseline wav.

No sample changes: integers of up to 24 bits stay integers, and all else (float files, what a lossy
decoder gives, the upper 24 of 32 bits) becomes 32-bit float.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from secondtake.analysis.audio_io import Audio, AudioError, read
from secondtake.analysis.checks.waveform import wrong_scale
from secondtake.core.errors import UserError
from secondtake.core.files import replacing
from secondtake.core.song import Baseline, Segment

# By the source's subtype, the one that holds its samples exactly; FLOAT where none stands here.
EXACT = {"PCM_U8": "PCM_16", "PCM_S8": "PCM_16", "PCM_16": "PCM_16", "PCM_24": "PCM_24"}
SHORTEST = 0.5  # s; a shorter cut is a typing mistake


@dataclass(frozen=True)
class Imported:
    """What was written, and what the user should know of it."""

    audio: Audio
    notes: tuple[str, ...]


def import_baseline(
    source: Path,
    segment: Segment | Baseline,
    start: float | None = None,
    end: float | None = None,
    force: bool = False,
) -> Imported:
    """Write `source`, from `start` to `end` seconds, as the segment's baseline, at its own rate.

    segment: or the recording of the whole song, of which nothing is cut. Where the segment is
    itself a part of a longer recording, that whole recording is written.
    UserError if the song names no file for the segment, the source cannot be read, or, unless
    `force`, the file is there already with another sound, or the source is damaged.
    """
    target = _target(segment, start is None and end is None)
    audio = read(source)
    damage = [note for note in (audio.header.shortfall, wrong_scale(audio.samples)) if note]
    if damage and not force:
        raise UserError(f"{source}: {'; '.join(damage)}, or add --force to import it as it is")
    if start is not None or end is not None:
        audio = read(source, start, end)
    if audio.seconds < SHORTEST:
        raise UserError(f"{source}: the stretch is {audio.seconds:.2f} s; at least {SHORTEST:g} s")
    if not np.isfinite(audio.samples).all():
        raise UserError(f"{source}: holds NaN or infinity; export it again")
    if source.resolve() == target.resolve():
        raise UserError(f"{source} is the baseline itself; give the file to import from")
    if target.exists() and not force:
        if not _holds(target, audio):
            raise UserError(f"{target} is there already; add --force to replace it")
        return Imported(audio, ("this sound was there already; nothing was written",))
    subtype = EXACT.get(audio.header.subtype, "FLOAT")
    exact = audio.samples if subtype == "FLOAT" else _integers(audio.samples)
    with replacing(target) as file:
        soundfile.write(file, exact, audio.sample_rate, subtype=subtype, format="WAV")
    return Imported(audio, (*damage, *([] if damage else _beyond(audio.samples))))


def _holds(file: Path, audio: Audio) -> bool:
    """True if a file holds these samples, at this rate."""
    try:
        present = read(file)
    except AudioError:
        return False
    same_rate = present.sample_rate == audio.sample_rate
    return same_rate and np.array_equal(present.samples, audio.samples)


def _integers(samples: np.ndarray) -> np.ndarray:
    """Samples as 32-bit integers: libsndfile keeps their upper bits, but multiplies floats."""
    return (samples * np.float32(1 << 31)).astype(np.int32)


def _beyond(samples: np.ndarray) -> list[str]:
    """A note on samples beyond full scale, which only a float file keeps."""
    magnitudes = np.abs(samples)
    count = int(np.count_nonzero(magnitudes > 1))
    if not count:
        return []
    share = 100 * count / samples.size
    beyond = f"{count:,} samples ({share:.2g} %) lie beyond full scale, the peak is"
    return [f"{beyond} {magnitudes.max():.2f}: kept, in 32-bit float; an integer player clips them"]


def _target(segment: Segment | Baseline, whole: bool) -> Path:
    """The baseline's path; UserError if it may not be written."""
    if isinstance(segment, Segment):
        label, baseline = f"segment {segment.number}", segment.baseline
        if baseline is None:
            name = f"data/baseline/segment{segment.number}.wav"
            raise UserError(
                f'{label} names no baseline; add to it in the song file: baseline = "{name}"'
            )
    else:
        label, baseline = "the song", segment
        if not whole:
            raise UserError("--start and --end cut a segment's baseline; say whose: --segment N")
    if not whole and (baseline.start is not None or baseline.end is not None):
        raise UserError(
            f"{label} is a stretch of {baseline.file.name}; import the whole "
            "recording, without --start and --end"
        )
    if baseline.file.suffix.lower() != ".wav":
        raise UserError(f"{label}: {baseline.file.name} is not named .wav")
    return baseline.file
