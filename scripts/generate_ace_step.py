"""Sing with ACE-Step 1.5: python scripts/generate_ace_step.py --segment 18 (in venv-ace-step).

The checkpoint is turbo (8 steps), base or sft (50 steps, guided: slower, and closer to the prompt),
or xl-turbo (8 steps of a transformer twice and a half as large).
"""

import sys
from functools import partial

from secondtake.core.cli import main
from secondtake.core.generate import LoadedModel
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.weights import Weights

PACKAGES = ("diffusers", "transformers", "torch", "tokenizers", "safetensors", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    """Load a checkpoint by name; its configuration must be of the kind that its name says."""
    from secondtake.models.ace_step.model import load_ace_step
    from secondtake.models.ace_step.pipeline import batch_size, generate_batch
    from secondtake.models.inference.device import select_device

    device = select_device(device, ACE_STEP.devices)
    model = load_ace_step(weights, ACE_STEP.checkpoint(checkpoint), device)
    # The dtype depends on each job's mode: its audio says which.
    generate = partial(generate_batch, model)
    return LoadedModel(
        None, device, "", PACKAGES, batch=batch_size(device), generate_batch=generate
    )


if __name__ == "__main__":
    sys.exit(main(ACE_STEP, load))
