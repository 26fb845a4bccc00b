"""Lyrics as people paste them: what is sung, what is left out, what is asked about."""

import re
import unicodedata
from itertools import product
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from secondtake.analysis.lyrics.text import lyrics_words, normalise
from secondtake.core.letters import compose, fold, words_in
from secondtake.core.lyrics import is_repeat, lyrics_remarks, read_lyrics
from secondtake.core.prompts.bark_prompt import build_prompt
from secondtake.core.registry.all_models import MODELS
from secondtake.core.section_names import section_name
from secondtake.models.sketch.vocals import phrases_of
from tests.core.lyrics_lines import (
    DESIGN_HEADERS,
    DESIGN_SUNG,
    HELD_OUT_HEADERS,
    HELD_OUT_SUNG,
    lines,
)

WITNESS = "la noche"  # a line that is sung, behind the line in question


def sung(lyrics):
    """The lines that are sung."""
    return [line for line in read_lyrics(lyrics).text.split("\n") if line]


# Names of sections, and words of songs


@pytest.mark.parametrize("line", [*lines(DESIGN_HEADERS), *lines(HELD_OUT_HEADERS)])
def test_a_line_that_only_names_a_section_is_left_out_and_said(line):
    assert sung(f"{line}\n{WITNESS}") == [WITNESS]
    said = lyrics_remarks(f"{line}\n{WITNESS}")[0]
    assert said.startswith("left out, as no words: ") and section_words(line) <= section_words(said)


def section_words(text):
    return set(re.findall(r"\w+", text))


@pytest.mark.parametrize("line", [*lines(DESIGN_SUNG), *lines(HELD_OUT_SUNG)])
def test_words_of_songs_are_sung_as_they_are_written(line):
    assert sung(f"{line}\n{WITNESS}") == [line, WITNESS]


@pytest.mark.parametrize(
    "line", ["Verse No. 2", "Couplet n° 1", "Verse #1", "Estrofa nº 3", "Strophe Nr. 2"]
)
def test_numbers_have_signs(line):
    assert sung(f"{line}\n{WITNESS}") == [WITNESS]


def test_the_tables_hold_what_they_should():
    every = [DESIGN_HEADERS, HELD_OUT_HEADERS, DESIGN_SUNG, HELD_OUT_SUNG]
    assert sum(len(lines(table)) for table in every) >= 300
    assert not set(lines(DESIGN_HEADERS)) & set(lines(HELD_OUT_HEADERS))
    assert not set(lines(DESIGN_SUNG)) & set(lines(HELD_OUT_SUNG))


NAMES = {
    "en": "Chorus", "de": "Refrain", "es": "Estribillo", "fr": "Couplet", "hi": "अंतरा",
    "it": "Ritornello", "ja": "サビ", "ko": "후렴", "pl": "Zwrotka", "pt": "Refrão", "ru": "Припев",
    "tr": "Nakarat", "zh": "副歌", "nl": "Refrein", "sv": "Refräng", "fi": "Kertosäe",
    "cs": "Sloka",
    "el": "Ρεφρέν", "uk": "Приспів", "vi": "Điệp khúc", "ar": "لازمة", "he": "פזמון",
    "hu": "Versszak",
}  # fmt: skip
FORMS = (
    "{}", "{}:", "{}：", "[{}]", "[{}:]", "({})", "（{}）", "【{}】", "〔{}〕", "［{}］", "{{{}}}",
    "「{}」",
    "『{}』", "<{}>", "《{}》", "— {} —", "** {} **", "# {}", "## {}", "== {} ==", "{} 2", "{} 2:",
    "[{} 2]", "({}) x2", "{} x2", "（{}）×2", "[{}", "\ufeff[{}]\u200b", "  {}  \r",
)  # fmt: skip


