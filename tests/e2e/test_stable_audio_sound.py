"""Stable Audio's decoding, and takes longer than a window, beside the real stable-audio-tools."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_stable_audio_model import ROOT, python, run, tiny

from secondtake.core.project import Project

pytestmark = pytest.mark.e2e
__all__ = ["python", "tiny"]  # fixtures
CHECKPOINTS = ("open-1.0", "open-small")
# Of the loudest sample. 37 convolutions of float32, added up in another order: upstream's own
# result is as far from the same in float64.
EQUAL = 2e-6


@pytest.fixture(scope="module")
def probe(python: str, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    project = Project(tmp_path_factory.mktemp("sound"))
    done = run(python, project, str(ROOT / "tests/e2e/stable_audio_sound_probe.py"), str(tiny))
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(params=CHECKPOINTS)
def decoding(request: pytest.FixtureRequest, probe: dict[str, Any]) -> dict[str, Any]:
    return dict(probe[request.param])


def test_every_length_decodes_as_upstream_does(decoding: dict[str, Any]) -> None:
    assert decoding["ours"] and max(decoding["errors"]) < EQUAL
    assert decoding["upstream_unchanged"]


def test_the_asked_frames_are_cut_out_of_a_longer_sound(decoding: dict[str, Any]) -> None:
    assert decoding["cut"] == [[30 * 2048 - 5, 2], "float32", True]
    assert decoding["cut_error"] < EQUAL


def test_a_frame_depends_on_ten_latents_to_either_side(decoding: dict[str, Any]) -> None:
    assert decoding["within_the_context"] == 10
    assert decoding["beyond_the_context"]


def test_progress_is_told_piece_by_piece(decoding: dict[str, Any]) -> None:
    assert decoding["told"] == [["decoding", 0, 0], ["decoding", 1, 2], ["decoding", 2, 2]]


def test_any_number_of_threads_makes_the_same_sound(decoding: dict[str, Any]) -> None:
    assert decoding["threads"] == {"different": 1, "after": [1, 2, 3]}


def test_decoders_that_are_not_ours_are_decoded_by_upstream_in_pieces(
    decoding: dict[str, Any], probe: dict[str, Any]
) -> None:
    assert decoding["by_upstream_in_pieces"] < EQUAL
    kinds = probe["kinds"]
    assert kinds["elu"] and kinds["smoothed"] and kinds["nearest"] and kinds["odd"]


def test_a_snake_is_upstreams_snake(probe: dict[str, Any]) -> None:
    assert set(probe["snakes"]) == {"True", "False"} and max(probe["snakes"].values()) < 5e-7


def test_a_bounded_decoder_is_bounded(probe: dict[str, Any]) -> None:
    assert probe["kinds"]["bounded_error"] < EQUAL
    assert probe["kinds"]["margins"] == [10, 7, 8, 15, 17, 22, 3]


@pytest.fixture(params=[("open-small", 25.0, 3), ("open-1.0", 60.0, 2)], ids=lambda param: param[0])
def long(request: pytest.FixtureRequest, probe: dict[str, Any]) -> dict[str, Any]:
    """The probe's facts about a take longer than a window, and its job."""
    checkpoint, seconds, windows = request.param
    return {**probe[checkpoint]["long"], "seconds": seconds, "windows": windows}


def test_a_longer_take_has_every_frame_and_tells_its_windows(long: dict[str, Any]) -> None:
    assert long["shape"] == [round(long["seconds"] * 44_100), 2]
    details = long["details"]
    assert details["windows"] == len(details["window_starts"]) == len(details["seams"]) + 1
    assert details["windows"] == long["windows"]
    assert long["told"][1] == ["denoising", 4 * long["windows"], 4 * long["windows"]]
    assert long["again_the_same"]


def test_a_window_is_held_to_the_end_of_the_one_before_and_hears_it(long: dict[str, Any]) -> None:
    assert long["held_exactly"] and long["goes_on"]


def test_no_seam_stands_out(long: dict[str, Any]) -> None:
    assert long["warnings"] == []
    for seam, around in zip(long["details"]["seams"], long["seams"], strict=True):
        assert not seam["click"] and abs(seam["level_jump_db"]) < 0.5
        assert around["step"] < 1 and around["jump"] < 1  # the largest change is elsewhere


def test_a_longer_take_is_refused_unless_asked_for(long: dict[str, Any]) -> None:
    assert long["refused"][0] == "unsupported" and "--longer continue" in long["refused"][1]
