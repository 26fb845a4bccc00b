"""Check of the voice: one where words were asked for, and none where they were not."""

import numpy as np

from secondtake.analysis.checks.check import MEASURED, Check, make_check, measured_check
from secondtake.analysis.checks.spectrogram import Spectrogram
from secondtake.audio.loudness import integrated
from secondtake.core.errors import ModelError

NAME = "voice"
TARGET_LUFS = -23.0  # EBU R 128; the detector misses quiet voices
LEAST_VOICE = 0.1  # of the sound, where words were asked for
MOST_VOICE = 0.1  # of the sound, where none were


def voice(sound: Spectrogram, *, wanted: bool) -> Check:
    """The share of the sound in which silero-vad detects a voice that speaks or sings words.

    It was trained on speech: of singing over a loud band it detects only a part.
    """
    threshold = f"at least {LEAST_VOICE:g}" if wanted else f"at most {MOST_VOICE:g}"
    unit = "of the sound"
    try:
        share = _share(sound)
    except ModelError as error:
        note = f"nobody listened: {error.message}; {error.hint}"
        return measured_check(NAME, None, unit, threshold, warns=True, note=note)
    if share is None:
        return make_check(NAME, None, unit, threshold, warns=wanted, note="too quiet to hear one")
    warns, note = share > MOST_VOICE, "no words were asked for, and a voice is heard"
    if wanted:
        warns, note = share < LEAST_VOICE, "words were asked for, and hardly a voice is heard"
    return measured_check(NAME, share, unit, threshold, warns=warns, note=note)


def is_cacheable(check: Check) -> bool:
    """False for a voice check without its network: it must be repeated."""
    return check.name != NAME or check.source != MEASURED or check.figure is not None


def _share(sound: Spectrogram) -> float | None:
    """None if the sound has no loudness."""
    import soxr

    from secondtake.analysis.networks import vad_f0 as speech

    loudness = integrated(sound.mono, sound.sample_rate)
    if loudness is None:
        return None
    louder = sound.mono * np.float32(10 ** ((TARGET_LUFS - loudness) / 20))
    resampled = soxr.resample(louder, sound.sample_rate, speech.VAD_RATE)
    return float(np.mean(speech.vad_probabilities(resampled) >= speech.SPEAKING))