@pytest.mark.parametrize("language", NAMES)
def test_every_form_of_a_name_in_every_language(language):
    name = NAMES[language]
    for written, form in product((name, name.upper(), name.lower()), FORMS):
        for spelling in ("NFC", "NFD"):
            line = unicodedata.normalize(spelling, form.format(written))
            assert sung(f"{line}\n{WITNESS}") == [WITNESS]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Bridge\nover water", "Bridge"), ("Puente\nde plata", "Puente"), ("Solo\nen casa", "Solo"),
     ("la\n\nFinal\nla", "Final"), ("Verse 1: Eminem\nla", "Eminem"), ("la\nbis\nla", "bis")],
)  # fmt: skip
def test_what_may_be_a_name_is_sung_and_asked_about(text, kept):
    assert kept in sung(text)
    question = f"{kept} will be sung; put it in square brackets to leave it out"
    assert question in lyrics_remarks(text)
    assert lyrics_remarks(text.replace(kept, f"[{kept}]"))[-1] != question


def test_words_that_end_a_line_like_a_name_are_not_asked_about():
    assert lyrics_remarks("una voz\nfin") == lyrics_remarks("amor y solo\nun solo") == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [("Chorus: We whisper", "We whisper"), ("[Verse 1] I sit", "I sit"), ("(Chorus) Stay", "Stay"),
     ("Estribillo: Volveré", "Volveré"), ("副歌：走一走", "走一走"), ("男：我爱你", "我爱你"),
     ("Verse 2 - I stay here", "I stay here"), ("Припев: Постой", "Постой"),
     ("Bridge: oh oh", "oh oh"), ("Chorus - we sing", "we sing"), ("Stay (x2)", "Stay"),
     ("Stay ×2", "Stay"),
     ("走一走×2", "走一走")],
)  # fmt: skip
def test_words_behind_a_name_or_before_a_repeat_are_sung(line, words):
    assert sung(line) == [words]


@pytest.mark.parametrize(
    ("text", "again"),
    [("x2", True), ("(2x)", True), ("[×3]", True), ("bis", True), ("Repeat chorus", True),
     ("（两遍）", True), ("repeat to fade", True), ("repetir coro x2", True), ("(2 veces)", True),
     ("repeat after me", False), ("three times", False), ("x", False), ("bistro", False)],
)  # fmt: skip
def test_signs_to_sing_again(text, again):
    assert is_repeat(text) is again


@pytest.mark.parametrize("line", ["(Chorus) x2", "la la x2", "|: la la :|", "[00:01][00:02] la"])
def test_what_is_to_be_sung_again_must_be_written_again(line):
    assert "what is to be sung again must be written again" in lyrics_remarks(line)


def test_a_tag_of_unknown_words_is_left_out_and_asked_about():
    assert sung("[I love you]\nla") == ["la"]
    assert "[I love you]: if it is to be sung, write it without its brackets" in lyrics_remarks(
        "[I love you]\nla"
    )
    for known in ("[laughs]", "[Chorus]", "[Am]", "[male vocals, soft]", "[ar: X]", "{soc}", "[]"):
        assert len(lyrics_remarks(f"{known}\nla")) == 1


def test_at_most_a_few_are_named():
    times = "\n".join(f"[00:{second:02d}.00] la" for second in range(20))
    assert lyrics_remarks(times)[0].endswith("[00:05.00], … (20 in all)")


