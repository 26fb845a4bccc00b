import numpy as np
import pytest
import soundfile

from secondtake_analysis.audio import AudioError
from secondtake_analysis.cache import Cache
from secondtake_analysis.features import FIELDS, describe
from secondtake_analysis.noise import as_audio, pink_features
from secondtake_analysis.recording import Recording, noise_features


@pytest.fixture
def file(tmp_path, sounds):
    path = tmp_path / "a.wav"
    soundfile.write(path, sounds.pink(8, 22_050), 22_050, subtype="FLOAT")
    return path


def test_features_survive_the_cache_unchanged(file, tmp_path, sounds):
    cache = Cache(tmp_path / "cache")
    straight = describe(as_audio(sounds.pink(8, 22_050), 22_050))
    for _ in range(2):  # made, then read
        stored = Recording(file, "a", cache).features
        for name in FIELDS:
            assert np.array_equal(getattr(stored, name), getattr(straight, name), equal_nan=True)


def test_the_second_time_nothing_is_decoded(file, tmp_path, monkeypatch):
    cache = Cache(tmp_path / "cache")
    first = Recording(file, "a", cache).features
    monkeypatch.setattr(Recording, "audio", property(lambda self: pytest.fail("decoded again")))
    assert np.array_equal(Recording(file, "a", cache).features.mfcc, first.mfcc)


def test_another_stretch_is_another_recording(file, tmp_path):
    cache = Cache(tmp_path / "cache")
    whole, part = Recording(file, "a", cache), Recording(file, "a", cache, 1.0, 5.0)
    assert (whole.features.windows, part.features.windows) == (2, 1)


def test_not_finite_is_refused(tmp_path):
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.full(8000, np.nan, np.float32), 8000, subtype="FLOAT")
    with pytest.raises(AudioError, match="NaN"):
        _ = Recording(path, "nan", Cache(tmp_path / "cache")).features


def test_pink_noise_is_cached_like_a_file(tmp_path):
    assert np.array_equal(noise_features(Cache(tmp_path)).mfcc, pink_features().mfcc)
    assert len(list(tmp_path.iterdir())) == 1
