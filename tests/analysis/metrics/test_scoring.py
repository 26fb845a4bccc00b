from dataclasses import replace

import numpy as np
import pytest

from secondtake.analysis.metrics import harmony, level, rhythm, scoring, spectrum, timbre
from secondtake.analysis.metrics.scoring import (
    Scale,
    _percentile,
    _verdict,
    aggregate,
    reference_scale,
    score,
)


@pytest.fixture(scope="module")
def music(features, sounds, calibration):
    """15 s: a pulse at 120 BPM over a chord, as the metrics see it."""
    return calibration.standardized(
        features(sounds.clicks(120, 15) + sounds.chord((57, 60, 64), 15))
    )


@pytest.fixture(scope="module")
def other(features, sounds, calibration):
    """15 s of another pulse under another chord and some noise."""
    return calibration.standardized(
        features(
            sounds.clicks(97, 15)
            + sounds.chord((54, 58, 61), 15)
            + sounds.pink(15, 22_050) * np.float32(0.05)
        )
    )


@pytest.mark.parametrize("metric", [rhythm.rhythm, harmony.harmony, timbre.timbre])
def test_the_original_reaches_its_ceiling_and_beats_all_other_music(metric, music, calibration):
    itself = score(metric, music, music, calibration)
    assert itself.scaled == pytest.approx(1, abs=0.1)
    assert itself.verdict == "as itself"
    assert itself.percentile == 100


def test_other_music_lies_at_the_floor(music, calibration):
    scale = reference_scale(rhythm.rhythm, music, calibration)
    pieces = calibration.matched(music)
    values = [_value_of_first_windows(rhythm.rhythm, music, piece.features) for piece in pieces]
    result = score(rhythm.rhythm, music, pieces[0].features, calibration)
    assert scale.floor == pytest.approx(np.median(values))
    assert result.floor == scale.floor and result.near == pytest.approx(max(values))
    assert result.percentile < 100


def _value_of_first_windows(metric, reference, estimate):
    first = estimate.take_windows(np.arange(min(4, estimate.windows)))
    return aggregate(metric, metric.pairs(reference, first))


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.5, 0.9), "closer"),
        ((0.5, 1.1), "as itself"),
        ((0.1, 0.9), "between"),
        ((-0.1, 0.7), "as other music"),
        ((-0.1, 1.1), "undecided"),
        ((-0.9, -0.5), "further"),
        ((-0.9, -0.3), "as other music"),
        (None, "undecided"),
    ],
)
def test_a_verdict_follows_from_where_the_whole_interval_lies(interval, verdict):
    scaled = sum(interval) / 2 if interval else 0.9
    scaled = max(scaled, 0.45) if verdict in ("between", "as itself") else scaled
    scale = Scale(np.linspace(-0.5, 0.5, 30), 0.0, 1.0, "")
    assert _verdict(timbre.timbre, scale, scaled, interval, (-0.4, 0.4)) == verdict


def test_without_other_music_of_the_kind_there_is_no_floor():
    scale = Scale(np.empty(0), None, 1.0, "no floor for this kind of baseline (speech)")
    assert _verdict(timbre.timbre, scale, None, None, (None, None)) == "no floor"


@pytest.mark.parametrize("pieces", [15, 27, 53])
def test_a_stranger_lies_beyond_near_in_at_most_a_tenth_of_the_cases(pieces):
    random = np.random.default_rng(5)
    beyond = [
        drawn[-1] > Scale(np.sort(drawn[:-1]), 0.0, 1.0, "").quantile(0.9)
        for drawn in random.normal(size=(4000, pieces + 1))
    ]
    assert np.mean(beyond) <= 0.1 + 3 * np.sqrt(0.09 / 4000)


def test_a_difference_keeps_its_sign_and_is_judged_by_its_size(features, sounds, calibration):
    noise = sounds.pink(15, 22_050)
    left, right = noise, np.roll(noise, 5000)
    narrow = np.stack(
        [left + right * np.float32(0.3), right * np.float32(0.3) + left * np.float32(0.9)], axis=1
    )
    wide = np.stack([left, right], axis=1)
    ours, theirs = features(narrow), features(wide)
    there = score(level.stereo_width, ours, theirs, calibration)
    back = score(level.stereo_width, theirs, ours, calibration)
    assert there.value == pytest.approx(-back.value)
    assert there.value > 3
    assert there.interval[0] <= there.value <= there.interval[1]


