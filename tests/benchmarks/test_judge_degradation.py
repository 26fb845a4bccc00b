"""The figures of whether a judge hears damage, of scores that are known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from benchmarks.judges.degradation import (
    SECONDS,
    bootstrap,
    correlations,
    points_lost,
    recordings,
    report,
    spearman,
    step_shares,
    stretch,
    table,
)

from secondtake.core.project import Project
from secondtake.judges.damage import DAMAGES

LOW_PASS = DAMAGES[0]
FALLING = np.array([8.0, 7.0, 6.0, 5.0, 4.0, 3.0])  # the recording, and five levels
FALLING_BUT_ONCE = np.array([8.0, 7.0, 7.5, 5.0, 4.0, 3.0])


def scores(*files: np.ndarray) -> np.ndarray:
    """(files, 1 + levels, axes): of the first axis as given, of the second upside down, of the
    third the same throughout, of the fourth as of the first."""
    return np.stack([np.stack([f, -f, np.full(6, 5.0), f], axis=1) for f in files])


def test_steps_are_counted_from_the_recording_on() -> None:
    shares = step_shares(scores(FALLING, FALLING_BUT_ONCE))
    assert shares.tolist() == [[1.0, 0.0, 0.0, 1.0], [0.8, 0.2, 0.0, 0.8]]


def test_ranks_are_correlated_with_the_level() -> None:
    found = correlations(scores(FALLING, FALLING_BUT_ONCE))
    assert found[0].tolist() == pytest.approx([-1, 1, 0, -1])
    assert found[1, 0] == pytest.approx(1 - 6 * 68 / 210)  # n (n² - 1) = 210


@pytest.mark.parametrize(
    ("left", "right", "correlation"),
    [
        ([1, 2, 3, 4], [1, 4, 9, 16], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 3, 4, 5], [2, 1, 4, 3, 5], 0.8),  # 1 - 6 * 4 / (5 * 24)
        ([1, 2, 3], [1, 1, 2], 0.866025),  # equal ones share 0.5
        ([1, 2, 3], [7, 7, 7], 0.0),
    ],
)
def test_spearmans_correlation(left: list[int], right: list[int], correlation: float) -> None:
    assert spearman(np.array(left), np.array(right)) == pytest.approx(correlation, abs=1e-6)


def test_points_are_lost_at_the_level_of_floors() -> None:
    assert LOW_PASS.levels.index(LOW_PASS.floor) == 2
    assert points_lost(scores(FALLING), LOW_PASS).tolist() == [[3.0, -3.0, 0.0, 3.0]]


def test_the_interval_is_of_the_mean_over_files() -> None:
    low, high = bootstrap(np.array([0.0] * 50 + [1.0] * 50))
    assert low == pytest.approx(0.4, abs=0.03) and high == pytest.approx(0.6, abs=0.03)
    assert bootstrap(np.full(5, 0.7)) == pytest.approx((0.7, 0.7))


def test_a_table_has_a_row_for_every_kind_and_one_for_all() -> None:
    figures = {"one": np.array([[1.0, 0, 0, 0]]), "other": np.array([[0.5, 1, 0, 0]])}
    lines = table(figures).splitlines()
    assert lines[0].startswith("| damage | production quality | content enjoyment |")
    assert lines[2:] == [
        "| one | 1.00 | 0.00 | 0.00 | 0.00 |",
        "| other | 0.50 | 1.00 | 0.00 | 0.00 |",
        "| all | 0.75 | 0.50 | 0.00 | 0.00 |",
    ]


def test_the_report_tells_a_scale_that_falls_from_one_that_does_not() -> None:
    text = report({kind.name: scores(FALLING, FALLING_BUT_ONCE) for kind in DAMAGES}, SECONDS)
    steps, ranks, lost = (line for line in text.splitlines() if line.startswith("| all |"))
    assert steps.startswith("| all | 0.90 [0.80, 1.00] | 0.10 [0.00, 0.20] | 0.00 ")
    assert ranks.startswith("| all | 1.00 [1.00, 1.00] | 0.00 [0.00, 0.00] | 0.00 ")
    assert lost.count("[") == 4
    assert "2 recordings, 20 s of each" in text


def test_a_stretch_begins_a_third_into_a_recording_or_as_late_as_it_can(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.repeat(np.arange(90) / 100, 1000), 1000, subtype="FLOAT")
    middle = stretch(path, 20.0)
    assert len(middle) == 20 * 16_000 and middle[8000] == pytest.approx(0.30, abs=0.003)
    late = stretch(path, 80.0)
    assert len(late) == 80 * 16_000 and late[8000] == pytest.approx(0.10, abs=0.003)
    assert len(stretch(path, 200.0)) == 90 * 16_000


def test_a_users_recordings_are_those_of_the_baseline_and_the_demo(tmp_path: Path) -> None:
    names = ("data/baseline/a.wav", "data/baseline/b/c.FLAC", "songs/demo.ogg")
    for name in (*names, "data/baseline/README.md", "songs/demo.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert recordings(Project(tmp_path)) == [tmp_path / name for name in names]
