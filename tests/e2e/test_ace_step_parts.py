"""ACE-Step's decoding, encoding and transformer beside those of diffusers, on tiny checkpoints."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_ace_step_model import ROOT, python, run, tiny

from secondtake.core.project import Project

pytestmark = pytest.mark.e2e
__all__ = ["python", "tiny"]  # fixtures
CHECKPOINTS = ("turbo", "base", "xl-turbo")
# Of the loudest sample. 37 convolutions of float32, added up in another order: diffusers' own
# result is as far from the same in float64.
EQUAL = 2e-6
MOST_ERRORS = {"bfloat16": 0.004, "int8-weights": 0.008, "int8": 0.02}  # of a velocity, as shares


@pytest.fixture(scope="module")
def probe(python: str, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    project = Project(tmp_path_factory.mktemp("parts"))
    done = run(python, project, str(ROOT / "tests/e2e/ace_step_parts_probe.py"), str(tiny))
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def decoding(probe: dict[str, Any]) -> dict[str, Any]:
    return dict(probe["decoding"])


@pytest.fixture(params=CHECKPOINTS)
def facts(request: pytest.FixtureRequest, probe: dict[str, Any]) -> dict[str, Any]:
    return dict(probe[request.param])


@pytest.fixture(params=["exact", "fast"])
def remembering(request: pytest.FixtureRequest, probe: dict[str, Any]) -> dict[str, Any]:
    return dict(probe[f"remembering {request.param}"])


# The decoder and the encoder


def test_every_length_decodes_as_diffusers_does(decoding: dict[str, Any]) -> None:
    assert max(decoding["errors"]) < EQUAL and decoding["checkpoint_error"] < EQUAL


def test_a_decoder_without_onednn_is_the_same(decoding: dict[str, Any]) -> None:
    assert decoding["by_taps"] < EQUAL


def test_a_frame_depends_on_fewer_latents_than_are_decoded_beside_it(
    decoding: dict[str, Any],
) -> None:
    assert decoding["margins"] == [9, 6, 10, 15, 17, 22, 3] and decoding["reach"] <= 9


def test_odd_strides_are_left_to_diffusers(decoding: dict[str, Any]) -> None:
    assert decoding["odd_strides"]  # its transposed convolutions are a frame short of a multiple


def test_the_asked_frames_are_cut_out_of_a_longer_sound(decoding: dict[str, Any]) -> None:
    assert decoding["cut"][:3] == [[30 * 1920 - 5, 2], "float32", True]
    assert decoding["cut"][3] < EQUAL


def test_progress_is_told_piece_by_piece(decoding: dict[str, Any]) -> None:
    assert decoding["told"] == [["decoding", 0, 0], *(["decoding", n, 4] for n in range(1, 5))]


def test_any_number_of_threads_makes_the_same_sound(decoding: dict[str, Any]) -> None:
    assert decoding["threads"] == {"different": 1, "after": [1, 2, 3]}


def test_diffusers_decodes_in_pieces_where_ours_cannot(decoding: dict[str, Any]) -> None:
    assert decoding["elsewhere"] < EQUAL


def test_sound_is_encoded_in_pieces_as_it_is_in_one(probe: dict[str, Any]) -> None:
    shapes, errors = zip(*probe["encoding"]["errors"], strict=True)
    assert [shape[1] for shape in shapes] == [1, 7, 100, 101, 260]
    assert max(errors) < EQUAL
    assert probe["encoding"]["filled"]


# The transformer


def test_exact_is_diffusers_transformer_to_the_bit(facts: dict[str, Any]) -> None:
    assert len(facts["transformer"]["exact"]) == 9 and all(facts["transformer"]["exact"])


@pytest.mark.parametrize("precision", MOST_ERRORS)
def test_every_precision_is_near_it(facts: dict[str, Any], precision: str) -> None:
    errors = facts["transformer"].get(precision)
    if errors is None:
        pytest.skip(f"PyTorch has no {precision} on this processor")
    assert min(errors) > 0 and max(errors) < MOST_ERRORS[precision]


def test_attention_within_a_window_is_that_with_a_mask(probe: dict[str, Any]) -> None:
    assert len(probe["attention"]) == 6 and max(probe["attention"].values()) < EQUAL


def test_matrices_are_quantized_once(facts: dict[str, Any]) -> None:
    names = {name.split(".", 1)[1] for name in facts["files"]["names"]}
    # bfloat16 is multiplied as the checkpoint stores it
    assert names == {"int8-weights.2.safetensors"}
    assert facts["files"]["untouched"]


def test_nothing_is_remembered_of_another_prompt_batch_or_length(
    remembering: dict[str, Any],
) -> None:
    assert remembering["prompts_matter"] and all(remembering["kept"].values())
    assert len(remembering["kept"]) == 5
    assert remembering["in_place"]  # a tensor whose numbers have changed is another prompt
    assert remembering["rows"] < EQUAL


def test_a_prompt_is_projected_once_for_all_steps(remembering: dict[str, Any]) -> None:
    assert remembering["computed"] == [1, 1, 1, 2]


@pytest.mark.parametrize(("checkpoint", "rows"), [("turbo", 1), ("base", 2)])
def test_the_precision_is_measured_once(probe: dict[str, Any], checkpoint: str, rows: int) -> None:
    choosing = probe[checkpoint]["choosing"]
    assert choosing["exact"] == choosing["asked"] == "float32"
    assert choosing["auto"] == choosing["again"] and choosing["kept"] in (1, 2)  # a checkpoint's
    assert list(choosing["measured"]) == ["float32", *choosing["possible"]]
    assert choosing["measured"]["float32"] == 0 < max(choosing["measured"].values()) < 0.05
    assert choosing["rows"] == rows  # guidance makes two of one
