from dataclasses import replace

import numpy as np
import pytest

from secondtake.analysis.dsp.first_study import pink_noise
from secondtake.analysis.features.kind import Kind
from secondtake.analysis.metrics.evaluate import METRICS, QUESTIONS, Pair, evaluate
from secondtake.analysis.metrics.metric import CLOSE, VERDICTS


@pytest.fixture(scope="module")
def music(features, sounds):
    return features(sounds.clicks(120, 12) + sounds.cadence(60, 12))


def test_every_question_has_metrics_with_names_of_their_own():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for name, module in QUESTIONS.items():
        assert {metric.question for metric in module.METRICS} == {name}


def test_the_same_recording_is_close_in_everything(music, calibration):
    same = evaluate(Pair(music, music, control=music), calibration)
    assert list(same) == [metric.name for metric in METRICS]
    assert same["tempo"].value == 0.0
    assert same["key"].value == 1.0
    assert same["loudness"].value == 0.0
    assert same["rhythm"].value > 0.9
    for result in same.values():
        assert result.verdict in VERDICTS
        assert result.verdict not in ("further", "as other music") or result.name in (
            "key", "harmony", "harmony, transposed"), result  # fmt: skip


def test_noise_is_close_in_nothing(music, features, calibration):
    noise = evaluate(Pair(music, features(pink_noise(12, 22_050))), calibration)
    assert noise["tempo"].value is None
    assert noise["tempo"].note.startswith("take: undecidable")
    assert noise["rhythm"].value is None and noise["rhythm"].verdict == "undecided"
    assert noise["rhythm"].note == "no clear pulse in the take"
    assert noise["harmony"].note == "no key in the take"
    close = {result.name for result in noise.values() if result.verdict in ("as itself", "closer")}
    assert close <= {"spectral character"}  # which few pieces cannot teach


def test_every_score_has_its_floor_and_ceiling_or_says_why_not(music, calibration):
    for result in evaluate(Pair(music, music), calibration).values():
        if result.value is None or result.ceiling is None:
            assert result.note, result.name
        else:
            assert result.floor is not None, result.name


def test_silence_has_no_number_in_any_question(music, features, calibration):
    silent = features(np.zeros(100_000, np.float32))
    for result in evaluate(Pair(music, silent), calibration).values():
        assert (result.value, result.verdict) == (None, "unknown")
        assert result.note


def test_what_is_no_music_comes_close_to_no_music(music, calibration):
    """The very recording, if it is taken for noise: no verdict says that it is close."""
    again = replace(music, lufs=-99.0)
    gated = replace(calibration)
    object.__setattr__(
        gated, "kind", lambda features: NOISE if features.lufs == -99 else INSTRUMENTAL
    )
    verdicts = {m.name: m for m in evaluate(Pair(music, again), gated).values()}
    assert not [m.name for m in verdicts.values() if m.verdict in (*CLOSE, "between")]
    assert verdicts["timbre"].verdict == "undecided"
    assert verdicts["timbre"].note.startswith("the take is noise, not music")


NOISE, INSTRUMENTAL = Kind("noise", 0.95), Kind("instrumental", 1.0)
