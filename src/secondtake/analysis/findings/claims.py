"""Claims that a measurement allows: one place for findings, pages and `invoke compare`.

Measurements are JSON values. A verdict in OPEN says nothing, so no claim rests on one.
"""

from collections.abc import Iterable, Sequence

from secondtake.analysis.features.kind import CERTAIN, REVERSED, SILENCE, Kind
from secondtake.analysis.formatting import JsonObject
from secondtake.analysis.metrics.metric import CLOSE, OPEN

ABOVE_FLOOR = (*CLOSE, "between")  # the whole interval lies above what other music scores
# Questions of whole patterns. Two songs share a stretch of treble, a loudness or a share of singing
# by chance, and cannot be called the same for it.
MUSICAL = ("overall", "timbre", "rhythm", "harmony")
ONE_FIGURE = ("tempo", "key")  # metrics of these that hold one figure, which many songs share
# Questions of the file and its mix. One format's band and one mix's width are shared by many songs:
# what lies apart is told, what agrees is no claim.
OF_THE_FILE = ("level", "artefacts")
OVERALL = "overall"  # the question that sums up the others
LOUDNESS = "loudness"  # the metric
USUAL_LOUDNESS = 3.0  # LU: two takes of a song lie within, two masters of it may not
SPEECH = "speech"  # a kind of recording that may be wanted, as a baseline
NOT_MUSIC = {
    "noise": "noise, not music",
    "tone": "a steady tone, not music",
    "silence": "silence, not music",
    REVERSED: "music played backwards",
    SPEECH: "speech, not music",
}  # by the kind of a recording
INSTRUMENTAL = "instrumental"  # the kind of a recording in which nobody sings
NO_VOICE_FOUND = "has no voice that could be found"


def is_close(entry: JsonObject | None) -> bool:
    """True if a measurement or an answer says that a take comes close."""
    return entry is not None and entry["verdict"] in CLOSE


def is_open(entry: JsonObject) -> bool:
    """True if a measurement or an answer decides nothing."""
    return entry["verdict"] in OPEN or entry["scaled"] is None


def is_above_floor(entry: JsonObject) -> bool:
    """True if it is beyond doubt closer than half of other music."""
    return entry["verdict"] in ABOVE_FLOOR and entry["scaled"] is not None


def claimed_verdict(entry: JsonObject, overall: JsonObject | None) -> str:
    """The verdict that a sentence may give: "closer" where "as itself" would promise too much.

    overall: the likeness of the same take, if there is one. A take whose rhythm is that of the
    baseline cannot be told from it in rhythm, but only if it could be another part of the song.
    """
    if entry["verdict"] != "as itself":
        return str(entry["verdict"])
    is_pattern = entry["question"] in MUSICAL and entry.get("metric") not in ONE_FIGURE
    is_pattern = is_pattern and entry.get("name") not in ONE_FIGURE
    return "as itself" if is_pattern and (overall is None or is_close(overall)) else "closer"


def relation_to_control(entry: JsonObject, control: JsonObject | None) -> str:
    """ahead, behind or level, as far as the winner is above other music; "" without a claim.

    entry: a measurement; control: the same metric of the sketch, if it was compared.
    """
    if is_open(entry) or (control is not None and is_open(control)):
        return ""
    relation = str(entry["against_mark"])
    if relation == "ahead":
        return relation if is_above_floor(entry) else ""
    if relation == "behind":
        return relation if control is not None and is_above_floor(control) else ""
    return relation


def loudness_apart(measurements: Iterable[JsonObject]) -> float | None:
    """How much louder the take is, in LU; None if that is not more than usual or not known."""
    values = (entry["value"] for entry in measurements if entry["name"] == LOUDNESS)
    value = next((value for value in values if value is not None), None)
    return float(value) if value is not None and abs(value) > USUAL_LOUDNESS else None


def measurement_of(measurements: Sequence[JsonObject], metric: str) -> JsonObject | None:
    """The measurement by a metric; None if there is none."""
    return next((entry for entry in measurements if entry["name"] == metric), None)


def unusable_because(kind: str, wants_voice: bool = False) -> str:
    """What a recording of this kind lacks, after "it"; "" if nothing that is known."""
    if kind in NOT_MUSIC:
        return f"is {NOT_MUSIC[kind]}"
    return NO_VOICE_FOUND if wants_voice and kind == INSTRUMENTAL else ""


def certain_kind(kind: Kind) -> str:
    """The kind of a recording, where that is beyond doubt; "" where it is not."""
    return kind.name if kind.name == SILENCE or kind.probability >= CERTAIN else ""


def kind_of(recording: JsonObject) -> str:
    """The kind (see certain_kind) among what was measured of a take or a baseline."""
    return str((recording["measured"] or {}).get("kind") or "")
