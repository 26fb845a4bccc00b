"""Transcripts of sung takes and of their baselines, beside the words that were to be sung.

A song's targets of transcription are its sung takes and the baselines of their segments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from secondtake.analysis.lyrics.asr import TranscribedSpan
from secondtake.analysis.lyrics.text import Alignment, align, normalise, spell_numbers
from secondtake.core.files import hashes
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Segment, Song
from secondtake.core.takes import Take, all_takes, wav_is_whole, wav_path

MOST_NAMED = 12  # words of a kind in a sentence about what went wrong; the rest is counted


@dataclass(frozen=True)
class Transcript:
    """The words of one recording: those to be sung, and those understood, in the same notation."""

    reference: tuple[str, ...]  # never empty
    hypothesis: tuple[str, ...]
    raw_text: str  # as the recogniser wrote it
    recogniser: str = ""  # which one; two compare only if it is the same

    @cached_property
    def alignment(self) -> Alignment:
        return align(list(self.reference), list(self.hypothesis))


@dataclass(frozen=True)
class TranscriptPair:
    """A take's words and those of its baseline; where there are none, why, and what to type."""

    reference: Transcript | str
    estimate: Transcript | str
    control: Transcript | None = None  # of the sketch


def make_transcript(
    lyrics: str, languages: Sequence[str], spans: Sequence[TranscribedSpan], recogniser: str = ""
) -> Transcript:
    """Spans of a recording beside its lyrics, numbers written out. ValueError without lyrics."""
    raw_text = " ".join(span.text for span in spans if span.text)
    sung_words, recognised = normalise(lyrics), normalise(raw_text)
    if not sung_words:
        raise ValueError("no words were to be sung")
    # Numbers in the language of whoever sings first, unless the other side spells them.
    reference = spell_numbers(sung_words, recognised, languages)
    hypothesis = spell_numbers(recognised, reference, [span.language for span in spans])
    return Transcript(tuple(reference), tuple(hypothesis), raw_text, recogniser)


def differences(transcript: Transcript) -> str:
    """Errors of the words, as one sentence without a full stop; "" if nothing did.

    Plain text made of lyrics and of what was heard: escape it where it goes into a page.
    """
    alignment = transcript.alignment
    if not transcript.hypothesis:
        return "no word was understood"
    replaced = [f"{word} → {recognised}" for word, recognised in alignment.substitutions]
    parts = {
        "not heard": alignment.deletions,
        "heard instead": replaced,
        "added": alignment.insertions,
    }
    return "; ".join(f"{name}: {_some(words)}" for name, words in parts.items() if words)


def _some(words: Sequence[str]) -> str:
    rest = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


@dataclass(frozen=True)
class TranscriptionTarget:
    """A recording in which words were to be sung. `start` and `end` in s; None: the file's."""

    name: str  # of the take, or baseline_segment<number>
    file: Path
    sha256: str  # of the file
    lyrics: str
    languages: tuple[str, ...]
    start: float | None = None
    end: float | None = None
    whole: bool = True  # False: the file is missing, or not the one that its record names


def baseline_name(segment: int) -> str:
    """The name of a segment's baseline among the transcripts; no model has such a name."""
    return f"baseline_segment{segment}"


def transcript_path(results: Path, name: str) -> Path:
    return results / "lyrics" / f"{name}.json"


def is_sung(take: Take) -> bool:
    """True if there are words in this take, and its model can sing them."""
    model = MODELS.get(take.job.model)
    return model is not None and "vocal" in model.roles and bool(normalise(take.job.lyrics))


def all_targets(song: Song) -> Iterator[TranscriptionTarget]:
    """A song's sung takes, then their baselines that are here. UserError for a damaged record."""
    takes = [
        take for take in all_takes(song.results) if take.job.song == song.name and is_sung(take)
    ]
    yield from (take_target(song, take, wav_is_whole(song.results, take)) for take in takes)
    numbers = {take.job.segment for take in takes}
    segments = [
        segment
        for segment in song.segments
        if segment.number in numbers and normalise(segment.lyrics)
    ]
    sha256_by_file = hashes(segment.baseline.file for segment in segments if segment.baseline)
    for segment in segments:
        if segment.baseline and segment.baseline.file in sha256_by_file:
            yield baseline_target(segment, sha256_by_file[segment.baseline.file])


def take_target(song: Song, take: Take, whole: bool = True) -> TranscriptionTarget:
    """A take, by its record. whole: as the caller has checked."""
    job, wav = take.job, wav_path(song.results, take.job.name)
    return TranscriptionTarget(
        job.name, wav, take.wav.sha256, job.lyrics, job.languages, whole=whole
    )


def baseline_target(segment: Segment, sha256: str) -> TranscriptionTarget:
    """The baseline of a segment that names one; sha256 of its file."""
    name, baseline = baseline_name(segment.number), segment.baseline
    assert baseline is not None
    words, stretch = (segment.lyrics, segment.languages), (baseline.start, baseline.end)
    return TranscriptionTarget(name, baseline.file, sha256, *words, *stretch)
