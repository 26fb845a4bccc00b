"""Recordings that takes are made of: proven to be the planned ones, read, and resampled.

A sound is (frames, channels) float32 in ±1. Resampling is band-limited interpolation by a windowed
sinc (J. O. Smith, "Digital Audio Resampling"), in the arithmetic of torchaudio and with the figures
of transformers' extractor of melodies, so that MusicGen follows what transformers' would.
"""

from __future__ import annotations

import math
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.project import find_project
from secondtake.core.prompts.source_audio import BRING, SourceAudio, check_recording
from secondtake.core.wav import FULL_SCALE

if TYPE_CHECKING:
    from torch import Tensor

AGAIN = "type the command again: it is then planned anew"
ZERO_CROSSINGS = 24  # of the sinc on either side
ROLLOFF = 0.945  # of the lower Nyquist frequency: what the filter lets through


def read_recording(
    source: SourceAudio, parameter: str, sample_rate: int, channels: int
) -> np.ndarray:
    """The stretch of a recording in any format: (frames, channels) float32 at `sample_rate` Hz.

    One channel is the mean of all. Two are the first two, or one twice. ModelError unsupported if
    the file is not what it was when the job was planned, or cannot be read.
    """
    import soundfile
    import torch

    path = find_project().root / source.path
    with _readable(path, BRING):
        _check_unchanged(path, source)
        check_recording(parameter, path, source)
        rate = soundfile.info(path).samplerate
        first = round(source.start * rate)
        last = None if source.end is None else round(source.end * rate)
        sound, _ = soundfile.read(path, start=first, stop=last, dtype="float32", always_2d=True)
    if not len(sound):
        message = f"{path} ends before the {parameter} begins, at {source.start:g} s"
        raise ModelError("unsupported", message, "correct the segment's start and end")
    samples = torch.from_numpy(_mixed(sound, channels).T.copy())  # (channels, frames)
    return np.ascontiguousarray(resample(samples, rate, sample_rate).numpy().T)


def read_take(source: SourceAudio, sample_rate: int, channels: int) -> np.ndarray:
    """The whole wav of a take: (frames, channels) float32 that core.wav writes as the same bytes.

    ModelError unsupported if it is not what it was, or no take of this rate and these channels.
    """
    path = find_project().root / source.path
    with _readable(path, AGAIN):
        _check_unchanged(path, source)
        with wave.open(str(path), "rb") as file:
            layout = file.getframerate(), file.getnchannels(), file.getsampwidth()
            data = file.readframes(file.getnframes())
    if layout != (sample_rate, channels, 2):
        message = f"{path} has {layout[0]} Hz and {layout[1]} channels, no take of this model has"
        raise ModelError("unsupported", message, AGAIN)
    samples = np.frombuffer(data, "<i2").reshape(-1, channels)
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


@contextmanager
def _readable(path: Path, hint: str) -> Iterator[None]:
    """Turn what reading a file raises into a ModelError."""
    import soundfile

    try:
        yield
    except (OSError, EOFError, wave.Error, soundfile.LibsndfileError) as error:
        raise ModelError("unsupported", f"{path} cannot be read: {error}", hint) from None


def _check_unchanged(path: Path, source: SourceAudio) -> None:
    if sha256_of(path) != source.sha256:
        message = f"{path} has changed since the take was planned"
        raise ModelError("unsupported", message, AGAIN)


def _mixed(sound: np.ndarray, channels: int) -> np.ndarray:
    """(frames, any) -> (frames, channels)"""
    if channels == 1:
        return np.asarray(sound.mean(1, keepdims=True))
    return sound[:, :channels] if sound.shape[1] >= channels else sound[:, :1].repeat(channels, 1)


def resample(samples: Tensor, rate: int, new_rate: int) -> Tensor:
    """(channels, frames) float32 at `rate` Hz -> (channels, frames) at `new_rate` Hz."""
    import torch

    if rate == new_rate:
        return samples
    common = math.gcd(rate, new_rate)
    old, new = rate // common, new_rate // common
    kernels, reach = _sinc_kernels(old, new)
    padded = torch.nn.functional.pad(samples, (reach, reach + old))[:, None]
    blocks = torch.nn.functional.conv1d(padded, kernels, stride=old)  # (channels, new, blocks)
    frames = math.ceil(samples.shape[1] * new / old)
    return blocks.transpose(1, 2).flatten(1)[:, :frames]


def _sinc_kernels(old: int, new: int) -> tuple[Tensor, int]:
    """The filter of each of `new` frames that are made of `old` ones, (new, 1, taps) float32, and
    the frames of the recording that it reaches back."""
    import torch

    cutoff = min(old, new) * ROLLOFF
    reach = math.ceil(ZERO_CROSSINGS * old / cutoff)
    taps, phases = torch.arange(-reach, reach + old) / old, -torch.arange(new)[:, None] / new
    crossings = ((phases + taps) * cutoff).clamp(-ZERO_CROSSINGS, ZERO_CROSSINGS)
    window = torch.cos(crossings * math.pi / ZERO_CROSSINGS / 2) ** 2  # Hann
    angles = crossings * math.pi
    sinc = torch.where(angles == 0, 1.0, angles.sin() / angles)
    return (sinc * (window * (cutoff / old)))[:, None], reach
