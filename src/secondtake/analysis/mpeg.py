"""MP3 streams: their frames counted, so that no length rests on an estimate.

An MP3 states its length in a tag (Xing, Info or VBRI) in its first frame. Without one, libmpg123
estimates it from the first frame's bitrate, which is wrong for a variable one. With one, the file
may hold fewer frames (a download that broke off) or more (files joined by cat). So the headers of
all frames are walked (ISO/IEC 11172-3 and 13818-3). Layers I and II and free-format bitrates are
left to libmpg123.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from threading import Thread
from typing import BinaryIO

import soundfile

BITRATES = (  # kbit/s of layer III by the header's index, from 1; 0 is free format
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
)
SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8000)}
HEADER_BYTES = 4
SAME_STREAM = 0xFFFE0C00  # bits that all headers of a stream share: sync, version, layer, rate
LARGEST_FILE = 1 << 26  # bytes; 20 minutes at 320 kbit/s are 48 MB
MOST_FRAMES = 100_000  # 40 minutes, twice what is read
SEARCHED = 1 << 16  # bytes before the first frame; what begins later is no MP3
MOST_SKIPPED = 1 << 20  # bytes between frames, all together: else a hostile file takes minutes
IN_A_ROW = 4  # headers of one stream that follow each other; chance does not make as many
OFF_BY = 1  # frames; some encoders count the frame of the tag


@dataclass(frozen=True)
class Frame:
    """A frame's place in the data, its size in bytes, and its length in samples."""

    at: int
    size: int
    samples: int


