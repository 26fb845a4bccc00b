"""The registry: every model that secondtake can run, one entry each.

A model is known here, by its entry in secondtake.core.registry, and by its page,
scripts/generate_<name>.py; noxfile, tasks, song files, reports and tests all read this table. What
it needs installed is in requirements/<name>.txt.
"""

from secondtake.core.errors import UserError
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.registry.spec import Model
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.validation import did_you_mean

MODELS: dict[str, Model] = {model.name: model for model in (BARK, STABLE_AUDIO, MUSICGEN, SKETCH)}


def find_model(name: str, where: str = "model") -> Model:
    """The model of that name; UserError naming `where` and the nearest name otherwise."""
    if name not in MODELS:
        raise UserError(f"{where}: no model {name!r}; {did_you_mean(name, MODELS)}")
    return MODELS[name]
