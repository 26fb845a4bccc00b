"""The wav of a take, read so that it can be written again as the same bytes."""

import numpy as np
import pytest

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.prompts.source_audio import SourceAudio
from secondtake.core.wav import write_wav
from secondtake.models.inference.recordings import read_take

RATE = 8000


@pytest.fixture
def take(project):
    """Every value that a wav of ours can hold, in two channels."""
    values = np.arange(-32767, 32768, dtype=np.float32) / np.float32(32767)
    path = project.root / "results" / "take.wav"
    path.parent.mkdir()
    assert write_wav(path, np.stack((values, values[::-1]), 1), RATE) == ()
    return path, SourceAudio("results/take.wav", 1.0, 2.0, sha256_of(path))


def test_what_is_read_is_written_as_the_same_bytes(take, tmp_path):
    path, source = take
    samples = read_take(source, RATE, 2)
    assert samples.shape == (65535, 2) and samples.dtype == np.float32
    assert np.abs(samples).max() == 1.0
    write_wav(tmp_path / "again.wav", samples, RATE)
    assert (tmp_path / "again.wav").read_bytes() == path.read_bytes()


def refusal(source, rate=RATE, channels=2):
    with pytest.raises(ModelError) as caught:
        read_take(source, rate, channels)
    assert caught.value.code == "unsupported" and "again" in caught.value.hint
    return caught.value.message


def test_another_file_is_refused(take):
    path, source = take
    assert "8000 Hz and 2 channels" in refusal(source, rate=48_000)
    assert "8000 Hz and 2 channels" in refusal(source, channels=1)
    path.write_bytes(path.read_bytes()[:-4])
    assert "take.wav has changed since the take was planned" in refusal(source)
    path.write_bytes(b"RIFF")
    assert "cannot be read" in refusal(SourceAudio(source.path, 1.0, 2.0, sha256_of(path)))
    path.unlink()
    assert "No such file" in refusal(source)
