"""How long and how loud the versions of a segment are, and by how much each is to be softer.

Figures are kept in the cache by file and stretch, so that nothing is decoded for them twice.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from secondtake.analysis.audio_io import AudioError
from secondtake.analysis.listening.clip_audio import CLIP_RATE, play
from secondtake.analysis.listening.clip_sources import ClipSource
from secondtake.analysis.parallel import parallel_map
from secondtake.analysis.recording import Recording
from secondtake.audio.loudness import integrated
from secondtake.core.listening_file import SHORTEST

FEW = 4  # sources that are measured while a second process starts
# A version this far below the loudest has failed; at its level the others could hardly be heard.
MOST_ATTENUATION = 20.0  # dB


@dataclass(frozen=True)
class Measured:
    """A source's sound in figures; `why` instead where it cannot be read."""

    frames: int  # at CLIP_RATE
    lufs: float | None = None
    headroom_db: float = 0.0
    why: str = ""

    @property
    def level(self) -> float | None:
        """LUFS of the clip."""
        return None if self.lufs is None else self.lufs + self.headroom_db


@dataclass(frozen=True)
class _Beginning:
    """The first frames of what is heard of a recording."""

    recording: Recording
    frames: int  # at CLIP_RATE

    @property
    def made_from(self) -> list[Any]:
        return [*self.recording.identity, self.frames]


def attenuations(levels: Sequence[float | None]) -> list[float]:
    """dB, <= 0, that bring clips of these LUFS (None: silent) to the quietest one.

    None is attenuated by more than 20 dB: what is quieter than that stays quieter than the others.
    """
    sounding = [level for level in levels if level is not None]
    if not sounding:
        return [0.0] * len(levels)
    target = max(min(sounding), max(sounding) - MOST_ATTENUATION)
    return [0.0 if level is None else min(0.0, round(target - level, 2)) for level in levels]


def measure_all(sources: Sequence[ClipSource]) -> list[Measured]:
    """The figures of all, from the cache or measured on all cores."""
    cached = [
        source.recording.cache.holds("played", source.recording.identity) for source in sources
    ]
    fresh = [s.recording.fresh() for s, known in zip(sources, cached, strict=True) if not known]
    now = parallel_map(_measured, fresh, FEW)
    return [
        _measured(source.recording) if known else next(now)
        for source, known in zip(sources, cached, strict=True)
    ]


def common_frames(lengths: Iterable[int]) -> int:
    """Frames that all versions of a segment have, but for those too short for a blind test."""
    frames = list(lengths)
    long_enough = [length for length in frames if length >= SHORTEST * CLIP_RATE]
    return min(long_enough or frames)


def common_levels(heard: Sequence[tuple[ClipSource, Measured]]) -> list[float | None]:
    """LUFS of the clips over as many seconds as every version of their segment has; None: silent.

    A recording may begin more softly than it goes on, and a blind test plays no more than this.
    """
    lengths: dict[int, list[int]] = {}
    for source, measured in heard:
        lengths.setdefault(source.segment, []).append(measured.frames)
    common = {segment: common_frames(frames) for segment, frames in lengths.items()}
    beginnings = [
        _Beginning(source.recording.fresh(), common[source.segment])
        if measured.frames > common[source.segment]
        else None
        for source, measured in heard
    ]
    todo = [
        each
        for each in beginnings
        if each and not each.recording.cache.holds("beginning", each.made_from)
    ]
    for _ in parallel_map(_level, todo, FEW):  # each into the cache
        pass
    return [
        _level(beginning) if beginning else measured.level
        for beginning, (_, measured) in zip(beginnings, heard, strict=True)
    ]


def _measured(recording: Recording) -> Measured:
    """The figures of a recording, from the cache or into it; why it cannot be read is not kept."""

    def measure() -> bytes:
        sound = play(replace(recording))  # of a copy, so that the samples are not kept
        return json.dumps([sound.frames, sound.lufs, sound.headroom_db]).encode()

    try:
        figures = json.loads(recording.cache.bytes_of("played", recording.identity, measure))
    except AudioError as error:
        return Measured(0, why=str(error))
    return Measured(*figures)


def _level(beginning: _Beginning) -> float | None:
    """LUFS of a clip's beginning, from the cache or into it. AudioError if the file is gone."""
    recording = beginning.recording

    def measure() -> bytes:
        samples = play(replace(recording)).samples[: beginning.frames]
        return json.dumps(integrated(samples, CLIP_RATE)).encode()

    cached: float | None = json.loads(
        recording.cache.bytes_of("beginning", beginning.made_from, measure)
    )
    return cached
