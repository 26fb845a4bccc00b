"""Studies with clips to play: every version of a segment is a tone of its own."""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from struct import pack

from tests.runner.html_pages.tone_clips import CLIP_RATE, write_tone
from tests.runner.progress_pages.scratch import Scratch

from secondtake.core.files import sha256_of, write_json
from secondtake.core.jobs import Job
from secondtake.core.listening_file import (
    Encoding,
    ListeningFile,
    SegmentClips,
    Version,
    WordState,
    as_json,
    clip_name,
    clip_path,
    listening_path,
    spectrogram_path,
)
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import wav_path
from secondtake.runner.html_pages.listening_page import LIMIT, PAGE, render
from secondtake.runner.progress_pages.survey import survey

LOWEST = 300.0  # Hz, of the first version of a segment; each further one is 200 Hz above
STEP = 200.0
PEAKS = base64.b64encode(bytes([160, 96] * 400)).decode()
WORDS: tuple[tuple[str, WordState], ...] = (
    ("we", "right"),
    ("whisper", "missed"),
    ("vesper", "wrong"),
    ("susurra", "right"),
)


def listening_clips(
    scratch: Scratch, seconds: float = 1.5, takes: int = 1, skipped: Sequence[tuple[str, str]] = ()
) -> ListeningFile:
    """Clips of all takes and baselines that are there, and their listening.json."""
    segments = []
    stored = TakeStore(scratch.results, scratch.song.name).takes.values()
    for segment in scratch.song.segments:
        sources: list[tuple[str, Path, tuple[float | None, ...]]] = []
        if segment.baseline and segment.baseline.file.exists():
            baseline = segment.baseline
            sources.append(("", baseline.file, (baseline.start, baseline.end)))
        edits = [take.job for take in stored if take.job.is_edit]
        for job in (*scratch.jobs(takes=takes), *edits):
            path = wav_path(scratch.results, job.name)
            if job.segment == segment.number and path.exists():
                sources.append((job.name, path, (None, None)))
        left_out = {name for name, _ in skipped}
        versions = tuple(
            _version(scratch, segment.number, place, source, seconds)
            for place, source in enumerate(s for s in sources if s[0] not in left_out)
        )
        if versions:
            segments.append(SegmentClips(segment.number, seconds, seconds, versions))
    made = ListeningFile(
        "ready", "", "wav", 1_536_000, CLIP_RATE, tuple(segments), skipped=tuple(skipped)
    )
    write_json(listening_path(scratch.results), as_json(scratch.song.name, made))
    return made


def _version(
    scratch: Scratch,
    segment: int,
    place: int,
    source: tuple[str, Path, tuple[float | None, ...]],
    seconds: float,
) -> Version:
    take, file, stretch = source
    sha256 = sha256_of(file)
    clip = clip_name(segment, sha256, stretch)
    while clip_path(scratch.results, clip, "wav").exists():  # takes may be of equal tones
        clip = clip_name(segment, sha256, [*stretch, float(place)])
        place += 100
    write_tone(scratch.results, clip, LOWEST + STEP * (place % 100), seconds, 0.25)
    spectrogram_path(scratch.results, clip).write_bytes(PNG)
    words = WORDS if scratch.song.segment(segment).lyrics and take else ()
    quieter = -6.0 if place % 2 else 0.0
    return Version(clip, take, sha256, seconds, -20.0, quieter, quieter / 2, 0.0, PEAKS, words)


def with_encoding(scratch: Scratch, made: ListeningFile, encoding: Encoding) -> None:
    """The same clips under another name of encoding."""
    for segment in made.segments:
        for version in segment.versions:
            old = clip_path(scratch.results, version.clip, made.encoding)
            old.rename(clip_path(scratch.results, version.clip, encoding))
    other = as_json(scratch.song.name, replace(made, encoding=encoding))
    write_json(listening_path(scratch.results), other)


def pages(scratch: Scratch, limit: int = LIMIT) -> dict[Path, str]:
    """The listening page of a scratch project, and the files beside it."""
    return render(survey(scratch.song, scratch.project), limit)


def write_listening_page(scratch: Scratch, limit: int = LIMIT) -> Path:
    """The page and the files beside it, written; the page's path."""
    for path, text in pages(scratch, limit).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return scratch.results / PAGE


def make_all(scratch: Scratch, takes: int = 1) -> tuple[Job, ...]:
    """A take for every job, and every baseline."""
    jobs = scratch.jobs(takes=takes)
    for job in jobs:
        scratch.make(job, 1.0 + 0.1 * job.take)
    for segment in scratch.song.segments:
        scratch.baseline(segment.number)
    return jobs


def _chunk(name: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))


PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    _chunk(name, data)
    for name, data in (
        (b"IHDR", pack(">IIBBBBB", 2, 2, 8, 4, 0, 0, 0)),  # 2 x 2, grey with alpha
        (b"IDAT", zlib.compress(bytes([0, 128, 255, 128, 60, 0, 128, 0, 128, 200]))),
        (b"IEND", b""),
    )
)
