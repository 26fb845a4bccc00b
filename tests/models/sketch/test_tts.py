"""espeak-ng, the real one."""

import numpy as np
import pytest

from secondtake.core.errors import ModelError
from secondtake.models.sketch.tts import SpeechRequest, speak

REQUEST = SpeechRequest("We laugh at the chaos", "en-us+m3", 150, 72)


def test_words_vowels_and_sound() -> None:
    (utterance,) = speak([REQUEST])
    assert len(utterance.words) == 5
    assert len(utterance.vowels) == 6  # cha-os
    assert 0.8 < len(utterance.samples) / utterance.sample_rate < 2.5
    assert 0.1 < np.abs(utterance.samples).max() <= 1
    flat = [frame for span in utterance.vowels for frame in span]
    assert flat == sorted(flat)


def test_the_same_wishes_make_the_same_samples() -> None:
    spanish = SpeechRequest("amor y código", "es-419+f3", 180, 60)
    first, second = speak([REQUEST, spanish]), speak([REQUEST, spanish])
    for utterance, again in zip(first, second, strict=True):
        assert np.array_equal(utterance.samples, again.samples)
        assert utterance.vowels == again.vowels


def test_faster_is_shorter() -> None:
    slow, fast = speak([REQUEST, SpeechRequest(REQUEST.text, REQUEST.voice, 220, REQUEST.pitch)])
    assert len(fast.samples) < 0.85 * len(slow.samples)


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(ModelError, match="xx") as caught:
        speak([SpeechRequest("hello", "xx", 150, 50)])
    assert caught.value.code == "unsupported"
