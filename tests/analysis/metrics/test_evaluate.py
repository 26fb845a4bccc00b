import numpy as np
import pytest

from secondtake.analysis.dsp.first_study import pink
from secondtake.analysis.metrics.evaluate import METRICS, QUESTIONS, Pair, evaluate
from secondtake.analysis.metrics.metric import VERDICTS


@pytest.fixture(scope="module")
def music(features, sounds):
    return features(sounds.clicks(120, 12) + sounds.cadence(60, 12))


def test_every_question_has_metrics_with_names_of_their_own():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for name, module in QUESTIONS.items():
        assert {metric.question for metric in module.METRICS} == {name}


def test_the_same_recording_is_close_in_everything(music, calibration):
    same = evaluate(Pair(music, music, mark=music), calibration)
    assert list(same) == [metric.name for metric in METRICS]
    assert same["tempo"].value == 0.0
    assert same["key"].value == 1.0
    assert same["loudness"].value == 0.0
    assert same["rhythm"].value > 0.9
    for one in same.values():
        assert one.verdict in VERDICTS
        assert one.verdict not in ("further", "as other music") or one.name in (
            "key", "harmony", "harmony, transposed"), one  # fmt: skip


def test_noise_is_close_in_nothing(music, features, calibration):
    noise = evaluate(Pair(music, features(pink(12, 22_050))), calibration)
    assert noise["tempo"].value is None
    assert noise["tempo"].note.startswith("take: undecidable")
    assert noise["rhythm"].value < 0.2
    close = {one.name for one in noise.values() if one.verdict in ("as itself", "closer")}
    assert close <= {"spectral character"}  # which eight pieces cannot teach


def test_every_score_has_its_floor_and_ceiling_or_says_why_not(music, calibration):
    for one in evaluate(Pair(music, music), calibration).values():
        if one.value is None or one.ceiling is None:
            assert one.note, one.name
        else:
            assert one.floor is not None, one.name


def test_silence_has_no_number_in_any_question(music, features, calibration):
    silent = features(np.zeros(100_000, np.float32))
    for one in evaluate(Pair(music, silent), calibration).values():
        assert (one.value, one.verdict) == (None, "unknown")
        assert one.note
