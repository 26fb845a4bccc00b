from dataclasses import fields

import numpy as np
import pytest
import soundfile

from secondtake.analysis.audio_io import AudioError, as_audio
from secondtake.analysis.cache import Cache
from secondtake.analysis.dsp.first_study import first_study_row, pink_noise
from secondtake.analysis.features.extract import FIELDS, ROWS
from secondtake.analysis.recording import NOISE_SECONDS, Recording, pack, pink_noise_row, unpack


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


@pytest.fixture
def file(tmp_path, sounds):
    path = tmp_path / "a.wav"
    soundfile.write(path, sounds.pink(8, 22_050), 22_050, subtype="FLOAT")
    return path


def test_features_survive_the_cache_unchanged(file, tmp_path, sounds, heard):
    cache = Cache(tmp_path / "cache")
    straight = heard(sounds.pink(8, 22_050))
    for _ in range(2):  # made, then read
        stored = Recording(file, "a", cache).features
        for name in FIELDS:
            assert np.array_equal(getattr(stored, name), getattr(straight, name), equal_nan=True)


def test_the_second_time_nothing_is_decoded(file, tmp_path, monkeypatch):
    cache = Cache(tmp_path / "cache")
    first = Recording(file, "a", cache).features
    monkeypatch.setattr(Recording, "audio", property(lambda self: pytest.fail("decoded again")))
    assert np.array_equal(Recording(file, "a", cache).features.timbre, first.timbre)


def test_another_stretch_is_another_recording(file, tmp_path):
    cache = Cache(tmp_path / "cache")
    whole, part = Recording(file, "a", cache), Recording(file, "a", cache, 1.0, 5.0)
    assert (whole.features.windows, part.features.windows) == (2, 1)


def test_not_finite_is_refused(tmp_path):
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.full(8000, np.nan, np.float32), 8000, subtype="FLOAT")
    with pytest.raises(AudioError, match="NaN"):
        _ = Recording(path, "nan", Cache(tmp_path / "cache")).features


def test_measured_is_what_is_in_the_cache(file, tmp_path):
    recording = Recording(file, "a", Cache(tmp_path / "cache"))
    assert not recording.is_measured
    recording.measure()
    assert recording.is_measured
    assert not list(recording.cache.folder.glob("naive-*"))  # only for whoever asks
    assert not Recording(file, "a", recording.cache, 1.0, 5.0).is_measured
    assert vars(recording.fresh()).keys() == {field.name for field in fields(Recording)}


def test_a_known_hash_is_believed(file, tmp_path):
    cache = Cache(tmp_path / "cache")
    assert Recording(file, "a", cache, sha256="known").identity == ["known", None, None]


@pytest.mark.e2e  # compiles librosa where nobody has yet
def test_pink_noise_is_cached_like_a_file(tmp_path):
    straight = first_study_row(as_audio(pink_noise(NOISE_SECONDS, 24_000), 24_000))
    for _ in range(2):
        assert pink_noise_row(Cache(tmp_path), 24_000) == straight
    assert len(list(tmp_path.iterdir())) == 1
