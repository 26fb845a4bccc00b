"""Facts of a take that every later stage tells alike: its level, and what it is made of.

A take that was made from the user's own recording (a cover, a melody) is no independent answer to
it: it is named and counted apart from its model's other takes. A level that a step behind the model
has set says nothing about the model: nothing is ranked by it, and no sentence calls it the model's.
A repaint shares most of its sound with another take: it is named with that, and where takes are
counted or spread, as independent draws of a model, it is left out. All of it is read from the
record, whichever model made it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from secondtake.core.edits import REPAINT, option_parameter
from secondtake.core.jobs import Job
from secondtake.core.prompts.source_audio import (
    LABEL_DIGITS,
    SourceAudio,
    format_seconds,
    parse_source_audio,
)
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


def repaint_source(made: Take | Job) -> SourceAudio | None:
    """The take of which it makes a stretch anew, and the stretch; None if it is no repaint."""
    job = made.job if isinstance(made, Take) else made
    model = MODELS.get(job.model)
    setting = job.settings.get(option_parameter(model, REPAINT)) if model else ""
    return parse_source_audio(str(setting)) if setting else None


def repaint_words(made: Take | Job, source_take: Callable[[SourceAudio], Take | None]) -> str:
    """What a repaint is: "take 1 with 6–9 s anew", "take 1, continued to 18 s"; "" for any other.

    source_take: the take that a source is of now, None where it is gone (TakeStore.source_take).
    """
    source = repaint_source(made)
    if source is None:
        return ""
    take, start, end = source_take(source), source.start, source.end or 0
    name = take.label if take else f"take {source.sha256[:LABEL_DIGITS]} (no longer here)"
    if take and round(end - take.wav.seconds, 2) > 0:
        begin = f" from {format_seconds(start)} s" if start < take.wav.seconds else ""
        return f"{name}, continued{begin} to {format_seconds(end)} s"
    return f"{name} with {format_seconds(start)}–{format_seconds(end)} s anew"


def count_words(takes: int, repaints: int) -> str:
    """A number of takes, with those of them that are repaints, and no draws of their own."""
    note = repaints_note(takes, repaints)
    return f"{takes}, {note}" if note else str(takes)


def repaints_note(takes: int, repaints: int) -> str:
    """How many of several takes are repaints; "" if none is."""
    some = f"{repaints} of them" if repaints < takes else "all"
    return f"{some} with a stretch made anew" if repaints else ""


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
