"""A recording's format and length by its header: what no decoder could use is known beforehand."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MOST_CHUNKS = 10_000
LARGEST_PAGE = 27 + 255 + 255 * 255  # bytes of an Ogg page: header, lacing, content
NO_POSITION = (1 << 64) - 1  # of a page on which no packet ends
OPUS_RATE = 48_000  # Hz; Opus counts at this rate whatever it was made from
WAVES = (b"RIFF", b"RF64", b"BW64")
# First bytes of the others that libsndfile reads; their length is left to it. MP3 is the last two.
OTHERS = (b"RIFX", b"FORM", b"caff", b".snd", b"riff", b"ID3")


@dataclass(frozen=True)
class Header:
    """The format and length of a recording. sample_rate: Hz."""

    frames: int
    sample_rate: int
    channels: int

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


def read_header(path: Path) -> Header | None:
    """What a header states, and no more frames than are there; None where only a decoder knows.

    OSError if the file cannot be read, ValueError if it is no recording.
    """
    if path.exists() and not path.is_file():  # a pipe may never end
        raise ValueError("it is no file")
    with path.open("rb") as file:
        magic = file.read(4)
        if magic in WAVES:
            return _of_wave(file)
        if magic == b"fLaC":
            return _of_flac(file.read(4 + 34))
        if magic == b"OggS":
            return _of_ogg(file)
    is_mpeg = magic[:1] == b"\xff" and magic[1:2] >= b"\xe0"
    if is_mpeg or magic.startswith(OTHERS):
        return None
    raise ValueError("it is none of wav, flac, ogg and mp3")


def _of_wave(file: BinaryIO) -> Header:
    end, at, large = file.seek(0, 2), 12, 0
    rate = channels = frame_bytes = 0
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            break
        name, size = header[:4], int.from_bytes(header[4:], "little")
        if name == b"ds64":
            file.seek(at + 16)
            large = int.from_bytes(file.read(8), "little")
        elif name == b"fmt ":
            layout = file.read(16)
            channels, frame_bytes = (int.from_bytes(layout[n : n + 2], "little") for n in (2, 12))
            rate = int.from_bytes(layout[4:8], "little")
        elif name == b"data" and rate and channels and frame_bytes:
            there = min(large or size, end - at - 8)
            return Header(there // frame_bytes, rate, channels)
        at += 8 + size + size % 2
    raise ValueError("it is a wav without samples")


def _of_flac(block: bytes) -> Header | None:
    facts = int.from_bytes(block[4 + 10 : 4 + 18], "big")  # rate, channels, depth, samples
    rate, channels, frames = facts >> 44, (facts >> 41 & 7) + 1, facts & ((1 << 36) - 1)
    if len(block) < 38 or block[0] & 0x7F or not rate:
        raise ValueError("it is a flac without a header")
    return Header(frames, rate, channels) if frames else None


def _of_ogg(file: BinaryIO) -> Header | None:
    head = file.read(128)
    if (at := head.find(b"OpusHead")) >= 0:
        rate, layout = OPUS_RATE, head[at + 9 : at + 10]
    elif (at := head.find(b"\x01vorbis")) >= 0:
        rate, layout = int.from_bytes(head[at + 12 : at + 16], "little"), head[at + 11 : at + 12]
    else:
        return None
    file.seek(max(0, file.seek(0, 2) - 2 * LARGEST_PAGE))
    tail = file.read()
    last = tail.rfind(b"OggS")
    position = int.from_bytes(tail[last + 6 : last + 14], "little") if last >= 0 else NO_POSITION
    channels = int.from_bytes(layout)
    return Header(position, rate, channels) if rate and position < NO_POSITION else None
