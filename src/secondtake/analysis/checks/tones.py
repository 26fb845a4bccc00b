"""Checks of tones: one that never stops, and one that comes again and again, as an alarm does.

A model that is stuck holds a note, or a comb of plain lines, through all that it should sing. Music
holds notes too, but none alone, and none so evenly: what counts is the share of the power that is
always there. It is measured bin by bin, so that a voice that moves over a tone takes none of it.
"""

import numpy as np

from secondtake.analysis.checks.check import Check, measured_check
from secondtake.analysis.checks.spectrogram import FINE_HOP_SECONDS, Spectrogram

STEADY_SECONDS = 5.0  # organs and pads change their chord sooner, or swell
BEEP_SECONDS = 1.0  # in which an alarm is to be heard once
ALARM_SECONDS = 6.0
LOWEST = (100.0, 1500.0)  # Hz; below 100 lie drones and hum; above 1500 a weak comb stands out
STEP_SECONDS = 0.5  # from one look to the next
AUDIBLE = 1e-5  # of the loud places' power, 50 dB; a softer tone fills a pause unnoticed
MAX_STEADY = 0.3  # of the power; music has up to .16, white noise .02, a stuck Bark .51 and more
MAX_ALARM = 0.85  # of the power; a bar that is played over and over has up to .78


def tones(sound: Spectrogram) -> tuple[Check, Check]:
    """The check of a steady tone, and that of an alarm, which says nothing of a steady one."""
    steady = steady_tone(sound)
    return steady, alarm(sound, is_steady=steady.verdict == "warn")


def steady_tone(sound: Spectrogram) -> Check:
    """The largest share of the power that never stops for 5 s; above .3 warns.

    Of all above 100 Hz, or of all above 1.5 kHz. None of a file that is shorter.
    """
    power = sound.fine_power
    count, step = _steps(STEADY_SECONDS), _steps(STEP_SECONDS)
    found = [
        _lasting(power[:, sound.fine_hertz >= lowest], count, step, _least(power))
        for lowest in LOWEST
    ]
    share, place = max(found, key=lambda figures: figures[0] or 0.0)
    seconds = f"{STEADY_SECONDS:g} s from {place * STEP_SECONDS:.1f} s on"
    return measured_check(
        "steady tone",
        share,
        "of the power",
        f"at most {MAX_STEADY:g} that never stops for {STEADY_SECONDS:g} s",
        warns=share is not None and share > MAX_STEADY,
        note=f"a tone or chord stands still for {seconds}",
    )


def alarm(sound: Spectrogram, *, is_steady: bool = False) -> Check:
    """The largest share of the power that is back within every second for 6 s; above .85 warns.

    is_steady: the tone never stops, which another check has said.
    """
    power = sound.fine_power[:, sound.fine_hertz >= LOWEST[0]]
    size = _steps(BEEP_SECONDS)
    blocks = power[: len(power) // size * size].reshape(-1, size, power.shape[1]).max(axis=1)
    count = round(ALARM_SECONDS / BEEP_SECONDS)
    share, place = _lasting(blocks, count, 1, _least(power))
    return measured_check(
        "alarm",
        share,
        "of the power",
        f"at most {MAX_ALARM:g} that is back in every second for {ALARM_SECONDS:g} s",
        warns=share is not None and share > MAX_ALARM and not is_steady,
        note=f"the same tones again and again from {place * BEEP_SECONDS:.0f} s on",
    )


def _steps(seconds: float) -> int:
    return round(seconds / FINE_HOP_SECONDS)


def _least(power: np.ndarray) -> float:
    """Power by time below which nothing is to be heard: 50 dB under the loud places."""
    return float(np.percentile(power.sum(axis=1), 90)) * AUDIBLE if len(power) else 0.0


def _lasting(power: np.ndarray, count: int, step: int, least: float) -> tuple[float | None, int]:
    """The largest share of (steps, bins) that every one of `count` steps in a row has, and where.

    Looked for every `step` steps; the place counts these. None where nothing is loud enough.
    """
    if len(power) < count:
        return None, 0
    windows = np.lib.stride_tricks.sliding_window_view(power, count, axis=0)[::step]
    totals = np.lib.stride_tricks.sliding_window_view(power.sum(axis=1), count)[::step].mean(axis=1)
    shares = np.where(
        totals > least, windows.min(axis=-1).sum(axis=1) / np.maximum(totals, 1e-30), -1.0
    )
    place = int(np.argmax(shares))
    return (float(shares[place]), place) if shares[place] >= 0 else (None, 0)
