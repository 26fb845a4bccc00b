"""Speech (silero-vad) and pitch of a single voice (swift-f0), of every window of a recording."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from secondtake.analysis.dsp.preprocess import WINDOW_SECONDS
from secondtake.analysis.networks.onnx import pinned_package_file, session

VAD_RATE = 16_000  # Hz
CHUNK = 512  # samples: 32 ms
CONTEXT = 64  # samples of the chunk before
BLOCK_CHUNKS = 512  # 16 s at once
SPEAKING = 0.5  # probability, its authors' default
VAD_SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"


def vad_probabilities(samples: np.ndarray) -> np.ndarray:
    """(frames,) at 16 kHz -> the probability of speech in every 32 ms, 0 to 1."""
    count = max(1, -(-len(samples) // CHUNK))
    padded = np.zeros(CONTEXT + count * CHUNK, dtype=np.float32)
    padded[CONTEXT : CONTEXT + len(samples)] = samples
    chunks = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + CHUNK)[::CHUNK]
    hidden = cell = np.zeros((1, 1, 128), dtype=np.float32)
    probabilities = []
    for first in range(0, count, BLOCK_CHUNKS):
        block = np.ascontiguousarray(chunks[first : first + BLOCK_CHUNKS])
        inputs = {"input": block, "h": hidden, "c": cell}
        block, hidden, cell = _vad_network().run(["speech_probs", "hn", "cn"], inputs)
        probabilities.append(block.reshape(-1))
    return np.concatenate(probabilities)


@cache
def _vad_network() -> Any:
    path = "silero_vad/data/silero_vad_16k_sequence.onnx"
    return session(pinned_package_file("silero-vad", path, VAD_SHA256))


F0_RATE = 16_000  # Hz
HOP = 256  # samples to a frame: 16 ms
LOWEST, HIGHEST = 46.875, 2093.75  # Hz between which the network was taught
VOICED = 0.5  # confidence from which a frame has a pitch, as its authors calibrated it
SILENT = 1e-3  # peak of a frame below which the network answers at random (its authors' figure)
BLOCK_FRAMES = 1875  # 30 s at once
BEFORE, AFTER = 11, 10  # frames of context after which an answer no longer changes
F0_SHA256 = "6385e8c2ebc3872e82c9ff5946228de44cd3be77a750ea53698b7dbfe94b0a22"


def track_f0(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(frames,) at 16 kHz -> the pitch of every 16 ms in Hz and its confidence, 0 to 1."""
    count = max(1, len(samples) // HOP)
    pitch, confidence = [], []
    for first in range(0, count, BLOCK_FRAMES):
        last = min(first + BLOCK_FRAMES, count)
        begin = max(0, first - BEFORE)
        end = (last + AFTER) * HOP if last < count else len(samples)
        block_pitch, block_confidence = _track_block(samples[begin * HOP : end])
        pitch.append(block_pitch[first - begin : last - begin])
        confidence.append(block_confidence[first - begin : last - begin])
    return np.concatenate(pitch), np.concatenate(confidence)


def _track_block(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The network's answer for one block; silence has no pitch."""
    inputs = {
        "audio": samples[None].astype(np.float32),
        "fmin": np.array(LOWEST, np.float32),
        "fmax": np.array(HIGHEST, np.float32),
    }
    outputs = _f0_network().run(["pitch", "confidence"], inputs)
    pitch, confidence = (output[0] for output in outputs)
    count = len(confidence)
    whole = samples[: count * HOP]
    frames = whole.reshape(count, HOP) if len(samples) >= HOP else samples[None]
    return pitch, np.where(np.abs(frames).max(axis=1) < SILENT, 0.0, confidence)


@cache
def _f0_network() -> Any:
    return session(pinned_package_file("swift-f0", "swift_f0/model.onnx", F0_SHA256))


A4 = 69  # semitones of 440 Hz
LEAST_VOICED = 10  # frames (160 ms) of a window, to say what its pitch is
SPREAD = (10, 90)  # percentiles of the pitch: the extremes are slips of an octave


def voice_windows(samples: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
    """(frames,) at 16 kHz -> speech, voiced (0 to 1), pitch, spread (semitones), each (windows,).

    `starts` in s. Pitch and spread are NaN where a window is hardly voiced.
    """
    speech = _windows(vad_probabilities(samples) >= SPEAKING, CHUNK, starts)
    hertz, confidence = track_f0(samples)
    semitones = A4 + 12 * np.log2(np.maximum(hertz, LOWEST) / 440)
    voiced = _windows(np.where(confidence >= VOICED, semitones, np.nan), HOP, starts)
    return {
        "speech": np.array([window.mean() for window in speech]),
        "voiced": np.array([np.isfinite(window).mean() for window in voiced]),
        "pitch": np.array([_of_voiced(window, np.median) for window in voiced]),
        "spread": np.array([_of_voiced(window, _spread) for window in voiced]),
    }


def _windows(frames: np.ndarray, hop: int, starts: np.ndarray) -> list[np.ndarray]:
    """The frames of every window; at least one."""
    length = round(WINDOW_SECONDS * VAD_RATE / hop)
    firsts = np.minimum(np.rint(starts * VAD_RATE / hop).astype(int), len(frames) - 1)
    return [frames[first : first + length] for first in firsts]


def _of_voiced(semitones: np.ndarray, measure: Callable[[np.ndarray], float]) -> float:
    """A figure of the frames that have a pitch; NaN if those are too few."""
    finite = semitones[np.isfinite(semitones)]
    return float(measure(finite)) if len(finite) >= LEAST_VOICED else float("nan")


def _spread(semitones: np.ndarray) -> float:
    low, high = np.percentile(semitones, SPREAD)
    return float(high - low)
