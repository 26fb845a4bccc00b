"""Sounds and pictures of a report, inlined in order of importance while there is room.

A file is inlined once. What is left out is named, so that a reader knows what there is besides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.listening_file import MEDIA_TYPES, ListeningFile, Version, clip_path
from secondtake.core.votes_file import preference_path
from secondtake.runner.html_pages.html import data_uri
from secondtake.runner.html_pages.report_data import Example
from secondtake.runner.progress_pages.phase1_baseline import BaselineStatus
from secondtake.runner.progress_pages.results import Overview
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus

MOST_BYTES = 9_000_000  # of base64; with text and tables, a page stays below the 10 MB of a mail
SVG = "image/svg+xml"
OVERVIEWS = {  # in analysis/, with what they show
    "overview_heatmap.svg": "How close each model comes in each question",
    "overview_dots.svg": "The same with 95 % intervals",
}
JUDGES = "judges.svg"  # in analysis/ too, where a judge has heard some take
NO_CLIP = "no clip of this file"
NO_ROOM = "left out, lest this page grow beyond 10 MB"
DAMAGED = "its clip cannot be read"


@dataclass(frozen=True)
class Player:
    """A recording to play: its file, and its clip as a data: address."""

    file: str  # by which people know it
    uri: str = ""
    why: str = ""  # there is nothing to play
    gain_db: float = 0.0  # <= 0: brings all versions of a segment to one loudness


@dataclass(frozen=True)
class Media:
    """What a report shows and plays."""

    status: SongStatus
    clips: ListeningFile
    uris: Mapping[Path, str]  # "" for a file that was left out, or cannot be read

    @property
    def bytes(self) -> int:
        return sum(map(len, self.uris.values()))

    @property
    def plays(self) -> bool:
        """True if some clip is on the page."""
        return any(uri.startswith("data:audio") for uri in self.uris.values())

    @property
    def overviews(self) -> list[tuple[str, str]]:
        """Captions and addresses of the pictures of all models."""
        if not decides(self.status.comparison.overview):
            return []
        shown = [(title, self._picture(name)) for name, title in OVERVIEWS.items()]
        return [(title, uri) for title, uri in shown if uri]

    @property
    def judges(self) -> str:
        """The address of the picture of what the judges say; "" without one."""
        return self._picture(JUDGES)

    @property
    def preference(self) -> str:
        """The address of the picture of the votes; "" without one."""
        return self.uris.get(preference_path(self.status.folder, "svg"), "")

    def picture(self, take: JobStatus) -> str:
        """The address of a take's picture; "" without one."""
        return self._picture(f"{take.name}.svg")

    def take(self, take: JobStatus) -> Player:
        """The player of a take."""
        return self._player(self.status.wav_name(take.name), _take_version(self.clips, take))

    def baseline(self, baseline: BaselineStatus) -> Player:
        """The player of a segment's baseline."""
        stretch = f", {baseline.stretch}" if baseline.stretch else ""
        version = _baseline_version(self.clips, baseline)
        return self._player(f"{baseline.name}{stretch}", version)

    def _picture(self, name: str) -> str:
        return self.uris.get(picture_path(self.status, name), "")

    def _player(self, file: str, version: Version | None) -> Player:
        if version is None:
            return Player(file, why=NO_CLIP)
        path = clip_path(self.status.folder, version.clip, self.clips.encoding)
        if uri := self.uris.get(path, ""):
            return Player(file, uri, gain_db=version.attenuation_db)
        return Player(file, why=NO_ROOM if path.is_file() else DAMAGED)


def embed(
    status: SongStatus,
    examples: Sequence[Example],
    baselines: Sequence[BaselineStatus],
    clips: ListeningFile,
    most: int = MOST_BYTES,
) -> Media:
    """Inline the pictures of all models, the examples with their baselines, then their pictures."""
    uris: dict[Path, str] = {}
    room = most
    for path, media_type in _by_importance(status, examples, baselines, clips):
        if path not in uris:
            uri = _read(path, media_type, room)
            room -= len(uri)
            uris[path] = uri
    return Media(status, clips, uris)


def decides(overview: Overview | None) -> bool:
    """True if there is a figure of some model in some question."""
    cells = (cell for row in overview.cells.values() for cell in row.values()) if overview else ()
    return any(cell.scaled is not None for cell in cells)


def picture_path(status: SongStatus, name: str) -> Path:
    return status.folder / "analysis" / name


def _by_importance(
    status: SongStatus,
    examples: Iterable[Example],
    baselines: Iterable[BaselineStatus],
    clips: ListeningFile,
) -> Iterator[tuple[Path, str]]:
    """The files with their media types; those of which the comparison does not speak are absent."""
    by_number = {baseline.segment.number: baseline for baseline in baselines}
    if decides(status.comparison.overview):
        yield from ((picture_path(status, name), SVG) for name in OVERVIEWS)
    if not status.comparison.outdated and (judged := picture_path(status, JUDGES)).is_file():
        yield judged, SVG
    if (voted := preference_path(status.folder, "svg")).is_file():
        yield voted, SVG
    for example in examples:
        beside = _baseline_version(clips, by_number[example.segment])
        for version in (_take_version(clips, example.take), beside):
            if version:
                clip = clip_path(status.folder, version.clip, clips.encoding)
                yield clip, MEDIA_TYPES[clips.encoding]
    for example in examples:
        if status.comparison.take(example.segment, example.take.name):
            yield picture_path(status, f"{example.take.name}.svg"), SVG


def _read(path: Path, media_type: str, room: int) -> str:
    """A file as a data: address; "" if there is no room for it, or it cannot be read."""
    try:
        too_large = path.stat().st_size * 4 / 3 + 100 > room
        return "" if too_large else data_uri(path.read_bytes(), media_type)
    except OSError:
        return ""


def _take_version(clips: ListeningFile, take: JobStatus) -> Version | None:
    """The version made of this very file."""
    sha256 = take.take.wav.sha256 if take.take else ""
    return _version(clips, take.job.segment, take.name, sha256)


def _baseline_version(clips: ListeningFile, baseline: BaselineStatus) -> Version | None:
    if baseline.state != "ready":
        return None
    return _version(clips, baseline.segment.number, "", baseline.sha256)


def _version(clips: ListeningFile, segment: int, take: str, sha256: str) -> Version | None:
    versions = (v for s in clips.segments if s.segment == segment for v in s.versions)
    return next((v for v in versions if v.take == take and v.sha256 == sha256), None)
