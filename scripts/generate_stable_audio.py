"""Play with Stable Audio: python scripts/generate_stable_audio.py --segment 7 (venv-stable-audio).

The checkpoint is open-1.0 (to 47 s, 100 steps), open-small (to 11 s, 8 steps, much faster),
3-small-music or 3-medium (Stable Audio 3: to 120 s, or to 380, 8 steps).
"""

import sys
from dataclasses import replace
from functools import partial

from secondtake.core.cli import main
from secondtake.core.generate import LoadedModel
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.weights import Weights

PACKAGES = ("stable-audio-tools", "torch", "torchaudio", "transformers", "torchsde", "numpy")
BATCH = 4  # takes denoised together on a GPU


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    """Load a checkpoint by name; its configuration must be of the kind that its name says."""
    from secondtake.models.inference.device import select_device
    from secondtake.models.inference.graphics_memory import device_with_room
    from secondtake.models.stable_audio.model import check_configuration, load_stable_audio
    from secondtake.models.stable_audio.pipeline import generate_batch, least_bytes

    spec = STABLE_AUDIO.checkpoint(checkpoint)
    selected = select_device(device, STABLE_AUDIO.devices)
    network = load_stable_audio(weights, selected.name)
    check_configuration(network, spec)
    selected = device_with_room(device, selected, partial(least_bytes, network), spec.title)
    network = replace(network, device=selected.name)
    return LoadedModel(
        None,
        selected,
        "float32",
        PACKAGES,
        # A CPU is as long at one take as at its share of four; a GPU is not.
        batch=BATCH if selected.name.startswith("cuda") else 1,
        generate_batch=partial(generate_batch, network),
    )


if __name__ == "__main__":
    sys.exit(main(STABLE_AUDIO, load))
