"""The registry's figures of graphics memory, beside what loaders reckon of the true shapes.

Nothing is loaded: shapes are the published ones. A figure is what a take needs at its peak, the
libraries' own included, rounded up to a quarter of a GiB.
"""

import math

import pytest

from secondtake.core.registry.all_models import MODELS
from secondtake.models.bark.codec import CODEC_BYTES
from secondtake.models.bark.model import StageSize
from secondtake.models.inference.graphics_memory import ITEM_BYTES, WORKSPACE
from secondtake.models.inference.quantization import FLOAT16, FLOAT32, Precision
from secondtake.models.musicgen.decoder_size import POSITIONS, DecoderSize

GIB = 1 << 30
CONTEXT = GIB // 2  # CUDA's own, which the driver gives to a process before its first tensor
STEP = GIB // 4  # by which figures are rounded up
BARK = {"large": (24, 1024), "small": (12, 768)}  # layers, width
# Layers, width, times width squared in a layer's matrices (cross-attention, where there is one).
MUSICGEN = {"small": (24, 1024, 16), "medium": (48, 1536, 16), "melody": (48, 1536, 12)}
# Numbers of the transformer; of a step: rows, positions, width; GiB of the decoder and its work.
DIFFUSION = {
    ("stable_audio", "open-1.0"): (1_057_000_000, 2, 1024 + 131, 1536, 1.3),
    ("stable_audio", "open-small"): (341_000_000, 2, 256 + 131, 1024, 1.3),
    ("stable_audio", "3-small-music"): (483_000_000, 2, 1292 + 131, 1024, 1.4),
    ("stable_audio", "3-medium"): (1_450_000_000, 2, 4091 + 131, 1536, 2.6),
    ("ace_step", "turbo"): (1_575_000_000, 1, 750, 2048, 1.5),
    ("ace_step", "base"): (1_575_000_000, 2, 750, 2048, 1.5),
    ("ace_step", "sft"): (1_575_000_000, 2, 750, 2048, 1.5),
    ("ace_step", "xl-turbo"): (4_169_000_000, 1, 750, 2560, 1.5),
}
LIVE_STATES = 40  # of a block at most


def bark_stages(size: str) -> dict[str, StageSize]:
    layers, width = BARK[size]
    blocks = layers * (12 * width**2 + 2 * width) + width + 1024 * width
    embedded = {"text": 129_600 + 10_048, "coarse": 2 * 12_096, "fine": 15 * 1_056}
    return {
        stage: StageSize(blocks + rows * width, layers if stage != "fine" else 0, 1024, width)
        for stage, rows in embedded.items()
    }


def bark(size: str, precision: Precision) -> int:
    stages = bark_stages(size).values()
    return max(CODEC_BYTES, *(stage.bytes(precision, rows=1) for stage in stages))


def musicgen(name: str, precision: Precision) -> int:
    layers, width, squares = MUSICGEN[name]
    numbers = layers * squares * width**2 + (8 * 2048 + POSITIONS) * width
    size = DecoderSize(numbers, layers, width, has_text=squares == 16)
    return size.weights_bytes(precision) + 2 * size.row_bytes(precision, 30 * 50)


def diffusion(model: str, name: str, precision: Precision) -> int:
    numbers, rows, positions, width, decoding = DIFFUSION[model, name]
    step = rows * positions * width * LIVE_STATES
    transformer = (numbers + step) * ITEM_BYTES[precision.dtype]
    return max(transformer, int(decoding * GIB))


def reckoned(model: str, name: str, precision: Precision) -> int:
    """Bytes of graphics memory that a take needs at its peak, without the libraries' own."""
    if model == "bark":
        return bark(name, precision)
    if model == "musicgen":
        return musicgen(name, precision)
    return diffusion(model, name, precision)


CHECKPOINTS = [
    (model.name, checkpoint.name)
    for model in MODELS.values()
    for checkpoint in model.checkpoints
    if checkpoint.weights
]


def rounded_up(count: int) -> int:
    return math.ceil((count + WORKSPACE + CONTEXT) / STEP) * STEP


@pytest.mark.parametrize(("model", "name"), CHECKPOINTS)
def test_a_figure_is_what_the_shapes_ask_for(model: str, name: str) -> None:
    checkpoint = MODELS[model].checkpoint(name)
    assert checkpoint.graphics_bytes == rounded_up(reckoned(model, name, FLOAT32))
    # Bark and MusicGen are measured beside float32 on the card.
    fast = 0 if model in ("bark", "musicgen") else rounded_up(reckoned(model, name, FLOAT16))
    assert checkpoint.graphics_fast_bytes == fast


def test_the_table_of_sizes() -> None:
    """In GiB, float32 and half, without the libraries' own."""
    table = {
        f"{model} {name}": tuple(
            round(reckoned(model, name, precision) / GIB, 1) for precision in (FLOAT32, FLOAT16)
        )
        for model, name in CHECKPOINTS
    }
    assert table == {
        "bark large": (1.9, 1.0),
        "bark small": (0.8, 0.4),
        "stable_audio open-1.0": (4.5, 2.2),
        "stable_audio open-small": (1.4, 1.3),
        "stable_audio 3-small-music": (2.2, 1.4),
        "stable_audio 3-medium": (7.3, 3.7),
        "musicgen small": (2.3, 1.1),
        "musicgen medium": (8.8, 4.4),
        "musicgen melody": (7.6, 3.8),
        "ace_step turbo": (6.1, 3.0),
        "ace_step base": (6.3, 3.2),
        "ace_step sft": (6.3, 3.2),
        "ace_step xl-turbo": (15.8, 7.9),
    }


def test_a_batch_of_bark_takes_a_cache_for_each() -> None:
    text = bark_stages("large")["text"]
    eight = [round(text.bytes(each, rows=8) / GIB, 1) for each in (FLOAT32, FLOAT16)]
    assert eight == [3.7, 1.8]
    assert bark_stages("large")["fine"].row_bytes(FLOAT32) == 1024 * 1024 * 16 * 4
