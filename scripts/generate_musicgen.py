"""Play with MusicGen: python scripts/generate_musicgen.py --segment 7 (in venv-musicgen).

The checkpoint is small, medium, or melody, which follows the baseline's tune on request.
"""

import sys
from functools import partial

from secondtake.core.cli import main
from secondtake.core.generate import LoadedModel
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.weights import Weights

PACKAGES = ("transformers", "torch", "tokenizers", "safetensors", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    """Load a checkpoint, small, medium or melody; its configuration says which."""
    from secondtake.models.inference.device import select_device
    from secondtake.models.inference.graphics_memory import device_with_room
    from secondtake.models.musicgen.components import take_bytes
    from secondtake.models.musicgen.pipeline import BATCH, load_musicgen

    selected = select_device(device, MUSICGEN.devices)
    title = MUSICGEN.checkpoint(checkpoint).title
    selected = device_with_room(device, selected, partial(take_bytes, weights), title)
    musicgen = load_musicgen(weights, selected.name)
    # The dtype depends on each job's mode: its audio says which.
    return LoadedModel(None, selected, "", PACKAGES, batch=BATCH, generate_batch=musicgen)


if __name__ == "__main__":
    sys.exit(main(MUSICGEN, load))
