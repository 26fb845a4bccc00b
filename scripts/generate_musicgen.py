"""Play with MusicGen: python scripts/generate_musicgen.py --segment 7 (in venv-musicgen).

The checkpoint is small, medium, or melody, which follows the baseline's tune on request.
"""

import sys

from secondtake.core.cli import main
from secondtake.core.generate import LoadedModel
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.weights import Weights

PACKAGES = ("transformers", "torch", "tokenizers", "safetensors", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    """Load a checkpoint, small, medium or melody; its configuration says which."""
    from secondtake.models.inference.device import select_device
    from secondtake.models.musicgen.pipeline import BATCH, load_musicgen

    device = select_device(device, MUSICGEN.devices)
    musicgen = load_musicgen(weights, device)
    # The dtype depends on each job's mode: its audio says which.
    return LoadedModel(None, device, "", PACKAGES, batch=BATCH, generate_batch=musicgen)


if __name__ == "__main__":
    sys.exit(main(MUSICGEN, load))
