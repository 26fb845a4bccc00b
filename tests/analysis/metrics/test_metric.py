import numpy as np
import pytest

from secondtake.analysis.metrics.metric import cosine, difference_metric, pearson, window_metric

ROWS = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])


def test_cosine_and_pearson_of_known_rows():
    assert cosine(ROWS, ROWS) == pytest.approx(np.array([[1, 10 / 14], [10 / 14, 1]]))
    assert pearson(ROWS, ROWS) == pytest.approx(np.array([[1, -1], [-1, 1]]))
    assert pearson(ROWS, ROWS * 5 + 7) == pytest.approx(np.array([[1, -1], [-1, 1]]))


def test_an_empty_row_is_like_nothing():
    assert cosine(np.zeros((1, 3)), ROWS).tolist() == [[0, 0]]
    assert pearson(np.ones((1, 3)), ROWS).tolist() == [[0, 0]]


def test_closeness_is_higher_for_what_is_closer():
    higher, lower = (window_metric("x", way)(lambda a, b: ROWS) for way in ("higher", "lower"))
    zero = difference_metric("x", 1.0)(lambda features: ROWS[0])
    values = np.array([-2.0, 1.0])
    assert higher.closeness(values).tolist() == [-2, 1]
    assert lower.closeness(values).tolist() == [2, -1]
    assert zero.closeness(values).tolist() == [-2, -1]


def test_a_metric_is_named_after_its_function_and_asks_its_modules_question(features, sounds):
    from secondtake.analysis.metrics import level, rhythm

    assert (level.stereo_width.name, level.stereo_width.question) == ("stereo width", "level")
    assert (rhythm.tempo_ratio.name, rhythm.tempo_ratio.question) == ("tempo", "rhythm")


def test_what_is_too_short_is_said(features, sounds):
    from secondtake.analysis.metrics import timbre

    music, silence = features(sounds.pink(9, 22_050)), features(np.zeros(50_000, np.float32))
    assert timbre.timbre.validate(music, music) == ""
    assert timbre.timbre.validate(music, silence) == "the take holds no second of sound"
    assert timbre.timbre.validate(silence, music) == "the baseline holds no second of sound"
    assert "the baseline has 3 of the 8 windows" in timbre.mmd.validate(music, music)
