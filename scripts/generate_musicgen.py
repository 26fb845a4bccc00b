"""Play with MusicGen: python scripts/generate_musicgen.py --segment 7 (in venv-musicgen).

The checkpoint is small, medium, or melody, which follows the baseline's tune if it is asked to.
"""

import sys

from secondtake.making import Loaded
from secondtake.page import main
from secondtake.registry.musicgen import MUSICGEN
from secondtake.weights import Weights
from secondtake_models.devices import pick
from secondtake_models.musicgen.batching import BATCH
from secondtake_models.musicgen.loading import load_musicgen

PACKAGES = ("transformers", "torch", "tokenizers", "safetensors", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> Loaded:
    """Load a checkpoint, small, medium or melody; its configuration says what it is."""
    device = pick(device, MUSICGEN.devices)
    musicgen = load_musicgen(weights, device)
    # What it computes in depends on each job's mode: its sound says so.
    return Loaded(None, device, "", PACKAGES, batch=BATCH, generate_batch=musicgen)


if __name__ == "__main__":
    sys.exit(main(MUSICGEN, load))
