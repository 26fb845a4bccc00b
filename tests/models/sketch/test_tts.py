"""espeak-ng, the real one."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from secondtake.core.errors import ModelError
from secondtake.core.prompts.espeak_voices import VOICES, espeak_voice
from secondtake.models.sketch import tts
from secondtake.models.sketch.tts import SpeechRequest, speak

REQUEST = SpeechRequest("We laugh at the chaos", "en-us+m3", 150, 72)


def test_vowels_stresses_and_sound() -> None:
    (utterance,) = speak([REQUEST])
    assert len(utterance.vowels) == 6  # cha-os
    assert utterance.stressed == (False, True, False, False, True, False)  # laugh, cha-
    assert 0.8 < len(utterance.samples) / utterance.sample_rate < 2.5
    assert 0.1 < np.abs(utterance.samples).max() <= 1
    flat = [frame for span in utterance.vowels for frame in span]
    assert flat == sorted(flat)


def test_a_project_may_lie_in_a_folder_with_a_long_name(tmp_path: Path) -> None:
    import espeakng_loader

    packages = tmp_path / ("long " * 25) / ("\u00e9\u97f3" * 30)
    packages.mkdir(parents=True)
    (packages / "espeakng_loader").symlink_to(Path(espeakng_loader.__file__).parent)
    program = f"""
import runpy, sys
sys.path.insert(0, {str(packages)!r})
runpy.run_path({str(tts.PROGRAM)!r}, run_name="__main__")
"""
    asked = json.dumps([asdict(REQUEST)]).encode()
    command = [sys.executable, "-I", "-c", program]
    done = subprocess.run(command, input=asked, capture_output=True, check=False)
    assert done.returncode == 0 and len(done.stdout) > 10_000, done.stderr.decode()


def test_the_same_wishes_make_the_same_samples() -> None:
    spanish = SpeechRequest("amor y código", "es-419+f3", 180, 60)
    first, second = speak([REQUEST, spanish]), speak([REQUEST, spanish])
    for utterance, again in zip(first, second, strict=True):
        assert np.array_equal(utterance.samples, again.samples)
        assert utterance.vowels == again.vowels


def test_words_part_and_intonation_moves_without_changing_the_text() -> None:
    """A gap between words lengthens, a range of pitch does not."""
    level, parted, lively = speak(
        [REQUEST, replace(REQUEST, gap=8), replace(REQUEST, pitch_range=99)]
    )
    assert len(parted.samples) > 1.1 * len(level.samples)
    assert len(lively.samples) == pytest.approx(len(level.samples), rel=0.05)
    assert not np.array_equal(lively.samples, level.samples)


def test_a_tap_has_a_closure_and_an_l_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Klatt's tap is as loud as the vowels around it."""
    words = [SpeechRequest(text, "es-419+adam", 84, 50) for text in ("gira", "gila")]
    tap, lateral = speak(words)
    monkeypatch.setattr(tts, "CLOSURE_DB", 0.0)
    open_tap, same_lateral = speak(words)
    assert np.array_equal(lateral.samples, same_lateral.samples)
    changed = np.flatnonzero(tap.samples != open_tap.samples) / tap.sample_rate
    assert np.ptp(changed) == pytest.approx(tts.CLOSURE_SECONDS, rel=0.1)
    (_, end), (start, _) = tap.vowels
    middle = slice((end + start) // 2 - 110, (end + start) // 2 + 110)  # 10 ms
    quieter = np.std(tap.samples[middle]) / np.std(open_tap.samples[middle])
    assert 20 * np.log10(quieter) == pytest.approx(-15, abs=1.5)


def test_faster_is_shorter() -> None:
    slow, fast = speak([REQUEST, SpeechRequest(REQUEST.text, REQUEST.voice, 220, REQUEST.pitch)])
    assert len(fast.samples) < 0.85 * len(slow.samples)


WORDS = {
    "ar": "مرحبا يا ليل", "fa": "سلام شب", "he": "שלום לילה", "hi": "नमस्ते रात", "ja": "よるのうた",
    "ko": "밤의 노래", "cmn": "你好 夜", "yue": "你好 夜", "ru": "добрая ночь", "th": "สวัสดี",
    "ka": "ღამე", "am": "ሰላም", "el": "καλή νύχτα",
}  # fmt: skip


@pytest.mark.e2e
def test_every_listed_language_is_spoken() -> None:
    """Not only accepted: the names of its folders are, and a voice without its dictionary."""
    codes = sorted(VOICES)
    words = [WORDS.get(code, "la luna amore") for code in codes]
    requests = [
        SpeechRequest(text, espeak_voice(code) + "+f3", 150, 60)
        for code, text in zip(codes, words, strict=True)
    ]
    spoken = dict(zip(codes, speak(requests), strict=True))
    silent = [code for code, said in spoken.items() if len(said.samples) < 0.2 * said.sample_rate]
    assert silent == [] and len(codes) > 100
    assert [code for code, said in spoken.items() if not said.vowels] == []


@pytest.mark.parametrize(
    ("tag", "voice"),
    [("zh", "cmn"), ("zh-TW", "cmn"), ("no", "nb"), ("nn_NO", "nb"), ("EN-GB", "en-us"),
     ("es", "es-419"), ("pt-BR", "pt"), ("iw", "he")],
)  # fmt: skip
def test_a_tag_has_the_voice_of_its_language(tag: str, voice: str) -> None:
    assert espeak_voice(tag) == voice


@pytest.mark.parametrize("tag", ["art", "fo", "kaa", "xx", ""])
def test_a_folder_or_half_a_voice_is_no_language(tag: str) -> None:
    assert tag not in VOICES


def test_words_of_which_nothing_is_heard_are_named() -> None:
    with pytest.raises(ModelError, match="says nothing for 'ꦏ' with the voice en-us") as caught:
        speak([REQUEST, SpeechRequest("ꦏ", "en-us", 150, 60)])
    assert caught.value.code == "unsupported" and "letters" in caught.value.hint


def test_a_library_that_breaks_down_over_words_does_not_take_us_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dies.py"
    program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(tts, "PROGRAM", program)
    with pytest.raises(ModelError, match="broke down over 'We laugh at the chaos'") as caught:
        speak([REQUEST])
    assert caught.value.code == "unsupported" and "numbers" in caught.value.hint


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(ModelError, match="xx") as caught:
        speak([SpeechRequest("hello", "xx", 150, 50)])
    assert caught.value.code == "unsupported"
