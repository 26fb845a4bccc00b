"""Names that become paths, and near misses."""

import pytest

from secondtake.core.errors import UserError
from secondtake.core.validation import (
    check_name,
    did_you_mean,
    match_name,
    parse_time,
    resolve_inside,
    shorten_repr,
    suggest_nearest,
)

HOSTILE = [
    "", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "a\0b", "a\nb", "a\n", "-rf", ".hidden",
    "x" * 65, "\u202egnp.exe", "a\u200bb", "ａ", "é", "e\u0301", "a b", "con.", "$(id)", "~",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_on_one_line(name):
    with pytest.raises(UserError) as error:
        check_name(name, "here")
    message = str(error.value)
    assert message.startswith("here: ") and message.isprintable() and len(message) < 300


@pytest.mark.parametrize("name", ["a", "Segment10", "x" * 64, "v2.en_speaker-6"])
def test_a_plain_name_is_returned(name):
    assert check_name(name, "here") == name


@pytest.mark.parametrize(
    "path",
    ["../x", "/etc/passwd", "a/../../x", "a\0b", "~/x.wav", "x" * 256, "é" * 128, "a/" * 251],
)
def test_a_path_that_leads_out_is_refused(tmp_path, path):
    with pytest.raises(UserError, match="here: "):
        resolve_inside(tmp_path, path, "here")


def test_a_link_that_leads_out_is_refused(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    with pytest.raises(UserError, match="leads out of the project"):
        resolve_inside(tmp_path / "root", "link/secret.wav", "here")


def test_links_in_a_circle_are_refused_or_stay_inside(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    try:
        assert resolve_inside(tmp_path, "a/x.wav", "here") == tmp_path / "a/x.wav"  # Python 3.13
    except UserError as error:
        assert "circle" in str(error)


def test_a_link_within_the_root_and_a_linked_root_are_fine(tmp_path):
    (tmp_path / "root" / "data").mkdir(parents=True)
    (tmp_path / "root" / "link").symlink_to("data")
    (tmp_path / "alias").symlink_to("root")
    assert resolve_inside(tmp_path / "alias", "link/x.wav", "here") == tmp_path / "alias/link/x.wav"


def test_a_near_miss_comes_first():
    error = did_you_mean("lyrcs", ["title", "lyrics", "kind"])
    assert error == "did you mean 'lyrics'? known: kind, lyrics, title"
    assert did_you_mean("qqq", ["b", "a"]) == "known: a, b"


def test_a_long_value_is_shown_short():
    assert shorten_repr("short") == "'short'"
    assert len(shorten_repr("x" * 10_000)) == 80
    assert shorten_repr(int("0x" + "f" * 9000, 16)) == "a very long int"
    assert "\n" not in shorten_repr("a\nb")


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("0", 0), ("65", 65), ("65.5", 65.5), ("65.", 65), (" 65 ", 65), ("1:05", 65),
        ("1:05.5", 65.5), ("1:5", 65), ("01:05", 65), ("0:01:05", 65), ("1:00:00", 3600),
        ("1:02:03.25", 3723.25), ("90:00", 5400), ("0:00", 0), ("59.999", 59.999),
    ],
)  # fmt: skip
def test_a_time_as_people_type_it(typed, seconds):
    assert parse_time(typed, "--start") == pytest.approx(seconds, abs=1e-9)


@pytest.mark.parametrize(
    "typed",
    ["", "x", "-5", "+5", "1:60", "1:75.5", "1:60:00", ":30", "1:", "1::05", "1:2:3:4", "1,5",
     "1e3", "1_0", "nan", "inf", "٦٥", "1 05", "9" * 400, "1:05 pm", "--end", "0x10"],
)  # fmt: skip
def test_what_is_no_time_is_said_with_the_ways_to_write_one(typed):
    with pytest.raises(UserError) as caught:
        parse_time(typed, "--start")
    assert str(caught.value).startswith("--start: ") and "(1:05.5)" in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("stable_audio", "stable_audio"), ("stable-audio", "stable_audio"),
        ("Stable-Audio", "stable_audio"), ("STABLE AUDIO", "stable_audio"),
        ("open-1.0", "open-1.0"), ("OPEN_1.0", "open-1.0"),
        ("stableaudio", None), ("", None), ("audio", None),
    ],
)  # fmt: skip
def test_a_name_is_known_in_any_spelling(name, known):
    assert match_name(name, ["stable_audio", "open-1.0", "bark"]) == known


def test_a_spelling_of_two_names_is_neither():
    assert match_name("A_B", ["a-b", "a_b"]) is None
    assert match_name("a-b", ["a-b", "a_b"]) == "a-b"


def test_the_nearest_name_is_found_in_any_case():
    assert suggest_nearest("BARC", ["bark", "sketch"]) == "did you mean 'bark'? "
    assert suggest_nearest("stable-audo", ["stable_audio"]) == "did you mean 'stable_audio'? "
    assert suggest_nearest("x" * 100_000, ["bark"]) == ""
