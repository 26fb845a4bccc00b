"""Names that become paths, and near misses."""

import pytest

from secondtake.core.errors import UserError
from secondtake.core.validation import check_name, did_you_mean, resolve_inside, shorten_repr

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
