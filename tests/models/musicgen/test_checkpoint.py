"""Configurations that are accepted; tensors are read in the tests of MusicGen's environment."""

import json
from pathlib import Path
from typing import Any

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.musicgen.checkpoint import read_checkpoint

MUSICGEN: dict[str, Any] = {"model_type": "musicgen", "decoder": {"hidden_size": 1024}}


def files(folder: Path, config: str, *keys: str) -> Weights:
    (folder / "config.json").write_text(config)
    paths = {key: folder / f"{key}.safetensors" for key in keys}
    hashes = {key: f"{n}" * 64 for n, key in enumerate(keys)}
    if "model" not in keys:
        paths["model"] = folder / "model.safetensors.index.json"
    paths["config"] = folder / "config.json"
    return Weights(paths, {**hashes, "config": "c" * 64}, folder / "cache")


def test_one_file_is_known_by_its_own_hash(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(files(tmp_path, json.dumps(MUSICGEN), "model"))
    assert checkpoint.files == (tmp_path / "model.safetensors",) and not checkpoint.takes_melody
    assert checkpoint.quantized_path == tmp_path / "cache" / "converted" / f"{'0' * 64}.safetensors"


def test_several_files_are_known_by_all_their_hashes(tmp_path: Path) -> None:
    text = json.dumps({**MUSICGEN, "model_type": "musicgen_melody"})
    checkpoint = read_checkpoint(files(tmp_path, text, "model2", "model1"))
    assert [path.name for path in checkpoint.files] == ["model1.safetensors", "model2.safetensors"]
    assert (
        checkpoint.takes_melody and len(checkpoint.sha256) == 64 and checkpoint.sha256 != "0" * 64
    )


@pytest.mark.parametrize(
    "config",
    [
        "no json",
        "[]",
        "{}",
        json.dumps({"model_type": "bark", "decoder": {}}),
        json.dumps({"model_type": "musicgen"}),
        json.dumps({"model_type": "musicgen", "decoder": {"audio_channels": 2}}),
    ],
)
def test_another_configuration_is_refused_with_the_remedy(tmp_path: Path, config: str) -> None:
    with pytest.raises(ModelError) as error:
        read_checkpoint(files(tmp_path, config, "model"))
    assert error.value.code == "bad_weights" and "config.json" in error.value.message
    assert "invoke fetch --models musicgen" in error.value.hint
