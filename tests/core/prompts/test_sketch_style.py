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
        ("guitar solo, hard rock", {"solo": False, "parts": {"lead": "acoustic_guitar"}}),
        ("just piano and strings", {"solo": True, "instruments": ("piano", "strings")}),
        ("solo de guitarra, rock", {"solo": False, "parts": {"lead": "acoustic_guitar"}}),
        ("trumpet lead, swing", {"parts": {"lead": "trumpet"}, "feel": "swing", "solo": False}),
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


@pytest.mark.parametrize(
    ("style", "heard", "ignored"),
    [
        ("upright bass and slap bass", "upright bass", "slap bass"),
        ("tuba, timpani, 808 bass", "tuba, 808 bass", "timpani"),  # 808: its kit
        ("harp, oboe, viola, piano, flute", "harp, oboe, viola, piano", "flute"),
        ("harp, oboe, viola, piano, flute solo", "harp, oboe, viola, flute solo", "piano"),
        ("brushed drums and jazz drums, congas", "brushed drums, congas", "jazz drums"),
        ("tango, rock, cumbia", "tango, rock", "cumbia"),
        ("half-time, swing, half time", "half-time, half time", "swing"),
        ("sparse verses, dense choruses", "", "sparse verses, dense choruses"),
        ("a cappella, piano and drums", "a cappella", "piano and drums"),
    ],
)
def test_what_loses_a_conflict_is_ignored(style: str, heard: str, ignored: str) -> None:
    reading = read_style(style)
    assert (", ".join(reading.heard), ", ".join(reading.ignored)) == (heard, ignored)


def test_the_groove_what_is_heard_and_what_is_ignored_are_sentences() -> None:
    assert style_remarks("Latin trap with tango colours, bilingual, warm", sung=False) == (
        "plays a trap groove, with lead and chords of tango",
        "heard in the style: trap with tango colours",
        "ignored in the style: Latin, bilingual, warm",
    )
    neutral, heard, ignored = style_remarks("chanson, accordion", sung=False)
    assert neutral.startswith(
        "plays a neutral groove: the style names none that the sketch knows (trap,"
    )
    assert heard.endswith(": accordion") and ignored.endswith(": chanson")
    assert len(style_remarks("rock, no drums", sung=False)) == 2
    assert len(style_remarks("", sung=False)) == 1


def test_words_about_voices_are_heard_where_somebody_sings() -> None:
    for sung, verb in ((True, "heard"), (False, "ignored")):
        remarks = style_remarks("rock, male vocals", sung)
        assert any(verb in remark and "male vocals" in remark for remark in remarks)


def test_no_word_is_lost_between_heard_and_ignored() -> None:
    style = "warm and futuristic Latin trap, brushed drums, ukulele solo, no bass, slow"
    reading = read_style(style)
    said = list(words_in(" ".join([*reading.heard, *reading.ignored])))
    assert sorted(said) == sorted(set(words_in(style)) - {"and"} | ({"and"} & set(said)))


def test_the_page_lists_what_the_code_knows() -> None:
    page = " ".join((ROOT / "docs" / "sketch.md").read_text(encoding="utf-8").split())
    for fields, words in table_lines("grooves"):
        listed = re.search(rf"- `{fields[0]}` has [^:]*Words: ([^:.`]*)\.", page)
        assert listed and listed[1].split(", ") == words
    roles = dict(re.findall(r"(?:- |; )(\w+): ([\w, ]+) …", page))
    assert set(roles) == {instrument.role for instrument in INSTRUMENTS.values()}
    for role, names in roles.items():
        for name in names.split(", "):
            assert INSTRUMENTS[name.replace(" ", "_")].role == role, name


@pytest.mark.parametrize("joint", ["and", "'n'", "&"])
def test_drum_and_bass_is_a_genre_and_drums_and_bass_are_instruments(joint: str) -> None:
    genre = read_style(f"Drum {joint} Bass, piano")
    assert (genre.instruments, genre.ignored) == (("piano",), (f"Drum {joint} Bass",))
    band = read_style(f"piano, drums {joint} bass")
    assert (band.instruments, band.ignored) == (("piano", "drums", "bass_guitar"), ())
    assert read_style(f"without drums {joint} bass").without == {"kit", "percussion", "bass"}


@pytest.mark.parametrize(
    "style",
    [
        "no drums or bass", "without drums and bass", "neither drums nor bass",
        "without any drums or bass", "sin batería ni bajo", "sans batterie ni basse",
        "ohne Schlagzeug und Bass", "weder Schlagzeug noch Bass", "senza batteria né basso",
        "sem bateria nem baixo", "sin ninguna batería, ningún bajo",
    ],
)  # fmt: skip
def test_what_is_denied_together_is_denied_and_heard(style: str) -> None:
    reading = read_style(f"piano, {style}")
    assert reading.instruments == ("piano",)
    assert reading.without == {"kit", "percussion", "bass"}
    assert (", ".join(reading.heard), reading.ignored) == (f"piano, {style}", ())


@pytest.mark.parametrize(
    ("style", "heard", "ignored"),
    [
        ("J-pop/K-pop", "J-pop, K-pop", ""),
        ("no K-pop, hip-hop", "no K-pop, hip-hop", ""),
        ("lo-fi, R&B", "", "lo-fi, R&B"),
        ("lo-fi beats and R&B", "beats", "lo-fi, R&B"),
        ("mid-tempo, sci-fi rock", "rock", "mid-tempo, sci-fi"),
        ("close female voice", "female voice", "close"),
        ("voz femenina cercana", "voz femenina", "cercana"),
        ("full-er and bright-er", "full-er", "bright-er"),
        ("Klavierballade, Gitarrensolo", "Klavierballade, Gitarrensolo", ""),
        ("Schlagballade, unrock", "", "Schlagballade, unrock"),
        ("shakuhachi and taiko drums", "shakuhachi and taiko drums", ""),
    ],
)
def test_a_style_is_told_as_it_is_written(style: str, heard: str, ignored: str) -> None:
    reading = read_style(style)
    assert (", ".join(reading.heard), ", ".join(reading.ignored)) == (heard, ignored)


def test_a_german_compound_is_its_two_names() -> None:
    reading = read_style("Klavierballade")
    assert (reading.groove, reading.instruments) == ("ballad", ("piano",))
    assert read_style("Rockballaden").colour == "rock"


@pytest.mark.parametrize("word", ["slower", "softer", "quieter", "calmer", "fuller", "bigger"])
def test_comparatives_are_densities(word: str) -> None:
    dense = word in ("fuller", "bigger")
    assert read_style(f"{word} and brighter").density == ("dense" if dense else "sparse")


def test_a_groove_that_brings_its_own_meter_says_so() -> None:
    assert style_remarks("waltz", False)[0] == "plays a waltz groove in 3/4"
    assert style_remarks("waltz", False, "4/4")[0] == "plays a waltz groove"
    assert style_remarks("rock", False)[0] == "plays a rock groove"
    assert style_remarks("vals, rock colours", False)[0].startswith(
        "plays a waltz groove in 3/4, with lead"
    )
