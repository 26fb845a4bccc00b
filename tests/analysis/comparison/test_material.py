import numpy as np
import pytest
import soundfile

from secondtake.analysis import parallel
from secondtake.analysis.cache import Cache
from secondtake.analysis.comparison import material
from secondtake.analysis.comparison.material import measure_all
from secondtake.analysis.features.extract import FIELDS
from secondtake.analysis.recording import Recording


@pytest.fixture(scope="module")
def files(tmp_path_factory, sounds):
    """Nine short sounds; the fifth is no audio."""
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"{place}.wav" for place in range(9)]
    for place, path in enumerate(paths):
        soundfile.write(path, sounds.pink(1.2, 16_000, seed=place), 16_000, subtype="FLOAT")
    paths[4].write_bytes(b"no audio")
    return paths


@pytest.mark.e2e  # compiles librosa where nobody has yet, in every process
def test_in_processes_as_alone(files, tmp_path, shared_cache, monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    together = [Recording(path, path.name, Cache(tmp_path)) for path in files]
    labels: list[str] = []
    reasons = measure_all(together, lambda recording: labels.append(recording.label))
    assert labels == [path.name for path in files]
    assert [bool(reason) for reason in reasons] == [place == 4 for place in range(9)]
    assert "4.wav: not readable as audio" in reasons[4]
    for path, pooled in list(zip(files, together, strict=True))[:2]:
        alone = Recording(path, path.name, Cache(shared_cache / "alone"))
        assert alone.naive.mfcc == pytest.approx(pooled.naive.mfcc, rel=1e-5)  # other threads
        for name in FIELDS:
            ours, theirs = getattr(alone.features, name), getattr(pooled.features, name)
            assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-4, equal_nan=True)


def test_the_second_time_nothing_is_measured(files, tmp_path, monkeypatch):
    recordings = [Recording(path, path.name, Cache(tmp_path)) for path in files[:3]]
    measure_all(recordings)
    monkeypatch.setattr(material, "_reason", lambda recording: pytest.fail("measured again"))
    measured: list[Recording] = []
    assert measure_all(recordings, measured.append) == ("", "", "")
    assert measured == []


def test_nothing_decoded_is_held(files, tmp_path):
    recordings = [Recording(path, path.name, Cache(tmp_path)) for path in files[:2]]
    measure_all(recordings)
    assert not any("audio" in vars(recording) for recording in recordings)
