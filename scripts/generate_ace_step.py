"""Sing with ACE-Step 1.5: python scripts/generate_ace_step.py --segment 18 (in venv-ace-step).

The checkpoint is turbo (8 steps), base or sft (50 steps, guided: slower, and closer to the prompt),
or xl-turbo (8 steps of a transformer twice and a half as large).
"""

import sys
from dataclasses import replace
from functools import partial

from secondtake.core.cli import main
from secondtake.core.generate import LoadedModel
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.weights import Weights

PACKAGES = ("diffusers", "transformers", "torch", "tokenizers", "safetensors", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    """Load a checkpoint by name; its configuration must be of the kind that its name says."""
    from secondtake.models.ace_step.model import load_ace_step
    from secondtake.models.ace_step.pipeline import batch_size, generate_batch, least_bytes
    from secondtake.models.inference.device import select_device
    from secondtake.models.inference.graphics_memory import device_with_room

    spec = ACE_STEP.checkpoint(checkpoint)
    selected = select_device(device, ACE_STEP.devices)
    model = load_ace_step(weights, spec, selected.name)
    selected = device_with_room(device, selected, partial(least_bytes, model), spec.title)
    model = replace(model, device=selected.name)
    # The dtype depends on each job's mode: its audio says which.
    generate = partial(generate_batch, model)
    return LoadedModel(
        None, selected, "", PACKAGES, batch=batch_size(selected.name), generate_batch=generate
    )


if __name__ == "__main__":
    sys.exit(main(ACE_STEP, load))
