"""What a model sees of the world: caches inside the project, no network, no token."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from secondtake.project import ROOT_VARIABLE, Project

MARKER = "secondtake-environment.json"  # written last into every environment that we build
SECRETS = ("HF_TOKEN", "HF_TOKEN_PATH", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN")
# Old names of cache folders, which older clients prefer to those we set.
OUTDATED = ("HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE")


def model_variables(project: Project) -> dict[str, str]:
    """The variables that keep a model's libraries inside the project and off the network."""
    cache = project.cache
    return {
        ROOT_VARIABLE: str(project.root),  # whichever checkout the code was imported from
        "HF_HOME": str(project.hub_cache),
        "HF_HUB_CACHE": str(project.hub_cache / "hub"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "XDG_CACHE_HOME": str(cache / "xdg"),
        "TORCH_HOME": str(cache / "torch"),
        "NUMBA_CACHE_DIR": str(cache / "numba"),
        "MPLCONFIGDIR": str(cache / "matplotlib"),
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUTF8": "1",
        # Spinning threads on a busy machine made small models 70 times slower than sleeping ones.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "passive"),
    }


def model_environ(project: Project, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """A whole environment for a model's process: the caller's, less secrets, plus ours."""
    base = dict(os.environ if inherited is None else inherited)
    for name in (*SECRETS, *OUTDATED, "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        base.pop(name, None)
    return {**base, **model_variables(project)}


def built_from(prefix: str | None = None) -> str:
    """The sha256 of the lock that this environment was built from; "" if it is not one of ours."""
    marker = Path(prefix or sys.prefix) / MARKER
    try:
        return str(json.loads(marker.read_text(encoding="utf-8"))["lock_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
