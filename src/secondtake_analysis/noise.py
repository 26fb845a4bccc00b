"""Pink noise: what a similarity is worth that it reaches too."""

import numpy as np

from secondtake_analysis.audio import Audio, Header

SEED = 1925  # any; fixed, so that the floor is the same number everywhere


def pink(seconds: float, sample_rate: int, seed: int = SEED) -> np.ndarray:
    """Noise with equal power in every octave from 20 Hz, (frames,) float32, peak 0.5."""
    frames = round(seconds * sample_rate)
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(frames))
    frequencies = np.fft.rfftfreq(frames, 1 / sample_rate)
    noise = np.fft.irfft(white / np.sqrt(np.maximum(frequencies, 20.0)), frames)
    return (noise / np.abs(noise).max() * 0.5).astype(np.float32)


def as_audio(samples: np.ndarray, sample_rate: int) -> Audio:
    """Samples made here, (frames,) or (frames, channels), in the shape of a decoded file."""
    channels = samples.reshape(len(samples), -1).astype(np.float32)
    header = Header(len(channels), channels.shape[1], sample_rate, "MEMORY", "FLOAT")
    return Audio(channels, sample_rate, header)
