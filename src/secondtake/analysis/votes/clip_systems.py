"""Clips to systems: the baseline, the control, or the model whose take a clip is."""

from collections.abc import Mapping

from secondtake.core.listening_file import ListeningFile, Version
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_facts import title_of
from secondtake.core.takes import NAME
from secondtake.core.votes_file import ANCHOR, BASELINE, VotedSystem

SystemByClip = dict[str, VotedSystem]
THE_BASELINE = VotedSystem(BASELINE, "the baseline", "baseline")
THE_ANCHOR = VotedSystem(ANCHOR, "the anchor", "anchor")  # the baseline below 3.5 kHz


def systems_of(listening: ListeningFile, apart: Mapping[str, str] | None = None) -> SystemByClip:
    """The system of every clip, and of the anchor.

    apart: by sha256 of a wav, the name under which its take counts apart from its model
    (core.take_facts). Pages ask nothing about such takes; pages of before did.
    """
    clips = {
        version.clip: _system_of(version, apart or {})
        for segment in listening.segments
        for version in segment.versions
    }
    return {**clips, ANCHOR: THE_ANCHOR}


def _system_of(version: Version, apart: Mapping[str, str]) -> VotedSystem:
    """By the name of a version's take; "" is the baseline's."""
    take = version.take
    if not take:
        return THE_BASELINE
    if name := apart.get(version.sha256, ""):
        return VotedSystem(name, title_of(name), "model")
    match = NAME.fullmatch(take)
    name = match["model"] if match else take
    model = MODELS.get(name)
    if model and model.is_control:
        return VotedSystem(name, "the control", "control")
    return VotedSystem(name, model.title if model else name, "model")
