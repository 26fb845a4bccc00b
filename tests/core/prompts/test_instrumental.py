"""What an instrumental model reads of a style, and what is left out of it."""

from dataclasses import dataclass

import pytest

from secondtake.core.prompts.instrumental import (
    build_description,
    style_and_tempo,
    tagged_description,
)


@dataclass(frozen=True)
class Segment:
    style: str
    bpm: float = 122.0
    key: str = "A minor"
    meter: str = ""
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


@pytest.mark.parametrize(
    ("style", "meter", "text"),
    [
        ("slow waltz", "3/4", "slow waltz, 122 BPM, 3/4, A minor"),
        ("jig", "6/8", "jig, 122 BPM, 6/8, A minor"),
        ("jig in 6/8", "6/8", "jig in 6/8, 122 BPM, A minor"),
        ("7/8 drums, odd", "4/4", "7/8 drums, odd, 122 BPM, A minor"),
        ("12 / 8 blues", "6/8", "12 / 8 blues, 122 BPM, A minor"),
        ("24/7 club", "4/4", "24/7 club, 122 BPM, 4/4, A minor"),
        ("summer of 1/4/80", "2/4", "summer of 1/4/80, 122 BPM, 2/4, A minor"),
        ("waltz in D major, 90 BPM", "3/4", "waltz in D major, 90 BPM, 3/4"),
        ("", "3/4", "122 BPM, 3/4, A minor"),
    ],
)
def test_a_meter_is_said_once_between_tempo_and_key(style, meter, text):
    assert build_description(Segment(style, meter=meter)).text == text


def test_a_model_without_rules_of_its_own_reads_the_style_as_it_stands():
    assert style_and_tempo(Segment("warm vocals", meter="3/4")) == "warm vocals, 122 BPM, 3/4"
    assert style_and_tempo(Segment("", meter="")) == "122 BPM"


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("tango", "TrackType: Music, VocalType: Instrumental, tango, 122 BPM, A minor"),
        ("", "TrackType: Music, VocalType: Instrumental, 122 BPM, A minor"),
        ("tracktype: Instrument, solo guitar, C major",
         "VocalType: Instrumental, tracktype: Instrument, solo guitar, C major, 122 BPM"),
        ("TrackType: Music, VocalType: Instrumental, tango, 90 BPM",
         "TrackType: Music, VocalType: Instrumental, tango, 90 BPM, A minor"),
        ("VocalType: Vocal, house",
         "TrackType: Music, VocalType: Instrumental, house, 122 BPM, A minor"),
    ],
)  # fmt: skip
def test_stable_audio_3_reads_its_publishers_tags_first_and_once(style, text):
    assert tagged_description(Segment(style)) == text
