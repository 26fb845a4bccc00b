"""Speech from espeak-ng as arrays, with the times and stresses of its vowels."""

import json
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.core.validation import shorten_repr
from secondtake.models.sketch import REBUILD
from secondtake.models.sketch.espeak_process import NO_VOICE

PROGRAM = Path(__file__).with_name("espeak_process.py")
TIMEOUT_SECONDS = 120  # it speaks some hundred times faster than real time
VOWELS = frozenset("aeiouAEIOUV03@yY")  # first letters of espeak's vowel mnemonics
STRESS, MAIN_STRESS = "',%=", "'"
TAP = "**"  # the r of Spanish *gira*; Klatt's has no closure, and is heard as an l
CLOSURE_DB, CLOSURE_SECONDS = 15.0, 0.05  # the dip in its middle, how deep and how long
SILENCE = 0.004  # below -48 dBFS: trimmed from the ends


@dataclass(frozen=True)
class Utterance:
    """samples: (frames,) float32 in ±1.

    vowels: (start, end) of each in frames, in order; one vowel is one syllable. stressed: for each
    vowel, true if it has its word's main stress.
    """

    samples: np.ndarray
    sample_rate: int
    vowels: tuple[tuple[int, int], ...]
    stressed: tuple[bool, ...]


@dataclass(frozen=True)
class SpeechRequest:
    """A text to say. voice: an espeak voice. rate: words per minute. pitch: 0 to 99.

    pitch_range: how far intonation goes from it, 0 (level) to 99; 50 is a voice's own. gap:
    between words, in hundredths of a second.
    """

    text: str
    voice: str
    rate: int
    pitch: int
    pitch_range: int = 0
    gap: int = 0


def speak(requests: list[SpeechRequest]) -> list[Utterance]:
    """Say everything in one fresh process.

    Raise ModelError("environment") if it cannot, ModelError("unsupported") for words of which
    nothing is heard.
    """
    message = json.dumps([request.__dict__ for request in requests]).encode()
    command = [sys.executable, "-I", str(PROGRAM)]
    try:
        done = subprocess.run(command, input=message, capture_output=True, timeout=TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unusable(str(error)) from error
    complaint = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode == NO_VOICE:
        hint = "give the segment languages that espeak-ng speaks: en, es, …"
        raise ModelError("unsupported", complaint, hint)
    if done.returncode < 0:  # some numbers in some languages bring the library down
        words = shorten_repr(" ".join(request.text for request in requests))
        hint = "write its numbers and signs as words, or type: invoke setup --models sketch"
        raise ModelError("unsupported", f"espeak-ng broke down over {words}", hint)
    if done.returncode:
        raise _unusable(complaint or f"exit code {done.returncode}")
    stream = BytesIO(done.stdout)
    utterances = [_read(stream) for _ in requests]
    for request, utterance in zip(requests, utterances, strict=True):
        if not len(utterance.samples):
            silence = f"espeak-ng says nothing for {request.text!r} with the voice {request.voice}"
            hint = "write it in the letters of the segment's language"
            raise ModelError("unsupported", silence, hint)
    return utterances


def _unusable(reason: str) -> ModelError:
    return ModelError("environment", f"espeak-ng cannot be used: {reason}", REBUILD)


def _read(stream: BytesIO) -> Utterance:
    """The next utterance without its silent ends; its times count from its first loud frame."""
    head = json.loads(stream.readline())
    samples = np.frombuffer(stream.read(2 * head["frames"]), "<i2").astype(np.float32) / 32768
    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    if not len(loud):
        return Utterance(samples[:0], head["sample_rate"], (), ())
    first, last = int(loud[0]), int(loud[-1]) + 1
    sounds = [(min(max(frame, first), last) - first, name) for frame, name in head["phonemes"]]
    spans = [(a, b, name) for (a, name), (b, _) in pairwise([*sounds, (last - first, "")])]
    vowels = {
        (start, end): MAIN_STRESS in name
        for start, end, name in spans
        if name.lstrip(STRESS)[:1] in VOWELS and end > start
    }
    taps = [(start + end) // 2 for start, end, name in spans if name == TAP]
    spoken = _with_closures(samples[first:last], head["sample_rate"], taps)
    return Utterance(spoken, head["sample_rate"], tuple(vowels), tuple(vowels.values()))


def _with_closures(samples: np.ndarray, rate: int, taps: list[int]) -> np.ndarray:
    """The tongue's short closure about each of these frames."""
    half = round(CLOSURE_SECONDS * rate / 2)
    gain = np.ones(len(samples) + 2 * half, np.float32)
    for frame in taps:
        gain[frame : frame + 2 * half] *= 10 ** (-CLOSURE_DB / 20 * np.sqrt(np.hanning(2 * half)))
    return samples * gain[half : half + len(samples)]
