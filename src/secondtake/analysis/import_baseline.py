"""The import of a baseline: a file, or a part of one, becomes a segment's baseline wav."""

from pathlib import Path

import numpy as np
import soundfile

from secondtake.analysis.audio_io import Audio, read
from secondtake.core.errors import UserError
from secondtake.core.files import replacing
from secondtake.core.song import Segment

DEEP = frozenset({"PCM_24", "PCM_32", "FLOAT", "DOUBLE"})  # subtypes with more than 16 bits
SHORTEST = 0.5  # s; a shorter cut is a typing mistake


def import_baseline(
    source: Path,
    segment: Segment,
    start: float | None = None,
    end: float | None = None,
    force: bool = False,
) -> Audio:
    """Write `source`, from `start` to `end` seconds, as the segment's baseline and return it.

    PCM, 24 bits where the source has more than 16, at the source's own rate and channels.
    Where the segment is itself a part of a longer recording, that whole recording is written.
    UserError if the song names no file for the segment, the file is there already (unless
    `force`), or the source cannot be read.
    """
    target = _target(segment, start is None and end is None, force)
    audio = read(source, start, end)
    if audio.seconds < SHORTEST:
        raise UserError(f"{source}: the stretch is {audio.seconds:.2f} s; at least {SHORTEST:g} s")
    if not np.isfinite(audio.samples).all():
        raise UserError(f"{source}: holds NaN or infinity; export it again")
    if source.resolve() == target.resolve():
        raise UserError(f"{source} is the baseline itself; give the file to import from")
    subtype = "PCM_24" if audio.header.subtype in DEEP else "PCM_16"
    with replacing(target) as file:
        soundfile.write(file, audio.samples, audio.sample_rate, subtype=subtype, format="WAV")
    return audio


def _target(segment: Segment, whole: bool, force: bool) -> Path:
    """The baseline's path; UserError if it may not be written."""
    baseline = segment.baseline
    if baseline is None:
        raise UserError(
            f"segment {segment.number} names no baseline; add to it in the song file: "
            f'baseline = "data/baseline/segment{segment.number}.wav"'
        )
    if not whole and (baseline.start is not None or baseline.end is not None):
        raise UserError(
            f"segment {segment.number} is a stretch of {baseline.file.name}; import the whole "
            "recording, without --start and --end"
        )
    if baseline.file.suffix.lower() != ".wav":
        raise UserError(f"segment {segment.number}: {baseline.file.name} is not named .wav")
    if baseline.file.exists() and not force:
        raise UserError(f"{baseline.file} is there already; add --force to replace it")
    return baseline.file
