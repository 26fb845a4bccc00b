from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from secondtake.analysis.features.extract import ROWS, Features
from secondtake.analysis.features.kind import (
    BACKWARDS,
    CERTAIN,
    EMBEDDING_GAIN,
    KINDS,
    LARGEST_SPREAD,
    REVERSED,
    SILENCE,
    SIZE,
    Kind,
    KindClassifier,
)

SPEECH, VOICED, FLATNESS, SPREAD, ONE = range(753, SIZE)  # columns of the inputs


def features(windows: int = 1) -> Features:
    rows: dict[str, Any] = {name: np.zeros((windows, *shape)) for name, shape in ROWS.items()}
    return Features(3.0 * windows, -20.0, 5.0, -1.0, **rows)


def classifier(**weights: tuple[int, float]) -> KindClassifier:
    """Of each named kind, the column that its score is read from, and the weight."""
    matrix = np.zeros((SIZE, len(KINDS)))
    for kind, (column, weight) in weights.items():
        matrix[column, KINDS.index(kind)] = weight
    return KindClassifier(np.zeros(753), np.ones(753), matrix)


def test_without_evidence_every_kind_is_as_likely() -> None:
    assert classifier().classify(features()).probability == pytest.approx(1 / len(KINDS))


def test_the_probability_is_the_softmax_of_the_scores() -> None:
    always = classifier(noise=(ONE, 2.0))
    found = always.classify(features())
    assert found.name == "noise"
    assert found.probability == pytest.approx(np.exp(2) / (np.exp(2) + 4))


@pytest.mark.parametrize(
    ("kind", "column", "field"), [("speech", SPEECH, "speech"), ("tone", VOICED, "voiced")]
)
def test_a_kind_is_read_from_the_feature_that_its_weight_stands_at(
    kind: str, column: int, field: str
) -> None:
    reader = classifier(**{kind: (column, 3.0)}, sung=(ONE, 1.0))
    assert reader.classify(features()).name == "sung"
    heard: dict[str, Any] = {field: np.ones(1)}
    assert reader.classify(replace(features(), **heard)).name == kind


def test_windows_vote_by_the_logarithm_of_their_probability() -> None:
    """One window is surely speech, three are rather sung."""
    reader = classifier(speech=(SPEECH, 9.0), sung=(ONE, 1.0))
    three_of_four = replace(features(4), speech=np.array([0.3, 0, 0, 0]))
    assert reader.classify(three_of_four).name == "sung"
    assert reader.classify(replace(features(4), speech=np.array([0.9, 0, 0, 0]))).name == "speech"


def test_inputs_are_standardised_and_have_no_holes() -> None:
    reader = KindClassifier(np.full(753, 2.0), np.full(753, 0.5), np.zeros((SIZE, len(KINDS))))
    rows = replace(
        features(3),
        embedding=np.full((3, 753), 4.0),
        flatness=np.array([-20.0, -300.0, np.nan]),
        spread=np.array([6.0, 100.0, np.nan]),
    )
    inputs = reader.inputs(rows)
    assert inputs.shape == (3, SIZE)
    assert np.linalg.norm(inputs[0, :753]) == pytest.approx(EMBEDDING_GAIN)
    assert inputs[:, FLATNESS].tolist() == [0, -4, -4]  # -20 dB, and all that is tone
    assert inputs[:, SPREAD].tolist() == [0.5, LARGEST_SPREAD / 12, 0]
    assert (inputs[:, ONE] == 1).all()


def test_nothing_that_sounds_is_silence() -> None:
    assert classifier(sung=(ONE, 9.0)).classify(features(0)) == Kind(SILENCE, 1.0)


@pytest.mark.parametrize(
    ("kind", "attack", "expected"),
    [
        ("sung", BACKWARDS - 0.01, REVERSED),
        ("instrumental", BACKWARDS - 0.01, REVERSED),
        ("sung", BACKWARDS + 0.01, "sung"),
        ("noise", -1.0, "noise"),  # has no direction
    ],
)
def test_music_whose_sounds_swell_and_break_off_is_played_backwards(
    kind: str, attack: float, expected: str
) -> None:
    mixed = np.array([attack - 0.3, attack + 0.3])  # the mean of all windows decides
    found = classifier(**{kind: (ONE, 9.0)}).classify(replace(features(2), attack=mixed))
    assert found.name == expected


@pytest.mark.parametrize(
    ("name", "probability", "is_music"),
    [
        ("sung", 0.3, True),
        ("instrumental", 0.3, True),
        ("noise", CERTAIN - 0.01, True),  # music is called noise that often
        ("noise", CERTAIN, False),
        ("speech", 1.0, False),
        (SILENCE, 0.0, False),
        (REVERSED, 0.0, False),
    ],
)
def test_no_music_is_only_what_certainly_is_none(
    name: str, probability: float, is_music: bool
) -> None:
    assert Kind(name, probability).is_music is is_music
