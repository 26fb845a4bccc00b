import numpy as np
import pytest

from secondtake_analysis import short_time

HOPS = slice(5, -5)  # without the edges, where frames are half empty


def test_a_sine_peaks_in_its_own_bin(sounds):
    (block,) = short_time.blocks(sounds.sine(1000, 2))
    bins = block[:, HOPS].argmax(axis=0)
    assert bins == pytest.approx(np.full(len(bins), short_time.bin_of(1000)), abs=0.5)


def test_blocks_are_one_spectrum_cut_in_pieces(sounds):
    noise = sounds.pink(60, 22_050)
    parts = list(short_time.blocks(noise))
    assert [part.shape for part in parts] == [(1025, 2048), (1025, 2048), (1025, 1072)]
    found = np.concatenate(parts, axis=1)
    for hop in (0, 2047, 2048, 4096, 5167):  # at both sides of every seam
        frame = np.pad(noise, 1024)[hop * 256 :][:2048]
        theirs = np.abs(np.fft.rfft(frame * np.hanning(2049)[:-1]))
        assert found[:, hop] == pytest.approx(theirs, abs=1e-4)
