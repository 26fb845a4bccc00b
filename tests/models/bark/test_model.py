"""Bark's stages on a device that we describe: how many windows fit, and what gives way to what."""

from collections.abc import Callable
from pathlib import Path

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.bark import model
from secondtake.models.bark.model import BarkComponents, StageSize, take_bytes
from secondtake.models.inference import graphics_memory
from secondtake.models.inference.graphics_memory import WORKSPACE
from secondtake.models.inference.quantization import FLOAT16, FLOAT32

MIB = 1 << 20
# 40 MiB of weights in float32, and 3 MiB for each row: 1 MiB of it cached, 2 MiB to read.
SIZE = StageSize(numbers=10 * MIB, layers=4, positions=128, width=256)
WEIGHTS = Weights({"vocabulary": Path()}, {}, Path())


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what is free and what is allocated, in MiB, beside WORKSPACE."""

    def set_room(free: int, allocated: int = 0) -> None:
        for module in (model, graphics_memory):
            monkeypatch.setattr(module, "free_bytes", lambda device: free * MIB + WORKSPACE)
        monkeypatch.setattr(model, "allocated_bytes", lambda device: allocated * MIB)

    monkeypatch.setattr(model, "load_tokenizer", lambda path: None)
    monkeypatch.setattr(model, "stage_size", lambda weights, stage: SIZE)
    monkeypatch.setattr(model, "release_cached", lambda device: None)
    monkeypatch.setattr(model, "load_stage", lambda weights, stage, *rest: stage)
    return set_room


def components(device: str = "cuda") -> BarkComponents:
    return BarkComponents(WEIGHTS, device, one_at_a_time=False)


def test_a_stage_takes_its_weights_and_something_for_each_window() -> None:
    assert SIZE.row_bytes(FLOAT32) == 3 * MIB
    assert SIZE.bytes(FLOAT32, rows=2) == 46 * MIB
    assert SIZE.bytes(FLOAT16, rows=2) == 23 * MIB


@pytest.mark.parametrize(
    ("free", "allocated", "most", "fitting"),
    [
        (64, 0, 8, 8),
        (63, 0, 8, 4),  # seven would be padded to eight
        (33, 31, 8, 8),  # what is loaded gives way
        (63, 0, 3, 3),
        (51, 0, 3, 2),  # three are padded to four
        (10, 0, 8, 1),  # it will be an error, once it is tried
    ],
)
def test_as_many_windows_as_fit_with_one_stage_at_a_time(
    device: Callable[..., None], free: int, allocated: int, most: int, fitting: int
) -> None:
    device(free, allocated)
    assert components().fitting_rows(most) == fitting
    assert components("cpu").fitting_rows(most) == most


def test_a_stage_stays_if_there_is_room_for_the_next(device: Callable[..., None]) -> None:
    bark = components()
    device(60)
    bark.stage("text", FLOAT32, 2)
    bark.stage("coarse", FLOAT32, 2)
    assert len(bark.loaded) == 2
    device(42)  # less than a stage and its row
    bark.stage("text", FLOAT32, 1)  # there, with its room
    assert len(bark.loaded) == 2
    device(43)
    bark.stage("fine", FLOAT32, 1)
    assert len(bark.loaded) == 3  # it fits beside them


def test_stages_give_way_to_one_that_does_not_fit_beside_them(
    device: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bark = components()
    device(60)
    bark.stage("text", FLOAT32)
    device(20)
    monkeypatch.setattr(model, "release_cached", lambda each: device(60))
    bark.stage("coarse", FLOAT32)
    assert len(bark.loaded) == 1


def test_a_stage_for_which_nothing_suffices_is_an_error_with_both_figures(
    device: Callable[..., None],
) -> None:
    device(20)
    with pytest.raises(ModelError) as caught:
        components().stage("text", FLOAT32, 2)
    assert caught.value.code == "memory"
    assert caught.value.message == (
        "Bark's text stage for 2 takes needs 585.1 MB of graphics memory on cuda, 557.8 MB are free"
    )


def test_a_processor_is_not_looked_at(device: Callable[..., None]) -> None:
    device(0)
    assert components("cpu").stage("text", FLOAT32, 8) == "text"


def test_a_take_needs_the_largest_of_what_is_there_in_turn(
    device: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "CODEC_BYTES", MIB)
    assert take_bytes(WEIGHTS) == 43 * MIB
    monkeypatch.setattr(model, "CODEC_BYTES", 50 * MIB)
    assert take_bytes(WEIGHTS) == 50 * MIB
