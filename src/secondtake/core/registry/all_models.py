"""The registry: every model that secondtake can run, one entry each (docs/adding-a-model.md).

A model is an entry here, a script, scripts/generate_<name>.py, and a list of its packages,
requirements/<name>.txt. Noxfile, tasks, song files, reports and tests all read this table.
"""

from secondtake.core.errors import UserError
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.validation import did_you_mean, match_name, shorten_repr

MODELS = {model.name: model for model in (BARK, STABLE_AUDIO, MUSICGEN, ACE_STEP, SKETCH)}


def find_model(name: str, where: str = "model") -> ModelSpec:
    """The model of that name in any spelling; UserError naming `where` and the nearest name."""
    known = match_name(name, MODELS)
    if known is None:
        raise UserError(f"{where}: no model {shorten_repr(name)}; {did_you_mean(name, MODELS)}")
    return MODELS[known]
