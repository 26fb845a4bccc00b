"""Transcripts of sung takes and of their baselines, beside the words that were to be sung.

A song's targets of transcription are its sung takes and the baselines of their segments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from secondtake.analysis.formatting import JsonObject
from secondtake.analysis.lyrics.prompt_words import PromptTag, prompt_tags, sung_prompt
from secondtake.analysis.lyrics.text import (
    Alignment,
    align,
    edit_distances,
    join_words,
    lyrics_words,
    normalise,
    shuffles,
    spell_numbers,
)
from secondtake.core.judge_jobs import baseline_name
from secondtake.core.judgments import JudgeJob, TranscribedSpan
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.song import Segment, Song
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import Take, wav_path

MOST_NAMED = 12  # words of a kind in a sentence about what went wrong; the rest is counted
MOST_QUOTED = 20  # words of a quotation
MOST_LETTERS = 120  # of a quotation, where words have no spaces
FEW_WORDS = 8  # of lyrics; below, their order tells little
RUN = 3  # words in a row that two unlike texts hardly share: 2 of 693 pairs did
CLEAR = 0.5  # errors per word, at which lyrics are understood whatever their shuffles score
ENDS = (".", "!", "?", "…")  # of a quotation that wants no full stop
NONE_UNDERSTOOD = "no word was understood"


@dataclass(frozen=True)
class Transcript:
    """The words of one recording: those to be sung, and those understood, in the same notation."""

    reference: tuple[str, ...]  # never empty
    hypothesis: tuple[str, ...]
    raw_text: str  # as the recogniser wrote it
    recogniser: str = ""  # which one; two compare only if it is the same
    sung_prompt: tuple[str, ...] = ()  # tags of the take's prompt that are among the words

    @cached_property
    def alignment(self) -> Alignment:
        return align(list(self.reference), list(self.hypothesis))

    @cached_property
    def is_understood(self) -> bool:
        """False if shuffled lyrics fit what was recognised as well, in words and in letters.

        As well: at least one of the 20 shuffles does. Three words of the lyrics in a row are
        enough; of fewer than 8 words, or of one word repeated, a single one in its place.
        """
        if len(self.reference) < FEW_WORDS or len(set(self.reference)) == 1:
            return self.alignment.hits > 0
        if _runs(self.reference) & _runs(self.hypothesis):
            return True
        orders: list[Sequence[str]] = [self.reference, *shuffles(self.reference)]
        actual, *others = edit_distances(orders, self.hypothesis)
        if actual < min(others) or actual <= CLEAR * len(self.reference):
            return True
        lines = [join_words(order) for order in orders]
        actual, *others = edit_distances(lines, join_words(self.hypothesis))
        return actual < min(others)

    @property
    def note(self) -> str:
        """How many words were understood, or that none was, and why; parts as in a metric's."""
        total = len(self.reference)
        if not self.hypothesis:
            return f"{NONE_UNDERSTOOD}; no voice was found"
        if self.is_understood:
            return f"{self.alignment.hits} of {total} words understood"
        return f"{NONE_UNDERSTOOD}; shuffled lyrics fit what was heard as well"


@dataclass(frozen=True)
class TranscriptPair:
    """A take's words and those of its baseline; where there are none, why, and what to type."""

    reference: Transcript | str
    estimate: Transcript | str
    control: Transcript | None = None  # of the sketch


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    """Every RUN words in a row."""
    return set(zip(*(words[start:] for start in range(RUN)), strict=False))


def make_transcript(
    lyrics: str,
    languages: Sequence[str],
    spans: Sequence[TranscribedSpan],
    recogniser: str = "",
    tags: Sequence[PromptTag] = (),
) -> Transcript:
    """Spans of a recording beside its lyrics, numbers written out. ValueError without lyrics.

    tags: of the prompt, none of which is to be sung.
    """
    raw_text = " ".join(span.text for span in spans if span.text)
    sung_words, recognised = lyrics_words(lyrics), normalise(raw_text)
    if not sung_words:
        raise ValueError("no words were to be sung")
    # Numbers in the language of whoever sings first, unless the other side spells them.
    reference = spell_numbers(sung_words, recognised, languages)
    spoken = [span.language for span in spans]
    hypothesis = spell_numbers(recognised, reference, spoken)
    prompt = sung_prompt(tags, reference, hypothesis, [*spoken, *languages])
    return Transcript(tuple(reference), tuple(hypothesis), raw_text, recogniser, prompt)


def differences(transcript: Transcript) -> str:
    """Errors of the words, as one sentence without a full stop; "" if there is none.

    Plain text made of lyrics and of what was heard: escape it where it goes into a page.
    """
    alignment = transcript.alignment
    if not transcript.is_understood:
        return NONE_UNDERSTOOD
    replaced = [f"{word} → {recognised}" for word, recognised in alignment.substitutions]
    parts = {
        "not heard": alignment.deletions,
        "heard instead": replaced,
        "added": alignment.insertions,
    }
    return "; ".join(f"{name}: {_some(words)}" for name, words in parts.items() if words)


