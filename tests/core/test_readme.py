"""What the README's table says of a model is what the registry says."""

import re
from pathlib import Path

import pytest

from secondtake.core.licences import JOINT
from secondtake.core.registry.all_models import MODELS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
HEAD = "| model | makes | checkpoints | licence of the weights | account |"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in README.partition(HEAD)[2].partition("\n\n")[0].splitlines()[2:]
]
TITLES = {model.title.split(" (")[0]: model for model in MODELS.values()}
CHANNELS = {1: "mono", 2: "stereo"}
MAKES = {("vocal",): "vocals", ("instrumental",): "instrumentals"}


def test_there_is_a_table_of_models() -> None:
    assert len(ROWS) >= 3


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_row_is_true(row: list[str]) -> None:
    title, makes, checkpoints, licence, account = row
    model = TITLES[title]
    rate = f"{model.sample_rate / 1000:g} kHz {CHANNELS[model.channels]}"
    assert makes == f"{MAKES.get(model.roles, 'both')}, {rate}"
    fetched = [checkpoint for checkpoint in model.checkpoints if checkpoint.weights]
    assert re.findall(r"`(.+?)`", checkpoints) == [checkpoint.name for checkpoint in fetched]
    for name in {name for checkpoint in fetched for name in checkpoint.licence.split(JOINT)}:
        assert name in licence
    assert ("gated" in account) == any(checkpoint.gate for checkpoint in model.checkpoints)
