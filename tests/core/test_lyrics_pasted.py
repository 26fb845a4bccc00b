"""Lyrics from where people copy them: karaoke, chord sites, Genius, transcripts, hymn books."""

from types import SimpleNamespace

import pytest

from secondtake.core.lyrics import lyrics_remarks, read_lyrics
from secondtake.core.prompts.bark_prompt import build_prompt

HEADERS = """
«Refrain»
»Chorus«
“Chorus”
"Chorus"
‹Chorus›
⟨Chorus⟩
〚Chorus〛
｟Chorus｠
＜Chorus＞
｢サビ｣
🎤 Verse 1
✨Chorus✨
► Chorus
🎵 Chorus 🎵
♪ Chorus ♪
V1:
V1
R1:
Verse_1
pre–chorus
Chorus, x2
Chorus again
Repeat chorus twice
Back to the chorus
Chorus to fade
The Chorus:
Ref.
Ref.: x2
Ref. 2x
Ch.
Opening verse
Piano interlude
Guitar break
Estribillo 2 veces
Coro dos veces
2do verso
Avant-refrain
Refrain 2 fois
Refrain wiederholen
Припев 2 раза
Припев х2
1-й куплет
1й куплет:
Проигрыш
1番
２番：
제1절
간주중
Mukhda:
Antara 1
Επωδός:
כורוס
过门
女声：
Bridge (half time)
Reprise:
Cuarta estrofa
Quatrième couplet
Vierte Strophe
Quarta strofa
Czwarta zwrotka
Четвёртый куплет
चौथा अंतरा
בית שני:
Κουπλέ Β
副歌 两遍
Refrain 3 fois
𝐂𝐡𝐨𝐫𝐮𝐬
Cho‍rus
"""
SUNG = """
To the chorus we run
Back to you
Again and again
Twice
Special one
Tag me
Ref
U2
B2B
1, 2, 3, 4
3 a.m. again
9:00
7:30 in the morning
A, B, C
Be, a
I (Am)
(Em)
(Am I)
F: is for fire
Embed
You might also like me
“Solo”
★ hello ★
🔥 fire 🔥
- hello
love x love
24/7
Mon refrain
Мой припев
サビ付く
Quinta avenida
Fade away
Una parte de ti
Applause, applause
三番街
"""
PASTED = [
    # Karaoke: singers and background voices of LRC files with word times
    ("[00:01.00] F: <00:01.20> When <00:01.60> rain", "When rain"),
    ("[00:01.00] v1: hello", "hello"),
    ("[00:21.10][bg: <00:21.20>oh <00:21.50>yeah]", "(oh yeah)"),
    # Transcripts
    ("0:00 hello\n0:04 my love", "hello\nmy love"),
    ("00:12 - hello", "hello"),
    ("(01:02) hello", "hello"),
    ("1:02 hello\n1:05 my love", "hello\nmy love"),
    # Chords in round brackets, with commas, stars, alterations, behind a section's name
    ("a(Am)gain", "again"),
    ("(Am)hello (G)there", "hello there"),
    ("Am, F, C, G\nhello", "hello"),
    ("Am* F** C\nhello", "hello"),
    ("Am7(b5)  D7(#9)  Gm\nhello", "hello"),
    ("[Intro] Am F\nhello", "hello"),
    ("N.C.\nhello", "hello"),
    ("G\nhello\n     D7\nmy love", "hello\nmy love"),
    ("[F#m7b5]hel[B7(b9,#5)]lo", "hello"),
    # Genius
    ("12 ContributorsEspañolLuna Lyrics[Verse 1]\nhello\nYou might also like\n[Outro]\nbye5Embed",
     "hello\nbye"),
    ("WEBVTT\n\n00:01.000 --> 00:04.000\nhello", "hello"),
    # Numbered stanzas
    ("1. Hello my love\nla\n\n2. Good night", "Hello my love\nla\nGood night"),
    # Repeats
    ("привет х2", "привет"),
    ("//: hello ://", "hello"),
    ("[: hello :]", "hello"),
    # Ends of lines
    ("Chorus\u2028hello\x0bmy\x85love", "hello\nmy\nlove"),
]  # fmt: skip


def sung(lyrics):
    return "\n".join(filter(None, read_lyrics(lyrics).text.split("\n")))


@pytest.mark.parametrize("line", HEADERS.split("\n")[1:-1])
def test_names_of_sections_are_left_out_and_said(line):
    assert sung(f"{line}\nhello") == "hello"
    assert lyrics_remarks(f"{line}\nhello")[0].startswith("left out, as no words: ")


@pytest.mark.parametrize("line", SUNG.split("\n")[1:-1])
def test_words_of_songs_are_sung(line):
    assert sung(line) == line


@pytest.mark.parametrize(("lyrics", "words"), PASTED)
def test_what_is_around_the_words_is_left_out(lyrics, words):
    assert sung(lyrics) == words


@pytest.mark.parametrize("line", ["R: hello my darling", "Ref: kocham", "Fin: adiós", "Fin"])
def test_what_may_name_a_section_is_asked_about(line):
    assert sung(line) in (line, line.partition(": ")[2])
    assert "will be sung" in lyrics_remarks(line)[-1]


def test_notes_that_adorn_the_name_of_a_section_say_nothing_of_the_words():
    song = SimpleNamespace(kind="verse", style="woman", bpm=120.0, key="A minor")
    for header in ("🎵 Chorus 🎵", "♪ Chorus ♪", "Chorus 🎶"):
        song.lyrics = f"{header}\nhello"
        assert build_prompt(song).text == "[WOMAN] ♪ hello ♪"
