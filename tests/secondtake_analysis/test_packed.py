import numpy as np

from secondtake_analysis.features import FIELDS, ROWS
from secondtake_analysis.packed import pack, unpack


def test_nothing_is_lost(features, sounds):
    before = features(sounds.clicks(100, 13) + sounds.chord((60, 64, 67), 13))
    after = unpack(pack(before))
    for name in FIELDS:
        assert np.array_equal(getattr(after, name), getattr(before, name), equal_nan=True)
        assert np.shape(getattr(after, name)) == np.shape(getattr(before, name))


def test_a_recording_without_windows_too(features):
    after = unpack(pack(features(np.zeros(22_050, np.float32))))
    assert after.windows == 0
    assert all(getattr(after, name).shape == (0, *shape) for name, shape in ROWS.items())
