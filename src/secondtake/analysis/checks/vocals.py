"""Is there a voice where words were asked for, and none where they were not?"""

import numpy as np

from secondtake.analysis.checks.check import MEASURED, Check, judge
from secondtake.analysis.checks.spectrogram import Sound
from secondtake.audio.loudness import integrated
from secondtake.core.errors import ModelError

NAME = "voice"
TARGET_LUFS = -23.0  # EBU R 128; the detector hears quiet voices worse
LEAST_VOICE = 0.1  # of the sound, where words were asked for
MOST_VOICE = 0.1  # of the sound, where none were


def voice(sound: Sound, *, wanted: bool) -> Check:
    """The share of the sound in which silero-vad hears somebody speak or sing words.

    It was taught speech: of singing over a loud band it hears only a part.
    """
    threshold = f"at least {LEAST_VOICE:g}" if wanted else f"at most {MOST_VOICE:g}"
    unit = "of the sound"
    try:
        share = _share(sound)
    except ModelError as error:
        note = f"nobody listened: {error.message}; {error.hint}"
        return judge(NAME, None, unit, threshold, warns=True, note=note, source=MEASURED)
    if share is None:
        return judge(NAME, None, unit, threshold, warns=wanted, note="too quiet to hear one")
    return judge(
        NAME,
        share,
        unit,
        threshold,
        warns=share < LEAST_VOICE if wanted else share > MOST_VOICE,
        note="words were asked for, and hardly a voice is heard"
        if wanted
        else "no words were asked for, and a voice is heard",
        source=MEASURED,
    )


def was_heard(check: Check) -> bool:
    """Whether somebody listened, so that the answer is worth remembering."""
    return check.name != NAME or check.source != MEASURED or check.figure is not None


def _share(sound: Sound) -> float | None:
    """None if the sound has no loudness."""
    import soxr

    from secondtake.analysis.networks import vad_f0 as speech

    loudness = integrated(sound.mono, sound.sample_rate)
    if loudness is None:
        return None
    louder = sound.mono * np.float32(10 ** ((TARGET_LUFS - loudness) / 20))
    heard = speech.speaking(soxr.resample(louder, sound.sample_rate, speech.VAD_RATE))
    return float(np.mean(heard >= speech.SPEAKING))