def test_an_interval_does_not_depend_on_how_much_is_resampled_at_once(
    music, other, calibration, monkeypatch
):
    whole = score(timbre.timbre, music, other, calibration).interval
    monkeypatch.setattr(scoring, "MOST_CELLS", 100)  # 4 resamples of 5 windows by 5
    assert score(timbre.timbre, music, other, calibration).interval == whole


def test_a_level_is_no_score(music, other, calibration):
    result = score(level.loudness, music, other, calibration)
    assert result.value is not None
    assert (result.scaled, result.percentile, result.verdict) == (
        None,
        None,
        "no scale",
    )


def test_the_mark_stands_beside_and_is_beaten_only_beyond_the_interval(music, other, calibration):
    ahead = score(rhythm.rhythm, music, music, calibration, control=other)
    behind = score(rhythm.rhythm, music, other, calibration, control=music)
    assert (ahead.against_mark, behind.against_mark) == ("ahead", "behind")
    assert score(rhythm.rhythm, music, music, calibration, control=music).against_mark == "level"
    assert score(rhythm.rhythm, music, other, calibration).against_mark == ""


def test_a_short_reference_says_which_rule_its_ceiling_follows(features, sounds, calibration):
    for seconds, words in (
        (15, ""),
        (10, "too short for a fair ceiling (its stretches lie 6 s apart, not 9)"),
        (3, "no ceiling"),
    ):
        short = features(sounds.chord((57, 60, 64), seconds))
        scale = reference_scale(spectrum.balance, short, calibration)
        assert words in scale.note
        assert (scale.ceiling is None) == (seconds == 3)


def test_no_sound_gives_no_number_and_says_why(music, features, calibration):
    empty = features(np.zeros(50_000, np.float32))
    result = score(timbre.timbre, music, empty, calibration)
    assert (result.value, result.scaled, result.interval, result.verdict) == (
        None,
        None,
        None,
        "unknown",
    )
    assert "take holds no second of sound" in result.note
    assert "baseline" in score(timbre.timbre, empty, music, calibration).note


def test_an_original_as_far_from_itself_as_other_music_is_has_no_scale(
    features, sounds, calibration
):
    restless = np.concatenate([sounds.chord((50 + 7 * n, 53 + n, 61), 3) for n in range(5)])
    ours = calibration.standardized(features(restless))
    result = score(timbre.timbre, ours, ours, calibration)
    strict = replace(timbre.timbre, least_span=result.ceiling - result.floor + 0.01)
    assert result.verdict != "no scale"
    assert score(strict, ours, ours, calibration).verdict == "no scale"


def test_a_measurement_is_the_same_every_time(music, other, calibration):
    for metric in (timbre.timbre, harmony.key_score, rhythm.tempo_ratio):
        first = score(metric, music, other, calibration)
        assert first == score(metric, music, other, calibration)


def test_a_single_window_has_no_interval(music, features, sounds, calibration):
    short = calibration.standardized(features(sounds.chord((57, 60, 64), 3)))
    result = score(timbre.timbre, music, short, calibration)
    assert result.interval is None
    assert "single window" in result.note
    assert result.verdict == "undecided"


def test_of_two_partners_the_closer_counts_and_more_windows_change_nothing():
    random = np.random.default_rng(9)
    values = [
        np.mean([aggregate(timbre.timbre, random.normal(0, 1, (size, size))) for _ in range(300)])
        for size in (2, 4, 8)
    ]
    expected = 1 / np.sqrt(np.pi)  # mean of the higher of two standard normal numbers
    assert values == pytest.approx([expected] * 3, abs=0.06)
    assert aggregate(timbre.timbre, np.array([[0.2, 0.6]])) == pytest.approx((0.6 + 0.4) / 2)
    assert aggregate(spectrum.balance, np.array([[4.0, 2.0]])) == pytest.approx((2 + 3) / 2)
    assert aggregate(timbre.timbre, np.full((2, 2), np.nan)) is None


def test_of_what_is_as_close_half_counts_as_less_close():
    assert _percentile(np.array([0.1, 0.2, 0.3, 0.4]), 0.35) == 75
    assert _percentile(np.array([0.0, 0.0, 0.0, 1.0]), 0.0) == 37.5
