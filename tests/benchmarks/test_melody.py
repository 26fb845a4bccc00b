from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from benchmarks.analysis.melody import (
    STEPS,
    Excerpt,
    Way,
    histograms,
    intervals,
    movement,
    notes,
    shape,
)

TUNE = (60, 62, 64, 60, 67, 65, 64, 62, 60, 59, 60)


def sung(*semitones: float, steps: int = 10) -> np.ndarray:
    """Notes of a second each, again and again, with a breath after each, (125,)."""
    melody = np.concatenate([[note] * steps + [np.nan] for note in semitones])
    return np.resize(melody, STEPS)


def excerpts(*pitches: np.ndarray) -> list[Excerpt]:
    unasked: Any = None  # the source and the features
    return [Excerpt(unasked, 0.0, pitch, unasked) for pitch in pitches]


def test_the_notes_of_a_tune_are_its_notes() -> None:
    assert notes(sung(*TUNE))[: len(TUNE)].tolist() == list(TUNE)
    wavering = np.array([60, 60.3, 59.8, np.nan, 67, 67.2, 70.0])
    assert notes(wavering).tolist() == pytest.approx([60, 67.1])
    assert notes(np.full(5, np.nan)).tolist() == []


@pytest.mark.parametrize("measure", [movement, intervals])
def test_a_transposed_tune_has_the_same_contour(
    measure: Callable[[np.ndarray], np.ndarray],
) -> None:
    assert np.allclose(measure(sung(*TUNE)), measure(sung(*TUNE) + 5))
    assert not np.allclose(measure(sung(*TUNE)), measure(sung(60, 61, 60, 61)))


@pytest.mark.parametrize("way", [histograms(movement), histograms(intervals), shape(3.0)])
def test_the_same_tune_is_closer_than_another(way: Way) -> None:
    other = sung(60, 72, 60, 48, 61, 70, 55)
    close = way(excerpts(sung(*TUNE), np.roll(sung(*TUNE), 22) + 4, other))
    assert close[0, 1] > close[0, 2]
    assert np.allclose(close, close.T)
