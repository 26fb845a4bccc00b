"""The header of a wav file, by the standard library alone, whatever its samples are."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_CHUNKS = 1000  # a file with more is no recording


@dataclass(frozen=True)
class Header:
    """What a wav file says of itself."""

    sample_rate: int  # Hz
    channels: int
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


def read_header(path: Path) -> Header | None:
    """The header, or None if the file is no wav, or is one without sense."""
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except (OSError, struct.error):
        return None


def _read(file: BinaryIO, size: int) -> Header | None:
    """RIFF: a name and a length, then chunks of a name, a length and as many bytes."""
    riff, _, wave = struct.unpack("<4sI4s", file.read(12))
    if (riff, wave) != (b"RIFF", b"WAVE"):
        return None
    rate = channels = frame_bytes = 0
    for _ in range(MAX_CHUNKS):
        name, length = struct.unpack("<4sI", file.read(8))
        start = file.tell()
        if name == b"fmt ":
            _, channels, rate, _, frame_bytes = struct.unpack("<HHIIH", file.read(14))
        elif name == b"data":
            if not (rate and channels and frame_bytes):
                return None
            # A writer that was killed leaves a length that was never true.
            return Header(rate, channels, min(length, size - start) // frame_bytes)
        file.seek(start + length + length % 2)
    return None
