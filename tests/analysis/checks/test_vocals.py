import numpy as np
import pytest

from secondtake.analysis.checks.check import make_check
from secondtake.analysis.checks.vocals import is_cacheable, sung_prompt, voice
from secondtake.analysis.lyrics.transcripts import Transcript
from secondtake.analysis.networks import vad_f0 as speech
from secondtake.core.errors import ModelError
from secondtake.models.sketch.tts import SpeechRequest, speak

RATE = 22_050


@pytest.fixture(scope="module")
def spoken():
    """A sentence by espeak-ng, which silero-vad takes for a voice; samples and their rate."""
    [sentence] = speak(
        [SpeechRequest("The neon rain is falling on the silent city tonight", "en", 150, 50)]
    )
    return sentence.samples, sentence.sample_rate


def test_a_sentence_is_a_voice(spoken, spectrogram):
    check = voice(spectrogram(*spoken), wanted=True)
    assert check.verdict == "pass"
    assert check.figure > 0.5


def test_a_voice_that_nobody_asked_for_warns(spoken, spectrogram):
    check = voice(spectrogram(*spoken), wanted=False)
    assert check.verdict == "warn"
    assert "no words were asked for" in check.note


def test_where_words_were_asked_for_a_chord_warns(sounds, spectrogram):
    chord = spectrogram(sounds.chord((57, 60, 64), 4), RATE)
    check = voice(chord, wanted=True)
    assert check.verdict == "warn"
    assert check.figure == pytest.approx(0, abs=0.05)
    assert "hardly a voice" in check.note
    assert voice(chord, wanted=False).verdict == "pass"


def test_silence_has_no_voice(spectrogram):
    silence = spectrogram(np.zeros(RATE), RATE)
    assert voice(silence, wanted=True).verdict == "warn"
    assert voice(silence, wanted=False).verdict == "pass"


def test_without_its_network_verify_goes_on_and_says_what_to_type(sounds, spectrogram, monkeypatch):
    def absent(samples):
        raise ModelError("environment", "silero-vad is not installed here", "type: invoke setup")

    monkeypatch.setattr(speech, "vad_probabilities", absent)
    check = voice(spectrogram(sounds.pink(2, RATE), RATE), wanted=True)
    assert (check.verdict, check.figure) == ("warn", None)
    assert "not installed here; type: invoke setup" in check.note
    assert not is_cacheable(check)


def test_what_was_heard_is_worth_remembering(sounds, spectrogram):
    assert is_cacheable(voice(spectrogram(sounds.pink(2, RATE), RATE), wanted=True))
    assert is_cacheable(make_check("loudness", None, "LUFS", "no limit"))


def test_a_tag_of_the_prompt_warns_and_is_named():
    check = sung_prompt(Transcript(("amor",), ("man", "amor"), "Man, amor", "", ("man",)))
    assert (check.name, check.verdict, check.figure) == ("prompt", "warn", 1)
    assert check.note == "the take sings its own prompt: 'man'"


def test_the_lyrics_alone_pass():
    check = sung_prompt(Transcript(("amor",), ("amor",), "Amor"))
    assert (check.verdict, check.figure, check.note) == ("pass", 0, "")
