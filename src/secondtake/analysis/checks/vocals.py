"""Checks of the voice: one where words were asked for, else none; no word of the prompt alone.

The mean probability of speech tells singing over a band from a band better than the share of
moments that are surely speech: of 72 songs by models and people, a third have under a tenth.
"""

import numpy as np

from secondtake.analysis.checks.check import MEASURED, Check, make_check, measured_check
from secondtake.analysis.checks.spectrogram import Spectrogram
from secondtake.analysis.lyrics.transcripts import Transcript, sung_prompt_sentence
from secondtake.audio.loudness import integrated
from secondtake.core.errors import ModelError

NAME = "voice"
PROMPT, PROMPT_SOURCE = "prompt", "measured (docs/lyrics.md)"
TARGET_LUFS = -23.0  # EBU R 128; the detector misses quiet voices
LEAST_VOICE = 0.03  # probability, where words were asked for; 54 of 55 instrumentals have less
MOST_VOICE = 0.05  # probability, where none were; held notes and quiet voices have less, too


def voice(sound: Spectrogram, *, wanted: bool) -> Check:
    """The mean probability, by silero-vad, of a voice that speaks or sings words.

    It was trained on speech: of singing over a loud band it detects only a part.
    """
    threshold = f"at least {LEAST_VOICE:g}" if wanted else f"at most {MOST_VOICE:g}"
    unit = "probability"
    try:
        figure = _probability(sound)
    except ModelError as error:
        note = f"nobody listened: {error.message}; {error.hint}"
        return measured_check(NAME, None, unit, threshold, warns=True, note=note)
    if figure is None:
        return make_check(NAME, None, unit, threshold, warns=wanted, note="too quiet to hear one")
    warns, note = figure > MOST_VOICE, "no words were asked for, and a voice is heard"
    if wanted:
        warns, note = figure < LEAST_VOICE, "words were asked for, and hardly a voice is heard"
    return measured_check(NAME, figure, unit, threshold, warns=warns, note=note)


def sung_prompt(transcript: Transcript) -> Check:
    """The style tags, singers and section names of the prompt that a recogniser wrote down.

    Nobody listens for this check: `invoke understand` did.
    """
    tags = transcript.sung_prompt
    note = sung_prompt_sentence(tags)
    threshold = "0 sung or spoken"
    return make_check(
        PROMPT, len(tags), "tags", threshold, warns=bool(tags), note=note, source=PROMPT_SOURCE
    )


def is_cacheable(check: Check) -> bool:
    """False for a voice check without its network: it must be repeated."""
    return check.name != NAME or check.source != MEASURED or check.figure is not None


def _probability(sound: Spectrogram) -> float | None:
    """None if the sound has no loudness."""
    import soxr

    from secondtake.analysis.networks import vad_f0 as speech

    loudness = integrated(sound.mono, sound.sample_rate)
    if loudness is None:
        return None
    louder = sound.mono * np.float32(10 ** ((TARGET_LUFS - loudness) / 20))
    resampled = soxr.resample(louder, sound.sample_rate, speech.VAD_RATE)
    return float(np.mean(speech.vad_probabilities(resampled)))
