"""A device is chosen if it works: on simulated cards, with the PyTorch of the environments."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from secondtake.core.environ import DEVICE_SETTINGS

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
WORKING = {"Hopper": "9.0", "Ada": "8.9", "Turing": "7.5"}


@pytest.fixture(scope="module", params=["bark", "musicgen"])  # one of each PyTorch
def facts(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "bark":
        python = request.getfixturevalue("bark_python")
    else:
        python = request.getfixturevalue("clone").python(request.param)
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [python, str(ROOT / "tests" / "e2e" / "devices_probe.py")],
        env={**os.environ, **DEVICE_SETTINGS, "PYTHONPATH": paths},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("card", WORKING)
def test_a_card_that_works_is_taken_and_described(facts: dict[str, Any], card: str) -> None:
    outcome = facts["cards"][card]
    assert outcome["auto"] == {**outcome["asked"], "peak_bytes": outcome["auto"]["peak_bytes"]}
    auto = outcome["auto"]
    assert (auto["name"], auto["notes"], auto["card"]["capability"]) == ("cuda", [], WORKING[card])
    assert auto["peak_bytes"] > 0  # it was tried out
    assert not auto["card"]["tf32_matmul"] and not auto["card"]["tf32_cudnn"]


@pytest.mark.parametrize(
    ("card", "code", "words"),
    [
        ("newer than the build", "unsupported", "(compute capability 12.0) is newer than"),
        ("older than the build", "unsupported", "(compute capability 6.1) is older than"),
        ("full", "memory", "out of memory on the graphics card"),
        ("no kernel image", "unsupported", "not built for this graphics card"),
        ("cudnn not initialized", "memory", "out of memory on the graphics card"),
        ("illegal access", "unsupported", "an illegal memory access"),
    ],
)
def test_a_card_that_does_not_work_is_passed_over_or_refused(
    facts: dict[str, Any], card: str, code: str, words: str
) -> None:
    outcome = (facts["cards"] | facts["failing"])[card]
    auto, asked = outcome["auto"], outcome["asked"]
    assert (auto["name"], auto["card"], auto["peak_bytes"]) == ("cpu", None, 0)
    (note,) = auto["notes"]
    assert note.startswith("not made on cuda: ") and words in note
    assert asked["error"] == code and words in asked["message"]
    assert "--device cpu" in asked["hint"]


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_device_that_makes_noise_does_not_work(facts: dict[str, Any], kind: str) -> None:
    assert f"{kind} computes attention wrong in float32" in facts["noisy"][kind]["message"]


def test_a_mac_takes_its_graphics_cores(facts: dict[str, Any]) -> None:
    mps = facts["mps"]["auto"]
    assert (mps["name"], mps["notes"], mps["card"]["capability"]) == ("mps", [], "")
    assert facts["mps"]["computed"] == ["float32", "float16"]


def test_a_machine_without_a_card_takes_the_processor_and_says_nothing(
    facts: dict[str, Any],
) -> None:
    assert (facts["none"]["auto"]["name"], facts["none"]["auto"]["notes"]) == ("cpu", [])
    assert facts["none"]["asked"]["error"] == "unsupported"


@pytest.mark.parametrize(
    ("card", "candidate", "computed"),
    [
        ("Hopper", "bfloat16", ["float32", "bfloat16", "float16"]),
        ("Ada", "bfloat16", ["float32", "bfloat16", "float16"]),
        ("Turing", "float16", ["float32", "float16"]),
    ],
)
def test_a_card_is_measured_in_the_half_that_it_multiplies(
    facts: dict[str, Any], card: str, candidate: str, computed: list[str]
) -> None:
    assert facts["cards"][card]["candidates"] == [candidate]
    assert facts["cards"][card]["computed"] == computed


def test_float32_is_float32_and_a_record_says_if_it_was_not(facts: dict[str, Any]) -> None:
    assert facts["flags_and_draws"] == {
        "matmul": False, "benchmark": False, "recorded_later": True, "same_draws": True,
    }  # fmt: skip


def test_every_failure_of_a_device_has_a_name(facts: dict[str, Any]) -> None:
    failures = facts["failures"]
    expected = {
        "no kernel image": "unsupported", "illegal access": "unsupported",
        "long sound": "unsupported", "float64": "unsupported",
        "missing operator": "unsupported", "short sound": "",
    }  # fmt: skip
    for failure, called in failures.items():
        assert called["code"] == expected.get(failure.split(": ")[1], "memory"), failure
        assert called["lost"] == (failure == "cuda: illegal access")
    assert len(failures) > len(expected)
