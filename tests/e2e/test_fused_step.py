"""A decoder's step as one call is PyTorch's, and each row is what it is alone, to the bit."""

import json
from typing import Any

import pytest
from tests.e2e.bark_project import ROOT, run
from tests.e2e.processors import PROCESSORS, computing_on

from secondtake.core.project import Project

pytestmark = pytest.mark.e2e
KEPT = 3e-3  # that a cache of bfloat16 may change, as a share of the logits' spread


@pytest.fixture(scope="module", params=[(m, p) for m in ("bark", "musicgen") for p in PROCESSORS])
def facts(request: pytest.FixtureRequest, clone: Project) -> dict[str, Any]:
    model, processor = request.param
    with computing_on(processor):
        probe = str(ROOT / "tests" / "e2e" / "fused_step_probe.py")
        done = run(str(clone.python(model)), clone, probe)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert facts["lanes"] == 8 or processor == "this processor"
    return facts


def test_its_logits_are_those_of_the_plain_step(facts: dict[str, Any]) -> None:
    errors = {name: case["error"] for name, case in facts["cases"].items()}
    assert len(errors) == 10
    assert all(0 < error < KEPT for error in errors.values()), errors


def test_a_row_is_the_same_alone_among_others_and_on_any_threads(facts: dict[str, Any]) -> None:
    for name, case in facts["cases"].items():
        assert len(case["equal"]) == 12 and all(case["equal"].values()), (name, case["equal"])
