"""The first study's script on sounds that are made here: its figures, written into frozen.json.

    python -m tests.analysis.dsp.frozen

The script's librosa compiles its beats for half a minute. So the fast tests hold our figures
against the file, and an end-to-end test holds the file against the script.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tests.analysis.conftest import Sounds

FILE = Path(__file__).with_name("frozen.json")
NATIVE = 24_000  # Hz


def band() -> np.ndarray:
    """Chords a quarter-tone flat, clicks and noise that comes and goes: 6 s at 24 kHz."""
    notes = (220, 277.18, 329.63)
    flat = sum(Sounds.sine(hz * 2 ** (-0.3 / 12), 6, 0.1, NATIVE) for hz in notes)
    hiss = Sounds.pink(6, NATIVE) * 0.1 * np.linspace(0, 1, 6 * NATIVE)
    return (flat + hiss + Sounds.clicks(100, 6, NATIVE)).astype(np.float32)


SOUNDS: dict[str, Callable[[], tuple[np.ndarray, int]]] = {
    "band": lambda: (band(), NATIVE),
    "clicks": lambda: (Sounds.clicks(126, 8), 22_050),
    "cadence": lambda: (Sounds.cadence(57, 8), 22_050),
    "short": lambda: (band()[:3000], NATIVE),
    "at 48 kHz": lambda: (Sounds.clicks(90, 4, 48_000) + Sounds.pink(4, 48_000), 48_000),
    "a blip": lambda: (Sounds.sine(880, 0.02), 22_050),
}


def librosas(samples: np.ndarray, rate: int) -> dict[str, Any]:
    """The figures of the first study's script."""
    import librosa

    tempo, _ = librosa.beat.beat_track(y=samples, sr=rate)
    return {
        "tempo": float(np.atleast_1d(tempo)[0]),
        "spectral_centroid": float(librosa.feature.spectral_centroid(y=samples, sr=rate).mean()),
        "zero_crossing_rate": float(librosa.feature.zero_crossing_rate(samples).mean()),
        "rms": float(librosa.feature.rms(y=samples).mean()),
        "mfcc": librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=13).mean(axis=1).tolist(),
        "chroma": librosa.feature.chroma_stft(y=samples, sr=rate).mean(axis=1).tolist(),
    }


if __name__ == "__main__":
    found = {name: librosas(*make()) for name, make in SOUNDS.items()}
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
