import pytest

from secondtake_analysis.metrics.tempo import Tempo, ratio, tempo


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
    ("estimate", "words"),
    [
        (120, "the same tempo"), (124, "the same tempo"), (126, "a different tempo"),
        (60, "half the tempo"), (240, "double the tempo"), (97, "a different tempo"),
    ],
)  # fmt: skip
def test_the_octave_is_named(estimate, words):
    value, note = ratio(Tempo(120, 1), Tempo(estimate, 1))
    assert value == pytest.approx(estimate / 120)
    assert note.endswith(words)


def test_no_ratio_of_the_undecidable():
    why = "undecidable below 5 s"
    assert ratio(Tempo(120, 1), Tempo(None, 0, why)) == (None, f"take {why}")
    assert ratio(Tempo(None, 0, why), Tempo(120, 1)) == (None, f"reference {why}")
