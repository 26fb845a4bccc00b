"""ACE-Step on simulated devices: the CPU's sound on all, and no waits within a GPU's step."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_ace_step_model import ROOT, python, run, tiny

from secondtake.core.project import Project

pytestmark = pytest.mark.e2e
__all__ = ["python", "tiny"]  # fixtures
PROBE = str(ROOT / "tests" / "e2e" / "ace_step_devices_probe.py")
ROUNDING = {"turbo": 0.01, "base": 1e-4}  # of the loudest sample: of float16, of float32


@pytest.fixture(scope="module")
def probe(python: str, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = run(python, Project(tmp_path_factory.mktemp("devices")), PROBE, str(tiny))
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("checkpoint", ROUNDING)
def test_a_gpu_makes_the_sound_of_the_cpu(probe: dict[str, Any], checkpoint: str) -> None:
    assert probe["cuda"][checkpoint]["apart"] < ROUNDING[checkpoint]


@pytest.mark.parametrize("checkpoint", ROUNDING)
def test_a_step_waits_for_nothing(probe: dict[str, Any], checkpoint: str) -> None:
    # The first step reads the prompt, and is captured and compared.
    assert set(probe["cuda"][checkpoint]["waits"][1:]) == {0}


def test_a_step_in_halves_is_one_graph(probe: dict[str, Any]) -> None:
    assert set(probe["cuda"]["turbo"]["replays"]) == {1}


def test_a_mac_makes_the_sound_of_the_cpu(probe: dict[str, Any]) -> None:
    assert probe["mps"] < ROUNDING["turbo"]


def test_takes_are_halved_where_memory_is_short(probe: dict[str, Any]) -> None:
    assert probe["short"]["halved"] < ROUNDING["turbo"] and probe["short"]["none"] == "memory"


def test_an_input_is_known_again_by_itself_or_by_its_numbers(probe: dict[str, Any]) -> None:
    known = probe["last_input"]
    assert known["by number"] == [False, True, True, True, False]
    assert known["by identity"] == [False, True, False, False, False]
