"""Two files in words, of verdicts that were made up here."""

import pytest
from tests.analysis.made_up import measurement

from secondtake.analysis.findings.two_files import TwoFiles, friend_line, pair_sentences

METRICS = {"overall": "overall", "rhythm": "rhythm", "level": "dynamics"}


def pair(overall, rhythm, loudness=0.0, kinds=("sung", "sung")):
    """Two files with such scores overall and in rhythm."""
    entries = [
        measurement("overall", overall, half=0.1),
        measurement("rhythm", rhythm, half=0.1),
        measurement("level", None, name="loudness", value=loudness, verdict="no scale"),
        measurement("level", 0.9, half=0.05, name="dynamics"),
    ]
    return TwoFiles("a.wav", "b.wav", entries, METRICS, kinds)


@pytest.mark.parametrize(
    ("two", "line"),
    [
        (pair(0.7, 0.7), "Might be another take of the same song."),
        (pair(0.25, 0.7), "Perhaps the same song, but nothing to bet on."),
        (
            pair(0.0, 0.7),
            "Not the same music: closer in rhythm than most songs, and in no other question of "
            "music.",
        ),
        (
            pair(0.0, None),
            "Not the same music.",
        ),
        (pair(0.7, 0.7, kinds=("sung", "noise")), "It is noise, not a song."),
        (pair(0.7, 0.7, kinds=("sung", "tone")), "It is a whistle, not a song."),
        (pair(0.7, 0.7, kinds=("sung", "speech")), "It is speech, not a song."),
        (pair(0.7, 0.7, kinds=("speech", "speech")), "Might be another take of the same song."),
        (pair(0.7, 0.7, kinds=("silence", "sung")), "The first file is silence, not music."),
    ],
)
def test_the_line_for_a_friend(two, line):
    assert friend_line(two) == line


def test_the_same_file_is_no_other_take():
    assert friend_line(pair(1.0, 1.0), is_same=True) == "It is the very same file."


@pytest.mark.parametrize(
    ("loudness", "says"),
    [
        (-20.0, "about 20 dB quieter."),
        (4.4, "about 4 dB louder."),
        (2.9, "about as loud."),
        (120.0, "far louder."),
        (None, "its loudness is not known."),
    ],
)
def test_loudness_is_said_beside_whatever_is_close(loudness, says):
    sentences = pair_sentences(pair(0.7, 0.7, loudness))
    assert sentences[1] == "It is closer in rhythm than most other music."
    assert sentences[2].lower().endswith(says.lower()) and "level" not in " ".join(sentences)


def test_a_take_that_is_no_music_is_named_first_and_said_to_be_close_in_nothing():
    sentences = pair_sentences(pair(0.9, 0.9, kinds=("sung", "noise")))
    assert sentences[0] == "b.wav is noise, not music."
    assert "closer" not in " ".join(sentences)
