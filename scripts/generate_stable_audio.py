"""Play with Stable Audio: python scripts/generate_stable_audio.py --segment 7 (venv-stable-audio).

The checkpoint is open-1.0 (to 47 s, 100 steps) or open-small (to 11 s, 8 steps, much faster).
"""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from secondtake.errors import ModelError
from secondtake.making import Loaded
from secondtake.models import STABLE_AUDIO
from secondtake.page import main
from secondtake.project import find_project
from secondtake.weights import read_manifest
from secondtake_models.devices import pick
from secondtake_models.stable_audio.network import REMEDY, load_network
from secondtake_models.stable_audio.playing import DTYPE, generate

PACKAGES = ("stable-audio-tools", "torch", "torchaudio", "transformers", "torchsde", "numpy")


def load(checkpoint: str, device: str, files: Mapping[str, Path]) -> Loaded:
    """Load a checkpoint, open-1.0 or open-small, from files by key (secondtake.models)."""
    project = find_project(Path(__file__))
    manifest = read_manifest(project, STABLE_AUDIO.name, checkpoint)
    if manifest is None:
        message = f"{STABLE_AUDIO.checkpoint(checkpoint).title}: weights were not fetched"
        raise ModelError("bad_weights", message, REMEDY)
    device = pick(device, STABLE_AUDIO.devices)
    network = load_network(files, manifest.hashes, project.cache, device)
    if network.sample_rate != STABLE_AUDIO.sample_rate:
        message = f"{files['config']} says {network.sample_rate} Hz"
        raise ModelError("bad_weights", message, REMEDY)
    return Loaded(partial(generate, network), device, DTYPE, PACKAGES)


if __name__ == "__main__":
    sys.exit(main(STABLE_AUDIO, load))
