import json
from pathlib import Path

import pytest

from secondtake.runner.progress_pages.results import (
    BaselineKey,
    ComparedTake,
    Measured,
    Score,
    SkippedTake,
    read_comparison,
)

TAKE = {
    "name": "bark_segment10_chorus",
    "against": "baseline",
    "measured": {"lufs": -13.0, "tempo_bpm": None},
    "measurements": [{"name": "embedding", "question": "timbre", "value": 0.4, "scaled": 0.5}],
    "plot": "bark.png",
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


def test_what_the_pages_show_of_a_take(tmp_path: Path) -> None:
    comparison = read_comparison(write(tmp_path / "c.json", [SEGMENT]), "study")
    take = comparison.take(10, "bark_segment10_chorus")
    assert take == ComparedTake(
        "bark_segment10_chorus",
        "",
        "baseline",
        Measured(-13.0),
        (Score("embedding", "timbre", scaled=0.5),),
    )
    assert take.overall is None
    assert comparison.segments[10].skipped == (SkippedTake("b", "gone"),)
    assert comparison.take(7, "bark_segment10_chorus") is None


@pytest.mark.parametrize(("against", "there"), [("baseline", True), ("sketch_segment10", False)])
def test_only_a_baseline_says_how_close_a_take_comes(against: str, there: bool) -> None:
    overall = Score("likeness", "overall", "closer", 0.4, (0.3, 0.5))
    take = ComparedTake("bark", against=against, measurements=(overall,))
    assert take.overall == (overall if there else None)


@pytest.mark.parametrize("stretch", [{}, {"start": 1.5, "end": 3}])
def test_a_baseline_is_known_by_its_bytes_and_its_stretch(
    tmp_path: Path, stretch: dict[str, float]
) -> None:
    baseline = {"state": "ready", "sha256": "aa", **stretch}
    path = write(tmp_path / "c.json", [{**SEGMENT, "baseline": baseline}])
    comparison, name = read_comparison(path, "study"), "bark_segment10_chorus"
    same = BaselineKey("aa", stretch.get("start"), stretch.get("end"))
    assert comparison.current({name: ""}, {10: same}).take(10, name)
    for other in (BaselineKey("bb", same.start, same.end), BaselineKey("aa", 2), BaselineKey()):
        assert comparison.current({name: ""}, {10: other}).take(10, name) is None


def test_absent_and_of_another_song(tmp_path: Path) -> None:
    assert read_comparison(tmp_path / "none.json", "study").state == "absent"
    assert read_comparison(write(tmp_path / "c.json", []), "other").state == "other song"


def test_a_file_of_an_earlier_version_is_not_guessed_at(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", [SEGMENT])
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    comparison = read_comparison(path, "study")
    assert (comparison.state, comparison.why) == ("unreadable", "format 1, this reads 2")


@pytest.mark.parametrize(
    "segments",
    [3, [3], [{"number": 1}], [{**SEGMENT, "takes": [{}]}], [{**SEGMENT, "number": "x"}]],
)
def test_damage_is_a_state(tmp_path: Path, segments: object) -> None:
    assert read_comparison(write(tmp_path / "c.json", segments), "study").state == "unreadable"
