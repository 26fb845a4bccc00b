"""What was heard of a recording, beside the words that were to be sung in it.

Which recordings of a song are listened to for words: sung takes, and their originals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from secondtake.analysis.lyrics.asr import Stretch
from secondtake.analysis.lyrics.text import Alignment, align, normalise, written_out
from secondtake.core.files import hashes
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Segment, Song
from secondtake.core.takes import Take, all_takes, wav_is_whole, wav_path

MOST_NAMED = 12  # words of a kind in a sentence about what went wrong; the rest is counted


@dataclass(frozen=True)
class Understanding:
    """The words of one recording: those expected, and those understood, in the same notation."""

    expected: tuple[str, ...]  # never empty
    understood: tuple[str, ...]
    heard: str  # as the recogniser wrote it
    recogniser: str = ""  # which one; two compare only if it is the same

    @cached_property
    def alignment(self) -> Alignment:
        return align(list(self.expected), list(self.understood))


@dataclass(frozen=True)
class Words:
    """A take's words and those of its original; where there are none, why, and what to type."""

    reference: Understanding | str
    estimate: Understanding | str
    mark: Understanding | None = None  # of the sketch


def understanding(
    lyrics: str, languages: Sequence[str], stretches: Sequence[Stretch], recogniser: str = ""
) -> Understanding:
    """What was heard against the lyrics, numbers written out. ValueError if there are no words."""
    heard = " ".join(stretch.text for stretch in stretches if stretch.text)
    sung, found = normalise(lyrics), normalise(heard)
    if not sung:
        raise ValueError("no words were to be sung")
    # Numbers in the language of whoever sings first, unless the other side spells them.
    expected = written_out(sung, found, languages)
    understood = written_out(found, expected, [stretch.language for stretch in stretches])
    return Understanding(tuple(expected), tuple(understood), heard, recogniser)


def differences(found: Understanding) -> str:
    """What went wrong with the words, as one sentence without a full stop; "" if nothing did.

    Plain text made of lyrics and of what was heard: escape it where it goes into a page.
    """
    wrong = found.alignment
    if not found.understood:
        return "no word was understood"
    replaced = [f"{expected} → {heard}" for expected, heard in wrong.substitutions]
    parts = {
        "not heard": wrong.deletions,
        "heard instead": replaced,
        "added": wrong.insertions,
    }
    return "; ".join(f"{name}: {_some(words)}" for name, words in parts.items() if words)


def _some(words: Sequence[str]) -> str:
    rest = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


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
