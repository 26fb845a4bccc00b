"""Two files in words: three sentences for a musician, and one line to repeat to a friend."""

from collections.abc import Sequence
from dataclasses import dataclass

from secondtake.analysis.findings.claims import (
    ABOVE_FLOOR,
    LOUDNESS,
    NOT_MUSIC,
    OF_THE_FILE,
    OVERALL,
    SPEECH,
    is_close,
    loudness_apart,
    measurement_of,
)
from secondtake.analysis.findings.phrases import WORDS, join_names, subject
from secondtake.analysis.formatting import JsonObject
from secondtake.analysis.metrics.metric import CLOSE, OPEN

MOST_LU = 99  # a difference beyond it is one of a damaged file
OVERALL_SAYS = {  # by verdict
    "as itself": "{estimate} is as close to {reference} as that is to itself: it might be another "
    "take of the same song.",
    "closer": "{estimate} is closer to {reference} than most other music: it might be another take "
    "of the same song.",
    "between": "{estimate} seems closer to {reference} than most other music, but that is not "
    "certain.",
    "as other music": "Nothing shows that {estimate} is closer to {reference} than any other music "
    "is.",
    "further": "{estimate} is further from {reference} than other music usually is.",
}
WHY_OPEN = {  # by verdict
    "unknown": "it could not be measured",
    "no floor": "there is no other music of its kind here to compare with",
    "no scale": "{reference} is hardly closer to itself than other music is",
    "undecided": "the figures are too uncertain",
}
LINE = {  # by kind
    "noise": "It is noise, not a song.",
    "tone": "It is a whistle, not a song.",
    "silence": "There is nothing to hear.",
    "speech": "It is speech, not a song.",
    "reversed": "It is a song played backwards.",
}
SAME_FILE = "It is the very same file."


@dataclass(frozen=True)
class TwoFiles:
    """The measurements of two files that belong to no song."""

    reference: str  # their names
    estimate: str
    measurements: Sequence[JsonObject]
    metrics: dict[str, str]  # by question, the one that speaks for it
    kinds: tuple[str, str] = ("", "")  # of reference and estimate; "" if unknown

    @property
    def overall(self) -> JsonObject | None:
        return next((entry for entry in self.answers if entry["question"] == OVERALL), None)

    @property
    def answers(self) -> list[JsonObject]:
        """One measurement a question."""
        chosen = self.metrics.items()
        return [m for m in self.measurements if (m["question"], m["name"]) in chosen]

    @property
    def not_music(self) -> str:
        """What the second file is, if it is no music; speech may be held against speech."""
        reference, estimate = self.kinds
        return "" if reference == estimate == SPEECH else NOT_MUSIC.get(estimate, "")

    @property
    def reference_not_music(self) -> str:
        """What the first file is, if nothing can be close to it."""
        return "" if self.kinds[0] == SPEECH else NOT_MUSIC.get(self.kinds[0], "")

    def named(self, *verdicts: str) -> list[str]:
        """What has such a verdict, in a musician's words; no closeness of a file's format."""
        left_out = (OVERALL, *(OF_THE_FILE if set(verdicts) & set(ABOVE_FLOOR) else ()))
        return [
            WORDS.get(name, name)
            for entry in self.answers
            if entry["question"] not in left_out and entry["verdict"] in verdicts
            for name in [subject(entry["question"], entry["name"])]
        ]

    @property
    def nothing_else(self) -> str:
        """no other question of music, if all of them are decided and are not closer."""
        is_sure = not self.named("between", "undecided", "unknown", "no floor", "no scale")
        return "no other question of music" if is_sure else "no other for certain"


def pair_sentences(pair: TwoFiles) -> list[str]:
    """What the second file is to the first, what they share, and what sets them apart."""
    names = {"reference": pair.reference, "estimate": pair.estimate}
    if pair.not_music:
        first = f"{pair.estimate} is {pair.not_music}."
        return [first, f"That says how close it comes to {pair.reference}.", _loudness(pair)]
    if pair.reference_not_music:
        first = f"{pair.reference} is {pair.reference_not_music}."
        return [first, f"So nothing says how close {pair.estimate} comes to it.", _loudness(pair)]
    verdict = pair.overall["verdict"] if pair.overall else "unknown"
    if verdict in OPEN:
        why = WHY_OPEN[verdict].format(**names)
        first = f"Whether {pair.estimate} is close to {pair.reference} cannot be told: {why}."
    else:
        first = OVERALL_SAYS[verdict].format(**names)
    return [first, _shared(pair), _apart(pair)]


def friend_line(pair: TwoFiles, is_same: bool = False) -> str:
    """The comparison in one line."""
    if is_same:
        return SAME_FILE
    if pair.not_music:
        return LINE[pair.kinds[1]]
    if pair.reference_not_music:
        return f"The first file is {pair.reference_not_music}."
    overall, close = pair.overall, pair.named(*CLOSE)
    if overall is None or overall["verdict"] in OPEN:
        start = "Whether it is the same music cannot be told"
    elif overall["verdict"] in CLOSE:
        return "Might be another take of the same song."
    elif overall["verdict"] == "between":
        return "Perhaps the same song, but nothing to bet on."
    elif overall["scaled_interval"][1] < 1:  # below what the first file scores against itself
        start = "Not the same music"
    else:
        start = "Nothing says that it is the same music"
    if not close:
        return f"{start}."
    return f"{start}: closer in {join_names(close)} than most songs, and in {pair.nothing_else}."


def _shared(pair: TwoFiles) -> str:
    close, is_overall = pair.named(*CLOSE), is_close(pair.overall)
    if not close and is_overall:
        return "Only all questions together show that: no single one does for certain."
    if not close:
        return "In no single question of music is it for certain closer than most other music."
    sentence = f"It is closer in {join_names(close)} than most other music"
    return f"{sentence}." if is_overall else f"{sentence}, and in {pair.nothing_else}."


def _apart(pair: TwoFiles) -> str:
    """Where it is not closer, and how much louder it is."""
    clauses = []
    if further := pair.named("further"):
        clauses.append(f"it is further away than other music in {join_names(further)}")
    if lost := pair.named("as other music"):
        clauses.append(f"it is like any other music in {join_names(lost)}")
    if perhaps := pair.named("between"):
        clauses.append(f"it is perhaps closer in {join_names(perhaps)}")
    if open_ones := pair.named(*OPEN):
        clauses.append(f"nothing could be decided in {join_names(open_ones)}")
    loudness = _loudness(pair)
    text = "; ".join([*clauses, loudness[:1].lower() + loudness[1:]])
    return text[:1].upper() + text[1:]


def _loudness(pair: TwoFiles) -> str:
    apart = loudness_apart(pair.measurements)
    if apart is None:
        known = measurement_of(pair.measurements, LOUDNESS)
        is_known = known is not None and known["value"] is not None
        return "It is about as loud." if is_known else "Its loudness is not known."
    word = "louder" if apart > 0 else "quieter"
    if abs(apart) > MOST_LU:
        return f"It is far {word}."
    return f"It is about {abs(apart):.0f} dB {word}."
