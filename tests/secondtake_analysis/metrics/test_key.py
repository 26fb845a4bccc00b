import numpy as np
import pytest

from secondtake_analysis.metrics.key import CHANCE, Key, key, score


@pytest.mark.parametrize("tonic", range(0, 12, 2))
def test_a_cadence_is_in_its_key(features, sounds, tonic):
    found = key(features(sounds.cadence(60 + tonic, 8)))
    assert found and (found.tonic, found.mode) == (tonic, "major")
    assert found.margin > 0


def test_silence_has_no_key(features):
    assert key(features(np.zeros(100_000, np.float32))) is None


@pytest.mark.parametrize(
    ("reference", "estimate", "points"),
    [
        ((9, "minor"), (9, "minor"), 1.0), ((0, "major"), (7, "major"), 0.5),
        ((0, "major"), (5, "major"), 0.0), ((0, "major"), (9, "minor"), 0.3),
        ((9, "minor"), (0, "major"), 0.3), ((9, "minor"), (9, "major"), 0.2),
        ((0, "major"), (1, "minor"), 0.0),
    ],
)  # fmt: skip
def test_mirex_weights(reference, estimate, points):
    ours, theirs = (Key(tonic, mode, "", 0.1) for tonic, mode in (reference, estimate))
    assert score(ours, theirs)[0] == points


def test_chance_is_the_mean_over_all_keys():
    reference = Key(0, "major", "", 0.1)
    every = [Key(tonic, mode, "", 0) for tonic in range(12) for mode in ("major", "minor")]
    assert np.mean([score(reference, one)[0] for one in every]) == pytest.approx(CHANCE)


def test_a_close_race_names_the_rival():
    assert Key(9, "minor", "C major", 0.01).words == "A minor or C major (margin 0.01)"
    assert Key(9, "minor", "C major", 0.20).words == "A minor (margin 0.20)"
