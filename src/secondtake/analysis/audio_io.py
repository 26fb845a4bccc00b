"""Audio files, read without believing what their headers claim.

Samples are (frames, channels) float32, full scale ±1, at the file's own sample rate.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from secondtake.core.errors import UserError

Samples = np.ndarray  # (frames, channels) or, where said, (frames,); float32

MAX_SECONDS = 1200.0  # a long song; every segment is far shorter
MAX_DECODED_BYTES = 1 << 30  # a 5 MB FLAC can claim 12.7 GB
MAX_CHANNELS = 8
END_TOLERANCE = 0.05  # s; a person reads "3:21.4" off a player and means the end


class AudioError(UserError):
    """A file that cannot be read as audio: the message names it and says why."""


@dataclass(frozen=True)
class Header:
    """The facts that a file states about itself."""

    frames: int
    channels: int
    sample_rate: int  # Hz
    container: str  # WAV, FLAC, OGG, MP3
    subtype: str  # PCM_16, PCM_24, FLOAT, VORBIS

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


@dataclass(frozen=True)
class Audio:
    """A decoded file."""

    samples: Samples  # (frames, channels) float32
    sample_rate: int  # Hz
    header: Header

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    @property
    def mono(self) -> Samples:
        """The mean of the channels, (frames,) float32."""
        return mono(self.samples)


def mono(samples: Samples) -> Samples:
    """The mean of the channels: (frames, channels) -> (frames,) float32."""
    channels = samples.shape[1]
    return samples @ np.full(channels, 1 / channels, dtype=np.float32)  # 14x mean()


def as_audio(samples: Samples, sample_rate: int) -> Audio:
    """Samples in memory, (frames,) or (frames, channels), in the shape of a decoded file."""
    channels = samples.reshape(len(samples), -1).astype(np.float32)
    header = Header(len(channels), channels.shape[1], sample_rate, "MEMORY", "FLOAT")
    return Audio(channels, sample_rate, header)


def read_header(path: Path) -> Header:
    """The file's header, without decoding; AudioError if it is no audio or claims too much."""
    if not path.is_file():
        raise AudioError(f"{path}: no such file")
    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise AudioError(f"{path}: not readable as audio ({_reason(error)})") from error
    header = Header(info.frames, info.channels, info.samplerate, info.format, info.subtype)
    if complaint := _excess(header):
        raise AudioError(f"{path}: {complaint}; if this is right, cut the file first")
    return header


def read(path: Path, start: float | None = None, end: float | None = None) -> Audio:
    """Decode a file, or its stretch from `start` to `end` seconds.

    AudioError if it is no audio, claims too much, breaks off, or has no such stretch.
    """
    header = read_header(path)
    first, last = _stretch(path, header, start, end)
    try:
        kind = "int16" if header.subtype == "PCM_16" else "float32"  # 5x as fast, to the same bit
        samples, sample_rate = soundfile.read(
            str(path), start=first, stop=last, dtype=kind, always_2d=True
        )
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise AudioError(f"{path}: decoding breaks off ({_reason(error)})") from error
    if kind == "int16":
        samples = samples * np.float32(1 / 32768)
    return Audio(samples, sample_rate, header)


def _stretch(
    path: Path, header: Header, start: float | None, end: float | None
) -> tuple[int, int | None]:
    """First frame and the one after the last; None for the file's end."""
    begin = 0.0 if start is None else start
    if not begin >= 0:
        raise AudioError(f"{path}: start {begin:g} s; give 0 or more seconds from the beginning")
    if end is not None and not begin < end:
        raise AudioError(f"{path}: start {begin:g} s is not before end {end:g} s; swap them?")
    latest = max(begin, end or 0.0)
    if latest > 0 and latest > header.seconds + END_TOLERANCE:
        raise AudioError(
            f"{path}: {latest:g} s lies beyond the file's end at {header.seconds:.2f} s; "
            "give start and end in seconds from the file's beginning"
        )
    last = None if end is None else min(round(end * header.sample_rate), header.frames)
    return min(round(begin * header.sample_rate), header.frames), last


def _excess(header: Header) -> str:
    """A complaint about what the header claims beyond reason; "" if there is none."""
    if header.sample_rate <= 0 or header.channels <= 0:
        return "the header names no sample rate or no channels"
    if header.channels > MAX_CHANNELS:
        return f"the header claims {header.channels} channels (at most {MAX_CHANNELS})"
    if header.seconds > MAX_SECONDS:
        return f"the header claims {header.seconds:.0f} s (at most {MAX_SECONDS:.0f} s)"
    decoded = header.frames * header.channels * 4  # bytes, as float32
    if decoded > MAX_DECODED_BYTES:
        return f"decoded, it would fill {decoded / 1e9:.1f} GB (at most 1.1 GB)"
    return ""


def _reason(error: Exception) -> str:
    """libsndfile's words, without the path that it repeats."""
    return str(error).rsplit(": ", maxsplit=1)[-1].strip().rstrip(".") or type(error).__name__
