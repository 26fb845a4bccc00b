"""Stable Audio on simulated devices: right on all, small and without waits on a GPU."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_stable_audio_model import ROOT, project, python, run, tiny

pytestmark = pytest.mark.e2e
__all__ = ("project", "python", "tiny")  # the fixtures
PROBE = str(ROOT / "tests" / "e2e" / "stable_audio_devices_probe.py")
# Shares of the loudest sample: of float16, of float32, of bfloat16.
ROUNDING = {"open-1.0": 0.02, "open-small": 1e-4, "3-medium": 0.1}
GIB = 2**30
WORKSPACE = GIB  # CUDA's context and its libraries'


@pytest.fixture(scope="module")
def probe(python: str, project: Any, tiny: Path) -> dict[str, Any]:
    done = run(python, project, PROBE, str(tiny))
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(params=ROUNDING)
def on_cuda(request: pytest.FixtureRequest, probe: dict[str, Any]) -> dict[str, Any]:
    return {"checkpoint": request.param, **probe["cuda"][request.param]}


def test_a_gpu_makes_the_sound_of_the_cpu(on_cuda: dict[str, Any]) -> None:
    assert on_cuda["apart"] < ROUNDING[on_cuda["checkpoint"]]


def test_a_step_waits_for_nothing_and_its_transformer_is_one_graph(on_cuda: dict[str, Any]) -> None:
    assert set(on_cuda["waits"][1:]) == {0}  # the first step of a shape captures and compares
    assert set(on_cuda["replays"]) == {1}


def test_halves_never_have_the_float32_network_beside_them(probe: dict[str, Any]) -> None:
    halves, float32 = probe["loading"]
    assert halves < float32


@pytest.mark.parametrize("checkpoint", ["open-1.0", "3-medium"])
def test_a_mac_makes_the_sound_of_the_cpu(probe: dict[str, Any], checkpoint: str) -> None:
    assert probe["mps"][checkpoint] < 0.05


def test_takes_are_halved_where_memory_is_short_and_one_that_has_none_says_so(
    probe: dict[str, Any],
) -> None:
    facts = probe["short"]
    assert facts["halved"] < 0.02 and facts["told"] >= 1
    assert facts["none"][0] == "memory"


def test_a_graph_is_kept_by_shape_and_given_what_has_changed(probe: dict[str, Any]) -> None:
    facts = probe["graphed"]
    assert all(facts["right"]) and facts["kept"] == 2 and facts["most"] == 8
    assert facts["copies"] == [0, 1, 1] and facts["replayed"]


def test_a_graph_that_is_off_or_cannot_be_is_said_once_and_not_used(probe: dict[str, Any]) -> None:
    off, impossible = probe["graphed"]["said"]
    assert "off" in off and "without CUDA graphs" in impossible
    assert probe["graphed"]["dropped"] == [0, 0]


def test_noise_of_fast_is_each_rows_own_in_the_order_of_the_steps(probe: dict[str, Any]) -> None:
    assert probe["increments"] == {"own": True, "put_back": True}


def test_open_1_0_in_halves_fits_a_card_of_6_gib(probe: dict[str, Any]) -> None:
    size = probe["true_bytes"]
    assert size["bfloat16"] + size["decoder"] < 2.3 * GIB < size["float32"]
    needed = size["bfloat16"] + size["decoder"] + max(size["step"], size["piece"])
    assert needed + WORKSPACE < 5 * GIB
