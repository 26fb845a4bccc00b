"""Who plays: a groove's band, changed by the instruments that a style names or forbids."""

from collections.abc import Mapping
from dataclasses import dataclass

from secondtake.core.prompts.sketch_style import INSTRUMENTS, Groove, Instrument, Role, SketchStyle
from secondtake.models.sketch.grooves import BANDS

STANDARD_KIT, TR_808 = 0, 25  # of the soundfont
# Where an instrument plays if its own role is taken, in this order.
OTHER_ROLES: dict[str, tuple[Role, ...]] = {
    "lead": ("lead", "counter", "pad", "chords"),
    "counter": ("counter", "lead", "pad", "chords"),
    "chords": ("chords", "counter", "pad", "lead"),
    "pad": ("pad", "chords", "counter", "lead"),
    "bass": ("bass",),
}
# Beside those that play chords or a pad by themselves.
POLYPHONIC = {"accordion", "bandoneon", "vibraphone", "marimba", "harp", "koto", "celesta"}
BASS_REACHES = 45  # a player of chords whose lowest MIDI pitch is below plays the bass as well
BLOWN_OR_BOWED = range(40, 80)  # General MIDI programs that hold a note
PLUCKED = (45, 46, 47)  # and those among them that do not


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

    def sustains(self, part: str) -> bool:
        """True if a part's instrument holds its notes as loud as it likes."""
        program = self.players[part].program
        return program in BLOWN_OR_BOWED and program not in PLUCKED


def ensemble_of(style: SketchStyle) -> Ensemble:
    """The players that a style asks for."""
    colour = style.colour or style.groove
    named = {name: INSTRUMENTS[name] for name in style.instruments}
    melodic = [n for n in named if named[n].role not in ("kit", "percussion")]
    parts: dict[str, str] = {}
    for name in sorted(melodic, key=lambda name: name != style.featured):
        own = "lead" if name == style.featured else named[name].role
        free = [role for role in OTHER_ROLES[own] if role not in parts]
        if free:
            parts[free[0]] = name
    if style.solo:
        _share(parts, melodic)
    else:
        for role, name in _defaults(style, colour).items():
            parts.setdefault(role, name)
    return Ensemble(
        style.groove,
        colour,
        {part: INSTRUMENTS[name] for part, name in parts.items()},
        _kit(style, named),
        tuple(i.program for i in named.values() if i.role == "percussion"),
        synth_bass=parts.get("bass") == "808",
    )


def _defaults(style: SketchStyle, colour: str) -> dict[str, str]:
    """The band's player of every role, or another groove's where the style forbids that one."""
    own, lent, plain = BANDS[style.groove], BANDS[colour], BANDS["neutral"]
    choices = {
        "lead": (lent.lead, plain.lead, "violin"),
        "counter": (lent.counter, "vibraphone", "violin"),
        "chords": (lent.chords, plain.chords, "organ"),
        "pad": (own.pad, plain.pad, "organ"),
        "bass": (own.bass, plain.bass),
    }
    return {
        role: allowed[0]
        for role, names in choices.items()
        if role not in style.without
        and (allowed := [name for name in names if name not in style.without])
    }


def _share(parts: dict[str, str], names: list[str]) -> None:
    """Give lead, chords and bass to the few that play alone, as far as they can."""
    chordal = [n for n in names if INSTRUMENTS[n].role in ("chords", "pad") or n in POLYPHONIC]
    if names:
        parts.setdefault("lead", names[0])
        parts.setdefault("chords" if chordal else "counter", (chordal or names)[0])
    if chordal and INSTRUMENTS[chordal[0]].low <= BASS_REACHES:
        parts.setdefault("bass", chordal[0])


def _kit(style: SketchStyle, named: Mapping[str, Instrument]) -> int:
    """The drum kit: the one that is named, else the groove's; none for a soloist."""
    own = BANDS[style.groove].kit
    kits = [name for name, instrument in named.items() if instrument.role == "kit"]
    if kits:
        generic = max(own, STANDARD_KIT)
        chosen = next((named[name].program for name in kits if name != "drums"), generic)
        return TR_808 if "808" in named and kits == ["drums"] else chosen
    if style.solo or "kit" in style.without:
        return -1
    return TR_808 if "808" in named else own
