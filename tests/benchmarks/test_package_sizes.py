"""The table of costs in the README is the registry's, and sizes are of the wheel that is taken."""

import pytest
from benchmarks.package_sizes import BEGIN, END, PLATFORMS, Platform, best_wheel, cost_table
from tests.conftest import ROOT

from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.runner.amounts import Amount, amounts
from secondtake.runner.environments import environments
from secondtake.runner.package_sizes import package_sizes

README = (ROOT / "README.md").read_text(encoding="utf-8")
REMEDY = "write it anew: .venv/bin/python -m benchmarks.package_sizes --page README.md"


def test_the_readme_has_the_table_of_costs() -> None:
    table = README.partition(BEGIN)[2].partition(END)[0].strip()
    assert table == cost_table(Project(ROOT)), REMEDY


def test_every_checkpoint_has_a_row_and_nothing_is_unknown_but_time() -> None:
    rows = [row.strip("| ").split(" | ") for row in cost_table(Project(ROOT)).splitlines()[2:]]
    assert len(rows) == sum(len(model.checkpoints) for model in MODELS.values())
    for row in rows:
        assert "unknown" not in " ".join(row[:-1]) and "at least" not in " ".join(row)


WHEELS = [
    "a-1-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
    "a-1-cp311-cp311-manylinux_2_28_x86_64.whl",
    "a-1-cp311-cp311-manylinux_2_28_aarch64.whl",
    "a-1-cp311-cp311-macosx_11_0_arm64.whl",
    "a-1-cp311-cp311-macosx_15_0_arm64.whl",
    "a-1-cp312-cp312-manylinux_2_28_x86_64.whl",
    "a-1-cp311-cp311-musllinux_1_2_x86_64.whl",
    "a-1-py3-none-any.whl",
]


def taken_of(names: list[str], platform: Platform) -> str:
    """The name of the wheel that an installer takes; "" if none fits."""
    wheel = best_wheel([{"url": f"https://x/{name}"} for name in names], platform.tags)
    return wheel["url"].rpartition("/")[2] if wheel else ""


@pytest.mark.parametrize(("platform", "taken"), list(zip(PLATFORMS, (1, 2, 3), strict=True)))
def test_the_most_specific_wheel_that_fits_is_measured(platform: Platform, taken: int) -> None:
    assert taken_of(WHEELS, platform) == WHEELS[taken]
    assert taken_of(WHEELS[-3:], platform) == "a-1-py3-none-any.whl"
    assert taken_of(WHEELS[-3:-1], platform) == ""


def test_the_readme_says_what_its_two_commands_download() -> None:
    """On Linux with an x86-64 processor, where packages are largest; pip's own are 0.04 GB."""
    project, platform = Project(ROOT), "Linux x86_64"
    sizes = {name: amounts(package_sizes(project, name, platform))[0] for name in environments()}
    demo = sizes["sketch"] + sizes["analysis"]
    assert f"{demo.bytes / 1e9 + 0.04:.1f} GB of downloads" in README and demo.bytes < 550e6
    study = sizes["analysis"]
    for model in MODELS.values():
        weights = {w.source: w.bytes for w in model.checkpoints[0].weights if not w.optional}
        study += sizes[model.name] + Amount({s: n or 0 for s, n in weights.items()})
    assert f"from nothing {study.bytes / 1e9:.0f} GB to download" in " ".join(README.split())
