"""What Stable Audio's playing decides before, and does after, its network runs."""

import numpy as np
import pytest

from secondtake.registry.stable_audio import STABLE_AUDIO, STABLE_AUDIO_SAMPLERS
from secondtake_models.stable_audio.playing import (
    FADE_SECONDS,
    SAMPLERS,
    SIGMA_SAMPLERS,
    fade_edges,
)

OBJECTIVES = {"open-1.0": "v", "open-small": "rf_denoiser"}  # as their model_config.json say


def test_the_registry_offers_what_some_checkpoint_can_use() -> None:
    known = dict.fromkeys(sampler for samplers in SAMPLERS.values() for sampler in samplers)
    assert set(known) == set(STABLE_AUDIO_SAMPLERS)
    assert set(SIGMA_SAMPLERS) < set(SAMPLERS["v"])
    assert not set(SAMPLERS["v"]) & set(SAMPLERS["rf_denoiser"])


@pytest.mark.parametrize("checkpoint", STABLE_AUDIO.checkpoints, ids=lambda one: one.name)
def test_default_samplers_fit_their_checkpoints(checkpoint) -> None:
    settings = STABLE_AUDIO.settings(checkpoint, {})
    assert settings["sampler"] in SAMPLERS[OBJECTIVES[checkpoint.name]]
    for parameter in STABLE_AUDIO.parameters:
        parameter.check(settings[parameter.name], parameter.name)


def test_edges_fade_and_nothing_else_does() -> None:
    samples = np.ones((1000, 2), np.float32)
    faded = fade_edges(samples, 44_100)
    frames = round(FADE_SECONDS * 44_100)
    assert faded.dtype == np.float32 and faded.shape == (1000, 2)
    assert (faded[[0, -1]] == 0).all()
    assert (np.diff(faded[:frames, 0]) > 0).all()
    assert (faded[frames:-frames] == 1).all()
    np.testing.assert_array_equal(faded, faded[::-1])


@pytest.mark.parametrize("frames", [1, 2, 3, 100])
def test_takes_shorter_than_their_fades(frames: int) -> None:
    faded = fade_edges(np.ones((frames, 2), np.float32), 44_100)
    assert faded.shape == (frames, 2) and np.isfinite(faded).all() and faded.max() <= 1