# Times, chords, credits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[00:00.00] <00:00.04> When <00:00.16> rain <00:00.82> falls", "When rain falls"),
        ("[00:12.34]When rain", "When rain"),
        ("[00:12]When", "When"),
        ("[0:12:345]When", "When"),
        ("[00:12,3]When", "When"),
        ("<00:01.00>co<00:01.20>ra<00:01.40>zón", "corazón"),
        ("[ar: Someone]\n[ti:Song]\n[offset:+500]\n[00:01.00]la", "la"),
        ("1\n00:00:01,000 --> 00:00:02,000\nla\n\n2\n00:00:03,000 --> 00:00:04,000\nle", "la le"),
        ("[00:01.00]作词 : 李白\n[00:02.00]床前明月光", "床前明月光"),
        ("I have come a[Am]gain", "I have come again"),
        ("[C]To[G]geth[Am7]er [F#m7b5/C#]now", "Together now"),
        ("cora[La m]zón [Do#m7]mío [Sol]ya", "corazón mío ya"),
        ("a[N.C.]gain a[H7]gain a[Bb]gain a[C(add9)]gain", "again again again again"),
        ("{title: Song}\n{artist: X}\n{soc}\n[C]la\n{eoc}\n{comment: twice}", "la"),
        ("{sot}\ne|--0--2--|\nsome words\n{eot}\nla", "la"),
        ("{start_of_chorus: 2}\nla\n{end_of_chorus}", "la"),
        ("Am   F  C G\nla la\nG\nle", "la la le"),
        ("| Am | F |\nla", "la"),
        ("Am F C G x2\nla", "la"),
        ("C G/B Am7 Fmaj7\nla", "la"),
        ("Lam  Fa  Do  Sol\nla", "la"),
        ("   G        D\nla", "la"),
        ("e|--0--2--3--|\nB|----------|\nla", "la"),
        ("Intro: Am F C G\nla", "la"),
        ("<i>la</i> l<b>e</b>i<br>lo", "la lei lo"),
        ("Capo 2\nKey: Am\nTempo: 120\nla", "la"),
        ("Lyrics by: Someone\nla", "la"),
    ],
)  # fmt: skip
def test_times_chords_and_credits_are_no_words(text, words):
    assert " ".join(sung(text)) == words
    assert read_lyrics(text).left_out


@pytest.mark.parametrize(
    "line",
    ["A B C", "Do Re Mi", "La La La", "Am I", "A", "Be", "C", "I am A", "Sol y luna", "Dm is sad",
     "Tempo of my heart", "Capo of the crew", "la: la", "7:30 and counting", "a/b", "Sim Sim"],
)  # fmt: skip
def test_words_that_look_like_chords_are_sung(line):
    assert sung(line) == [line]


# One reading for all


CASES = [
    "[00:00.00] <00:00.04> When <00:00.16> rain <00:00.82> falls",
    "I have come a[Am]gain",
    "Brücke:\nach",
    "Pre-Coro:\nya no\nEstribillo final:\nVolveré\nRefrán 2x",
    "（主歌）\n深秋的垂柳\n副歌：\n走一走\n（合唱）×2",
    "Verse 1\nI sit in the dark\n\nFinal Chorus:\nStay\n\nVerse 2 (softly)\nAlone",
    "De\u0301jame son\u0303ar, corazo\u0301n",
    "Chorus:\nHello",
    "[laughs] Oh (oh yeah) don't, l'eau (softly)\n♪ la ♪ le\n[MAN] x2 la x2",
    "रात आती है, क्षण भर\nहिन्दी में",
    "한국어 노래".translate({}),
    unicodedata.normalize("NFD", "한국어 노래 불러"),
    "ยินดีต้อนรับ 3 ครั้ง",
    "می‌خواهم با تو",
    "夜が明ける、\n「サビ」\n君の声（oh）",
    "rock'n'roll o’clock 'cause mid-night 24/7 ＡＢＣ",
    "\ufeff[Chorus]\r\nBe\u200b my\u00ad self\r\n",
    "Bridge\nSolo\nFinal",
    "\n".join(lines(DESIGN_HEADERS)),
    "\n".join(lines(HELD_OUT_SUNG)),
]  # fmt: skip


