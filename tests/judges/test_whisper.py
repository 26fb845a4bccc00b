"""The judge of words beside a stand-in for faster-whisper: spans, languages, what is left out."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.sounds import Sounds

from secondtake.core.judgments import JudgeJob, TranscribedSpan
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.weights import Weights
from secondtake.judges import whisper
from secondtake.judges.whisper import (
    SAMPLE_RATE,
    SpeechSpan,
    Transcriber,
    load_whisper,
    merge_spans,
    model_folder,
)

VOICED = [(0.5, 2.0), (2.5, 4.0), (9.0, 10.0)]  # s
KNOWN = ["en", "es", "zh", "yue"]  # to faster-whisper; the checkpoint has no token of the last


def span(start: float, end: float, language: str = "es") -> SpeechSpan:
    return SpeechSpan(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE), language)


class StandIn:
    """What Transcriber asks of faster_whisper.WhisperModel; says how long each span is."""

    supported_languages = KNOWN
    loaded: dict[str, Any] = {}  # noqa: RUF012 - of the class, which is loaded once a test

    def __init__(self, folder: str, **options: Any) -> None:
        StandIn.loaded = {"folder": folder, **options}
        tokens = {f"<|{code}|>": place for place, code in enumerate(KNOWN[:-1])}
        self.hf_tokenizer = SimpleNamespace(token_to_id=tokens.get)

    def detect_language(self, audio: np.ndarray) -> tuple[str, float, list[tuple[str, float]]]:
        """Spans of one second are Spanish, the others English; never Chinese."""
        spanish = 0.6 if len(audio) == SAMPLE_RATE else 0.2
        return "en", 0.0, [("zh", 0.1), ("es", spanish), ("en", 0.4)]

    def transcribe(self, audio: np.ndarray, **options: Any) -> tuple[list[Any], None]:
        assert options["temperature"] == 0.0 and not options["condition_on_previous_text"]
        words = f" {len(audio) / SAMPLE_RATE:g} s in {options['language']}"
        loop = SimpleNamespace(text=" again and again", compression_ratio=2.5)
        return [SimpleNamespace(text=words, compression_ratio=2.4), loop], None


@pytest.fixture
def transcriber(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Transcriber:
    package, vad = ModuleType("faster_whisper"), ModuleType("faster_whisper.vad")
    frames = [{"start": round(a * SAMPLE_RATE), "end": round(b * SAMPLE_RATE)} for a, b in VOICED]
    package.__dict__["WhisperModel"] = StandIn
    vad.__dict__.update(VadOptions=dict, get_speech_timestamps=lambda samples, options: frames)
    monkeypatch.setitem(sys.modules, "faster_whisper", package)
    monkeypatch.setitem(sys.modules, "faster_whisper.vad", vad)
    return Transcriber(tmp_path)


@pytest.fixture
def samples() -> np.ndarray:
    return Sounds.sine(440, 10.0, rate=SAMPLE_RATE)


def test_it_is_loaded_in_float32_on_the_cpu_without_a_network(
    transcriber: Transcriber, tmp_path: Path
) -> None:
    loaded = StandIn.loaded
    assert (loaded["folder"], loaded["device"]) == (str(tmp_path), "cpu")
    assert loaded["compute_type"] == "float32" and loaded["local_files_only"] is True


def test_one_language_is_heard_in_long_spans(transcriber: Transcriber, samples: np.ndarray) -> None:
    assert transcriber.transcribe(samples, ["es-MX"]) == [
        TranscribedSpan(0.5, 4.0, "es", "3.5 s in es"),
        TranscribedSpan(9.0, 10.0, "es", "1 s in es"),
    ]


def test_of_several_languages_each_span_gets_the_likeliest(
    transcriber: Transcriber, samples: np.ndarray
) -> None:
    heard = transcriber.transcribe(samples, ["es", "en"])
    assert [(one.start, one.language) for one in heard] == [(0.5, "en"), (2.5, "en"), (9.0, "es")]
    heard = transcriber.transcribe(samples, ["es", "zh"])
    assert [one.language for one in heard] == ["es", "es", "es"]


@pytest.mark.parametrize("languages", [(), ("yue",), ("xx", "tlh")])
def test_of_languages_that_it_does_not_know_any_may_be_heard(
    transcriber: Transcriber, samples: np.ndarray, languages: tuple[str, ...]
) -> None:
    heard = transcriber.transcribe(samples, languages)
    assert [one.language for one in heard] == ["en", "en", "es"]


@pytest.mark.parametrize("quiet", [0.0, 0.00005])
def test_nothing_is_heard_in_silence(
    transcriber: Transcriber, samples: np.ndarray, quiet: float
) -> None:
    assert transcriber.transcribe(quiet * samples, ["en"]) == []
    assert transcriber.transcribe(samples[:0], ["en"]) == []


def test_progress_is_told_by_spans(transcriber: Transcriber, samples: np.ndarray) -> None:
    told: list[tuple[str, int, int]] = []
    transcriber.transcribe(samples, ["es", "en"], lambda *step: told.append(step))
    assert told == [
        ("looking for a voice", 0, 0),
        *(("listening, spans", count, 3) for count in range(4)),
    ]


@pytest.mark.parametrize(
    ("spans", "heard"),
    [
        ([], []),
        ([span(0, 2), span(2.5, 4)], [span(0, 4)]),
        ([span(0, 2), span(4.0, 5)], [span(0, 5)]),
        ([span(0, 2), span(4.1, 5)], [span(0, 2), span(4.1, 5)]),
        ([span(0, 2), span(2.1, 3, "en"), span(3.1, 4)],) * 2,
        ([span(0, 15), span(16, 28), span(28, 29)], [span(0, 28), span(28, 29)]),
    ],
)
def test_neighbours_are_heard_together_unless_language_pause_or_length_part_them(
    spans: list[SpeechSpan], heard: list[SpeechSpan]
) -> None:
    assert merge_spans(spans) == heard


def test_a_job_is_heard_in_its_stretch_and_languages(
    transcriber: Transcriber, tmp_path: Path
) -> None:
    file = tmp_path / "song.wav"
    soundfile.write(file, Sounds.sine(440, 20.0, rate=44_100), 44_100)
    loaded = load_whisper("base", Weights({"model": tmp_path / "model.bin"}, {}, tmp_path))
    job = JudgeJob("lyrics", "base", "song", str(file), "", 4.0, 13.5, languages=("es",))
    judgment = loaded.judge(job, lambda *step: None)
    # The stand-in's voice goes on after the stretch, which is 9.5 s long.
    assert [one.text for one in judgment.spans] == ["3.5 s in es", "0.5 s in es"]
    assert (judgment.windows, dict(judgment.scales)) == ((), {})
    assert (loaded.device.name, loaded.dtype) == ("cpu", "float32")


@pytest.mark.parametrize("name", ["base", "large-v3-turbo"])
def test_fetched_files_are_loaded_where_their_snapshot_has_them(tmp_path: Path, name: str) -> None:
    snapshot = tmp_path / "snapshots" / "0123"
    paths = {w.key: snapshot / w.file for w in WHISPER.checkpoint(name).weights}
    assert model_folder(name, Weights(paths, {}, tmp_path)) == snapshot


def test_files_of_two_snapshots_are_not_loaded(tmp_path: Path) -> None:
    paths = {"model": tmp_path / "one" / "model.bin", "config": tmp_path / "two" / "config.json"}
    with pytest.raises(ValueError, match="too many values"):
        model_folder("base", Weights(paths, {}, tmp_path))


def test_a_checkpoint_without_files_is_assembled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "assembled_model", lambda cache: cache / "joined")
    assert not WHISPER.checkpoint("base-packaged").weights
    assert model_folder("base-packaged", Weights({}, {}, tmp_path)) == tmp_path / "joined"
