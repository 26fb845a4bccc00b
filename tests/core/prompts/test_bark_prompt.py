"""Prompts for Bark: every sung word is there, nothing else is read aloud, and changes are told."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from secondtake.core.prompts.bark_prompt import bark_prompt, build_prompt, remarks, unsupported_tags

WORDS = re.compile(r"\w+")


def prompt(lyrics, style="", kind="verse"):
    return build_prompt(SimpleNamespace(kind=kind, style=style, lyrics=lyrics))


@pytest.mark.parametrize(
    ("style", "lyrics"),
    [
        ("smooth male vocals, emotional, layered",
         "We whisper, susurra conmigo, Whisper del futuro, amor y código."),
        ("male vocals, conversational, upbeat, Latin trap reggaeton, playful and reflective",
         "We laugh at the chaos, we play with the luck, Dreams synthetic but hearts imperfect."),
    ],
)  # fmt: skip
def test_the_first_studys_prompts_are_what_was_written_by_hand(style, lyrics):
    assert prompt(lyrics, style) == build_prompt(
        SimpleNamespace(kind="chorus", style=style, lyrics=lyrics)
    )
    assert prompt(lyrics, style).text == f"[MAN] ♪ {lyrics} ♪"
    assert prompt(lyrics, style).remarks == ()


def test_spoken_words_have_no_notes():
    assert prompt("Yo, listen up.", "female rapper").text == "[WOMAN] Yo, listen up."
    assert prompt("Yo, listen up.", "fast", "rap").text == "Yo, listen up."


def test_lines_stay_and_end_with_a_breath_or_a_mark_of_their_own():
    messages = prompt("¿Quién susurra?\nNadie, nadie\namor y código…\nuna voz —\n“sí”\nfin")
    assert messages.text == (
        "♪ ¿Quién susurra?\nNadie, nadie,\namor y código…\nuna voz —\n“sí”,\nfin ♪"
    )
    assert messages.remarks == ()


def test_stanzas_end_with_a_stop():
    assert prompt("One two\nthree\n\nfour").text == "♪ One two,\nthree.\nfour ♪"
    assert prompt("One\n[Chorus]\ntwo").text == "♪ One.\ntwo ♪"


def test_languages_without_spaces_have_marks_of_their_own():
    assert prompt("夜が明ける\n君の声\n\nもう一度").text == "♪ 夜が明ける、\n君の声。\nもう一度 ♪"
    assert prompt("밤이 온다\n너의 목소리").text == "♪ 밤이 온다,\n너의 목소리 ♪"
    assert prompt("रात आती है\nतुम").text == "♪ रात आती है,\nतुम ♪"


@pytest.mark.parametrize(
    "noise",
    [
        "[Chorus]", "[Verse 2: soft]", "[smooth vocals, emotional]", "(x2)", "(2x)", "(×3)",
        "(bis)", "(Chorus)", "(repeat to fade)", "[whispers]", "【Chorus】", "{intro}", "(spoken)",
        "(Verse 2)", "[guitar solo]", "(repeat chorus)", "(Bridge 2)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("line", ["{}\nWe whisper", "We {} whisper", "We whisper {}"])
def test_what_is_no_sung_word_is_left_out_and_told(noise, line):
    messages = prompt(line.format(noise))
    assert messages.text == "♪ We whisper ♪"
    brackets = noise.translate(str.maketrans("【】{}", "[][]"))
    assert f"make noise of it: {brackets}" in messages.remarks[0]


@pytest.mark.parametrize(
    "line", ["Chorus:", "[Chorus", "Estribillo 2:", "## Verse 1", "**Bridge**"]
)
def test_a_headline_without_its_brackets_is_one_too(line):
    assert prompt(f"{line}\nWe whisper").text == "♪ We whisper ♪"
    assert line in prompt(f"{line}\nWe whisper").remarks[0]


def test_a_word_that_only_looks_like_a_headline_is_sung():
    assert prompt("Bridge\nover water").text == "♪ Bridge,\nover water ♪"


@pytest.mark.parametrize(
    "words", ["(ooh, dream on)", "(repeat after me)", "(drop)", "(break it)", "(the chorus of me)"]
)
def test_words_in_round_brackets_are_sung_by_someone(words):
    messages = prompt(f"Dream on {words}")
    assert (messages.text, messages.remarks) == (f"♪ Dream on {words} ♪", ())


def test_a_repeat_is_left_out_and_what_to_do_is_said():
    messages = prompt("Susurra conmigo x2\nWe whisper (x3)")
    assert messages.text == "♪ Susurra conmigo,\nWe whisper ♪"
    assert messages.remarks[-1] == "what is to be sung again must be written again"
    assert prompt("Solve for x 2").text == "♪ Solve for x 2 ♪"


def test_sounds_that_bark_knows_stay_and_others_spellings_become_them():
    messages = prompt("[laughs] We — WHISPER… [Laugh] and [clears throat], [music]")
    assert messages.text == "♪ [laughs] We — WHISPER… [laughs] and [clears throat], [music] ♪"
    assert messages.remarks == ("[Laugh] is written [laughs], as Bark knows it",)


def test_singers_that_the_lyrics_name_take_over_from_there():
    messages = prompt("[Verse: Female]\nI call\n[Male vocals]\nI answer\n[MAN] still I", "duet")
    assert messages.text == "[WOMAN] ♪ I call. ♪\n[MAN] ♪ I answer,\nstill I ♪"
    assert "[Verse: Female], [Male vocals]" in messages.remarks[0]
    again = prompt("[smooth male vocals, emotional]\nWe whisper", "male vocals")
    assert again.text == "[MAN] ♪ We whisper ♪"


@pytest.mark.parametrize(
    ("lyrics", "text"),
    [
        ("♪ La la. ♪ Now listen. ♪ Oh ♪", "♪ La la. ♪ Now listen. ♪ Oh ♪"),
        ("♪ La la\n♪", "♪ La la ♪"),
        ("♪ one ♪\n♪ two ♪", "♪ one,\ntwo ♪"),
        ("♪ La la", "♪ La la ♪"),
        ("La la ♪", "♪ La la ♪"),
        ("Hush. 🎵 La la 🎶", "Hush. ♪ La la ♪"),
        ("♪ a ♪ b ♪", "♪ a b ♪"),
        ("We [soft whisper", "♪ We soft whisper ♪"),
    ],
)
def test_notes_and_brackets_of_the_lyrics_are_respected_and_balanced(lyrics, text):
    assert prompt(lyrics).text == text


@pytest.mark.parametrize("lyrics", ["", " \n ", "[Chorus]", "(x2)", "Chorus:", "♪ ♪"])
def test_where_nothing_is_sung_there_is_no_prompt(lyrics):
    assert bark_prompt(SimpleNamespace(kind="verse", style="male", lyrics=lyrics)) == ""


LYRICS = some.text(
    some.sampled_from("aZñ é—…,.!?¿¡'\n♪[]()♫{}x2夜。") | some.characters(codec="utf-8"),
    max_size=60,
)


@given(LYRICS, some.sampled_from(["", "male", "rap"]))
@example("♪[a\n(x2)♪♪", "male")
def test_any_lyrics_give_a_balanced_prompt_that_stays_itself(lyrics, style):
    messages = prompt(lyrics, style)
    assert messages.text.count("♪") % 2 == 0
    tags = re.findall(r"\[[^\]]*\]", messages.text)
    assert messages.text.count("[") == messages.text.count("]") == len(tags)
    assert unsupported_tags(messages.text) == ()
    assert prompt(messages.text, style).text == messages.text


@given(some.lists(some.sampled_from("We susurra código amor l'eau 3.5 Señor don't".split())))
def test_no_sung_word_is_lost_or_moved(words):
    lyrics = "[Verse]\n" + " ".join(words) + "\n(x2)\n" + " ".join(reversed(words))
    expected = WORDS.findall(" ".join([*words, *reversed(words)]))
    assert WORDS.findall(prompt(lyrics).text) == expected


def job(text, **changes):
    facts = {"kind": "chorus", "style": "male", "lyrics": "[Chorus]\nLa", "languages": ("en", "es"),
             "settings": {"voice": "v2/es_speaker_0"}, "prompt": text}  # fmt: skip
    return SimpleNamespace(**{**facts, **changes})


def test_a_job_tells_what_its_prompt_left_out_and_whose_language_its_voice_lacks():
    assert len(remarks(job("[MAN] ♪ La ♪"))) == 1
    (left_out, voice) = remarks(job("[MAN] ♪ La ♪", languages=("fr",)))
    assert "[Chorus]" in left_out
    assert "speaks Spanish, the lyrics are in fr" in voice and "v2/fr_speaker_0 to 9" in voice


def test_a_prompt_of_the_users_own_is_only_read():
    assert remarks(job("[WOMAN] ♪ La [laughs] ♪")) == ()
    (unknown, note) = remarks(job("[soft] ♪ La"))
    assert unknown.startswith("in the prompt, [soft] may be read aloud") and "[laughs]" in unknown
    assert note == "in the prompt, a ♪ has no other half"
