import json
from pathlib import Path

import pytest

from secondtake.runner.progress_pages.results import read_verdicts

CHECK = {
    "name": "true peak",
    "verdict": "warn",
    "figure": 0.3,
    "unit": "dBTP",
    "threshold": "at most -1 dBTP",
    "note": "may clip when played",
}
FILE = {"file": "a.wav", "kind": "take", "verdict": "warn", "checks": [CHECK]}


def write(path: Path, **value: object) -> Path:
    path.write_text(json.dumps({"format": 1, "song": "study", "files": [FILE], **value}))
    return path


def test_absent(tmp_path: Path) -> None:
    assert read_verdicts(tmp_path / "none.json", "study").state == "absent"


def test_a_finding_is_a_sentence(tmp_path: Path) -> None:
    verdict = read_verdicts(write(tmp_path / "v.json"), "study").of("a.wav")
    assert verdict is not None
    assert verdict.verdict == "warn"
    assert verdict.figure("true peak") == 0.3
    assert verdict.figure("decodes") is None
    expected = "true peak 0.3 dBTP (allowed: at most -1 dBTP): may clip when played"
    assert verdict.findings == [expected]


@pytest.mark.parametrize(
    ("name", "figure", "unit", "note", "says"),
    [
        ("clicks", 1, "places", "at 0.56 s", ["hint: clicks 1 place: at 0.56 s"]),
        ("clicks", 2, "places", "at 0.56 s", ["hint: clicks 2 places: at 0.56 s"]),
        ("dropouts", 1, "holes", "at 1 s", ["hint: dropouts 1 hole: at 1 s"]),
        ("ending", 1, "s", "late", ["hint: ending 1 s: late"]),
        ("true peak", 1, "dBTP", "distorts", ["hint: true peak 1 dBTP: distorts"]),
        ("clicks", 0, "places", "", []),
    ],
)
def test_a_hint_counts_rightly_and_forbids_nothing(tmp_path, name, figure, unit, note, says):
    hint = {
        "name": name, "verdict": "pass", "figure": figure, "unit": unit, "threshold": "0",
        "note": note,
    }  # fmt: skip
    file = {"file": "a.wav", "kind": "take", "verdict": "warn", "checks": [hint, CHECK]}
    verdict = read_verdicts(write(tmp_path / "v.json", files=[file]), "study").of("a.wav")
    assert verdict is not None
    assert verdict.findings[1:] == says and "(allowed: " in verdict.findings[0]


def test_the_verdict_of_another_version_of_the_file_is_none(tmp_path: Path) -> None:
    verdicts = read_verdicts(write(tmp_path / "v.json", files=[{**FILE, "sha256": "aa"}]), "study")
    assert verdicts.of("a.wav", "aa") is not None
    assert verdicts.of("a.wav", "bb") is None
    assert verdicts.of("b.wav", "aa") is None


def test_of_another_song(tmp_path: Path) -> None:
    verdicts = read_verdicts(write(tmp_path / "v.json"), "other")
    assert (verdicts.state, verdicts.why) == ("other song", "study")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"files": 3}', '{"files": [{}]}', '{"files": [{"file": "a", "checks": [1]}]}'],
)
def test_damage_is_a_state(tmp_path: Path, text: str) -> None:
    path = tmp_path / "v.json"
    path.write_text(text)
    verdicts = read_verdicts(path, "study")
    assert verdicts.state == "unreadable"
    assert verdicts.why


def test_an_unknown_verdict_is_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "v.json", files=[{**FILE, "verdict": "maybe"}])
    assert read_verdicts(path, "study").state == "unreadable"
