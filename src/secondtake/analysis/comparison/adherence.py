"""Tempo and key of every take, held against what the song file asked for, by model.

Plain JSON values in, plain JSON values out. It needs no baseline: a take is measured alone. What a
recording does not show is undecidable, neither kept nor missed. A repaint, which shares most of its
sound with another take, has its row and is not counted.

A pulse can be counted otherwise than the song file counts it. Everywhere that is half or double;
in three, also its groups: the bars or the dotted quarters of 3/4, the eighths of 6/8 or pairs of
them. The measured tempo knows of no meter, and is often one of these.
"""

from collections import Counter
from collections.abc import Sequence

from secondtake.analysis.comparison.summary import in_order
from secondtake.analysis.formatting import JsonObject, format_number
from secondtake.analysis.metrics.harmony import LEAST_FIT, UNSURE
from secondtake.analysis.metrics.rhythm import TOLERANCE
from secondtake.core.keys import parse_key

UNDECIDABLE = "undecidable"
TEMPI = ("kept", "half", "double", "regrouped", "other", UNDECIDABLE)
KEYS = ("same", "relative", "fifth", "other", UNDECIDABLE)
OCTAVES = {"kept": 1.0, "half": 0.5, "double": 2.0}  # measured over asked
GROUPS = {"3/4": (1 / 3, 2 / 3), "6/8": (3 / 2, 3.0)}  # the same, by meter
FIFTHS = (5, 7)  # semitones; a fifth below, a fifth above


def adherence(segments: Sequence[JsonObject]) -> JsonObject:
    """How each take keeps tempo and key, and how often a model's takes do."""
    takes = [
        {
            "segment": segment["number"],
            "take": take["name"],
            "model": take["model"],
            "repaint": bool(take["repaint"]),
            "tempo": tempo_relation(
                take["asked"]["bpm"], take["measured"]["tempo_bpm"], take["asked"]["meter"]
            ),
            "key": key_relation(take["asked"]["key"], take["measured"]),
            "note": "; ".join(filter(None, (take["measured"]["tempo_note"], key_note(take)))),
        }
        for segment in segments
        for take in segment["takes"]
    ]
    models = in_order(take["model"] for take in takes)
    return {"models": {model: _counts(takes, model) for model in models}, "takes": takes}


def tempo_relation(asked: float, measured: float | None, meter: str = "") -> str:
    """One of TEMPI: kept within 4 %; the next three are the same pulse, counted otherwise.

    asked: beats of the meter a minute, which in 6/8 are dotted quarters.
    """
    if measured is None:
        return UNDECIDABLE
    ratios = [*OCTAVES.items(), *(("regrouped", ratio) for ratio in GROUPS.get(meter, ()))]
    within = (name for name, ratio in ratios if abs(measured / (asked * ratio) - 1) <= TOLERANCE)
    return next(within, "other")


def key_relation(asked: str, measured: JsonObject) -> str:
    """One of KEYS: the same, its relative, a fifth above or below in the same mode, another."""
    if why_undecidable(measured):
        return UNDECIDABLE
    wanted, found = parse_key(asked), parse_key(measured["key"])
    interval = (found.tonic - wanted.tonic) % 12
    if wanted.minor != found.minor:
        return "relative" if interval == (3 if wanted.minor else 9) else "other"
    return "same" if interval == 0 else "fifth" if interval in FIFTHS else "other"


def why_undecidable(measured: JsonObject) -> str:
    """Why a recording's key cannot be told; "" if it can."""
    if measured["key"] is None:
        return "no pitches"
    if measured["key_fit"] < LEAST_FIT:
        return f"no key fits (correlation {format_number(measured['key_fit'])})"
    if measured["key_margin"] < UNSURE:
        margin = format_number(measured["key_margin"])
        return f"{measured['key']} or {measured['key_second']} (margin {margin})"
    return ""


def key_note(take: JsonObject) -> str:
    """The reason why the take's key cannot be told, named as such; "" if it can."""
    why = why_undecidable(take["measured"])
    return f"key: {why}" if why else ""


def _counts(takes: Sequence[JsonObject], model: str) -> JsonObject:
    """The number of a model's takes with each outcome, without repaints."""
    own = [take for take in takes if take["model"] == model and not take["repaint"]]
    tempi, keys = (Counter(take[what] for take in own) for what in ("tempo", "key"))
    return {
        "tempo": {outcome: tempi[outcome] for outcome in TEMPI},
        "key": {outcome: keys[outcome] for outcome in KEYS},
    }
