"""A part of a song in the words of a command line."""

from pathlib import Path

import pytest

from secondtake.core.errors import UserError
from secondtake.core.selection import select_segment, select_segments
from secondtake.core.song import Segment, Song

PARTS = (
    (1, "intro", "Amanecer"), (7, "instrumental", "Drop Futurista"), (8, "pre-chorus", "Sube"),
    (10, "chorus", "Luna de neón"), (18, "chorus", "Luna de neón otra vez"),
)  # fmt: skip


@pytest.fixture
def song():
    segments = tuple(
        Segment(number, kind, title, 10.0, "", "", ("es",), 120.0, "A minor", None, ())
        for number, kind, title in PARTS
    )
    return Song("s", Path("s.toml"), "S", "", Path("results/s"), segments)


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("", ()),
        ("   ", ()),
        ("10", (10,)),
        ("10,7", (10, 7)),
        ("10 7", (10, 7)),
        (" 10 , 7 ,", (10, 7)),
        ("7-10", (7, 8, 10)),
        ("7-10,18", (7, 8, 10, 18)),
        ("18,7-10,8", (18, 7, 8, 10)),
        ("7 - 10", (7, 8, 10)),
        ("7–10", (7, 8, 10)),
        ("0-999999999", (1, 7, 8, 10, 18)),
        ("10-10", (10,)),
        ("007", (7,)),
        ("chorus", (10, 18)),
        ("CHORUS,intro", (10, 18, 1)),
        ("pre-chorus", (8,)),
        ("Pre_Chorus", (8,)),
        ("amanecer", (1,)),
        ("Drop Futurista", (7,)),
        ("drop-futurista,10", (7, 10)),
        ("drop_futurista", (7,)),
        ("luna de neo\u0301n", (10,)),  # decomposed, as macOS spells it
        ("segment10", (10,)),
        ("segment10_chorus", (10,)),
        ("Segment8-Pre-Chorus", (8,)),
    ],
)
def test_numbers_ranges_kinds_and_titles(song, typed, numbers):
    assert select_segments(song, typed, "--segments") == numbers


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("9", "s.toml: no segment 9; the song has 1, 7, 8, 10, 18"),
        ("70", "s.toml: no segment 70; did you mean '7'? the song has"),
        ("10-7", "10-7 runs backwards; type 7-10"),
        ("18-1", "18-1 runs backwards; type 1-18"),
        ("2-6", "no segment from 2 to 6; the song has 1, 7, 8, 10, 18"),
        ("300-400", "no segment from 300 to 400; the song has"),
        ("7,2-6", "no segment from 2 to 6; the song has"),
        (
            "1-9999999999999",
            "'1-9999999999999' names no segment; write numbers, a range as in 7-1",
        ),
        ("9" * 5000, "names no segment; write numbers"),
        ("-7", "'-7' names no segment; did you mean '7'? write numbers"),
        ("7-", "'7-' names no segment; did you mean '7'? write numbers"),
        ("7-8-10", "'7-8-10' names no segment"),
        ("7..10", "'7..10' names no segment"),
        ("1e1", "'1e1' names no segment"),
        ("1.0", "'1.0' names no segment"),
        ("²", "'²' names no segment"),
        ("٧", "'٧' names no segment"),
        ("korus", "'korus' names no segment; did you mean 'chorus'?"),
        ("segment9_chorus", "names no segment"),
        ("segment10_verse", "names no segment"),
        (",", "',' names no segment; the song has 1, 7, 8, 10, 18"),
        ("../../etc", "'../../etc' names no segment"),
    ],
)
def test_what_names_no_segment_is_said_with_the_remedy(song, typed, message):
    with pytest.raises(UserError) as caught:
        select_segments(song, typed, "--segments")
    assert str(caught.value).startswith("--segments: ") and message in str(caught.value)
    assert len(str(caught.value)) < 400


def test_one_segment_is_named_in_every_way_and_more_are_refused(song):
    for typed in ("8", "segment 8", "pre-chorus", "sube"):
        assert select_segment(song, typed, "--segment") == 8
    with pytest.raises(UserError, match=r"'chorus' names segments 10, 18; give one of them"):
        select_segment(song, "chorus", "--segment")
    with pytest.raises(UserError, match=r"--segment: ' ' names no segment; the song has 1, 7"):
        select_segment(song, " ", "--segment")
