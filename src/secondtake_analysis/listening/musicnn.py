"""MusiCNN: the network that was taught to tag music, and what it hears just before it tags.

Pons and Serra (2019): filters shaped like timbres (tall) and rhythms (long) on a mel spectrogram,
three layers over time, mean over time. Run in numpy from the weights of the musicnn package, whose
own code needs TensorFlow; they are converted once. benchmarks/musicnn_equality.py holds both sides
against each other.
"""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from secondtake.errors import ModelError
from secondtake.files import replacing
from secondtake_analysis.listening.tensor_bundle import BundleError, read_tensors
from secondtake_analysis.packaged import REMEDY, packaged
from secondtake_analysis.spectrum import mel_filters

RATE = 16_000  # Hz
FRAME, HOP, BANDS = 512, 256, 96  # of the mel spectrogram that it was taught on
FRAMES = 187  # 3 s
LOUDER = 10_000  # log10(10000 x + 1) is what it was taught on
EPSILON = 1e-3  # of TensorFlow's batch normalisation

SIZE = 753  # numbers to a window: 561 of the filters, 64 of each layer

CHECKPOINT = "MTT_musicnn"  # taught on MagnaTagATune
SHA256 = {
    "MTT_musicnn": (
        "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",  # .index
        "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",  # .data
    ),
    "MSD_musicnn": (
        "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
        "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
    ),
}


@dataclass(frozen=True)
class Layer:
    """A convolution, its rectifier, and the batch normalisation behind it."""

    kernel: np.ndarray  # (time * frequency, filters)
    bias: np.ndarray  # (filters,)
    gain: np.ndarray
    offset: np.ndarray

    def normalised(self, values: np.ndarray) -> np.ndarray:
        return values * self.gain + self.offset


@dataclass(frozen=True)
class Weights:
    """What inference needs."""

    gain: float  # of the normalisation in front
    offset: float
    heights: tuple[int, ...]  # mel bands that each of the tall filters spans
    lengths: tuple[int, ...]  # frames that each of the long filters spans
    layers: tuple[Layer, ...]  # 5 in front, 3 over time


def embed(windows: list[np.ndarray], weights: Weights) -> np.ndarray:
    """Windows (frames,) of 3 s at 16 kHz -> what is heard of each, (windows, 753) float32.

    A shorter window is repeated until it is 3 s long, as its authors do.
    """
    heard = [_heard(log_mel(window), weights) for window in windows]
    return np.array(heard, dtype=np.float32).reshape(-1, SIZE)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """(frames,) at 16 kHz -> what the network sees, (187, 96)."""
    from scipy.fft import rfft

    padded = np.pad(samples.astype(np.float32), FRAME // 2)
    framed = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME, dtype=np.float32) / FRAME)
    power = np.abs(rfft(framed * window, axis=1)) ** 2
    mel = power.astype(np.float32) @ mel_filters(BANDS, FRAME, RATE).T
    return np.resize(np.log10(LOUDER * mel + 1), (max(len(mel), FRAMES), BANDS))[:FRAMES]


def weights(folder: Path, checkpoint: str = CHECKPOINT) -> Weights:
    """The weights of a checkpoint; converted into `folder` unless they lie there whole.

    ModelError environment if the musicnn package is not installed, bad_weights if it holds
    something else than what is pinned; OSError if the disk is full.
    """
    index_hash, data_hash = SHA256[checkpoint]
    path = folder / f"{checkpoint.lower()}-{data_hash[:16]}.npz"
    try:
        return _stored(path)
    except (OSError, EOFError, KeyError, ValueError, BadZipFile):  # absent or damaged
        index = packaged("musicnn", f"musicnn/{checkpoint}/.index", index_hash)
        data = packaged("musicnn", f"musicnn/{checkpoint}/.data-00000-of-00001", data_hash)
        _convert(index, data, path)
    return _stored(path)


def _stored(path: Path) -> Weights:
    """What was converted; the archive's checksums are looked at."""
    with np.load(path, allow_pickle=False) as stored:
        return _assembled({name: stored[name] for name in stored.files})


