"""Products of bytes are right in every model's environment, on this processor and an older one."""

import json
from typing import Any

import pytest
from tests.e2e.bark_project import ROOT, run
from tests.e2e.processors import PROCESSORS, computing_on

from secondtake.core.project import Project

pytestmark = pytest.mark.e2e
MODELS = ("bark", "stable_audio", "musicgen")


@pytest.fixture(scope="module", params=[(m, p) for m in MODELS for p in PROCESSORS], ids=", ".join)
def facts(request: pytest.FixtureRequest, clone: Project) -> dict[str, Any]:
    model, processor = request.param
    probe = str(ROOT / "tests" / "e2e" / "products_probe.py")
    with computing_on(processor):
        done = run(str(clone.python(model)), clone, probe)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**facts, "processor": processor}


def test_bytes_are_offered_where_they_are_summed_right(facts: dict[str, Any]) -> None:
    offered = {name for name in facts["offered"] if "int8" in name}
    if facts["engine"] not in ("x86", "fbgemm"):
        assert facts["largest_activation"] == 0 and offered == {"int8-weights"}
        return
    assert offered == {"int8", "int8-weights"}
    if facts["processor"] == "an older one":
        assert facts["largest_activation"] == 63  # 127 would saturate
    assert all(share < 0.004 for share in facts["full_scale"].values()), facts["full_scale"]


def test_every_arithmetic_is_as_near_as_its_digits(facts: dict[str, Any]) -> None:
    limits = {"DynamicInt8Linear": 0.02, "Int8Linear": 0.01, "Int16Linear": 4e-5}
    for name, (usual, _) in facts["errors"].items():
        assert usual < limits[name] and facts["errors_of_many"][name] < limits[name]


def test_one_large_activation_costs_the_others_nothing_but_in_one_byte(
    facts: dict[str, Any],
) -> None:
    for name, (_, beside_a_large_one) in facts["errors"].items():
        assert (
            beside_a_large_one > 0.1 if name == "DynamicInt8Linear" else beside_a_large_one < 0.02
        ), name


def test_pytorch_without_onednn_multiplies_too(facts: dict[str, Any]) -> None:
    assert facts["without_onednn"]["near"]
    assert "bfloat16" not in facts["without_onednn"]["offered"]
    assert "int8-weights" in facts["without_onednn"]["offered"]


def test_any_shape_is_multiplied_and_each_row_for_itself(facts: dict[str, Any]) -> None:
    for name, shapes in facts["odd_shapes"].items():
        assert len(shapes) == 6 and all(shapes.values()), (name, shapes)


def test_the_benchmarks_know_the_floor_of_every_arithmetic(facts: dict[str, Any]) -> None:
    floors = facts["floors"]
    assert {"float32", "bfloat16", "float16", "int8", "int8-weights"} == set(floors)
    assert [floors[name][0] for name in ("float32", "float16", "int8-weights")] == [4, 2, 1]
    assert floors["int8"][1] < floors["bfloat16"][1] < floors["float32"][1]
