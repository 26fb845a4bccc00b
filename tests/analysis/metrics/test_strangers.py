"""What is no song comes close to none: noises, tones and a voice beside music that is made here."""

from collections.abc import Callable

import numpy as np
import pytest
import soxr
from benchmarks.analysis.impostors import MAKERS, NOISES, TONES

from secondtake.analysis.features.corpus import load_default
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.evaluate import Pair, evaluate
from secondtake.analysis.metrics.metric import CLOSE
from secondtake.models.sketch.arrange import arrange
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import SketchInput
from secondtake.models.sketch.tts import SpeechRequest, speak

RATE, SECONDS = 22_050, 12
Heard = Callable[[np.ndarray], Features]


def sketch(heard: Heard, **facts: object) -> Features:
    segment = SketchInput("verse", SECONDS, 100.0, "D minor", **facts)  # type: ignore[arg-type]
    mono = arrange(segment).mean(axis=1)
    return heard(soxr.resample(mono, SAMPLE_RATE, RATE))


@pytest.fixture(scope="module")
def music(heard: Heard) -> Features:
    return sketch(heard, lyrics="the river runs under the silver bridge tonight", seed=3)


@pytest.mark.parametrize("kind", list(MAKERS))
def test_no_noise_and_no_tone_is_close_in_anything(
    kind: str, music: Features, heard: Heard
) -> None:
    random = np.random.default_rng(8)
    samples = MAKERS[kind](random, TONES["test"])[: SECONDS * 44_100].astype(np.float32)
    take = heard(soxr.resample(samples, 44_100, RATE))
    kind_heard = load_default().kind(take)
    if kind != "hum":  # with some hiss it may pass for a drone
        assert kind_heard.name in (("noise", "silence") if kind in NOISES else ("tone",))
        assert not kind_heard.is_music
    verdicts = {name: m.verdict for name, m in evaluate(Pair(music, take)).items()}
    close = {name for name, verdict in verdicts.items() if verdict in CLOSE}
    # With some hiss it reaches as high as the music, and both are mono here.
    assert close <= ({"band edge", "stereo width"} if kind == "hum" else set())


def test_a_speaker_is_not_close_in_anything(music: Features, heard: Heard) -> None:
    words = "Good evening. This is the news of the day, read slowly and without any music."
    (spoken,) = speak([SpeechRequest(words, "en", 140, 50)])
    take = heard(soxr.resample(spoken.samples, spoken.sample_rate, RATE)[: SECONDS * RATE])
    assert load_default().kind(take).name == "speech"
    verdicts = {name: m.verdict for name, m in evaluate(Pair(music, take)).items()}
    assert not [name for name, verdict in verdicts.items() if verdict in CLOSE]


def test_music_is_music_and_close_to_itself(music: Features, heard: Heard) -> None:
    assert load_default().kind(music).is_music
    again = evaluate(Pair(music, music))
    assert again["likeness"].verdict in CLOSE
