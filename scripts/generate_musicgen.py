"""Play with MusicGen: python scripts/generate_musicgen.py --segment 7 (in venv-musicgen).

The checkpoint is small, medium, or melody, which follows the baseline's tune if it is asked to.
"""

import sys

from secondtake.core.cli import main
from secondtake.core.generate import Loaded
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.weights import Weights
from secondtake.models.inference.device import pick
from secondtake.models.musicgen.pipeline import BATCH, load_musicgen

PACKAGES = ("transformers", "torch", "tokenizers", "safetensors", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> Loaded:
    """Load a checkpoint, small, medium or melody; its configuration says what it is."""
    device = pick(device, MUSICGEN.devices)
    musicgen = load_musicgen(weights, device)
    # What it computes in depends on each job's mode: its sound says so.
    return Loaded(None, device, "", PACKAGES, batch=BATCH, generate_batch=musicgen)


if __name__ == "__main__":
    sys.exit(main(MUSICGEN, load))
