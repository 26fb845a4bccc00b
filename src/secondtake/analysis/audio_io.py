"""Audio files, read without believing what their headers claim.

Samples are (frames, channels) float32, full scale ±1, at the file's own sample rate. A file is
known by its content: libsndfile never sees its name, by whose ending it would guess.
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from secondtake.analysis.containers import TOLERANCE, promised_seconds
from secondtake.analysis.foreign_formats import convert_command, foreign_format
from secondtake.analysis.mpeg import Stream, find_stream
from secondtake.analysis.quiet import quiet_libraries
from secondtake.core.errors import UserError

Samples = np.ndarray  # (frames, channels) or, where said, (frames,); float32

MAX_SECONDS = 1200.0  # a long song; every segment is far shorter
MAX_DECODED_BYTES = 1 << 30  # a 5 MB FLAC can claim 12.7 GB
MAX_CHANNELS = 8
# First bytes of what libsndfile reads without libmpg123.
NO_MPEG = frozenset({b"RIFF", b"RIFX", b"RF64", b"FORM", b"riff", b"caff", b"fLaC", b"OggS"})
NO_LENGTH = (1 << 63) - 1  # frames, as libsndfile has it, of a FLAC that was written to a pipe
READ = "wav, aiff, flac, ogg, opus and mp3"
MP3_TOLERANCE = 0.1  # s; a tag may count a frame too many
END_TOLERANCE = 0.05  # s; a person reads "3:21.4" off a player and means the end


class AudioError(UserError):
    """A file that cannot be read as audio: the message names it and says why."""


@dataclass(frozen=True)
class Header:
    """The facts that a file states about itself."""

    frames: int  # that are there; of a FLAC, until it is decoded, those that it states
    channels: int
    sample_rate: int  # Hz
    container: str  # WAV, FLAC, OGG, MP3
    subtype: str  # PCM_16, PCM_24, FLOAT, VORBIS
    promised: float | None = None  # s that it states, if more than is there; inf: it says not what

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate

    @property
    def shortfall(self) -> str:
        """What is less than promised, and what to do; "" for a whole file."""
        if self.promised is None:
            return ""
        if math.isinf(self.promised):
            return f"its end is missing after {self.seconds:.2f} s: cut off; fetch it again"
        states = "a page that breaks off" if self.container == "OGG" else "the header"
        there = f"the file holds {self.seconds:.2f} s"
        return f"{states} promises {self.promised:.2f} s, {there}: cut off; fetch it again"


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
        with path.open("rb", buffering=0) as file:
            header = _checked_header(file, path)
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror}; make it readable, or copy it") from error
    if header.frames == NO_LENGTH:
        remedy = convert_command(path)
        raise AudioError(f"{path}: the header states no length; {remedy} makes one that does")
    if complaint := _excess(header):
        raise AudioError(f"{path}: {complaint}; if this is right, cut the file first")
    return header


def _checked_header(file: BinaryIO, path: Path) -> Header:
    """The header of an open file; AudioError if it is no audio that is read here."""
    if complaint := foreign_format(file, path):
        raise AudioError(f"{path}: not readable as audio: {complaint}")
    try:
        return _header(file)
    except (soundfile.SoundFileError, RuntimeError) as error:
        is_cut = promised_seconds(file, 0.0, 1) is not None  # libsndfile opens no cut CAF
        remedy = "it is cut off: fetch it again" if is_cut else f"{READ} are read"
        reason = _reason(error)
        raise AudioError(f"{path}: not readable as audio ({reason}); {remedy}") from error


def read(path: Path, start: float | None = None, end: float | None = None) -> Audio:
    """Decode a file, or its stretch from `start` to `end` seconds.

    AudioError if it is no audio, claims too much, or has no such stretch. Of a file that breaks off
    all that can be decoded, and `header.shortfall` says so.
    """
    header = read_header(path)
    first, last = _stretch(path, header, start, end)
    try:
        with path.open("rb", buffering=0) as file, _opened(file) as (sound, _):
            samples = _decode(sound, first, last - first)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise AudioError(f"{path}: decoding breaks off ({_reason(error)})") from error
    there = first + len(samples)
    tolerance = MP3_TOLERANCE if header.container == "MP3" else TOLERANCE
    if last - there > tolerance * header.sample_rate:
        if last < header.frames:
            at = there / header.sample_rate
            raise AudioError(f"{path}: decoding breaks off at {at:.2f} s; fetch it again")
        header = replace(header, frames=there, promised=header.promised or header.seconds)
    return Audio(samples, header.sample_rate, header)


@contextmanager
def _opened(file: BinaryIO) -> Iterator[tuple[soundfile.SoundFile, Stream | None]]:
    """The decoder of an open file, and what is known of it if it is an MP3."""
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    if magic in NO_MPEG:
        with soundfile.SoundFile(file.fileno(), closefd=False) as sound:
            yield sound, None
        return
    stream = find_stream(file)
    file.seek(0)
    with quiet_libraries(), _mpeg_decoder(file, stream) as sound:
        yield sound, stream


def _mpeg_decoder(
    file: BinaryIO, stream: Stream | None
) -> AbstractContextManager[soundfile.SoundFile]:
    """The decoder of an MP3 stream, or of a file of which libsndfile may know more."""
    return stream.opened() if stream else soundfile.SoundFile(file.fileno(), closefd=False)


def _header(file: BinaryIO) -> Header:
    """The header of an open file, its length held against what is there."""
    with _opened(file) as (sound, stream):
        frames, sample_rate = sound.frames, sound.samplerate
        names = sound.channels, sample_rate, sound.format, sound.subtype
    if stream is None:
        promised = promised_seconds(file, frames / max(1, sample_rate), sample_rate)
        return Header(frames, *names, promised)
    frames = frames - stream.missing if stream.keeps_tag else stream.samples
    promised = (frames + stream.missing) / sample_rate if stream.missing else None
    return Header(frames, *names, promised)


def _decode(sound: soundfile.SoundFile, first: int, count: int) -> Samples:
    """Frames from `first` on, (up to count, channels); fewer where the file breaks off."""
    kind = "int16" if sound.subtype == "PCM_16" else "float32"  # 5x as fast, to the same bit
    if sound.seekable():
        sound.seek(first)
    elif first:
        sound.buffer_read_into(np.empty((first, sound.channels), kind), kind)
    samples = np.empty((count, sound.channels), kind)
    try:
        done = sound.buffer_read_into(samples, kind)
    except (soundfile.SoundFileError, RuntimeError):  # a FLAC that breaks off
        done = sound.tell() - first
        if done <= 0:
            raise
    if kind == "int16":
        return samples[:done] * np.float32(1 / 32768)
    return samples if done == count else samples[:done].copy()


def _stretch(path: Path, header: Header, start: float | None, end: float | None) -> tuple[int, int]:
    """First frame and the one after the last."""
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
    last = header.frames if end is None else round(end * header.sample_rate)
    return min(round(begin * header.sample_rate), header.frames), min(last, header.frames)


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
    words = str(error).rsplit(": ", maxsplit=1)[-1].strip().rstrip(".")
    if "regular file" in words:  # its words for an MP3 without a frame
        return "nothing in it can be decoded"
    return words or type(error).__name__