def frame_at(data: bytes, at: int, kind: int | None = None) -> Frame | None:
    """The frame of layer III whose header stands there, and is of that stream; else None."""
    word = int.from_bytes(data[at : at + HEADER_BYTES], "big")
    version, layer, bitrate, rate = word >> 19 & 3, word >> 17 & 3, word >> 12 & 15, word >> 10 & 3
    if word >> 21 != 0x7FF or version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return None
    if kind is not None and word & SAME_STREAM != kind:
        return None
    samples = 1152 if version == 3 else 576
    bits = BITRATES[version == 3][bitrate - 1] * 1000 * samples // 8
    return Frame(at, bits // SAMPLE_RATES[version][rate] + (word >> 9 & 1), samples)


@dataclass(frozen=True)
class Stream:
    """The frames of a file."""

    data: bytes
    tag: Frame | None  # the first frame, if it holds a tag instead of sound
    stated: int | None  # frames as the tag has it; None where no tag states any
    frames: tuple[Frame, ...]  # whole ones, without the tag

    @property
    def missing(self) -> int:
        """Samples, per channel, that the tag promises and the file does not hold."""
        fewer = (self.stated or 0) - len(self.frames)
        return fewer * self.frames[0].samples if fewer > OFF_BY else 0

    @property
    def keeps_tag(self) -> bool:
        """True if libmpg123 reads such a tag (no VBRI) and no frame lies beyond what it states."""
        if self.tag is None or self.data[self.tag.at + 36 : self.tag.at + 40] == b"VBRI":
            return False
        return len(self.frames) <= (self.stated or 0) + OFF_BY

    @property
    def samples(self) -> int:
        """Samples per channel, with what an encoder's tag may say to trim of both ends."""
        return len(self.frames) * self.frames[0].samples

    @contextmanager
    def opened(self) -> Iterator[soundfile.SoundFile]:
        """The decoder of the frames, without what stands before and between them.

        Without a tag it reads from a pipe, where libsndfile does not ask for a length, and cannot
        seek.
        """
        tag = (self.tag,) if self.tag and self.keeps_tag else ()
        frames = (self.data[frame.at : frame.at + frame.size] for frame in (*tag, *self.frames))
        encoded = b"".join(frames)
        if tag:
            with soundfile.SoundFile(io.BytesIO(encoded)) as sound:
                yield sound
            return
        output, feed = os.pipe()
        feeder = Thread(target=_feed, args=(feed, encoded))
        feeder.start()
        try:
            with soundfile.SoundFile(output, closefd=False) as sound:
                yield sound
        finally:
            os.close(output)
            feeder.join()


def _feed(descriptor: int, data: bytes) -> None:
    """Write all of it, or until nobody reads on."""
    with suppress(BrokenPipeError), open(descriptor, "wb") as pipe:
        pipe.write(data)


def find_stream(file: BinaryIO) -> Stream | None:
    """The MP3 stream of a file, walked to its end; None if it is no MP3 of layer III."""
    file.seek(0)
    data = file.read(LARGEST_FILE)
    start = skip_id3(data)
    place = start if _follow(data, start, at_end=True) else _search(data, start)
    frames = tuple(islice(_walk(data, place), MOST_FRAMES)) if place is not None else ()
    if not frames:
        return None
    stated = _stated_frames(data, frames[0])
    if stated is None or len(frames) == 1:
        return Stream(data, None, stated, frames)
    return Stream(data, frames[0], stated, frames[1:])


def skip_id3(data: bytes, at: int = 0) -> int:
    """The place behind the ID3v2 tags that begin at `at`."""
    while data[at : at + 3] == b"ID3" and len(data) >= at + 10:
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte & 127
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    return at


def _search(data: bytes, start: int) -> int | None:
    """The place of the first of four frames in a row, at most 64 KiB from the start."""
    end = min(start + SEARCHED, len(data))
    at = data.find(b"\xff", start, end)
    while at >= 0:
        if _follow(data, at):
            return at
        at = data.find(b"\xff", at + 1, end)
    return None


def _follow(data: bytes, at: int, at_end: bool = False) -> bool:
    """True if four frames of a stream follow each other; at_end: or fewer, up to the data's end."""
    kind = _kind(data, at)
    for count in range(IN_A_ROW):
        frame = frame_at(data, at, kind)
        if frame is None:
            return at_end and count > 0 and at + HEADER_BYTES > len(data)
        at += frame.size
    return True


def _walk(data: bytes, first: int) -> Iterator[Frame]:
    """The whole frames from `first` on; what stands between two of them is skipped."""
    kind, at, skipped = _kind(data, first), first, 0
    while at < len(data) and skipped < MOST_SKIPPED:
        frame = frame_at(data, at, kind)
        if frame and at + frame.size <= len(data):
            yield frame
            at += frame.size
        elif (behind := skip_id3(data, at)) > at:
            at = behind
        else:
            end = min(len(data), at + MOST_SKIPPED - skipped)
            place = _next(data, at + 1, end, kind)
            at, skipped = place, skipped + place - at


def _next(data: bytes, start: int, end: int, kind: int) -> int:
    """The place of the next header that another one follows, or of an ID3 tag; else the end."""
    at = data.find(b"\xff", start, end)
    tag = data.find(b"ID3", start, end)
    while at >= 0 and not 0 <= tag < at:
        frame = frame_at(data, at, kind)
        if frame and frame_at(data, at + frame.size, kind):
            return at
        at = data.find(b"\xff", at + 1, end)
    return tag if tag >= 0 else end


def _kind(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + HEADER_BYTES], "big") & SAME_STREAM


def _stated_frames(data: bytes, frame: Frame) -> int | None:
    """The number of frames that a Xing, Info or VBRI tag states, 0 for none; None without a tag."""
    body = data[frame.at + HEADER_BYTES : frame.at + frame.size]
    if body[32:36] == b"VBRI":
        return int.from_bytes(body[46:50], "big")
    for name in (b"Xing", b"Info"):
        at = body.find(name, 0, 40)  # after 9 to 34 bytes of side information and checksum
        if at >= 0:
            return int.from_bytes(body[at + 8 : at + 12], "big") if body[at + 7] & 1 else 0
    return None
