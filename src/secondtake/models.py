"""The registry: every model that secondtake can run, one entry each.

A model is known here, by its entry in secondtake.registry, and by its page,
scripts/generate_<name>.py; noxfile, tasks, song files, reports and tests all read this table. What
it needs installed is in requirements/<name>.txt.
"""

from secondtake.errors import UserError
from secondtake.model import Model
from secondtake.names import did_you_mean
from secondtake.registry.bark import BARK
from secondtake.registry.musicgen import MUSICGEN
from secondtake.registry.sketch import SKETCH
from secondtake.registry.stable_audio import STABLE_AUDIO

MODELS: dict[str, Model] = {model.name: model for model in (BARK, STABLE_AUDIO, MUSICGEN, SKETCH)}


def find_model(name: str, where: str = "model") -> Model:
    """The model of that name; UserError naming `where` and the nearest name otherwise."""
    if name not in MODELS:
        raise UserError(f"{where}: no model {name!r}; {did_you_mean(name, MODELS)}")
    return MODELS[name]
