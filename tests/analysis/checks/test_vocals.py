import numpy as np
import pytest

from secondtake.analysis.checks.check import judge
from secondtake.analysis.checks.vocals import voice, was_heard
from secondtake.analysis.networks import vad_f0 as speech
from secondtake.core.errors import ModelError
from secondtake.models.sketch.tts import Wish, speak

RATE = 22_050


@pytest.fixture(scope="module")
def spoken():
    """A sentence by espeak-ng, which silero-vad takes for a voice; samples and their rate."""
    [said] = speak([Wish("The neon rain is falling on the silent city tonight", "en", 150, 50)])
    return said.samples, said.sample_rate


def test_a_sentence_is_a_voice(spoken, heard):
    check = voice(heard(*spoken), wanted=True)
    assert check.verdict == "pass"
    assert check.figure > 0.5


def test_a_voice_that_nobody_asked_for_warns(spoken, heard):
    check = voice(heard(*spoken), wanted=False)
    assert check.verdict == "warn"
    assert "no words were asked for" in check.note


def test_where_words_were_asked_for_a_chord_warns(sounds, heard):
    chord = heard(sounds.chord((57, 60, 64), 4), RATE)
    check = voice(chord, wanted=True)
    assert check.verdict == "warn"
    assert check.figure == pytest.approx(0, abs=0.05)
    assert "hardly a voice" in check.note
    assert voice(chord, wanted=False).verdict == "pass"


def test_silence_has_no_voice(heard):
    silence = heard(np.zeros(RATE), RATE)
    assert voice(silence, wanted=True).verdict == "warn"
    assert voice(silence, wanted=False).verdict == "pass"


def test_without_its_network_verify_goes_on_and_says_what_to_type(sounds, heard, monkeypatch):
    def absent(samples):
        raise ModelError("environment", "silero-vad is not installed here", "type: invoke setup")

    monkeypatch.setattr(speech, "speaking", absent)
    check = voice(heard(sounds.pink(2, RATE), RATE), wanted=True)
    assert (check.verdict, check.figure) == ("warn", None)
    assert "not installed here; type: invoke setup" in check.note
    assert not was_heard(check)


def test_what_was_heard_is_worth_remembering(sounds, heard):
    assert was_heard(voice(heard(sounds.pink(2, RATE), RATE), wanted=True))
    assert was_heard(judge("loudness", None, "LUFS", "no limit"))
