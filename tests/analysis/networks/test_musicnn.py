"""MusiCNN without TensorFlow: the same numbers, from any number of windows of any length.

golden.json holds what TensorFlow says of a sound that is made here from sines;
benchmarks/analysis/musicnn_equality.py --golden writes it.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from secondtake.analysis.networks import musicnn
from secondtake.analysis.networks.musicnn import RATE, SHA256, SIZE, embed, log_mel, weights
from secondtake.core.errors import ModelError

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))


def sound(seconds: float = 3.0) -> np.ndarray:
    """Sines of (Hz, peak), each opened and closed so many times a second, (frames,) float32."""
    time = np.arange(round(seconds * RATE)) / RATE
    parts = [
        peak * np.sin(2 * np.pi * hz * time) * np.sin(np.pi * beats * time) ** 2
        for hz, peak, beats in GOLDEN["partials"]
    ]
    return np.sum(parts, axis=0).astype(np.float32)


@pytest.fixture(scope="module")
def kept(shared_cache):
    return weights(shared_cache / "converted")


@pytest.mark.parametrize("checkpoint", sorted(SHA256))
def test_the_numbers_are_those_of_tensorflow(shared_cache, checkpoint):
    (heard,) = embed([sound()], weights(shared_cache / "converted", checkpoint))
    said = np.array(GOLDEN["mean_pool"][checkpoint])
    assert np.count_nonzero(np.abs(said) > 0.01) > 30, "the sound must make filters fire"
    assert heard[:: GOLDEN["every"]] == pytest.approx(said, abs=1e-4 * np.abs(said).max())


@pytest.mark.e2e  # librosa compiles itself for half a minute
def test_the_spectrogram_is_librosas(sounds):
    import librosa

    for samples in (sound(), sounds.pink(3, RATE)):
        power = librosa.feature.melspectrogram(
            y=samples, sr=RATE, n_fft=512, hop_length=256, n_mels=96
        )
        theirs = np.log10(10_000 * power.T + 1)[:187]
        assert log_mel(samples) == pytest.approx(theirs, abs=1e-4)


def test_windows_together_and_alone_are_heard_alike(kept, sounds):
    windows = [sound(), sounds.pink(3, RATE), 0.5 * sound()]
    together = embed(windows, kept)
    assert together.shape == (3, SIZE) and together.dtype == np.float32
    for window, row in zip(windows, together, strict=True):
        assert embed([window], kept)[0] == pytest.approx(row, abs=1e-6)
    assert np.abs(together[0] - together[1]).max() > 0.1
    assert embed([], kept).shape == (0, SIZE)


@pytest.mark.parametrize("frames", [0, 1, 700, 16_000, 47_000])
def test_a_short_window_is_repeated_until_it_is_long_enough(kept, frames):
    short = sound()[:frames]
    mel = log_mel(short)
    hops = 1 + frames // 256
    assert mel.shape == (187, 96)
    assert np.array_equal(mel[hops : 2 * hops], mel[: len(mel[hops : 2 * hops])])
    assert np.isfinite(embed([short], kept)).all()


def test_a_checkpoint_is_converted_once(shared_cache, kept, monkeypatch):
    monkeypatch.setattr(musicnn, "pinned_package_file", pytest.fail)
    again = weights(shared_cache / "converted")
    assert np.array_equal(embed([sound()], again), embed([sound()], kept))


@pytest.mark.parametrize("damage", ["cut short", "altered", "another file"])
def test_what_was_damaged_is_converted_again(tmp_path, kept, damage):
    weights(tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        {
            "cut short": whole[:middle],
            "altered": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
            "another file": b"",
        }[damage]
    )
    assert np.array_equal(embed([sound()], weights(tmp_path)), embed([sound()], kept))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_checkpoint_that_is_not_the_pinned_one_is_never_read(tmp_path, monkeypatch):
    monkeypatch.setattr(musicnn, "SHA256", {"MTT_musicnn": ("0" * 64, "0" * 64)})
    with pytest.raises(ModelError, match="not the pinned file") as error:
        weights(tmp_path / "new")
    assert error.value.code == "bad_weights" and "invoke setup" in error.value.hint
    assert not (tmp_path / "new").exists()


def test_a_checkpoint_that_cannot_be_read_names_the_file_and_the_remedy(tmp_path):
    for name in ("index", "data"):
        (tmp_path / name).write_bytes(b"no table")
    with pytest.raises(ModelError, match=r"index: .*cut short") as error:
        musicnn._convert(tmp_path / "index", tmp_path / "data", tmp_path / "out.npz")
    assert error.value.code == "bad_weights" and not (tmp_path / "out.npz").exists()
