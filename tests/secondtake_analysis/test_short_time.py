import numpy as np
import pytest

from secondtake_analysis import short_time

HOPS = slice(5, -5)  # without the edges, where frames are half empty


def test_a_sine_peaks_in_its_own_bin(sounds):
    bins = short_time.magnitudes(sounds.sine(1000, 2))[:, HOPS].argmax(axis=0)
    assert bins == pytest.approx(np.full(len(bins), short_time.bin_of(1000)), abs=0.5)


def test_block_by_block_it_is_the_same_spectrum(sounds):
    noise = sounds.pink(60, 22_050)
    parts = list(short_time.blocks(noise))
    assert [part.shape[1] for part in parts] == [2048, 2048, 1072]
    assert np.array_equal(np.concatenate(parts, axis=1), short_time.magnitudes(noise))
