"""Transcription of a song's sung takes and their baselines, and what is known of it afterwards.

A recording is listened to again only if its file or the recogniser changed; its transcript is held
against the lyrics anew every time: of the record for a take, of the song file as it is now for a
baseline, so that a corrected word needs no new listening.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.analysis.formatting import format_number, round_floats
from secondtake.analysis.lyrics.asr import TranscribedSpan, read_samples
from secondtake.analysis.lyrics.text import (
    character_error_rate,
    join_words,
    lyrics_words,
    shuffled_error_rates,
    word_error_rate,
)
from secondtake.analysis.lyrics.transcripts import (
    NONE_UNDERSTOOD,
    Transcript,
    TranscriptionTarget,
    TranscriptPair,
    all_targets,
    baseline_target,
    is_sung,
    sung_prompt_sentence,
    take_target,
    transcript_path,
)
from secondtake.core.errors import UserError
from secondtake.core.files import canonical
from secondtake.core.serialization import JsonFileError, from_dict, read_json, write_checked
from secondtake.core.song import Segment, Song
from secondtake.core.takes import Take

FORMAT = 1
# Samples (frames,) at 16 kHz and the languages that may occur in them.
TranscribeFn = Callable[[np.ndarray, Sequence[str]], list[TranscribedSpan]]
LoadFn = Callable[[], TranscribeFn]
Say = Callable[[str], None]


@dataclass(frozen=True)
class TranscribedRecording:
    """One recording: its figures as they are in its file, or why there are none."""

    name: str
    figures: dict[str, Any] | None
    why: str = ""


@dataclass(frozen=True)
class _StoredTranscript:
    """The keys of a transcript's file that are not computed anew."""

    format: int
    wav_sha256: str
    recogniser: Mapping[str, str]
    languages: tuple[str, ...]
    stretches: tuple[TranscribedSpan, ...]
    start: float | None = None  # missing, as `end`, in files from before baselines were heard
    end: float | None = None

    def is_about(self, target: TranscriptionTarget) -> bool:
        """True if this very recording was heard, in these languages."""
        stored = (self.format, self.wav_sha256, self.languages, self.start, self.end)
        return stored == (FORMAT, target.sha256, target.languages, target.start, target.end)


def transcribe_song(
    song: Song, recogniser: dict[str, str], load: LoadFn, say: Say = lambda name: None
) -> Iterator[TranscribedRecording]:
    """Write <results>/lyrics/<name>.json for every sung take and its baseline; yield each.

    The recogniser is loaded only if something has to be heard. `say` gets the name of that.
    UserError for a damaged record, ModelError if the recogniser cannot be loaded.
    """
    transcribe: TranscribeFn | None = None
    for target in all_targets(song):
        path = transcript_path(song.results, target.name)
        if not target.whole:
            why = "its wav is missing or was changed; verify says more"
            yield TranscribedRecording(target.name, None, why)
            continue
        spans = _stored_spans(path, target, recogniser)
        if spans is None:
            say(target.name)
            transcribe = transcribe or load()
            try:
                samples = read_samples(target.file, target.start, target.end)
                spans = transcribe(samples, target.languages)
            except UserError as error:
                yield TranscribedRecording(target.name, None, str(error))
                continue
        figures = round_floats(transcript_json(target, recogniser, spans))
        write_checked(path, figures)
        yield TranscribedRecording(target.name, figures)


