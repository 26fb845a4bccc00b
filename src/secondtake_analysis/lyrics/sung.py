"""Which recordings of a song are listened to for words: sung takes, and their originals."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from secondtake.files import hashes
from secondtake.models import MODELS
from secondtake.song import Segment, Song
from secondtake.takes import Take, all_takes, wav_is_whole, wav_path
from secondtake_analysis.lyrics.words import normalise


@dataclass(frozen=True)
class Sung:
    """A recording in which words were to be sung. `start` and `end` in s; None: the file's."""

    name: str  # of the take, or baseline_segment<number>
    file: Path
    sha256: str  # of the file
    lyrics: str
    languages: tuple[str, ...]
    start: float | None = None
    end: float | None = None
    whole: bool = True  # whether the file is there, and the one that its record names


def baseline_name(segment: int) -> str:
    """How a segment's original is called among the understood; no model has such a name."""
    return f"baseline_segment{segment}"


def understanding_path(results: Path, name: str) -> Path:
    return results / "lyrics" / f"{name}.json"


def is_sung(take: Take) -> bool:
    """Whether there are words in this take, and a model that can sing them."""
    model = MODELS.get(take.job.model)
    return model is not None and "vocal" in model.roles and bool(normalise(take.job.lyrics))


def all_sung(song: Song) -> Iterator[Sung]:
    """The sung takes of a song, then the originals of their segments that are here.

    UserError for a damaged record.
    """
    takes = [one for one in all_takes(song.results) if one.job.song == song.name and is_sung(one)]
    yield from (of_take(song, take, wav_is_whole(song.results, take)) for take in takes)
    numbers = {take.job.segment for take in takes}
    sung = [one for one in song.segments if one.number in numbers and normalise(one.lyrics)]
    found = hashes(one.baseline.file for one in sung if one.baseline)
    for segment in sung:
        if segment.baseline and segment.baseline.file in found:
            yield of_baseline(segment, found[segment.baseline.file])


def of_take(song: Song, take: Take, whole: bool = True) -> Sung:
    """A take, by its record; whether its wav is whole, the caller knows."""
    job, wav = take.job, wav_path(song.results, take.job.name)
    return Sung(job.name, wav, take.wav.sha256, job.lyrics, job.languages, whole=whole)


def of_baseline(segment: Segment, sha256: str) -> Sung:
    """The original of a segment that names one; sha256 of its file."""
    assert segment.baseline is not None
    return Sung(
        baseline_name(segment.number),
        segment.baseline.file,
        sha256,
        segment.lyrics,
        segment.languages,
        segment.baseline.start,
        segment.baseline.end,
    )
