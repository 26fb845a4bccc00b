"""What an instrumental model reads of a style, and what is left out of it."""

from dataclasses import dataclass

import pytest

from secondtake.core.prompts.instrumental import build_description


@dataclass(frozen=True)
class Segment:
    style: str
    bpm: float = 122.0
    key: str = "A minor"
    kind: str = "verse"
    lyrics: str = ""


@pytest.mark.parametrize(
    "style, text, left_out",
    [
        ("tango, 808 drops", "tango, 808 drops, 122 BPM, A minor", ()),
        ("", "122 BPM, A minor", ()),
        ("trap at 90 bpm; in a minor", "trap at 90 bpm, in a minor", ()),
        ("male vocals, conversational, upbeat", "upbeat, 122 BPM, A minor",
         ("male vocals", "conversational")),
        ("house, no vocals", "house, 122 BPM, A minor", ("no vocals",)),
        ("tenor sax, voz femenina", "tenor sax, 122 BPM, A minor", ("voz femenina",)),
        ("rap español, cumbia", "cumbia, 122 BPM, A minor", ("rap español",)),
        ("deep house with soulful female vocals and Rhodes",
         "deep house, Rhodes, 122 BPM, A minor", ("soulful female vocals",)),
        ("voz de mujer con guitarra", "guitarra, 122 BPM, A minor", ("voz de mujer",)),
        ("dark and slow, singing bowls over rap beats",
         "dark and slow, singing bowls over rap beats, 122 BPM, A minor", ()),
        ("waltz in D major", "waltz in D major, 122 BPM", ()),
        ("f sharp minor drone", "f sharp minor drone, 122 BPM", ()),
        ("in a minor key", "in a minor key, 122 BPM, A minor", ()),
    ],
)  # fmt: skip
def test_voices_are_left_out_and_tempo_and_key_are_said_once(style, text, left_out):
    prompt = build_description(Segment(style))
    assert (prompt.text, prompt.left_out) == (text, left_out)


def test_a_fraction_of_a_beat_is_kept_and_no_key_is_none():
    assert build_description(Segment("drone", bpm=92.5, key="")).text == "drone, 92.5 BPM"
