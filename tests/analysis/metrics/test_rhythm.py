import numpy as np
import pytest

from secondtake.analysis.metrics.rhythm import pulse, relation_words, rhythm, tempo, tempo_ratio


@pytest.mark.parametrize("bpm", [72, 95, 119.68, 120, 122, 140])
def test_a_click_track_has_its_tempo_to_half_a_percent(features, sounds, bpm):
    assert tempo(features(sounds.clicks(bpm, 12))).bpm == pytest.approx(bpm, rel=0.005)


def test_a_fast_pulse_is_counted_at_half_as_people_do(features, sounds):
    assert tempo(features(sounds.clicks(190, 12))).bpm == pytest.approx(95, rel=0.005)


def test_too_short_is_undecidable(features, sounds):
    short = tempo(features(sounds.clicks(120, 4)))
    assert short.bpm is None
    assert "below 5 s" in short.why


@pytest.mark.parametrize("seed", range(3))
def test_neither_noise_nor_a_held_chord_has_a_tempo(features, sounds, seed):
    for samples in (sounds.pink(12, 22_050, seed), sounds.chord((57, 60 + seed, 64), 12)):
        assert tempo(features(samples)).bpm is None


@pytest.mark.parametrize(
    ("reference", "estimate", "words"),
    [
        (120, 120, "the same tempo"), (120, 124, "the same tempo"), (120, 128, "a different tempo"),
        (130, 65, "half the tempo"), (70, 140, "double the tempo"), (120, 97, "a different tempo"),
        (60, 90, "one and a half times the tempo"), (150, 100, "two thirds of the tempo"),
    ],
)  # fmt: skip
def test_the_octave_is_named(features, sounds, reference, estimate, words):
    ours, theirs = (features(sounds.clicks(bpm, 12)) for bpm in (reference, estimate))
    reading = tempo_ratio.compute(ours, theirs)
    assert reading.value == pytest.approx(np.log2(estimate / reference), abs=0.01)
    assert reading.note.endswith(words)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(0.34, "a third of the tempo"), (2.9, "three times the tempo"), (4, "a different tempo")],
)
def test_groups_of_music_in_three_are_named(ratio, words):
    assert relation_words(ratio) == words


def test_no_ratio_of_the_undecidable(features, sounds):
    steady, short = features(sounds.clicks(120, 12)), features(sounds.clicks(120, 4))
    assert tempo_ratio.compute(steady, short).note == "take: undecidable below 5 s"
    assert tempo_ratio.compute(short, steady).note == "baseline: undecidable below 5 s"
    assert tempo_ratio.compute(short, steady).value is None


@pytest.mark.parametrize("metric", [rhythm, pulse])
def test_the_same_pulse_in_another_sound_beats_another_pulse(features, sounds, calibration, metric):
    gate = (sounds.clicks(120, 9) != 0).astype(np.float32)
    reference, same, other = (
        calibration.standardized(features(one))
        for one in (sounds.clicks(120, 9), sounds.sine(440, 9) * gate, sounds.clicks(97, 9))
    )
    assert np.median(metric.pairs(reference, same)) > 0.7
    assert np.median(metric.pairs(reference, other)) < 0.2
