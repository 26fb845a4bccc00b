"""Sentences that follow from figures. Nothing here knows more than the measurement it is given."""

from typing import Any

from secondtake_analysis.figures import figure

RELATION = {
    "ahead": "ahead of the sketch, beyond the interval",
    "behind": "behind the sketch, beyond the interval",
    "level": "not to be told from the sketch",
}


def sentence(one: dict[str, Any], against: str) -> str:
    """What a scaled measurement says, in one line; "" where there is no scale."""
    if one["scaled"] is None:
        return ""
    reference = "the baseline" if against == "baseline" else "the sketch"
    if one["scaled"] <= 0:
        where = f"no closer to {reference} than pink noise is"
    elif _reaches_floor(one):
        where = f"not to be told from pink noise ({figure(one['floor'])})"
    elif one["scaled"] >= 1:
        where = f"as close to {reference} as its own other parts are"
    else:
        way = f"{one['scaled']:.0%} ({_spread(one)}) of the way"
        where = f"{way} from pink noise to {reference} itself"
    relation = RELATION.get(one["against_mark"])
    beside = f"; {relation} ({figure(one['mark'])})" if relation else ""
    return f"{one['name'].capitalize()}: {where}{beside}."


def _reaches_floor(one: dict[str, Any]) -> bool:
    """Whether the interval holds what pink noise scores."""
    return bool(one["interval"]) and one["interval"][0] <= one["floor"] <= one["interval"][1]


def _spread(one: dict[str, Any]) -> str:
    """The interval on the same scale, from floor to ceiling."""
    if not one["interval"]:
        return "too short for an interval"
    reach = one["ceiling"] - one["floor"]
    low, high = sorted((end - one["floor"]) / reach for end in one["interval"])
    return f"{low:.0%} to {high:.0%}"


def asked_and_made(take: dict[str, Any]) -> str:
    """The tempo and the key that were asked for beside those that were measured."""
    asked, made = take["asked"], take["measured"]
    pulse = made["tempo_note"] or f"measured {figure(made['tempo_bpm'], 1)} BPM"
    tonality = made["key"] or "no key to be found"
    return f"Asked for {asked['bpm']:g} BPM and {asked['key']}; {pulse}, {tonality}."
