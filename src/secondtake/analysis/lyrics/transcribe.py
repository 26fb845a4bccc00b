"""Transcripts of a song's sung takes and their baselines, and what is known of them afterwards.

What was heard is a judgment of the judge of words (core.judgments); nothing listens here. A
transcript is held against the lyrics anew every time: of the record for a take, of the song file as
it is now for a baseline, so that a corrected word needs no new listening.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from secondtake.analysis.formatting import format_number, round_floats
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
from secondtake.core.files import canonical
from secondtake.core.judgments import (
    StoredJudgment,
    TranscribedSpan,
    judgment_path,
    read_judgment,
)
from secondtake.core.registry.whisper import BASE_SHA256, WHISPER
from secondtake.core.serialization import JsonFileError, from_dict, read_json, write_checked
from secondtake.core.song import Segment, Song
from secondtake.core.takes import Take

FORMAT = 1
NOT_HEARD = f"not heard yet; type: invoke judge --judges {WHISPER.name}"
NOT_WHOLE = "not understood: its wav is missing or was changed; verify says more"
LOCK_LETTERS = 12  # of the hash of an environment's lock


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


def transcribe_song(song: Song, checkpoint: str | None) -> Iterator[TranscribedRecording]:
    """Write <results>/lyrics/<name>.json for every sung take and its baseline; yield each.

    checkpoint: the one whose judgments count; None where the judge is off: whatever was heard
    counts, and nothing is said of the rest. UserError for a damaged record.
    """
    for target in all_targets(song):
        if not target.whole:
            yield TranscribedRecording(target.name, None, NOT_WHOLE)
            continue
        stored = _judgment(song, target, checkpoint)
        if stored is not None:
            spans = stored.judgment.spans
            figures = round_floats(transcript_json(target, recogniser_of(stored), spans))
            write_checked(transcript_path(song.results, target.name), figures)
            yield TranscribedRecording(target.name, figures)
        elif checkpoint is not None:
            yield TranscribedRecording(target.name, None, NOT_HEARD)


def _judgment(
    song: Song, target: TranscriptionTarget, checkpoint: str | None
) -> StoredJudgment | None:
    """What a checkpoint, or any, heard in this very stretch of this very file; None if nothing."""
    job = target.judge_job(checkpoint or "")
    stored = read_judgment(judgment_path(song.results, job))
    if stored is None or stored.identity["version"] != WHISPER.version:
        return None
    asked = replace(job, file=stored.job.file, checkpoint=checkpoint or stored.job.checkpoint)
    return stored if stored.job == asked else None


def recogniser_of(stored: StoredJudgment) -> dict[str, str]:
    """The facts that decide a transcript: the weights, the programs, the way of listening."""
    identity = stored.identity
    lock = str(identity["lock_sha256"])[:LOCK_LETTERS]
    return {
        "name": f"whisper-{stored.job.checkpoint}",
        "version": f"hearing {identity['version']}, environment {lock}",
        # A checkpoint without files of its own is the base's, out of packages.
        "model_sha256": identity["weights"].get("model", BASE_SHA256["model.bin"]),
    }


def transcript_json(
    target: TranscriptionTarget, recogniser: Mapping[str, str], spans: Sequence[TranscribedSpan]
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
        "recogniser": dict(recogniser),
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
        return f"{recording.name}: {recording.why}"
    share = NONE_UNDERSTOOD
    if figures["understood"]:
        share = f"{100 * figures['words_understood']:.0f} % of the words"
    floor = format_number(figures["floor"]["cer"])
    rate = f"CER {format_number(figures['cer'])} (shuffled lyrics {floor})"
    raw_text = figures["heard"] or "no voice found"
    lines = [f"{recording.name}: {share}, {rate}", raw_text]
    prompt = sung_prompt_sentence(figures["sung_prompt"])
    return "\n    ".join([*lines, prompt] if prompt else lines)


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

    command: what has it heard, with the song if it needs one ("invoke judge --judges lyrics").
    baseline_sha256: of the baseline's file; None if it is not here.
    """
    if not is_sung(take):
        return None
    type_this = f"type: {WHISPER.setup_command} (once), then: {command}"
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