def _convert(index: Path, data: Path, path: Path) -> None:
    """Write the tensors that inference needs."""
    try:
        tensors = read_tensors(index.read_bytes(), data.read_bytes())
    except BundleError as error:
        raise ModelError("bad_weights", f"{index}: {error}", REMEDY) from error
    needed = {
        name: value
        for name, value in tensors.items()
        if name.startswith(("conv2d", "batch_normalization")) and "Adam" not in name
    }
    with replacing(path) as file:
        np.savez(file, **needed)  # type: ignore[arg-type]


def _assembled(tensors: dict[str, np.ndarray]) -> Weights:
    def numbered(kind: str, number: int) -> str:
        return f"{kind}_{number}" if number else kind

    def normalisation(number: int) -> tuple[np.ndarray, np.ndarray]:
        name = numbered("batch_normalization", number)
        gain = tensors[f"{name}/gamma"] / np.sqrt(tensors[f"{name}/moving_variance"] + EPSILON)
        return gain, tensors[f"{name}/beta"] - gain * tensors[f"{name}/moving_mean"]

    kernels = [tensors[numbered("conv2d", number) + "/kernel"] for number in range(8)]
    layers = tuple(
        Layer(
            kernel.reshape(-1, kernel.shape[-1]),
            tensors[numbered("conv2d", number) + "/bias"],
            *normalisation(number + 1),
        )
        for number, kernel in enumerate(kernels)
    )
    gain, offset = normalisation(0)
    heights, lengths = ([k.shape[1] for k in kernels[:2]], [k.shape[0] for k in kernels[2:5]])
    return Weights(float(gain[0]), float(offset[0]), tuple(heights), tuple(lengths), layers)


def _heard(mel: np.ndarray, weights: Weights) -> np.ndarray:
    """(187, 96) -> (753,)."""
    seen = mel * np.float32(weights.gain) + np.float32(weights.offset)
    tall, long = weights.layers[:2], weights.layers[2:5]
    parts = [_timbre(seen, span, one) for span, one in zip(weights.heights, tall, strict=True)]
    parts += [_rhythm(seen, span, one) for span, one in zip(weights.lengths, long, strict=True)]
    front = np.concatenate(parts, axis=1)
    first = _over_time(front, weights.layers[5])
    second = _over_time(first, weights.layers[6]) + first
    third = _over_time(second, weights.layers[7]) + second
    return np.concatenate([front, first, second, third], axis=1).mean(axis=0)


def _timbre(seen: np.ndarray, height: int, layer: Layer) -> np.ndarray:
    """Tall filters, seven frames wide, at their best height: (frames, filters)."""
    width = 7
    padded = np.pad(seen, ((width // 2, width // 2), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, (width, height))
    frames, places = patches.shape[:2]
    found = patches.reshape(frames * places, width * height) @ layer.kernel
    return _best(found.reshape(frames, places, -1), layer)


def _rhythm(seen: np.ndarray, length: int, layer: Layer) -> np.ndarray:
    """Long filters, one band high, at their best height: (frames, filters)."""
    before = (length - 1) // 2
    padded = np.pad(seen, ((before, length - 1 - before), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, length, axis=0)
    frames, places = patches.shape[:2]
    found = patches.reshape(frames * places, length) @ layer.kernel
    return _best(found.reshape(frames, places, -1), layer)


def _best(found: np.ndarray, layer: Layer) -> np.ndarray:
    """The rectified and normalised maximum over all heights; below, where a gain is negative."""
    rectified = np.where(layer.gain >= 0, found.max(axis=1), found.min(axis=1)) + layer.bias
    return layer.normalised(np.maximum(rectified, 0))


def _over_time(values: np.ndarray, layer: Layer) -> np.ndarray:
    """A layer over seven frames: (frames, features) -> (frames, filters)."""
    padded = np.pad(values, ((3, 3), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, 7, axis=0)  # (frames, features, 7)
    flat = patches.transpose(0, 2, 1).reshape(len(values), -1)
    return layer.normalised(np.maximum(flat @ layer.kernel + layer.bias, 0))
