import numpy as np
import pytest

from secondtake.analysis.metrics import level


def test_half_the_amplitude_is_six_decibels_less(features, sounds):
    noise = sounds.pink(12, 22_050)
    ours, theirs = features(noise), features(noise * np.float32(0.5))
    assert np.median(level.loudness.pairs(ours, theirs)) == pytest.approx(-6.02, abs=0.1)
    assert np.median(level.true_peak.pairs(ours, theirs)) == pytest.approx(-6.02, abs=0.1)
    assert np.median(level.dynamics.pairs(ours, theirs)) == pytest.approx(0, abs=0.1)
    assert level.loudness_range.compute(ours, theirs).value == pytest.approx(0, abs=0.02)


def test_a_range_of_loudness_is_what_was_made(features, sounds):
    noise = sounds.pink(24, 22_050)
    swell = np.repeat(np.float32([1.0, 0.25]), len(noise) // 2)  # 12 dB
    ours, theirs = features(noise), features(noise[: len(swell)] * swell)
    assert level.loudness_range.compute(ours, theirs).value == pytest.approx(12, abs=0.6)


def test_stereo_against_mono(features, sounds):
    mono = features(sounds.pink(6, 22_050))
    wide = features(np.stack([sounds.pink(6, 22_050, 1), sounds.pink(6, 22_050, 2)], axis=1))
    assert np.median(level.stereo_width.pairs(mono, wide)) == pytest.approx(60, abs=1)


def test_a_level_that_a_step_has_set_is_said_where_a_gain_counts_and_nowhere_else():
    entries = [{"name": metric.name, "note": "few"} for metric in level.METRICS]
    step = "its level was set by the pipeline: peak to -1 dBFS"
    noted = {entry["name"]: entry["note"] for entry in level.with_step(entries, step)}
    assert {name for name, note in noted.items() if note == f"few; {step}"} == {
        "loudness",
        "true peak",
    }
    assert level.with_step(entries, "") == entries
