"""What the registry says that checkpoints cost: known for every one, and as it was measured."""

import re

import pytest
from tests.conftest import ROOT

from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import EPYC

PERFORMANCE = (ROOT / "docs" / "lab" / "performance.md").read_text(encoding="utf-8")
CHECKPOINTS = [(m.name, c.name) for m in MODELS.values() for c in m.checkpoints]


@pytest.mark.parametrize(("model", "name"), CHECKPOINTS)
def test_every_size_is_known(model, name):
    checkpoint = MODELS[model].checkpoint(name)
    assert [weight.source for weight in checkpoint.weights if not weight.bytes] == []
    assert bool(checkpoint.graphics_bytes) == ("cuda" in MODELS[model].devices)


@pytest.mark.parametrize(
    ("model", "name", "gigabytes"),
    [
        ("bark", "large", 13.1), ("bark", "small", 4.8),
        ("stable_audio", "open-1.0", 5.7), ("stable_audio", "open-small", 2.9),
        ("stable_audio", "3-small-music", 3.5), ("stable_audio", "3-medium", 10.4),
        ("ace_step", "turbo", 6.3), ("ace_step", "base", 6.3), ("ace_step", "sft", 6.3),
        ("ace_step", "xl-turbo", 11.5),
        ("musicgen", "small", 2.4), ("musicgen", "medium", 8.0), ("musicgen", "melody", 6.2),
    ],
)  # fmt: skip
def test_the_downloads_are_those_of_the_published_files(model, name, gigabytes):
    weights = MODELS[model].checkpoint(name).weights
    assert round(sum(weight.bytes for weight in weights) / 1e9, 1) == gigabytes


def block(name: str, heading: str) -> str:
    """What one heading of a benchmark's table stands over."""
    table = PERFORMANCE.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end")[0]
    return table.partition(f"**{heading}**, a take of ")[2]


def cells(text: str, row: str) -> list[float]:
    """The figures of the first row of that name."""
    (line,) = re.findall(rf"^\| {row} \|.*$", text, re.MULTILINE)[:1]
    return [float(n) for n in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w.-])", line)]


@pytest.mark.parametrize("name", ["small", "large"])
def test_barks_speed_is_the_measured_one(name):
    text, speed = block("bark_speed", name), MODELS["bark"].checkpoint(name).speed
    seconds, a_take = float(text.partition(" s,")[0]), cells(text, "fast")[4]
    assert speed.work == pytest.approx(a_take / seconds, abs=0.01)
    assert speed.load_seconds == cells(text.partition("From the start")[2], "fast")[0]
    assert speed.processor == EPYC


def test_stable_audios_speed_is_the_measured_one():
    text = block("stable_audio_speed", "open-1.0")
    speed = MODELS["stable_audio"].checkpoint("open-1.0").speed
    denoise, decode, a_take = cells(text, "fast")[:3]
    in_100_steps = cells(text, "fast")[-1]
    assert speed.work_seconds(10, {"steps": 5}) == pytest.approx(a_take, rel=0.05)
    assert speed.work_seconds(10, {"steps": 100}) == pytest.approx(in_100_steps, rel=0.01)
    assert speed.work == pytest.approx(decode / 10) and denoise > decode


def test_musicgens_speed_is_the_measured_one():
    text = block("musicgen_speed", "small")
    speed = MODELS["musicgen"].checkpoint("small").speed
    assert speed.work == pytest.approx(cells(text, "fast")[2] / 10)
    assert speed.load_seconds == cells(text.partition("From the start")[2], "fast")[0]
