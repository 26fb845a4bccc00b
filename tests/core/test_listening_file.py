"""listening.json: what is written is what is read, and nothing else is."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from secondtake.core.files import write_json
from secondtake.core.listening_file import (
    ListeningFile,
    SegmentClips,
    Version,
    as_json,
    clip_name,
    clip_path,
    listening_path,
    read_listening,
    spectrogram_height,
    spectrogram_path,
)
from tests.conftest import ROOT

PEAKS = base64.b64encode(bytes([251, 5] * 800)).decode()
BASELINE = Version("0" * 12, "", "a" * 64, 2.0, -14.0, -3.5, -1.0, 0.0, PEAKS, ())
TAKE = Version(
    "0123456789ab", "bark_segment1_verse", "b" * 64, 1.5, -17.5, 0.0, 0.0, -0.3, PEAKS,
    (("amor", "right"), ("y", "missed"), ("he", "wrong")),
)  # fmt: skip
CLIPS = ListeningFile(
    "ready", "", "mp3", 160_000, 48_000,
    (SegmentClips(1, 2.0, 1.5, (BASELINE, TAKE)),),
    (("sketch_segment1_verse", "its wav is missing"),),
)  # fmt: skip


def write(results: Path, change: Callable[[Any], object] = lambda value: None) -> None:
    value = json.loads(json.dumps(as_json("one", CLIPS)))
    change(value)
    path = listening_path(results)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def version(value: Any) -> Any:
    return value["segments"][0]["versions"][1]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_json(listening_path(tmp_path), as_json("one", CLIPS))
    clips = read_listening(tmp_path, "one")
    assert clips == CLIPS
    assert clips.version(TAKE.clip) == TAKE and clips.version("f" * 12) is None
    assert BASELINE.is_baseline and not TAKE.is_baseline


def test_nothing_to_play_is_read_too(tmp_path: Path) -> None:
    nothing = replace(CLIPS, segments=(), skipped=())
    write_json(listening_path(tmp_path), as_json("one", nothing))
    assert read_listening(tmp_path, "one") == nothing


def test_absent_and_another_songs(tmp_path: Path) -> None:
    assert read_listening(tmp_path, "one").state == "absent"
    write(tmp_path)
    other = read_listening(tmp_path, "two")
    assert (other.state, other.why, other.segments) == ("other song", "one", ())


@pytest.mark.parametrize(
    "name", ["../../../x", "0123456789AB", "0" * 11, "0" * 13, "0" * 11 + "\n"]
)
def test_a_clip_whose_name_could_be_another_path_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, lambda value: version(value).update(clip=name))
    clips = read_listening(tmp_path, "one")
    assert (clips.state, clips.segments) == ("unreadable", ())
    assert "segment 1: clip" in clips.why and "is no name of 12 hex digits" in clips.why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda v: v.update(format=2), "format 2, expected 1"),
        (lambda v: v.update(encoding="exe"), "encoding 'exe'; mp3 and wav are known"),
        (lambda v: v.update(sample_rate=0), "no bit rate or no sample rate"),
        (lambda v: v.update(bits_per_second=-1), "no bit rate or no sample rate"),
        (lambda v: v["segments"].append(v["segments"][0]), "is there twice"),
        (lambda v: v["segments"][0].update(versions=[]), "segment 1: no version of it"),
        (lambda v: v["segments"][0].update(common_seconds=3), "3 s of 2.0 s in common"),
        (lambda v: version(v).update(seconds=2.5), "2.5 s of sound"),
        (lambda v: version(v).update(seconds=0), "0 s of sound"),
        (lambda v: version(v).update(attenuation_db=0.5), "no attenuation"),
        (lambda v: version(v).update(headroom_db=3), "no attenuation"),
        (lambda v: version(v).update(common_attenuation_db=1), "no attenuation"),
        (lambda v: version(v).update(lufs=float("nan")), "NaN is no number"),
        (lambda v: version(v).update(peaks="AAAA"), "half"),
        (lambda v: version(v).update(peaks="<b>"), "Error"),
        (lambda v: version(v).update(words=[["amor", "sung"]]), "words"),
        (lambda v: version(v).pop("lufs"), "Version has"),
        (lambda v: v.pop("song"), "KeyError"),
    ],
)
def test_what_no_page_could_play_is_unreadable(
    tmp_path: Path, change: Callable[[Any], object], why: str
) -> None:
    write(tmp_path, change)
    clips = read_listening(tmp_path, "one")
    assert clips.state == "unreadable" and why in clips.why


def test_what_is_no_json_is_unreadable(tmp_path: Path) -> None:
    write(tmp_path)
    listening_path(tmp_path).write_bytes(b"{" * 100_000)
    assert read_listening(tmp_path, "one").state == "unreadable"


def test_a_later_field_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path, lambda value: version(value).update(colour="red"))
    assert read_listening(tmp_path, "one") == CLIPS


def test_the_study_is_its_clips_whatever_their_order() -> None:
    def study(*versions: Version, segment: int = 1) -> str:
        return replace(CLIPS, segments=(SegmentClips(segment, 2.0, 1.5, versions),)).study

    assert study(BASELINE, TAKE) == study(TAKE, BASELINE) == CLIPS.study
    others = [study(TAKE), study(TAKE, segment=2), study(), replace(CLIPS, segments=()).study]
    assert len({CLIPS.study, *others}) == 5
    quieter = replace(TAKE, attenuation_db=-1.0, words=())
    assert study(BASELINE, quieter) == CLIPS.study


def test_names_of_clips() -> None:
    names = [
        clip_name(1, "a" * 64), clip_name(2, "a" * 64), clip_name(1, "b" * 64),
        clip_name(1, "a" * 64, (0.0, 2.0)), clip_name(1, "a" * 64, (0.0, None)),
    ]  # fmt: skip
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[0-9a-f]{12}", name) for name in names)
    results = Path("results")
    assert clip_path(results, names[0], "mp3") == results / "listening" / f"{names[0]}.mp3"
    assert spectrogram_path(results, names[0]).name == f"{names[0]}.png"


def test_the_height_of_a_frequency() -> None:
    """Equal steps to 1 kHz, then equal steps an octave; the ends are half a row from the last."""
    heights = [spectrogram_height(hertz) for hertz in (0, 20, 500, 1000, 4000, 16_000)]
    assert heights == sorted(heights)
    assert heights[0] < 0 < heights[1] < 0.01 and 1 < heights[-1] < 1.01
    low, middle, high = (spectrogram_height(hertz) for hertz in (2000, 4000, 8000))
    assert high - middle == pytest.approx(middle - low)
    assert heights[3] - heights[2] == pytest.approx(heights[2] - heights[0])
    assert heights[2] == pytest.approx((7.5 / (15 + 27 * 1.49365) * 97 - 0.5) / 96, abs=1e-3)


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("The clips", list(as_json("one", CLIPS))),
        ("A segment that is played", [field.name for field in fields(SegmentClips)]),
        ("A version of a segment", [field.name for field in fields(Version)]),
    ],
)
def test_every_field_is_described(title: str, names: list[str]) -> None:
    page = (ROOT / "docs" / "record-format.md").read_text(encoding="utf-8")
    (part,) = re.findall(rf"^#+ {title}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) == names
