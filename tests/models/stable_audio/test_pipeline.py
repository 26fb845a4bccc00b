"""The registry's limits of Stable Audio are those of its checkpoints' own configurations."""

import re
from typing import Any

import pytest
from tests.tiny.stable_audio import open_1_0, open_small
from tests.tiny.stable_audio_3 import medium, small_music

from secondtake.core.errors import ModelError
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.schedules import SAMPLERS, SIGMA_SAMPLERS
from secondtake.models.stable_audio.model import StableAudioModel, check_configuration

CONFIGURATIONS = {
    "open-1.0": open_1_0,
    "open-small": open_small,
    "3-small-music": small_music,
    "3-medium": medium,  # of 380.4 s; its publisher says 380
}
CHECKPOINTS = pytest.mark.parametrize(
    "checkpoint", STABLE_AUDIO.checkpoints, ids=lambda checkpoint: checkpoint.name
)


def network(config: dict[str, Any]) -> StableAudioModel:
    return StableAudioModel(None, config, "cpu")


@CHECKPOINTS
def test_a_checkpoint_is_what_the_registry_says(checkpoint: Checkpoint) -> None:
    loaded = network(CONFIGURATIONS[checkpoint.name]())
    check_configuration(loaded, checkpoint)
    longest = round(checkpoint.longest_seconds * loaded.sample_rate)
    assert loaded.window - loaded.sample_rate // 2 < longest <= loaded.window


@CHECKPOINTS
def test_a_configuration_of_another_kind_is_of_bad_weights(checkpoint: Checkpoint) -> None:
    config = CONFIGURATIONS[checkpoint.name]()
    diffusion = config["model"]["diffusion"]
    diffusion["diffusion_objective"] = "v" if checkpoint.name != "open-1.0" else "rf_denoiser"
    with pytest.raises(ModelError, match=re.escape(checkpoint.title)) as caught:
        check_configuration(network(config), checkpoint)
    assert caught.value.code == "bad_weights"
    shorter = CONFIGURATIONS[checkpoint.name]()
    shorter["sample_size"] //= 2
    with pytest.raises(ModelError, match="its window has") as caught:
        check_configuration(network(shorter), checkpoint)
    assert caught.value.code == "bad_weights"


def test_the_registry_offers_what_some_checkpoint_can_use() -> None:
    (sampler,) = (p for p in STABLE_AUDIO.parameters if p.name == "sampler")
    offered = [set(checkpoint.choices["sampler"]) for checkpoint in STABLE_AUDIO.checkpoints]
    assert set(sampler.choices) == set().union(*offered)
    assert set(SIGMA_SAMPLERS) < set(SAMPLERS["v"])
    assert not set(SAMPLERS["v"]) & set(SAMPLERS["rf_denoiser"])


@CHECKPOINTS
def test_default_samplers_fit_their_checkpoints(checkpoint: Checkpoint) -> None:
    settings = STABLE_AUDIO.settings(checkpoint, {})
    assert settings["sampler"] in checkpoint.choices["sampler"]
    for parameter in STABLE_AUDIO.parameters:
        parameter.check(settings[parameter.name], parameter.name)
