from secondtake.analysis.checks.sung_prompt import sung_prompt
from secondtake.analysis.lyrics.transcripts import Transcript


def test_a_tag_of_the_prompt_warns_and_is_named():
    check = sung_prompt(Transcript(("amor",), ("man", "amor"), "Man, amor", "", ("man",)))
    assert (check.name, check.verdict, check.figure) == ("prompt", "warn", 1)
    assert check.note == "the take sings its own prompt: 'man'"


def test_the_lyrics_alone_pass():
    check = sung_prompt(Transcript(("amor",), ("amor",), "Amor"))
    assert (check.verdict, check.figure, check.note) == ("pass", 0, "")
