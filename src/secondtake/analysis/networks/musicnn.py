"""MusiCNN: a network that was taught to tag music; the embedding is what it has before it tags.

Pons and Serra (2019): filters shaped like timbres (tall) and rhythms (long) on a mel spectrogram,
three layers over time, mean over time. Run in numpy from the weights of the musicnn package, whose
own code needs TensorFlow; they are converted once. benchmarks/analysis/musicnn_equality.py
holds both sides against each other.
"""

from dataclasses import astuple, dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from secondtake.analysis.dsp.spectral import mel_filters
from secondtake.analysis.networks.onnx import REMEDY, pinned_package_file
from secondtake.analysis.networks.tf_checkpoint import BundleError, read_tensors
from secondtake.core.errors import ModelError
from secondtake.core.files import replacing

RATE = 16_000  # Hz
FRAME, HOP, BANDS = 512, 256, 96  # of the mel spectrogram that it was taught on
FRAMES = 187  # 3 s
LOUDER = 10_000  # log10(10000 x + 1) is what it was taught on
EPSILON = 1e-3  # of TensorFlow's batch normalisation

WIDTH = 7  # frames of a tall filter, and of the layers over time
TALL, LONG, OVER_TIME = (0, 1), (2, 3, 4), (5, 6, 7)  # the checkpoint's numbers of the layers
HEIGHTS = 8  # at which a filter is tried at once: what they need fits a processor's cache
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
        return np.asarray(values * self.gain + self.offset)


@dataclass(frozen=True)
class Weights:
    """The tensors that inference needs."""

    gain: float  # of the normalisation in front
    offset: float
    heights: tuple[int, ...]  # mel bands that the tall filters of a layer span
    tall: tuple[Layer, ...]  # a layer for each height
    long: Layer  # the filters of all lengths, each in the middle of as many frames as the longest
    over_time: tuple[Layer, ...]  # three


def embed(windows: list[np.ndarray], weights: Weights) -> np.ndarray:
    """Windows (frames,) of 3 s at 16 kHz -> the embedding of each, (windows, 753) float32.

    A shorter window is repeated until it is 3 s long, as its authors do.
    """
    embeddings = [_embedding(log_mel(window), weights) for window in windows]
    return np.array(embeddings, dtype=np.float32).reshape(-1, SIZE)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """(frames,) at 16 kHz -> log mel spectrogram, the network's input, (187, 96)."""
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
    except (OSError, EOFError, KeyError, ValueError, MemoryError, BadZipFile):  # absent or damaged
        stem = f"musicnn/{checkpoint}/"
        index = pinned_package_file("musicnn", stem + ".index", index_hash)
        data = pinned_package_file("musicnn", stem + ".data-00000-of-00001", data_hash)
        _convert(index, data, path)
    return _stored(path)


def _stored(path: Path) -> Weights:
    """The converted weights; the archive's checksums are verified."""
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
    with replacing(path, sum(value.nbytes for value in needed.values())) as file:
        np.savez(file, **needed)  # type: ignore[arg-type]


def _assembled(tensors: dict[str, np.ndarray]) -> Weights:
    def of(kind: str, number: int, name: str) -> np.ndarray:
        return tensors[f"{kind}_{number}/{name}" if number else f"{kind}/{name}"]

    def normalisation(number: int) -> tuple[np.ndarray, np.ndarray]:
        kind = "batch_normalization"
        gain = of(kind, number, "gamma") / np.sqrt(of(kind, number, "moving_variance") + EPSILON)
        return gain, of(kind, number, "beta") - gain * of(kind, number, "moving_mean")

    def layer(number: int) -> Layer:
        kernel = kernels[number]
        flat = kernel.reshape(-1, kernel.shape[-1])
        return Layer(flat, of("conv2d", number, "bias"), *normalisation(number + 1))

    kernels = {number: of("conv2d", number, "kernel") for number in (*TALL, *LONG, *OVER_TIME)}
    heights = tuple(kernels[number].shape[1] for number in TALL)
    length = max(len(kernels[number]) for number in LONG)
    kernels |= {number: _longer(kernels[number], length) for number in LONG}
    beside = zip(*(astuple(layer(number)) for number in LONG), strict=True)
    long = Layer(*(np.concatenate(parts, axis=-1) for parts in beside))
    gain, offset = normalisation(0)
    tall, over_time = tuple(map(layer, TALL)), tuple(map(layer, OVER_TIME))
    return Weights(float(gain[0]), float(offset[0]), heights, tall, long, over_time)


def _longer(kernel: np.ndarray, length: int) -> np.ndarray:
    """A kernel (frames, bands, 1, filters) with zeros around it; its centre stays the centre."""
    before = (length - 1) // 2 - (len(kernel) - 1) // 2
    return np.pad(kernel, ((before, length - before - len(kernel)), (0, 0), (0, 0), (0, 0)))


def _embedding(mel: np.ndarray, weights: Weights) -> np.ndarray:
    """(187, 96) -> (753,)."""
    scaled = mel * np.float32(weights.gain) + np.float32(weights.offset)
    tall = zip(weights.heights, weights.tall, strict=True)
    timbres = [_timbre(scaled, height, layer) for height, layer in tall]
    front = np.concatenate([*timbres, _rhythm(scaled, weights.long)], axis=1)
    first = _over_time(front, weights.over_time[0])
    second = _over_time(first, weights.over_time[1]) + first
    third = _over_time(second, weights.over_time[2]) + second
    return np.asarray(np.concatenate([front, first, second, third], axis=1).mean(axis=0))


def _timbre(mel: np.ndarray, height: int, layer: Layer) -> np.ndarray:
    """Tall filters, seven frames wide, at their best height: (frames, filters)."""
    padded = np.pad(mel, ((WIDTH // 2, WIDTH // 2), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, (WIDTH, height))
    return _best(patches.transpose(1, 0, 2, 3), layer)


def _rhythm(mel: np.ndarray, layer: Layer) -> np.ndarray:
    """Long filters, one band high, at their best height: (frames, filters)."""
    length = len(layer.kernel)
    before = (length - 1) // 2
    padded = np.pad(mel.T, ((0, 0), (before, length - 1 - before)))
    return _best(np.lib.stride_tricks.sliding_window_view(padded, length, axis=1), layer)


def _best(patches: np.ndarray, layer: Layer) -> np.ndarray:
    """Patches (heights, frames, ...) -> the maximum of each filter over all heights.

    The most after the normalisation: where its gain is negative, that is the least before it.
    """
    heights, frames = patches.shape[:2]
    sign = np.where(layer.gain < 0, np.float32(-1), np.float32(1))
    kernel = layer.kernel * sign
    best = np.full((frames, len(sign)), -np.inf, np.float32)
    for at in range(0, heights, HEIGHTS):
        rows = patches[at : at + HEIGHTS].reshape(-1, len(kernel))
        values = (rows @ kernel).reshape(-1, frames, len(sign))
        np.maximum(best, values.max(axis=0), out=best)
    return layer.normalised(np.maximum(best * sign + layer.bias, 0))


def _over_time(values: np.ndarray, layer: Layer) -> np.ndarray:
    """A layer over seven frames: (frames, features) -> (frames, filters)."""
    padded = np.pad(values, ((WIDTH // 2, WIDTH // 2), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, WIDTH, axis=0)
    flat = patches.transpose(0, 2, 1).reshape(len(values), -1)  # from (frames, features, 7)
    return layer.normalised(np.maximum(flat @ layer.kernel + layer.bias, 0))
