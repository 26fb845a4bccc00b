"""Stable Audio's samplers: the registry offers those that a checkpoint can use."""

import pytest

from secondtake.core.registry.stable_audio import STABLE_AUDIO, STABLE_AUDIO_SAMPLERS
from secondtake.models.stable_audio.diffusion import SAMPLERS, SIGMA_SAMPLERS

OBJECTIVES = {  # as their model_config.json say
    "open-1.0": "v",
    "open-small": "rf_denoiser",
    "3-small-music": "rf_denoiser",
}


def test_the_registry_offers_what_some_checkpoint_can_use() -> None:
    samplers_of_any = dict.fromkeys(
        sampler for samplers in SAMPLERS.values() for sampler in samplers
    )
    assert set(samplers_of_any) == set(STABLE_AUDIO_SAMPLERS)
    assert set(SIGMA_SAMPLERS) < set(SAMPLERS["v"])
    assert not set(SAMPLERS["v"]) & set(SAMPLERS["rf_denoiser"])


@pytest.mark.parametrize(
    "checkpoint", STABLE_AUDIO.checkpoints, ids=lambda checkpoint: checkpoint.name
)
def test_default_samplers_fit_their_checkpoints(checkpoint) -> None:
    settings = STABLE_AUDIO.settings(checkpoint, {})
    assert settings["sampler"] in SAMPLERS[OBJECTIVES[checkpoint.name]]
    for parameter in STABLE_AUDIO.parameters:
        parameter.check(settings[parameter.name], parameter.name)
