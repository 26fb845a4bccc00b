"""What ACE-Step reads of a segment: caption, metadata, language, lyrics under section tags."""

from dataclasses import dataclass, field, replace

import pytest

from secondtake.core.lyrics import read_lyrics
from secondtake.core.prompts.ace_step_prompt import (
    INSTRUMENTAL,
    ace_step_caption,
    ace_step_remarks,
    ace_step_texts,
    main_language,
    structured_lyrics,
)

BILINGUAL = "We whisper, susurra conmigo, Whisper del futuro, amor y código."


@dataclass(frozen=True)
class Job:
    kind: str = "verse"
    style: str = "bolero"
    lyrics: str = "La mar"
    bpm: float = 96.0
    key: str = "A minor"
    meter: str = ""
    prompt: str = "bolero, voz femenina, piano"
    languages: tuple[str, ...] = ("es",)
    seconds: float = 14.0
    settings: dict[str, str] = field(default_factory=dict)


def test_the_texts_are_those_that_the_model_was_trained_on():
    texts = ace_step_texts(Job(lyrics="La mar al amanecer\n[chorus]\nCanta corazón"))
    assert texts.text == (
        "# Instruction\nFill the audio semantic mask based on the given conditions:\n\n"
        "# Caption\nbolero, voz femenina, piano\n\n"
        "# Metas\n- bpm: 96\n- timesignature: N/A\n- keyscale: A minor\n- duration: 14 seconds\n"
        "<|endoftext|>\n"
    )
    assert texts.lyrics == (
        "# Languages\nes\n\n# Lyric\n[verse]\nLa mar al amanecer\n[chorus]\nCanta corazón"
        "<|endoftext|>"
    )


@pytest.mark.parametrize(
    ("kind", "lyrics", "structured"),
    [
        ("verse", "one\n\ntwo", "[verse]\none\ntwo"),
        ("pre-chorus", "one", "[pre-chorus]\none"),
        ("rap", "one", "[verse]\none"),
        ("refrain", "one", "[chorus]\none"),
        ("song", "one", "one"),  # nothing says of what section it is
        ("song", "[Verse 1]\none\n\nChorus:\ntwo", "[verse 1]\none\n[chorus]\ntwo"),
        ("song", "(Estribillo final)\nuno", "[chorus final]\nuno"),
        ("song", "Estribillo 2\nuno\n[Puente]\ndos", "[chorus 2]\nuno\n[bridge]\ndos"),
        ("verse", "[Couplet]\nun\n[whispered]\ndeux", "[verse]\nun\n[whispered]\ndeux"),
        ("verse", "[00:12.34]one [Am]two", "[verse]\none two"),
        ("song", "[Intro]\n[Guitar Solo]\n[Outro]", INSTRUMENTAL),
        ("song", "[Estribillo (x2)]\nuno", "[chorus]\nuno"),
        ("song", "[Bridge (whispered)]\none", "[bridge - whispered]\none"),
        ("song", "(coro x2)\nuno\n[Chorus] [x2]\ndos", "[chorus]\nuno\n[chorus]\ndos"),
        ("song", "[Coro: voz de mujer]\nuno\n[Coro final x2]\ndos",
         "[chorus - voz de mujer]\nuno\n[chorus final]\ndos"),
        ("song", "[Estrofa II]\nadiós (bis)", "[verse ii]\nadiós"),
        ("song", "[verse][chorus]\none", "[verse]\n[chorus]\none"),
        ("verse", "[ti:Cancion]\n[title: x]\n[]\none", "[verse]\none"),
        ("song", "{start_of_chorus}\none\n{end_of_chorus}", "[chorus]\none"),
        ("song", "{soc}\none\n{eoc}", "[chorus]\none"),
        ("verse", "(spoken) hello\nyou", "[verse]\n[spoken]\nhello\nyou"),
        ("verse", "one <|endoftext|> two <|im_start|>", "[verse]\none two"),
        ("instrumental", "", INSTRUMENTAL),
        ("intro", " \n ", INSTRUMENTAL),
    ],
)  # fmt: skip
def test_lyrics_stand_under_the_tags_that_the_model_knows(kind, lyrics, structured):
    assert structured_lyrics(kind, lyrics) == structured


@pytest.mark.parametrize(
    ("languages", "lyrics", "language"),
    [
        ("es", "", "es"), ("es-AR en", "we walk along the river", "en"),
        ("en es", "la mar al amanecer", "es"), ("en es", "oh", "en"), ("fr en", "we", "fr"),
        ("cmn", "我爱你", "zh"), ("nb", "", "no"), ("tlh", "", "unknown"), ("", "", "unknown"),
        ("pt es", "canta", "pt"), ("gl es", "canta", "es"), ("en es ja", "we 歌をうたう", "ja"),
        ("es ja", "la mar 歌", "es"), ("es ja", "", "es"), ("en ru uk", "песня моя you", "ru"),
        ("zh ja", "ひかり", "ja"), ("en ko", "노래해 나와", "ko"),
    ],
)  # fmt: skip
def test_the_one_language_field_has_the_language_of_most_words(languages, lyrics, language):
    assert main_language(read_lyrics(lyrics), tuple(languages.split())) == language


@pytest.mark.parametrize(
    ("meter", "signature"),
    [("2/4", "2"), ("3/4", "3"), ("4/4", "4"), ("6/8", "6"), ("", "N/A")],
)
def test_the_meter_is_a_time_signature(meter, signature):
    assert f"- timesignature: {signature}\n" in ace_step_texts(Job(meter=meter)).text


@pytest.mark.parametrize(
    ("task", "instruction"),
    [("repaint", "Repaint the mask area"), ("cover", "Generate audio semantic tokens")],
)
def test_the_instruction_says_what_is_asked(task, instruction):
    assert instruction in ace_step_texts(Job(settings={task: "a.wav@6-9@sha256:"})).text


@pytest.mark.parametrize(
    ("job", "remarks"),
    [
        (Job(), ()),
        (Job(lyrics="", languages=("tlh",)), ()),
        (Job(lyrics=BILINGUAL, languages=("en", "es")), ("of en and es, its one language",)),
        (Job(languages=("fr", "it")), ("of fr and it, its one language field has fr, the first",)),
        (Job(languages=("ja", "es")), ("of ja and es, its one language field has es, in which",)),
        (Job(languages=("tlh",)), ("ACE-Step lists no tlh: its language field has unknown",)),
        (Job(languages=("gl", "es")), ("ACE-Step lists no gl: its language field has es",)),
        (Job(lyrics="Bridge\nLa mar"), ("",)),  # the lyrics' own question
    ],
)
def test_a_person_is_told_what_was_decided_for_them(job, remarks):
    found = ace_step_remarks(job)
    assert len(found) == len(remarks)
    assert all(text.startswith(start) for text, start in zip(found, remarks, strict=True))


def test_the_caption_is_the_style_and_never_empty():
    assert ace_step_caption(Job()) == "bolero"
    played = Job(style="bolero, voz femenina con guitarra", lyrics="", kind="intro")
    assert ace_step_caption(played) == "bolero, guitarra"
    assert ace_step_remarks(replace(played, prompt="bolero, guitarra")) == (
        "left out, because nothing is sung here: voz femenina",
    )
    assert ace_step_remarks(replace(played, prompt="voz")) == ()  # the song file's own
    assert ace_step_caption(Job(style="")) and ace_step_caption(Job(style="", lyrics=""))
