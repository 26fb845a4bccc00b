import gc

import matplotlib
import pytest

from secondtake_analysis.pictures.canvas import Drawn, draw, readable


def paint(figure):
    axis = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axis.plot([0, 1], [1, 0])
    axis.set_title("a $b$ <c> & ♪ 日", parse_math=False)


def test_equal_figures_are_equal_bytes_without_date_or_version():
    first, second = draw(2, 1, "title", paint), draw(2, 1, "title", paint)
    assert first == second
    for data in (first.png, first.svg):
        assert matplotlib.__version__.encode() not in data
        assert b"Software" not in data and b"tIME" not in data and b"<metadata" not in data


def test_settings_of_a_user_change_nothing_and_are_left_alone():
    before = draw(2, 1, "title", paint)
    with matplotlib.rc_context({"lines.linewidth": 9.0, "font.size": 20.0}):
        assert draw(2, 1, "title", paint) == before
        assert matplotlib.rcParams["lines.linewidth"] == 9.0


def test_text_stays_text_and_is_escaped(opened, texts):
    root = opened(draw(2, 1, "a <b> & \x00\udcff", paint).svg)
    assert "a $b$ <c> & ♪ 日" in texts(root)
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None and title.text == "a <b> & \ufffd\ufffd"


def test_garbage_is_collected_again_also_after_an_error():
    def fail(figure):
        assert not gc.isenabled()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        draw(1, 1, "", fail)
    assert gc.isenabled()


def test_long_text_loses_its_middle():
    assert readable("a" * 30 + "end.wav", 21) == "a" * 10 + "…" + "aaaend.wav"
    assert readable("short", 21) == "short"
    assert len(readable("x" * 100, 60)) == 60
    assert readable("tab\tand\nline") == "tab\ufffdand\ufffdline"


def test_both_formats_have_their_names():
    assert Drawn(b"p", b"s").files("x") == {"x.png": b"p", "x.svg": b"s"}