def transcript_json(
    target: TranscriptionTarget, recogniser: dict[str, str], spans: Sequence[TranscribedSpan]
) -> dict[str, Any]:
    """A recording's spans against its lyrics. docs/lyrics.md explains every key."""
    transcript = target.transcript(spans)
    reference, hypothesis = transcript.reference, transcript.hypothesis
    alignment = transcript.alignment
    return {
        "format": FORMAT,
        "take": target.name,
        "wav_sha256": target.sha256,
        "start": target.start,
        "end": target.end,
        "recogniser": recogniser,
        "languages": list(target.languages),
        "expected": join_words(reference),
        "heard": transcript.raw_text,
        "stretches": [asdict(span) for span in spans],
        "cer": character_error_rate(reference, hypothesis),
        "wer": word_error_rate(alignment),
        "insertions": list(alignment.insertions),
        "deletions": list(alignment.deletions),
        "substitutions": [list(pair) for pair in alignment.substitutions],
        "floor": shuffled_error_rates(reference, hypothesis),
        "words_understood": alignment.hits / alignment.reference_length,
        "understood": transcript.is_understood,
        "sung_prompt": list(transcript.sung_prompt),
    }


def summary_line(recording: TranscribedRecording) -> str:
    """A recording's figures as a person reads them on the terminal."""
    figures = recording.figures
    if figures is None:
        return f"{recording.name}: not understood: {recording.why}"
    share = NONE_UNDERSTOOD
    if figures["understood"]:
        share = f"{100 * figures['words_understood']:.0f} % of the words"
    floor = format_number(figures["floor"]["cer"])
    rate = f"CER {format_number(figures['cer'])} (shuffled lyrics {floor})"
    raw_text = figures["heard"] or "no voice found"
    lines = [f"{recording.name}: {share}, {rate}", raw_text]
    prompt = sung_prompt_sentence(figures["sung_prompt"])
    return "\n    ".join([*lines, prompt] if prompt else lines)


def _stored_spans(
    path: Path, target: TranscriptionTarget, recogniser: dict[str, str]
) -> list[TranscribedSpan] | None:
    """The spans that this recogniser heard in these very bytes; None if there are none yet."""
    try:
        stored = _read_stored(path)
    except JsonFileError:
        return None
    is_same = stored.recogniser == recogniser and stored.is_about(target)
    return list(stored.stretches) if is_same else None


def _read_stored(path: Path) -> _StoredTranscript:
    return read_json(path, lambda value: from_dict(_StoredTranscript, value, strict=False))


def transcripts_of(
    song: Song,
    segment: Segment,
    take: Take,
    command: str,
    baseline_sha256: str | None = None,
    sketch: Take | None = None,
) -> TranscriptPair | None:
    """The words of a take beside its baseline's; None where none were to be sung.

    command: what makes the files, with the song if it needs one ("invoke understand").
    baseline_sha256: of the baseline's file; None if it is not here.
    """
    if not is_sung(take):
        return None
    type_this = f"type: invoke setup --models lyrics (once), then: {command}"
    reference: Transcript | str
    if baseline_sha256 is None or segment.baseline is None:
        reference = "no ceiling: the baseline is not here"
    elif not lyrics_words(segment.lyrics):
        reference = "no ceiling: the song file has no words for this segment any more"
    else:
        target = baseline_target(segment, baseline_sha256)
        reference = _read(song, target, "the baseline's", type_this)
    control = _read(song, take_target(song, sketch), "its", type_this) if sketch else ""
    estimate = _read(song, take_target(song, take), "its", type_this)
    return TranscriptPair(reference, estimate, None if isinstance(control, str) else control)


def stored_transcript(song: Song, take: Take) -> Transcript | None:
    """A take's transcript; None if nobody listened to this very wav, or none was to sing."""
    transcript = _read(song, take_target(song, take), "its", "") if is_sung(take) else ""
    return None if isinstance(transcript, str) else transcript


def _read(song: Song, target: TranscriptionTarget, whose: str, type_this: str) -> Transcript | str:
    """A recording's transcript, or why there is none (in words that fit any take); what to type."""
    path = transcript_path(song.results, target.name)
    name = f"lyrics/{path.name}"
    try:
        stored = _read_stored(path)
    except JsonFileError as error:
        why = f"nobody listened for {whose} words" if error.is_absent else f"{name} cannot be read"
        return f"{why}; {type_this}"
    if not stored.is_about(target):
        return f"{name} is about an earlier file; {type_this}"
    return target.transcript(stored.stretches, canonical(stored.recogniser))
