"""Whisper by faster-whisper, in float32 on the CPU: the words of a recording, in spans.

It gives the same words every time. Whisper mistreats all languages but the one that it decides on,
so a song in several is cut where the singer breathes, and each span gets the likeliest of them; a
song in one is heard in spans as long as Whisper takes in. It is never shown the lyrics.
docs/lyrics.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from secondtake.analysis.parallel import cores
from secondtake.core.generate import CPU, Progress
from secondtake.core.judge_script import LoadedJudge
from secondtake.core.judgments import JudgeJob, Judgment, TranscribedSpan
from secondtake.core.weights import Weights
from secondtake.judges.recordings import read_mono
from secondtake.judges.whisper_packages import assembled_model

SAMPLE_RATE = 16_000  # Hz, Whisper's own
BREATH_MS = 300  # of silence part two spans
PAD_MS = 200  # kept around a span, so that no consonant is cut off
CHUNK_SECONDS = 28.0  # Whisper sees 30 s at once
PAUSE_SECONDS = 2.0  # a longer silence inside what is heard together makes Whisper invent words
REPETITIVE = 2.4  # text that zlib packs tighter is a recogniser in a loop: Whisper's own threshold
# Not int8: without VNNI its sums saturate, and where they do not it is no quicker.
COMPUTE_TYPE = "float32"
SILENT = 1e-4  # peak; -80 dBFS


def load_whisper(checkpoint: str, weights: Weights) -> LoadedJudge:
    """A checkpoint in memory. ModelError environment or bad_weights for base-packaged, whose
    packages are missing or hold something else than what is pinned."""
    transcriber = Transcriber(model_folder(checkpoint, weights))

    def judge(job: JudgeJob, progress: Progress) -> Judgment:
        samples = read_mono(job, SAMPLE_RATE)
        return Judgment(spans=tuple(transcriber.transcribe(samples, job.languages, progress)))

    return LoadedJudge(judge, CPU, COMPUTE_TYPE)


def model_folder(checkpoint: str, weights: Weights) -> Path:
    """The folder that a checkpoint's files lie in: of their snapshot, or of what is assembled.

    Of a checkpoint without files of its own the packages of venv-lyrics hold them; ModelError.
    """
    if not weights.paths:
        assert checkpoint == "base-packaged"
        return assembled_model(weights.cache)
    (folder,) = {path.parent for path in weights.paths.values()}
    return folder


@dataclass(frozen=True)
class SpeechSpan:
    """Frames at 16 kHz in which someone speaks or sings, and in which language."""

    start: int
    end: int
    language: str


def no_progress(phase: str, done: int, total: int) -> None:
    """Progress that nobody follows."""


class Transcriber:
    """A loaded recogniser. Equal samples and languages give equal spans on one machine."""

    def __init__(self, folder: Path) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(
            str(folder),
            device="cpu",
            compute_type=COMPUTE_TYPE,
            cpu_threads=cores(),
            local_files_only=True,
        )
        is_token = self._model.hf_tokenizer.token_to_id  # Cantonese is one of large-v3 alone
        self._languages = [
            code for code in self._model.supported_languages if is_token(f"<|{code}|>") is not None
        ]

    def transcribe(
        self, samples: np.ndarray, languages: Sequence[str], progress: Progress = no_progress
    ) -> list[TranscribedSpan]:
        """samples: (frames,) float32 at 16 kHz -> what is said or sung in them, in order.

        languages: codes (`en`, `es`, `pt-BR`) of those that may occur; all that the checkpoint
        knows if it knows none of these. Empty where no voice is found.
        """
        progress("looking for a voice", 0, 0)
        codes = dict.fromkeys(code.split("-")[0].lower() for code in languages)
        choices = [code for code in codes if code in self._languages] or self._languages
        peak = float(np.abs(samples).max()) if len(samples) else 0.0
        if peak < SILENT:
            return []
        level = samples / peak  # how loud it is, is another check's matter
        spans = [self._span(level, start, end, choices) for start, end in _voiced_spans(level)]
        if len(choices) == 1:
            spans = merge_spans(spans)
        heard: list[TranscribedSpan] = []
        progress("listening, spans", 0, len(spans))
        for span in spans:
            heard.append(self._transcribed(level, span))
            progress("listening, spans", len(heard), len(spans))
        return heard

    def _span(
        self, samples: np.ndarray, start: int, end: int, choices: Sequence[str]
    ) -> SpeechSpan:
        if len(choices) == 1:
            return SpeechSpan(start, end, choices[0])
        odds = dict(self._model.detect_language(audio=samples[start:end])[2])
        return SpeechSpan(start, end, max(choices, key=lambda code: odds.get(code, 0.0)))

    def _transcribed(self, samples: np.ndarray, span: SpeechSpan) -> TranscribedSpan:
        segments, _ = self._model.transcribe(
            samples[span.start : span.end],
            language=span.language,
            task="transcribe",
            temperature=0.0,  # no dice
            condition_on_previous_text=False,  # an error does not spread
            no_speech_threshold=None,  # a voice is there already; Whisper doubts that of singers
        )
        sane = [s.text.strip() for s in segments if s.compression_ratio <= REPETITIVE]
        start, end = (round(frame / SAMPLE_RATE, 2) for frame in (span.start, span.end))
        return TranscribedSpan(start, end, span.language, " ".join(sane))


def merge_spans(spans: Iterable[SpeechSpan]) -> list[SpeechSpan]:
    """Neighbours of one language as one, unless the pause or the whole would be too long."""
    merged: list[SpeechSpan] = []
    for span in spans:
        last = merged[-1] if merged else None
        if (
            last
            and last.language == span.language
            and span.start - last.end <= PAUSE_SECONDS * SAMPLE_RATE
            and span.end - last.start <= CHUNK_SECONDS * SAMPLE_RATE
        ):
            merged[-1] = SpeechSpan(last.start, span.end, span.language)
        else:
            merged.append(span)
    return merged


def _voiced_spans(samples: np.ndarray) -> list[tuple[int, int]]:
    """First frame and end of every voice that Silero's detector (in faster-whisper) finds."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=BREATH_MS, speech_pad_ms=PAD_MS, max_speech_duration_s=CHUNK_SECONDS
    )
    return [(span["start"], span["end"]) for span in get_speech_timestamps(samples, options)]
