"""Play with Stable Audio: python scripts/generate_stable_audio.py --segment 7 (venv-stable-audio).

The checkpoint is open-1.0 (to 47 s, 100 steps) or open-small (to 11 s, 8 steps, much faster).
"""

import sys
from functools import partial

from secondtake.making import Loaded
from secondtake.page import main
from secondtake.registry.stable_audio import STABLE_AUDIO
from secondtake.weights import Weights
from secondtake_models.devices import pick
from secondtake_models.stable_audio.network import load_network
from secondtake_models.stable_audio.playing import DTYPE, generate

PACKAGES = ("stable-audio-tools", "torch", "torchaudio", "transformers", "torchsde", "numpy")


def load(checkpoint: str, device: str, weights: Weights) -> Loaded:
    """Load a checkpoint, open-1.0 or open-small; its configuration says what it is."""
    device = pick(device, STABLE_AUDIO.devices)
    network = load_network(weights, device)
    return Loaded(partial(generate, network), device, DTYPE, PACKAGES)


if __name__ == "__main__":
    sys.exit(main(STABLE_AUDIO, load))
