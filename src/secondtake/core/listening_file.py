"""listening/listening.json: a clip of every baseline and take, ready for a page that plays them.

Clips of a segment have one length, rate, encoding and number of bytes, so that in a blind test
nothing but the sound tells them apart: a shorter version ends in silence.
"""

import base64
import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from secondtake.core.files import canonical
from secondtake.core.serialization import JsonFileError, from_dict, read_json

FORMAT = 1
FOLDER = "listening"  # in a song's results
Encoding = Literal["mp3", "wav"]
MEDIA_TYPES: Mapping[str, str] = {"mp3": "audio/mpeg", "wav": "audio/wav"}
WordState = Literal["right", "wrong", "missed"]  # wrong: heard, but not in the lyrics
SHORTEST = 0.5  # s; what is shorter takes no part in a blind test
CLIP = re.compile("[0-9a-f]{12}")  # the name of a clip, which becomes a path

# Rows of a spectrogram: equal steps of Slaney's mel scale, centred from 38 Hz to 15.5 kHz.
SPECTROGRAM_ROWS = 96
SPECTROGRAM_TOP = 16_000.0  # Hz
LINEAR_HZ, LINEAR_MEL, OCTAVE_MEL = 1000.0, 15.0, 27 / math.log(6.4)


@dataclass(frozen=True)
class Version:
    """One recording of a segment: the baseline, or a take."""

    clip: str  # 12 hex digits that say nothing about whose it is
    take: str  # the take's name; "" for the baseline
    sha256: str  # of the file that the clip was made from
    seconds: float  # of sound in the clip; the rest is silence
    lufs: float | None  # of the file on two loudspeakers; None where it is silent
    attenuation_db: float  # <= 0: brings the versions of the segment to one loudness
    common_attenuation_db: float  # <= 0: as much, over the first `common_seconds` of each
    headroom_db: float  # <= 0: by which the clip is quieter than the file, lest it clip
    peaks: str  # base64 of int8: least and greatest sample of each column, ±127 at full scale
    words: tuple[tuple[str, WordState], ...]  # heard or missed, in order; () if nobody listened

    @property
    def is_baseline(self) -> bool:
        return not self.take


@dataclass(frozen=True)
class SegmentClips:
    """The versions of one segment."""

    segment: int
    seconds: float  # of every clip
    common_seconds: float  # of the shortest version that is long enough for a blind test
    versions: tuple[Version, ...]  # the baseline first, where there is one


@dataclass(frozen=True)
class ListeningFile:
    """All clips of a song. `state` is ready, absent, unreadable or other song."""

    state: str
    why: str = ""
    encoding: Encoding = "mp3"
    bits_per_second: int = 0
    sample_rate: int = 0
    segments: tuple[SegmentClips, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()  # take or baseline_segment<N>, why it has no clip

    @property
    def study(self) -> str:
        """64 hex digits that name this set of clips: votes on other clips are of another study.

        The encoding is no part of it: the same sounds, so their votes are merged.
        """
        clips = [[s.segment, sorted(v.clip for v in s.versions)] for s in self.segments]
        return hashlib.sha256(canonical(clips).encode()).hexdigest()

    def version(self, clip: str) -> Version | None:
        """The version that a clip is of."""
        versions = (version for segment in self.segments for version in segment.versions)
        return next((version for version in versions if version.clip == clip), None)


def listening_path(results: Path) -> Path:
    return results / FOLDER / "listening.json"


def clip_path(results: Path, clip: str, encoding: Encoding) -> Path:
    return results / FOLDER / f"{clip}.{encoding}"


def spectrogram_path(results: Path, clip: str) -> Path:
    """A mel spectrogram, grey on transparent, as wide as the clip is long."""
    return results / FOLDER / f"{clip}.png"


def spectrogram_height(hertz: float) -> float:
    """Where a frequency stands in a spectrogram: 0 is its lower edge, 1 its upper one."""
    step = _mel(SPECTROGRAM_TOP) / (SPECTROGRAM_ROWS + 1)
    return (_mel(hertz) / step - 0.5) / SPECTROGRAM_ROWS


def _mel(hertz: float) -> float:
    """Slaney's scale: linear to 1 kHz, then logarithmic."""
    if hertz < LINEAR_HZ:
        return hertz / LINEAR_HZ * LINEAR_MEL
    return LINEAR_MEL + OCTAVE_MEL * math.log(hertz / LINEAR_HZ)


def clip_name(segment: int, sha256: str, stretch: Iterable[float | None] = ()) -> str:
    """The name of a clip: always the same for a file and the stretch of it that is played."""
    return hashlib.sha256(canonical([segment, sha256, *stretch]).encode()).hexdigest()[:12]


def as_json(song: str, clips: ListeningFile) -> dict[str, Any]:
    """The file's content; the same clips give the same values."""
    values = {name: value for name, value in asdict(clips).items() if name not in ("state", "why")}
    return {"format": FORMAT, "song": song, "study": clips.study, **values}


def read_listening(results: Path, song: str) -> ListeningFile:
    """Read listening.json. A damaged file is a state, not an error."""
    try:
        return read_json(listening_path(results), lambda value: _parse(value, song))
    except JsonFileError as error:
        return ListeningFile("absent" if error.is_absent else "unreadable", str(error))


def _parse(value: Any, song: str) -> ListeningFile:
    if value["format"] != FORMAT:
        raise ValueError(f"format {value['format']}, expected {FORMAT}")
    if value["song"] != song:
        return ListeningFile("other song", str(value["song"]))
    if value["encoding"] not in MEDIA_TYPES:
        known = " and ".join(MEDIA_TYPES)
        raise ValueError(f"encoding {value['encoding']!r:.40}; {known} are known")
    clips = from_dict(ListeningFile, {**value, "state": "ready", "why": ""}, strict=False)
    if not (clips.bits_per_second > 0 and clips.sample_rate > 0):
        raise ValueError("no bit rate or no sample rate")
    for segment in clips.segments:
        _check_segment(segment)
    names = Counter(v.clip for segment in clips.segments for v in segment.versions)
    if twice := sorted(name for name, count in names.items() if count > 1):
        raise ValueError(f"clip {twice[0]} is there twice")
    return clips


def _check_segment(segment: SegmentClips) -> None:
    """ValueError for what no page could play."""
    where = f"segment {segment.segment}"
    for version in segment.versions:
        if not CLIP.fullmatch(version.clip):
            raise ValueError(f"{where}: clip {version.clip!r:.40} is no name of 12 hex digits")
        cuts = (version.attenuation_db, version.common_attenuation_db, version.headroom_db)
        if not all(map(math.isfinite, (version.lufs or 0.0, *cuts))) or max(cuts) > 0:
            raise ValueError(f"{where}: clip {version.clip} has levels that are no attenuation")
        if not 0 < version.seconds <= segment.seconds:
            raise ValueError(f"{where}: clip {version.clip} has {version.seconds} s of sound")
        if len(base64.b64decode(version.peaks, validate=True)) % 2:
            raise ValueError(f"{where}: clip {version.clip} has a column of peaks that is half")
    if not segment.versions:
        raise ValueError(f"{where}: no version of it")
    if not 0 < segment.common_seconds <= segment.seconds < math.inf:
        raise ValueError(f"{where}: {segment.common_seconds} s of {segment.seconds} s in common")
