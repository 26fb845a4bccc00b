"""Words of the prompt among the recognised words: found, and never made of the lyrics."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondtake.analysis.lyrics.prompt_words import COMMON, prompt_tags
from secondtake.analysis.lyrics.text import normalise
from secondtake.analysis.lyrics.transcripts import make_transcript, sung_prompt_sentence
from secondtake.core.judgments import TranscribedSpan

ENGLISH = "Under the copper moon we danced until the river forgot its name"
SPANISH = "Susurra conmigo en la ciudad, las luces se apagan despacio"
GERMAN = "Wir gehen heute durch den Regen und niemand fragt uns nach dem Weg"
CHINESE = "窗外下着雨\n我在等你回家"
STYLE = "Latin trap, male vocals, emotional, 808 drops"


@dataclass(frozen=True)
class Source:
    """As much of a job as a prompt is made of."""

    lyrics: str
    style: str = STYLE
    prompt: str = ""
    bpm: float = 120
    key: str = "A minor"


def sung(source: Source, text: str, language: str = "en") -> tuple[str, ...]:
    """The tags that are found in a transcript."""
    spans = [TranscribedSpan(0.0, 9.0, language, text)]
    tags = prompt_tags(source)
    return make_transcript(source.lyrics, [language], spans, tags=tags).sung_prompt


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (f"Latin trap. {ENGLISH}", ("latin trap",)),
        (f"Latin Trump. {ENGLISH}", ("latin",)),
        (f"{ENGLISH}. Male vocals, 120 BPM", ("male vocals", "120 bpm")),
        (f"{ENGLISH}. One hundred and twenty BPM", ("120 bpm",)),
        (f"{ENGLISH} 808 drops", ("808 drops",)),
        (f"{ENGLISH} A minor", ("a minor",)),
        (f"Mail vocals, {ENGLISH}", ("vocals",)),
        (ENGLISH, ()),
        ("", ()),
        ("Under the copper man we trapped until the emotion forgot its name, 120", ()),
    ],
)
def test_style_tempo_and_key(text: str, tags: tuple[str, ...]) -> None:
    assert sung(Source(ENGLISH), text) == tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (f"Man, {ENGLISH}", ("man",)),
        (f"{ENGLISH}, man", ()),  # one short word may be misheard
        (f"Latin trap, {ENGLISH}, man", ("latin trap", "man")),
        (f"Chorus. {ENGLISH}", ("chorus",)),
        (f"{ENGLISH}. Verse two. Laughs", ("laughs", "verse 2")),
        (f"[Music] {ENGLISH}", ()),  # the recogniser's own remark
    ],
)
def test_singers_sounds_and_sections(text: str, tags: tuple[str, ...]) -> None:
    lyrics = f"[Verse 2]\nChorus:\n{ENGLISH}"
    source = Source(lyrics, prompt=f"[MAN] ♪ {ENGLISH} [laughs] ♪")
    assert set(sung(source, text)) == set(tags)


@pytest.mark.parametrize(
    ("language", "lyrics", "style", "said", "tags"),
    [
        ("es", SPANISH, "trap latino, voz masculina", "Trap latino, voz masculina.",
         ("trap latino", "voz masculina")),
        ("es", SPANISH, "balada romántica", "Balada.", ("balada",)),
        ("es", SPANISH, "luces, ciudad, despacio", "Luces, ciudad, despacio.", ()),
        ("de", GERMAN, "Schlager, männlicher Gesang", "Männlicher Gesang! Schlager!",
         ("schlager", "männlicher gesang")),
        ("de", GERMAN, "regnerisch, heute", "Heute, Regen.", ()),
        ("de", GERMAN, "warm, 90 BPM", "Neunzig BPM.", ("90 bpm",)),
        ("zh", CHINESE, "流行, 女声, 悲伤的钢琴", "女声流行", ("流行", "女声")),
        ("zh", CHINESE, "流行, 回家", "回家", ()),
    ],
)  # fmt: skip
def test_languages(
    language: str, lyrics: str, style: str, said: str, tags: tuple[str, ...]
) -> None:
    source = Source(lyrics, style)
    assert sung(source, f"{said} {lyrics}", language) == tags
    assert sung(source, lyrics, language) == ()


def test_a_tempo_is_found_in_the_language_in_which_it_is_said() -> None:
    source = Source(GERMAN, "warm", bpm=90)
    assert sung(source, f"Neunzig BPM. {GERMAN}", "de") == ("90 bpm",)


@pytest.mark.parametrize(
    ("style", "heard"),
    [
        ("copper", "Copper, copper"),  # of the lyrics
        ("coppery, river", "Coppery moon, river"),  # may be a word of the lyrics misheard
        ("dreamy, summer night, love", "dreamy summer night love"),  # songs are full of them
    ],
)
def test_what_may_be_lyrics_is_no_evidence(style: str, heard: str) -> None:
    assert sung(Source(ENGLISH, style), f"{heard} {ENGLISH}") == ()


def test_every_common_word_is_written_as_it_is_recognised() -> None:
    assert set(normalise(" ".join(COMMON))) == COMMON


def test_each_phrase_is_a_tag_once() -> None:
    tags = prompt_tags(Source("[Chorus]\nla", "warm, warm; lo-fi", "[MAN] ♪ la ♪", 90.5, "C"))
    assert [tag.text for tag in tags] == ["warm", "lo-fi", "la", "90.5 bpm", "c", "man", "chorus"]
    assert [tag.text for tag in tags if tag.bracketed] == ["man", "chorus"]


def test_so_are_the_sections_as_the_model_reads_them() -> None:
    """It was told [chorus] where the song file has Estribillo."""
    read = prompt_tags(Source("[Estribillo]\nla", "warm"), ["# Lyric\n[chorus]\nla"])
    assert [tag.text for tag in read if tag.bracketed] == ["chorus", "estribillo"]


def test_a_sentence_names_the_tags() -> None:
    sentence = "the take sings its own prompt: 'latin trap', 'man'"
    assert sung_prompt_sentence(("latin trap", "man")) == sentence
    assert sung_prompt_sentence(()) == ""


LYRICS = st.sampled_from([ENGLISH, SPANISH, GERMAN, CHINESE])
WORDS = st.sampled_from(
    sorted({*normalise(ENGLISH), "latin", "trap", "man", "120", "oh", "女", "声"})
)
STYLES = st.text("latin trap,man 120.女声[]", max_size=30)


@given(LYRICS, STYLES, STYLES)
def test_lyrics_alone_never_hold_the_prompt(lyrics: str, style: str, prompt: str) -> None:
    assert sung(Source(lyrics, style, prompt), lyrics) == ()


@given(LYRICS, st.lists(WORDS, max_size=12), STYLES)
def test_what_is_named_was_recognised_and_is_of_the_prompt(
    lyrics: str, recognised: str, style: str
) -> None:
    source = Source(lyrics, style, "[MAN]", bpm=77, key="")
    for tag in sung(source, " ".join(recognised)):
        assert set(normalise(tag)) <= set(normalise(f"{style} man"))
        assert set(normalise(tag)) <= set(normalise(" ".join(recognised)))
