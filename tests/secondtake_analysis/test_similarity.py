import numpy as np
import pytest

from secondtake_analysis.metrics import harmony, rhythm, timbre
from secondtake_analysis.metrics.windowed import WindowMetric
from secondtake_analysis.noise import pink_features
from secondtake_analysis.similarity import bootstrap, ceiling, scale, similarity


@pytest.fixture(scope="module")
def music(features, sounds):
    """15 s: a pulse at 120 BPM over a chord."""
    return features(sounds.clicks(120, 15) + sounds.chord((57, 60, 64), 15))


def test_the_reference_itself_reaches_its_ceiling_and_noise_its_floor(music):
    for metric in (rhythm.METRIC, harmony.METRIC, timbre.METRIC):
        assert similarity(metric, music, music, pink_features()).scaled == pytest.approx(1, abs=0.1)
        itself = similarity(metric, music, pink_features(), pink_features())
        assert itself.value == itself.floor
        assert itself.scaled == 0


def test_the_mark_stands_beside_and_is_beaten_only_beyond_the_interval(music, features, sounds):
    noise = pink_features()
    off = features(sounds.clicks(97, 15))
    ahead = similarity(rhythm.METRIC, music, music, noise, mark=off)
    behind = similarity(rhythm.METRIC, music, off, noise, mark=music)
    assert (ahead.against_mark, behind.against_mark) == ("ahead", "behind")
    assert similarity(rhythm.METRIC, music, music, noise, mark=music).against_mark == "level"
    assert similarity(rhythm.METRIC, music, off, noise).against_mark == ""


def test_a_short_reference_says_which_rule_its_ceiling_follows(features, sounds):
    for seconds, words in ((15, ""), (10, "6 s apart"), (3, "no ceiling")):
        top, note = ceiling(timbre.METRIC, features(sounds.chord((57, 60, 64), seconds)))
        assert words in note
        assert (top is None) == (seconds == 3)


def test_no_sound_gives_no_number_and_says_why(music, features):
    empty = features(np.zeros(50_000, np.float32))
    one = similarity(timbre.METRIC, music, empty, pink_features())
    assert (one.value, one.scaled, one.interval) == (None, None, None)
    assert "take holds no second of sound" in one.note
    assert "reference" in similarity(timbre.METRIC, empty, music, pink_features()).note


def test_where_noise_is_as_close_as_itself_there_is_no_scale():
    higher = WindowMetric("", "", timbre.pairs)
    lower = WindowMetric("", "", timbre.pairs, closer_is="lower", least_span=1.0)
    assert scale(0.5, 0.0, 1.0, higher) == (0.5, "")
    assert scale(6.0, 8.0, 4.0, lower) == (0.5, "")
    for metric, floor, top in ((higher, 0.8, 0.7), (higher, 0.5, 0.6), (lower, 8.0, 7.5)):
        value, note = scale(0.5, floor, top, metric)
        assert value is None
        assert "not usable" in note


def test_the_bootstrap_holds_the_median_and_is_the_same_every_time():
    pairs = np.random.default_rng(3).normal(0.4, 0.1, (5, 5))
    interval, note = bootstrap(pairs)
    assert interval and note == ""
    assert interval[0] < np.median(pairs) < interval[1]
    assert bootstrap(pairs) == (interval, "")
    assert bootstrap(np.full((4, 4), 0.7))[0] == (0.7, 0.7)
    assert bootstrap(pairs[:1])[0] is None
