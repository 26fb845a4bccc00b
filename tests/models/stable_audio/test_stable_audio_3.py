"""Stable Audio 3 before its network runs: lengths, samplers, the folder of its text encoder."""

from pathlib import Path
from typing import Any

import pytest
from tests.tiny.stable_audio import open_1_0, open_small
from tests.tiny.stable_audio_3 import MEDIUM, SMALL_MUSIC, medium, small_music

from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.models.inference.device import ComponentCache
from secondtake.models.stable_audio.model import StableAudioModel, offline_config
from secondtake.models.stable_audio.stable_audio_3 import (
    is_stable_audio_3,
    latents_for,
    piece_count,
)


def network(config: dict[str, Any]) -> StableAudioModel:
    return StableAudioModel(None, config, "cpu", {}, Path(), ComponentCache(one_at_a_time=False))


def test_only_stable_audio_3_is_stable_audio_3() -> None:
    assert is_stable_audio_3(network(small_music())) and is_stable_audio_3(network(medium()))
    assert not is_stable_audio_3(network(open_1_0())) and not is_stable_audio_3(
        network(open_small())
    )


@pytest.mark.parametrize(
    ("seconds", "latents"),
    [
        (0.5, 70),  # 6.5 s are 69.98 latents
        (1.5, 82),  # 7.5 s are 80.7, and the autoencoder takes them in pairs
        (10.0, 174),  # 16 s are 172.3
        (60.0, 712),  # 66 s are 710.6
        (114.0, 1292),  # 120 s are 1292 less a few frames
        (120.0, 1292),  # the window it was trained on, and no 6 s more
    ],
)
def test_as_many_latents_as_the_take_and_six_seconds_need(seconds: float, latents: int) -> None:
    assert latents_for(network(small_music()), seconds) == latents


@pytest.mark.parametrize(
    ("latents", "pieces"), [(1, 1), (128, 1), (129, 2), (224, 2), (225, 3), (4096, 43)]
)
def test_pieces_that_share_32_latents_are_decoded_one_by_one(latents: int, pieces: int) -> None:
    assert piece_count(latents) == pieces


def test_an_autoencoder_of_shorter_chunks_needs_no_pairs() -> None:
    config = small_music()
    config["model"]["pretransform"]["config"]["encoder"]["config"]["chunk_size"] = 16
    assert latents_for(network(config), 1.5) == 81


@pytest.mark.parametrize(
    ("seconds", "latents"),
    [
        (1.5, 82),  # 7.5 s are 80.7 latents; stable-audio-tools would take 81
        (10.0, 174),
        (374.0, 4092),  # 380 s are 4091.3
        (380.0, 4096),  # the window it was trained on
    ],
)
def test_a_sliding_window_takes_pairs_too(seconds: float, latents: int) -> None:
    assert latents_for(network(medium()), seconds) == latents


@pytest.mark.parametrize(
    ("name", "repository", "config"),
    [("3-small-music", SMALL_MUSIC, small_music()), ("3-medium", MEDIUM, medium())],
)
def test_the_text_encoder_comes_from_its_folder_and_from_nowhere_else(
    name: str, repository: str, config: dict[str, Any]
) -> None:
    checkpoint = STABLE_AUDIO.checkpoint(name)
    assert {weight.repository for weight in checkpoint.weights} == {repository}
    assert checkpoint.gate == f"https://huggingface.co/{repository}"
    entry = offline_config(config, Path("/there"))["model"]["conditioning"]["configs"][0]
    assert entry["config"]["model_path"] == "/there"
    assert not {"repo_id", "subfolder"} & set(entry["config"])
    assert entry["config"]["max_length"] == 256
