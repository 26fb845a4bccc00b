"""Stable Audio's denoising: exact to the bit, in company, held, in every arithmetic, never lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.processors import PROCESSORS, computing_on
from tests.e2e.test_stable_audio_model import ROOT, project, python, run, tiny

pytestmark = pytest.mark.e2e
__all__ = ("project", "python", "tiny")  # the fixtures
CHECKPOINTS = ("open-1.0", "open-small")
# What a sum in another order may change in three steps; at its last moment rk4 divides by 1e-5.
ROUNDING = {"rk4": 0.01}


PROBE = str(ROOT / "tests" / "e2e" / "stable_audio_denoising_probe.py")


@pytest.fixture(scope="module")
def probe(python: str, project: Any, tiny: Path) -> dict[str, Any]:
    done = run(python, project, PROBE, str(tiny), "everything")
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module", params=PROCESSORS)
def arithmetics(
    request: pytest.FixtureRequest, python: str, project: Any, tiny: Path
) -> dict[str, Any]:
    with computing_on(request.param):
        done = run(python, project, PROBE, str(tiny), "arithmetics")
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(params=CHECKPOINTS)
def facts(request: pytest.FixtureRequest, probe: dict[str, Any]) -> dict[str, Any]:
    return dict(probe[request.param])


def test_exact_latents_are_those_of_unmodified_stable_audio_tools(facts: dict[str, Any]) -> None:
    assert {"negative", "unguided"} < set(facts["equal"])
    assert [name for name, same in facts["equal"].items() if not same] == []


def test_a_take_in_company_is_what_it_is_alone(facts: dict[str, Any]) -> None:
    away = {name: far for name, far in facts["company"].items() if far > ROUNDING.get(name, 1e-4)}
    assert away == {}


def test_a_batch_answers_every_job_once_and_one_refusal_stops_no_other(
    facts: dict[str, Any],
) -> None:
    fact = facts["batch"]
    assert fact["answers"] == [1, 2, 3] and fact["refused"] == "unsupported"
    assert fact["away"] < 1e-4 < 0.01 < fact["apart"]


def test_what_is_held_stays_and_the_rest_goes_on_from_it(facts: dict[str, Any]) -> None:
    assert all(far < 1e-6 for far in facts["held"]["by_sampler"].values())
    assert facts["held"]["changes_the_rest"] > 0.01


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_every_arithmetic_is_measured_once_and_sounds(
    arithmetics: dict[str, Any], checkpoint: str
) -> None:
    fact = arithmetics[checkpoint]
    assert fact["compared"] == fact["wanted"] and fact["steps_end"]
    assert all(fact["sounds"].values())
    assert fact["errors"]["float32"] == 0
    assert all(error < 0.05 for error in fact["errors"].values())
    assert fact["again"] == fact["chosen"] in fact["compared"]
    assert fact["without_a_prompt"] < 1e-4


def test_the_recursion_of_diffusers_happens_in_torchsde_and_is_refused_here(
    probe: dict[str, Any],
) -> None:
    assert probe["recursion"]["torchsde"] == "RecursionError"
    code, message, hint = probe["recursion"]["guard"]
    assert code == "unsupported" and "0.3000015" in message and "--sigma-min" in hint


def test_a_thousand_schedules_end_finite_or_are_refused_beforehand(probe: dict[str, Any]) -> None:
    fact = probe["combinations"]
    assert fact["failed"] == []
    assert fact["finite"] + fact["refused"] == 1000
    assert fact["finite"] > 800 and fact["refused"] > 20
    assert fact["needless"] < 5  # by planning, whose margin is that of float32


def test_schedules_without_levels_of_their_own_are_fine_for_any_steps(
    probe: dict[str, Any],
) -> None:
    assert probe["evenly_spaced"] == []
