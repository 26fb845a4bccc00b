"""Two facts of a take that every later stage tells alike: its level, and a debt to the baseline.

A take that was made from the user's own recording (a cover, a melody) is no independent answer to
it: it is named and counted apart from its model's other takes. A level that a step behind the model
has set says nothing about the model: nothing is ranked by it, and no sentence calls it the model's.
Both are read from the record, whichever model made it.
"""

from collections.abc import Mapping
from typing import Any

from secondtake.core.jobs import Job
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Take

FROM_BASELINE = "_from_baseline"  # behind the name of a model: under which such takes are counted
BY_THE_PIPELINE = "its level was set by the pipeline: "
TURNED_DOWN = "the whole take was turned down"  # in a warning of core.wav
STEPS = {  # in a record's details -> the figure that a step brought the take to, and its unit
    "peak_normalisation": ("peak", "peak_dbfs", "dBFS"),
    "loudness_normalisation": ("mix", "lufs", "LUFS"),
}


def baseline_mark(made: Take | Job) -> str:
    """What a take owes to the user's recording: "cover of the baseline"; "" if it is independent.

    The word is the name of the parameter that took the recording in.
    """
    job = made.job if isinstance(made, Take) else made
    parameters = MODELS[job.model].parameters if job.from_baseline else ()
    names = [p.name for p in parameters if p.from_baseline and job.settings.get(p.name)]
    return f"{names[0]} of the baseline" if names else ""


def maker_name(made: Take | Job) -> str:
    """The name under which a take is counted: its model's, or apart from that."""
    job = made.job if isinstance(made, Take) else made
    return job.model + (FROM_BASELINE if baseline_mark(made) else "")


def maker_title(made: Take | Job) -> str:
    """The same for a reader: MusicGen, or MusicGen (melody of the baseline)."""
    return title_of(maker_name(made))


def title_of(maker: str) -> str:
    """The title of a name by `maker_name`; of a model that is gone, its name."""
    name = maker.removesuffix(FROM_BASELINE)
    model = MODELS.get(name)
    title = model.title if model else name
    if name == maker:
        return title
    words = [p.name for p in model.parameters if p.from_baseline] if model else []
    return f"{title} ({words[0] if words else 'made'} {'of' if words else 'from'} the baseline)"


def level_step(take: Take) -> str:
    """A sentence without its full stop: the step that set the take's level; "" if none did.

    A repaint is as loud as the take whose rest it keeps, which a step has made so loud.
    """
    for name, (what, figure, unit) in STEPS.items():
        value = _number(take.details.get(name), figure)
        if value is not None:
            return f"{BY_THE_PIPELINE}{what} to {value:g} {unit}"
    if take.details.get("task") == "repaint":
        return f"{BY_THE_PIPELINE}that of the take it repaints"
    if any(TURNED_DOWN in warning for warning in take.warnings):
        return f"{BY_THE_PIPELINE}turned down to full scale"
    return ""


def _number(details: Any, name: str) -> float | None:
    value = details.get(name) if isinstance(details, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