def recognised_json(transcript: Transcript | str) -> JsonObject:
    """What was recognised of a take, for the comparison; nothing where nobody listened.

    `heard` is the beginning of it, "" for no voice, None if nobody listened.
    """
    if isinstance(transcript, str):
        return {"words": "", "heard": None, "sung_prompt": []}
    return {
        "words": differences(transcript),
        "heard": quotation(transcript.raw_text),
        "sung_prompt": list(transcript.sung_prompt),
    }


def recognised_lines(take: JsonObject) -> Iterator[str]:
    """The same as plain sentences, from a take's JSON values."""
    heard, words = take.get("heard"), take.get("words", "")
    if heard is not None:
        yield f"Heard: {heard or 'no word'}{'' if heard.endswith(ENDS) else '.'}"
    if words:
        yield f"{'No' + words[2:] if words == NONE_UNDERSTOOD else 'Words ' + words}."
    if sentence := sung_prompt_sentence(take.get("sung_prompt", ())):
        yield f"{sentence[:1].upper()}{sentence[1:]}."


def _some(words: Sequence[str]) -> str:
    rest = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def quotation(text: str) -> str:
    """The beginning of what was recognised: at most 20 words, then …; "" for nothing."""
    words = text.split()
    sizes = accumulate(len(word) + 1 for word in words[:MOST_QUOTED])
    count = sum(size <= MOST_LETTERS for size in sizes)
    if count == len(words):
        return " ".join(words)
    return (" ".join(words[:count]) or text[:MOST_LETTERS]) + " …"


def sung_prompt_sentence(tags: Sequence[str]) -> str:
    """The tags of its prompt that a take sings, without a full stop; "" if it sings none."""
    quoted = [f"'{tag}'" for tag in tags]
    return f"the take sings its own prompt: {_some(quoted)}" if tags else ""


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
    tags: tuple[PromptTag, ...] = ()  # of the prompt

    def transcript(self, spans: Sequence[TranscribedSpan], recogniser: str = "") -> Transcript:
        """What was recognised beside what was to be sung."""
        return make_transcript(self.lyrics, self.languages, spans, recogniser, self.tags)

    def judge_job(self, checkpoint: str) -> JudgeJob:
        """What the judge of words is asked about it (core.judge_jobs)."""
        stretch, languages = (self.start, self.end), self.languages
        facts = (WHISPER.name, checkpoint, self.name, str(self.file), self.sha256)
        return JudgeJob(*facts, *stretch, languages=languages)


def transcript_path(results: Path, name: str) -> Path:
    return results / "lyrics" / f"{name}.json"


def is_sung(take: Take) -> bool:
    """True if there are words in this take, and its model can sing them."""
    model = MODELS.get(take.job.model)
    return model is not None and "vocal" in model.roles and bool(lyrics_words(take.job.lyrics))


def all_targets(song: Song) -> Iterator[TranscriptionTarget]:
    """A song's sung takes (current and kept), then the baselines that are here of whole ones."""
    store = TakeStore(song.results, song.name)
    takes = list(filter(is_sung, store.compared))
    yield from (take_target(song, take, store.is_whole(take)) for take in takes)
    numbers = {take.job.segment for take in takes if store.is_whole(take)}
    segments = [
        segment
        for segment in song.segments
        if segment.number in numbers and lyrics_words(segment.lyrics)
    ]
    files = (segment.baseline.file for segment in segments if segment.baseline)
    sha256_by_file = store.hashes.of(files)
    store.save_hashes()
    for segment in segments:
        if segment.baseline and segment.baseline.file in sha256_by_file:
            yield baseline_target(segment, sha256_by_file[segment.baseline.file])


def take_target(song: Song, take: Take, whole: bool = True) -> TranscriptionTarget:
    """A take, by its record. whole: as the caller has checked."""
    job, wav = take.job, wav_path(song.results, take.name)
    model = MODELS.get(job.model)
    texts = model.texts(job).values() if model and model.texts else ()
    facts = (take.name, wav, take.wav.sha256, job.lyrics, job.languages)
    return TranscriptionTarget(*facts, whole=whole, tags=prompt_tags(job, texts))


def baseline_target(segment: Segment, sha256: str) -> TranscriptionTarget:
    """The baseline of a segment that names one; sha256 of its file."""
    name, baseline = baseline_name(segment.number), segment.baseline
    assert baseline is not None
    words, stretch = (segment.lyrics, segment.languages), (baseline.start, baseline.end)
    return TranscriptionTarget(name, baseline.file, sha256, *words, *stretch)
