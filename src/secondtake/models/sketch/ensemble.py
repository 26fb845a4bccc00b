"""Who plays: a groove's band, changed by the instruments that a style names or forbids."""

from collections.abc import Mapping
from dataclasses import dataclass

from secondtake.core.prompts.sketch_style import INSTRUMENTS, Groove, Instrument, SketchStyle
from secondtake.models.sketch.grooves import GROOVES, SUBSTITUTES

STANDARD_KIT, TR_808 = 0, 25  # of the soundfont
LENT = ("lead", "counter", "chords")  # roles that a colour's band plays
# Beside those that play chords or a pad by themselves.
POLYPHONIC = {"accordion", "bandoneon", "vibraphone", "marimba", "harp", "koto", "celesta"}
BASS_REACHES = 45  # a player of chords whose lowest MIDI pitch is below plays the bass as well


@dataclass(frozen=True)
class Ensemble:
    """groove: of drums and bass. colour: of lead and chords. players: by part. kit: the
    soundfont's, -1 for none. percussion: General MIDI keys of the drums that the style names."""

    groove: Groove
    colour: Groove
    players: Mapping[str, Instrument]
    kit: int
    percussion: tuple[int, ...]
    synth_bass: bool


def ensemble_of(style: SketchStyle) -> Ensemble:
    """The players that a style asks for."""
    colour = style.colour or style.groove
    parts: dict[str, str] = dict(style.parts)
    if style.solo:
        _share(parts, [name for name in style.instruments if name in parts.values()])
    else:
        for role, substitutes in SUBSTITUTES.items():
            player = GROOVES[colour if role in LENT else style.groove][role]
            allowed = [name for name in (player, *substitutes) if name not in style.without]
            if allowed and role not in style.without:
                parts.setdefault(role, allowed[0])
    named = [INSTRUMENTS[name] for name in style.instruments]
    return Ensemble(
        style.groove,
        colour,
        {part: INSTRUMENTS[name] for part, name in parts.items()},
        _kit(style),
        tuple(i.program for i in named if i.role == "percussion"),
        synth_bass=parts.get("bass") == "808",
    )


def _share(parts: dict[str, str], names: list[str]) -> None:
    """Give lead, chords and bass to the few that play alone, as far as they can."""
    chordal = [n for n in names if INSTRUMENTS[n].role in ("chords", "pad") or n in POLYPHONIC]
    if names:
        parts.setdefault("lead", names[0])
        parts.setdefault("chords" if chordal else "counter", (chordal or names)[0])
    if chordal and INSTRUMENTS[chordal[0]].low <= BASS_REACHES:
        parts.setdefault("bass", chordal[0])


def _kit(style: SketchStyle) -> int:
    """The drum kit: the one that is named, else the groove's; none for a soloist."""
    for name in style.instruments:
        if INSTRUMENTS[name].role == "kit" and name != "drums":
            return INSTRUMENTS[name].program
    own, drummed = int(GROOVES[style.groove]["kit"]), "drums" in style.instruments
    if not drummed and (style.solo or "kit" in style.without):
        return -1
    if "808" in style.instruments:
        return TR_808
    return max(own, STANDARD_KIT) if drummed else own
