import numpy as np
import pytest

from secondtake_analysis import naive
from secondtake_analysis.noise import as_audio


@pytest.fixture(scope="module")
def row(sounds):
    """A 1000 Hz sine of peak 0.5 for 2 s at 24 kHz, in two unequal channels."""
    sine = sounds.sine(1000, 2, 1.0, 24_000)
    return naive.describe(as_audio(np.stack([sine * 0.4, sine * 0.6], axis=1), 24_000))


def test_a_sine_has_the_textbook_figures(row):
    assert (row.duration, row.sample_rate) == (2.0, 24_000)
    assert row.centroid == pytest.approx(1000, rel=0.03)
    assert row.zero_crossings == pytest.approx(2000 / 24_000, rel=0.03)
    assert row.rms == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    assert len(row.mfcc) == 20
    assert int(np.argmax(row.chroma)) == 11  # B5 is 988 Hz


def test_the_cosines_and_what_they_are_worth(row, sounds):
    noise = naive.describe(as_audio(sounds.pink(2, 24_000), 24_000))
    assert naive.mfcc_cosine(row, row) == pytest.approx(1)
    assert naive.chroma_cosine(row, row) == pytest.approx(1)
    other = naive.describe(as_audio(sounds.pink(2, 48_000, seed=2), 48_000))
    assert naive.chroma_cosine(noise, other) > 0.95  # different noises pass for the same notes
