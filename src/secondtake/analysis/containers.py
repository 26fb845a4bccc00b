"""The length that a container states, where it is more than the file holds: a broken download.

libsndfile believes the file's size, so a wav whose second half is missing plays as a short one.
Here the size that the container states for its samples is held against what follows it in the file.
MP3 is in `mpeg.py`; a FLAC says how much is missing only when it is decoded.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

TOLERANCE = 0.01  # s; some programs count the header among the samples
MOST_CHUNKS = 10_000
# Programs that write to a pipe do not know the size; they state one of these, or a little less.
PLACEHOLDERS, SLACK = (1 << 31, 1 << 32, 1 << 63, 1 << 64), 4096  # bytes
LARGEST_PAGE = 27 + 255 + 255 * 255  # bytes of an Ogg page: header, lacing, content
LAST_PAGE = 4  # a page's flag
NO_POSITION = (1 << 64) - 1  # of a page on which no packet ends
OPUS_RATE = 48_000  # Hz; Opus counts at this rate whatever it was made from


@dataclass(frozen=True)
class Layout:
    """How a container writes its chunks: name, size, content, name, size, …"""

    start: int  # bytes before the first chunk
    name: int  # bytes of a chunk's name
    size: int  # bytes of its size
    order: Literal["little", "big"]  # of the size's bytes
    samples: bytes  # name of the chunk that holds the samples, or its beginning
    align: int = 1  # a chunk begins at a multiple of so many bytes
    counts_itself: bool = False  # whether the size includes name and size


WAV = Layout(12, 4, 4, "little", b"data", 2)
LAYOUTS = {
    b"RIFF": WAV,
    b"RF64": WAV,  # the size that counts stands in its ds64 chunk
    b"BW64": WAV,
    b"RIFX": Layout(12, 4, 4, "big", b"data", 2),
    b"FORM": Layout(12, 4, 4, "big", b"SSND", 2),
    b"caff": Layout(8, 4, 8, "big", b"data"),
    b"riff": Layout(40, 16, 8, "little", b"data", 8, counts_itself=True),  # names are GUIDs
}


def promised_seconds(file: BinaryIO, seconds: float, sample_rate: int) -> float | None:
    """The length in s that the container states, if it is more than the `seconds` that are there.

    None if it is not, or states none; inf where it only shows that something is missing.
    """
    file.seek(0)
    magic = file.read(4)
    if magic == b"OggS":
        promised = _ogg_promise(file, seconds, sample_rate)
    else:
        sizes = _au_sizes(file) if magic == b".snd" else _chunk_sizes(file, magic)
        promised = _in_seconds(*sizes, seconds) if sizes else None
    return promised if promised is not None and promised > seconds + TOLERANCE else None


def _in_seconds(stated: int, there: int, seconds: float) -> float | None:
    """Bytes of samples that are stated and there -> s that are stated; None where none are."""
    if stated <= there or any(0 <= limit - stated <= SLACK for limit in PLACEHOLDERS):
        return None
    return seconds * stated / there if there > 0 and seconds else math.inf


def _chunk_sizes(file: BinaryIO, magic: bytes) -> tuple[int, int] | None:
    """Bytes of samples, as stated and as they follow in the file; None without such a chunk."""
    layout = LAYOUTS.get(magic)
    if layout is None:
        return None
    end, large = file.seek(0, os.SEEK_END), 0
    for name, at, size in _chunks(file, layout, end):
        if name == b"ds64":
            file.seek(at + 8)
            large = int.from_bytes(file.read(8), "little")
        if name.startswith(layout.samples):
            return large or size, end - at
    return None


def _chunks(file: BinaryIO, layout: Layout, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and size in bytes of each chunk's content, as stated."""
    at, head = layout.start, layout.name + layout.size
    for _ in range(MOST_CHUNKS):
        if at + head > end:
            return
        file.seek(at)
        header = file.read(head)
        size = int.from_bytes(header[layout.name :], layout.order)
        size = max(0, size - head) if layout.counts_itself else size
        yield header[: layout.name], at + head, size
        at += head + size
        at += -at % layout.align


def _au_sizes(file: BinaryIO) -> tuple[int, int] | None:
    """The same of Sun's au, whose header begins with the samples' place and size."""
    place, size = (int.from_bytes(file.read(4), "big") for _ in range(2))
    return size, file.seek(0, os.SEEK_END) - place


def _ogg_promise(file: BinaryIO, seconds: float, sample_rate: int) -> float | None:
    """The position in s that a last page states which breaks off; inf if it has none.

    None if the last page is whole and marked as the stream's last.
    """
    file.seek(0)
    is_opus = b"OpusHead" in file.read(64)
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 2 * LARGEST_PAGE))
    tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) > 26 and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]]):
        return None if page[5] & LAST_PAGE else math.inf
    position = int.from_bytes(page[6:14], "little")
    stated = position / (OPUS_RATE if is_opus else sample_rate)
    return stated if position < NO_POSITION and stated > seconds + TOLERANCE else math.inf
