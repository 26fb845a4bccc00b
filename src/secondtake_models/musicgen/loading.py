"""MusicGen from its checkpoint, ready to play."""

import os

from secondtake.switches import low_memory
from secondtake.weights import Weights
from secondtake_models.musicgen.batching import MusicGen
from secondtake_models.musicgen.instruments import Instruments


def load_musicgen(weights: Weights, device: str) -> MusicGen:
    """MusicGen on `device`. Its parts are read when they are first needed.

    weights: by key (config, tokenizer, and model or several model…). ModelError bad_weights if a
    file is not what it should be.
    """
    from transformers.utils import logging

    # Its bars and its remarks on configurations would stand among our own lines.
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return MusicGen(Instruments(weights, device, one_at_a_time=low_memory(os.environ)))