@pytest.mark.parametrize("lyrics", CASES)
def test_bark_the_sketch_and_the_comparison_read_the_same_words(lyrics):
    """Also composed or decomposed, and with Windows' line ends."""
    expected = lyrics_words(lyrics)
    for text in (lyrics, unicodedata.normalize("NFD", lyrics), lyrics.replace("\n", "\r\n")):
        prompt = build_prompt(SimpleNamespace(kind="verse", style="", lyrics=text)).text
        phrases = phrases_of(text, ("en", "es"))
        assert normalise(re.sub(r"\[\w+\]", " ", prompt)) == expected
        assert normalise(" ".join(phrase.text for phrase in phrases)) == expected
        assert lyrics_words(text) == expected


SIGNS = some.sampled_from("aZé夜한ह ि\u0301'’()（）[]{}♪x2:\n<>|#-*AmG.…")


@given(some.text(SIGNS | some.characters(codec="utf-8")))
def test_any_text_is_read_the_same_by_all_and_however_it_is_composed(text):
    expected = lyrics_words(text)
    assert lyrics_words(unicodedata.normalize("NFD", text)) == expected
    phrases = phrases_of(text, ("en",))
    assert normalise(" ".join(phrase.text for phrase in phrases)) == expected


# Words and folding


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't l’eau rock'n'roll", ["don't", "l’eau", "rock'n'roll"]),
        ("'cause dancin'", ["cause", "dancin"]),
        ("हिन्दी में क्षण", ["हिन्दी", "में", "क्षण"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("nin\u0303o", ["nin\u0303o"]),
        ("ยินดี", ["ยินดี"]),
        ("42 veces, a_b", ["42", "veces", "a", "b"]),
        ("… — !", []),
    ],
)
def test_words_are_grapheme_clusters(text, words):
    assert list(words_in(text)) == words


def test_composing_keeps_what_spelling_needs():
    assert compose("\ufeffe\u0301\u200b\r\nमी\u200dx\u00ad") == "é\nमी\u200dx"
    assert compose("한국") == unicodedata.normalize("NFC", "한국")


@pytest.mark.parametrize("name", ["Estribillo", "İNTRO", "Kıta", "Припев", "Ρεφρέν", "अंतरा"])
def test_folding_is_the_same_for_every_spelling(name):
    for text in (name, name.upper(), unicodedata.normalize("NFD", name), fold(name)):
        assert fold(text) == fold(name)


def test_a_name_says_how_sure_it_is():
    assert section_name("Chorus").stands_alone and section_name("Final bridge").stands_alone
    assert not section_name("Bridge").stands_alone and not section_name("Solo dos").stands_alone
    assert section_name("Bridge over the river") is None


@pytest.mark.parametrize(
    ("lyrics", "languages", "said"),
    [("雨の夜", ("ja",), True), ("あめのよる", ("ja",), False), ("雨", ("zh",), False),
     ("雨", ("en",), True), ("[副歌]\nあめ", ("ja",), False)],
)  # fmt: skip
def test_the_sketch_says_what_its_voice_makes_of_chinese_characters(lyrics, languages, said):
    job = SimpleNamespace(lyrics=lyrics, languages=languages, style="", meter="")
    remarks = MODELS["sketch"].remarks(job)
    assert any("Chinese letter" in remark for remark in remarks) is said


@pytest.mark.parametrize(
    ("languages", "said"),
    [
        (("en", "es", "tlh"), "all words are said in en and es, none in tlh: of several"),
        (("fr", "de-CH", "es"), "all words are said in fr, none in de, es: of several"),
        (("en-US", "en-GB"), ""), (("es-AR", "EN"), ""), (("zh",), ""),
    ],
)  # fmt: skip
def test_the_sketch_says_which_listed_languages_nothing_is_said_in(languages, said):
    for lyrics, expected in (("la la", said), ("", "")):
        job = SimpleNamespace(lyrics=lyrics, languages=languages, style="", kind="verse", meter="")
        remarks = [text for text in MODELS["sketch"].remarks(job) if "none in" in text]
        assert len(remarks) == bool(expected)
        assert all(text.startswith(expected) for text in remarks)
