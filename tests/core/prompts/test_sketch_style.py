"""What is heard in styles in several languages, and what is said about the rest."""

import re

import pytest
from tests.conftest import ROOT

from secondtake.core.letters import fold, words_in
from secondtake.core.prompts.sketch_style import (
    INSTRUMENTS,
    read_style,
    style_remarks,
    table_lines,
)


@pytest.mark.parametrize("groove, words", [(f[0], w) for f, w in table_lines("grooves")])
def test_every_word_for_a_groove_is_heard_alone_in_capitals_and_in_the_plural(
    groove: str, words: list[str]
) -> None:
    for word in words:
        assert read_style(word).groove == read_style(f"slow, {word.upper()}!").groove == groove
        assert read_style(f"{word}s and more").groove == groove
        assert read_style(f"un{word}").groove == "neutral", word
        assert read_style(f"no {word}").groove == "neutral"


@pytest.mark.parametrize("name, words", [(f[0], w) for f, w in table_lines("instruments")])
def test_every_word_for_an_instrument_is_heard(name: str, words: list[str]) -> None:
    for word in words:
        assert read_style(f"with {word}").instruments == (name,), word
        assert read_style(f"without {word}").instruments == ()
        assert read_style(f"without {word}").without


def test_no_word_stands_in_two_lines_of_a_table() -> None:
    for table in ("grooves", "instruments", "feels", "densities"):
        words = [tuple(words_in(fold(w))) for _, line in table_lines(table) for w in line]
        assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("style", "groove", "colour"),
    [
        ("Latin trap with tango colours", "trap", "tango"),
        ("bandoneón solo with trap beats, 808 drops, tango-trap fusion", "trap", "tango"),
        ("tango melody over trap beats", "trap", "tango"),
        ("Latin trap reggaeton", "reggaeton", "trap"),
        ("punk with hints of tango", "rock", "tango"),
        ("rock ballad", "ballad", "rock"),
        ("cumbia, rock guitars", "cumbia", "rock"),
        ("pop/rock", "pop", "rock"),
        ("Reggaetón, perreo", "reggaeton", ""),
        ("hip-hop", "trap", ""),
        ("vals peruano", "waltz", ""),
        ("une valse, très lente", "waltz", ""),
        ("Walzer", "waltz", ""),
        ("not rock but tango", "tango", ""),
        ("drum and bass", "neutral", ""),
        ("strapped rockets, popular entrapment", "neutral", ""),
        ("bachata", "neutral", ""),
        ("", "neutral", ""),
    ],
)
def test_one_groove_drums_and_another_colours(style: str, groove: str, colour: str) -> None:
    reading = read_style(style)
    assert (reading.groove, reading.colour) == (groove, colour)


@pytest.mark.parametrize(
    ("style", "fact"),
    [
        ("chanson, accordion and upright bass, intimate, brushed drums",
         {"instruments": ("accordion", "upright_bass", "brushed_drums"), "density": "sparse"}),
        ("solo accordion, slow and airy",
         {"solo": True, "instruments": ("accordion",), "density": "sparse"}),
        ("piano solo", {"solo": True, "instruments": ("piano",)}),
        ("guitar solo, hard rock", {"solo": False, "featured": "acoustic_guitar"}),
        ("just piano and strings", {"solo": True, "instruments": ("piano", "strings")}),
        ("solo de guitarra, rock", {"solo": False, "featured": "acoustic_guitar"}),
        ("trumpet lead, swing", {"featured": "trumpet", "feel": "swing", "solo": False}),
        ("half-time shuffle, rock", {"feel": "half-time"}),
        ("sparse verses, dense choruses", {"density": "normal"}),
        ("wall of sound", {"density": "dense"}),
        ("a cappella, female voice", {"solo": True, "instruments": ("choir",), "voice": "female"}),
        ("smooth male vocals, layered", {"voice": "male", "layered": True}),
        ("tenor sax, pop", {"voice": "", "instruments": ("tenor_sax",)}),
        ("no drums or bass, piano", {"without": frozenset({"kit", "percussion", "bass"})}),
        ("drumless pop, with drums of war", {"without": frozenset({"kit", "percussion"})}),
        ("cumbia con guitarras eléctricas y acordeón, sin batería",
         {"instruments": ("electric_guitar", "accordion"),
          "without": frozenset({"kit", "percussion"})}),
        ("Walzer mit Geigen, ohne Klavier",
         {"instruments": ("violin",), "without": frozenset({"piano", "electric_piano"})}),
    ],
)  # fmt: skip
def test_what_a_style_asks_for(style: str, fact: dict[str, object]) -> None:
    reading = read_style(style)
    assert {name: getattr(reading, name) for name in fact} == fact


def test_what_is_heard_and_what_is_ignored_are_two_sentences() -> None:
    assert style_remarks("Latin trap with tango colours, bilingual, warm", sung=False) == (
        "plays a trap groove, with lead and chords of tango; heard in the style: "
        "trap with tango colours",
        "ignored in the style: Latin, bilingual, warm",
    )
    neutral, ignored = style_remarks("chanson, accordion", sung=False)
    assert neutral.startswith('no groove that the sketch knows in "chanson, accordion": a neutral')
    assert neutral.endswith("heard in the style: accordion") and ignored.endswith(": chanson")
    assert len(style_remarks("rock, no drums", sung=False)) == 1


def test_words_about_voices_are_heard_where_somebody_sings() -> None:
    for sung, place in ((True, 0), (False, 1)):
        assert "male vocals" in style_remarks("rock, male vocals", sung)[place]


def test_no_word_is_lost_between_heard_and_ignored() -> None:
    style = "warm and futuristic Latin trap, brushed drums, ukulele solo, no bass, slow"
    reading = read_style(style)
    said = list(words_in(" ".join([*reading.heard, *reading.ignored])))
    assert sorted(said) == sorted(set(words_in(style)) - {"and"} | ({"and"} & set(said)))


def test_the_page_lists_what_the_code_knows() -> None:
    page = (ROOT / "docs" / "sketch.md").read_text(encoding="utf-8")
    for fields, words in table_lines("grooves"):
        row = re.search(rf"^\| `{fields[0]}` \|(.*)\|$", page, re.MULTILINE)
        assert row and set(words) == set(re.split(r", ", row[1].split("|")[0].strip()))
    listed = re.search(r"<!-- instruments -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
    assert listed
    names = " ".join(listed[1].split()).rstrip(".").split(", ")
    assert sorted(names) == sorted(name.replace("_", " ") for name in INSTRUMENTS)
