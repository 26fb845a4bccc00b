"""Clips to systems: the baseline, the control, or the model whose take a clip is."""

from secondtake.core.listening_file import ListeningFile
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import NAME
from secondtake.core.votes_file import ANCHOR, BASELINE, VotedSystem

SystemByClip = dict[str, VotedSystem]
THE_BASELINE = VotedSystem(BASELINE, "the baseline", "baseline")
THE_ANCHOR = VotedSystem(ANCHOR, "the anchor", "anchor")  # the baseline below 3.5 kHz


def systems_of(listening: ListeningFile) -> SystemByClip:
    """The system of every clip, and of the anchor."""
    clips = {
        version.clip: _system_of(version.take)
        for segment in listening.segments
        for version in segment.versions
    }
    return {**clips, ANCHOR: THE_ANCHOR}


def _system_of(take: str) -> VotedSystem:
    """By the name of a take; "" is the baseline's."""
    if not take:
        return THE_BASELINE
    match = NAME.fullmatch(take)
    name = match["model"] if match else take
    model = MODELS.get(name)
    if model and model.is_control:
        return VotedSystem(name, "the control", "control")
    return VotedSystem(name, model.title if model else name, "model")
