import numpy as np
import pytest

from secondtake.analysis.metrics import harmony, level, rhythm, spectrum, timbre
from secondtake.analysis.metrics.scoring import _percentile, aggregate, reference_scale, score


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
    pieces = [piece.features for piece in calibration.pieces]
    result = score(rhythm.rhythm, music, pieces[0], calibration)
    assert scale.floor == pytest.approx(
        np.median([score(rhythm.rhythm, music, piece, calibration).value for piece in pieces])
    )
    assert result.floor == scale.floor
    assert result.percentile < 100


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
    for seconds, words in ((15, ""), (10, "6 s apart"), (3, "no ceiling")):
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
    restless = np.concatenate([sounds.clicks(bpm, 3) for bpm in (61, 83, 107, 139, 171)])
    ours = calibration.standardized(features(restless))
    result = score(rhythm.rhythm, ours, ours, calibration)
    assert result.value is not None
    assert (result.scaled, result.verdict) == (None, "no scale")


def test_a_measurement_is_the_same_every_time(music, other, calibration):
    for metric in (timbre.timbre, harmony.key_score, rhythm.tempo_ratio):
        first = score(metric, music, other, calibration)
        assert first == score(metric, music, other, calibration)


def test_a_single_window_has_no_interval(music, features, sounds, calibration):
    short = calibration.standardized(features(sounds.clicks(120, 3)))
    result = score(rhythm.rhythm, music, short, calibration)
    assert result.interval is None
    assert "single window" in result.note


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
