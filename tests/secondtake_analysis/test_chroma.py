import numpy as np
import pytest

from secondtake_analysis import spectrum

HOPS = slice(5, -5)  # without the edges, where frames are half empty


@pytest.mark.parametrize("pitch_class", range(12))
def test_every_note_lands_in_its_pitch_class_even_out_of_tune(sounds, pitch_class):
    hz = 440 * 2 ** ((pitch_class + 60 - 69) / 12)
    for tuning in (1.0, 2 ** (0.3 / 12)):
        found = spectrum.read(sounds.sine(hz * tuning, 1)).chroma
        assert found[:, HOPS].mean(axis=1).argmax() == pitch_class
        assert found[:, HOPS].sum(axis=0) == pytest.approx(1.0, abs=1e-5)


def test_silence_has_no_chroma():
    assert not spectrum.read(np.zeros(22_050, np.float32)).chroma.any()
