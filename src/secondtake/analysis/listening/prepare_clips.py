"""The clips of a song and listening.json, which describes them.

A clip is made again only if its file, its stretch, the length of its segment or this code changed;
the cache holds the hashes of the files that were written. listening.json is written when all clips
are there; then those that it does not name are removed.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from secondtake.analysis.listening.clip_audio import (
    BIT_RATES,
    CLIP_RATE,
    encode,
    padded,
    play,
)
from secondtake.analysis.listening.clip_levels import (
    Measured,
    attenuations,
    common_frames,
    common_levels,
    measure_all,
)
from secondtake.analysis.listening.clip_pictures import peak_columns, spectrogram_png
from secondtake.analysis.listening.clip_sources import ClipSource, find_sources
from secondtake.analysis.parallel import parallel_map
from secondtake.core.files import sha256_of, write_bytes
from secondtake.core.listening_file import (
    CLIP,
    FOLDER,
    MEDIA_TYPES,
    Encoding,
    ListeningFile,
    SegmentClips,
    Version,
    as_json,
    clip_name,
    clip_path,
    listening_path,
    spectrogram_path,
)
from secondtake.core.project import Project
from secondtake.core.serialization import write_checked
from secondtake.core.song import Song

Say = Callable[[str], None]

FEW = 4  # clips that are made while a second process starts
OURS = re.compile(  # clips, and the rests of interrupted writes of them (core.files.replacing)
    rf"{CLIP.pattern}\.({'|'.join([*MEDIA_TYPES, 'png'])})"
    rf"|\.({CLIP.pattern}\.\w+|listening\.json)\.\w+\.part"
)


@dataclass(frozen=True)
class Clip:
    """A clip that is to be there."""

    source: ClipSource
    measured: Measured
    common_level: float | None  # LUFS over the length that all versions of the segment have
    name: str
    frames: int  # of the clip: of the segment's longest version
    encoding: Encoding

    @property
    def made_from(self) -> list[Any]:
        """Everything that decides its files."""
        return [self.name, self.source.recording.identity, self.frames, self.encoding]

    def paths(self, results: Path) -> tuple[Path, Path]:
        """The sound and the spectrogram."""
        return clip_path(results, self.name, self.encoding), spectrogram_path(results, self.name)

    def stored(self, results: Path) -> Mapping[str, str] | None:
        """What is known of its files, if they are there as this code wrote them."""
        cache = self.source.recording.cache
        if not cache.holds("clip", self.made_from):
            return None
        facts = dict(json.loads(cache.bytes_of("clip", self.made_from, lambda: b"{}")))
        hashes = {path: facts.get(path.suffix) for path in self.paths(results)}
        whole = all(path.is_file() and sha256_of(path) == hashes[path] for path in hashes)
        return facts if whole else None

    def make(self, results: Path) -> Mapping[str, str]:
        """Write its files; their hashes by suffix, and the peaks."""
        sound = padded(play(replace(self.source.recording)).samples, self.frames)
        facts = {"peaks": base64.b64encode(peak_columns(sound)).decode("ascii")}
        contents = encode(sound, self.encoding), spectrogram_png(sound)
        for path, content in zip(self.paths(results), contents, strict=True):
            facts[path.suffix] = hashlib.sha256(content).hexdigest()
            write_bytes(path, content)
        return facts

    def remember(self, facts: Mapping[str, str]) -> None:
        """Files with these hashes are current from now on."""
        cache = self.source.recording.cache
        cache.bytes_of("clip", self.made_from, lambda: json.dumps(facts).encode())

    def version(self, facts: Mapping[str, str], attenuation: float, common: float) -> Version:
        """Its entry in listening.json."""
        measured = self.measured
        return Version(
            clip=self.name,
            take=self.source.take,
            sha256=self.source.recording.identity[0],
            seconds=round(measured.frames / CLIP_RATE, 6),
            lufs=None if measured.lufs is None else round(measured.lufs, 2),
            attenuation_db=attenuation,
            common_attenuation_db=common,
            headroom_db=round(measured.headroom_db, 2),
            peaks=facts["peaks"],
            words=self.source.words,
        )


def prepare_clips(
    song: Song, project: Project, encoding: Encoding = "mp3", say: Say = lambda line: None
) -> ListeningFile:
    """Make what is missing, write listening.json, remove what it does not name.

    `say` gets a line of progress. OSError if the results cannot be written.
    """
    sources, skipped = find_sources(song, project)
    measured = measure_all(sources)
    skipped += [(s.name, m.why) for s, m in zip(sources, measured, strict=True) if m.why]
    heard = [(s, m) for s, m in zip(sources, measured, strict=True) if not m.why]
    clips = _clips(heard, encoding)
    facts = _make_all(clips, song.results, say)
    numbers = dict.fromkeys(clip.source.segment for clip in clips)
    listening = ListeningFile(
        state="ready",
        encoding=encoding,
        bits_per_second=BIT_RATES[encoding],
        sample_rate=CLIP_RATE,
        segments=tuple(_segment(number, clips, facts) for number in numbers),
        skipped=tuple((name, why.replace(f"{project.root}/", "")) for name, why in skipped),
    )
    write_checked(listening_path(song.results), as_json(song.name, listening))
    _remove_others(song.results, clips)
    return listening


def _clips(heard: Sequence[tuple[ClipSource, Measured]], encoding: Encoding) -> list[Clip]:
    """The clips of these sources, those of a segment of one length, each with its own name."""
    frames: dict[int, int] = {}
    for source, measured in heard:
        frames[source.segment] = max(measured.frames, frames.get(source.segment, 0))
    twins: Counter[str] = Counter()
    clips = []
    for (source, measured), level in zip(heard, common_levels(heard), strict=True):
        sha256, *stretch = source.recording.identity
        name = clip_name(source.segment, sha256, stretch)
        twins[name] += 1
        if twins[name] > 1:  # another take with the very same bytes
            name = clip_name(source.segment, sha256, [*stretch, twins[name]])
        clips.append(Clip(source, measured, level, name, frames[source.segment], encoding))
    return clips


def _make_all(clips: Sequence[Clip], results: Path, say: Say) -> dict[str, Mapping[str, str]]:
    """What is known of the files of every clip, by its name; those missing are made on all cores.

    `say` gets a line whenever a segment is done.
    """
    facts = {clip.name: known for clip in clips if (known := clip.stored(results))}
    todo = [clip for clip in clips if clip.name not in facts]
    made = parallel_map(_make, [(clip, results) for clip in todo], FEW)
    for place, (clip, new) in enumerate(zip(todo, made, strict=True), 1):
        clip.remember(new)
        facts[clip.name] = new
        if place == len(todo) or todo[place].source.segment != clip.source.segment:
            say(f"{place} of {len(todo)} clips")
    return facts


def _make(item: tuple[Clip, Path]) -> Mapping[str, str]:
    clip, results = item
    return clip.make(results)


def _segment(
    number: int, clips: Iterable[Clip], facts: Mapping[str, Mapping[str, str]]
) -> SegmentClips:
    own = [clip for clip in clips if clip.source.segment == number]
    whole = attenuations([clip.measured.level for clip in own])
    common = attenuations([clip.common_level for clip in own])
    shared = common_frames(clip.measured.frames for clip in own)
    return SegmentClips(
        segment=number,
        seconds=round(own[0].frames / CLIP_RATE, 6),
        common_seconds=round(shared / CLIP_RATE, 6),
        versions=tuple(
            clip.version(facts[clip.name], *levels)
            for clip, *levels in zip(own, whole, common, strict=True)
        ),
    )


def _remove_others(results: Path, clips: Iterable[Clip]) -> None:
    """Remove the clips of takes that are gone, and those of another encoding."""
    wanted = {path for clip in clips for path in clip.paths(results)}
    for path in (results / FOLDER).iterdir():
        if OURS.fullmatch(path.name) and path not in wanted:
            path.unlink(missing_ok=True)
