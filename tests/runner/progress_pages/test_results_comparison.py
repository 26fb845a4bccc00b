import json
from pathlib import Path

import pytest

from secondtake.runner.progress_pages.results import read_comparison

ONE = {
    "name": "embedding", "question": "timbre", "unit": "cosine", "value": 0.4, "scaled": 0.5,
    "interval": [0.3, 0.5], "verdict": "between",
}  # fmt: skip
TAKE = {
    "name": "bark_segment10_chorus",
    "against": "baseline",
    "measured": {"lufs": -13.0},
    "measurements": [
        ONE,
        {**ONE, "name": "timbre", "scaled": 0.7},
        {**ONE, "name": "level", "scaled": None},
    ],
    "plot": "../../bark.png",
}
SEGMENT = {
    "number": 10,
    "baseline": {"state": "ready", "why": "", "measured": None},
    "takes": [TAKE],
    "skipped": [{"take": "b", "why": "gone"}],
}


def write(path: Path, segments: object) -> Path:
    path.write_text(json.dumps({"format": 2, "song": "study", "segments": segments}))
    return path


def test_only_measurements_with_a_scale_are_metrics(tmp_path: Path) -> None:
    found = read_comparison(write(tmp_path / "c.json", [SEGMENT]), "study")
    take = found.take(10, "bark_segment10_chorus")
    assert take is not None
    assert [(one.name, one.scaled, one.interval) for one in take.metrics] == [
        ("embedding", 0.5, (0.3, 0.5)),
        ("timbre", 0.7, (0.3, 0.5)),
    ]
    assert [(one.question, one.name) for one in take.speaking] == [("timbre", "embedding")]
    assert found.parts[10].skipped == {"b": "gone"}
    assert found.take(7, "bark_segment10_chorus") is None


def test_a_plot_lies_beside_the_comparison(tmp_path: Path) -> None:
    take = read_comparison(write(tmp_path / "c.json", [SEGMENT]), "study").take(10, TAKE["name"])
    assert take is not None
    assert take.plot == "bark.png"


def test_absent_and_of_another_song(tmp_path: Path) -> None:
    assert read_comparison(tmp_path / "none.json", "study").state == "absent"
    assert read_comparison(write(tmp_path / "c.json", []), "other").state == "other song"


def test_a_file_of_an_earlier_version_is_not_guessed_at(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", [SEGMENT])
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    found = read_comparison(path, "study")
    assert (found.state, found.why) == ("unreadable", "format 1, this reads 2")


@pytest.mark.parametrize(
    "segments",
    [3, [3], [{"number": 1}], [{**SEGMENT, "takes": [{}]}], [{**SEGMENT, "number": "x"}]],
)
def test_damage_is_a_state(tmp_path: Path, segments: object) -> None:
    assert read_comparison(write(tmp_path / "c.json", segments), "study").state == "unreadable"
