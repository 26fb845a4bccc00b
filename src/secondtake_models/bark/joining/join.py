"""Windows to one song: trimmed, brought to one level, put together where nobody sings.

What sounds is never cut, only the silence around it: pauses follow the text, and within their
bounds they are stretched or shrunk so that the song comes as near as it can to the length asked.

A seam is faded with equal power, cos² + sin² = 1. Two windows are two recordings, their noise and
breath have nothing to do with one another, and the powers of such sounds add up. A linear fade,
right for two copies of one sound, would dip by 3 dB in its middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from secondtake_models.bark.joining.layout import Pause, bounds_of, lay_out
from secondtake_models.bark.joining.stretches import is_broken_off, stretches_of
from secondtake_models.joining.activity import Activity, find_activity
from secondtake_models.joining.seams import Joint, Seam, measure_seams

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]  # (frames,) in ±1

SAMPLE_RATE = 24_000  # Hz, of EnCodec's 24 kHz model
LONGEST_SILENCE = 1.5  # seconds inside a window
GAIN = 3.0  # dB: evens out two takes' recording levels, and leaves a whisper a whisper
HIGHEST_PEAK = 0.99  # of full scale; no gain goes beyond it
NEAR_ENOUGH = 0.1  # of the length asked


@dataclass(frozen=True)
class Joined:
    """A song, and what was done to make it one."""

    samples: Samples
    seams: tuple[Seam, ...]  # between the windows that sound, in order
    gains_db: tuple[float, ...]  # of every window; 0 for a silent one
    notes: tuple[str, ...]  # what the listener should know

    def as_json(self) -> dict[str, Any]:
        """Everything but the samples and the notes, for the take's record."""
        return {"seams": [seam.as_json() for seam in self.seams], "gains_db": list(self.gains_db)}


def join(
    pieces: Sequence[Samples],
    pauses: Sequence[Pause],
    asked: float,
    sample_rate: int = SAMPLE_RATE,
    longest_silence: float | None = LONGEST_SILENCE,
) -> Joined:
    """Pieces (frames,) float32 in ±1, with a pause after each but the last -> one song.

    A pause is one of PAUSES, or seconds, which are then kept as they are. `asked` is in seconds.
    A single piece is left sample for sample as it is. Silent pieces are left out, and said.
    """
    import numpy as np

    if not pieces or len(pauses) != len(pieces) - 1:
        raise ValueError(f"{len(pieces)} pieces cannot have {len(pauses)} pauses between them")
    voices = [find_activity(piece, sample_rate) for piece in pieces]
    notes = list(_faults(pieces, voices, sample_rate, longest_silence))
    if len(pieces) == 1 or not any(voices):
        joints: tuple[Joint, ...] = ()
        samples = np.concatenate(pieces)
        gains = [0.0] * len(pieces)
    else:
        gains = _gains(pieces, voices)
        windows = [
            stretches_of(_louder(piece, gain), voice, sample_rate, longest_silence)
            for piece, voice, gain in zip(pieces, voices, gains, strict=True)
            if voice
        ]
        heard = [number for number, voice in enumerate(voices) if voice]
        bounds = [bounds_of(pauses[one:other]) for one, other in pairwise(heard)]
        samples, joints = lay_out(windows, bounds, asked, longest_silence or 0.0, sample_rate)
    notes += _about_length(len(samples) / sample_rate, asked)
    seams = measure_seams(samples, joints, sample_rate)
    return Joined(samples, seams, tuple(gains), tuple(notes))


def _faults(
    pieces: Sequence[Samples],
    voices: Sequence[Activity | None],
    sample_rate: int,
    longest_silence: float | None,
) -> Iterator[str]:
    for number, (piece, voice) in enumerate(zip(pieces, voices, strict=True), 1):
        if voice is None:
            yield f"window {number} is silent" + ("; it was left out" if len(pieces) > 1 else "")
            continue
        if is_broken_off(piece, voice, sample_rate):
            yield f"window {number} ends in the middle of a sound"
        pause = max((end - start for start, end in voice.silences), default=0) / sample_rate
        if longest_silence is not None and pause > longest_silence and len(pieces) > 1:
            yield f"window {number}: {pause:.1f} s of silence, shortened to {longest_silence:g} s"


def _gains(pieces: Sequence[Samples], voices: Sequence[Activity | None]) -> list[float]:
    """What brings each window to the first one's level, in dB: at most GAIN, and no clipping."""
    import numpy as np

    anchor = next(voice.level for voice in voices if voice)
    gains = []
    for piece, voice in zip(pieces, voices, strict=True):
        peak = float(np.abs(piece).max(initial=0.0))
        room = max(np.floor(2000 * np.log10(HIGHEST_PEAK / max(peak, 1e-6))) / 100, 0.0)
        wanted = max(-GAIN, min(GAIN, anchor - voice.level)) if voice else 0.0
        gains.append(round(float(min(wanted, room)), 2))
    return gains


def _louder(piece: Samples, gain: float) -> Samples:
    import numpy as np

    return np.asarray(piece * np.float32(10 ** (gain / 20)), np.float32)


def _about_length(seconds: float, asked: float) -> Iterator[str]:
    if seconds > asked * (1 + NEAR_ENOUGH):
        yield (
            f"{seconds:.1f} s long, {asked:g} s asked: nothing that sounds was cut; for a shorter "
            "song, shorten the lyrics"
        )
    if seconds < asked * (1 - NEAR_ENOUGH):
        yield f"{seconds:.1f} s long, {asked:g} s asked: the lyrics were sung in less"
