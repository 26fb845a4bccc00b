import gc
from itertools import combinations

import matplotlib
import numpy as np
import pytest

from secondtake.analysis.plots import style
from secondtake.analysis.plots.style import RenderedFigure, readable, render_figure


def paint(figure):
    axis = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axis.plot([0, 1], [1, 0])
    axis.set_title("a $b$ <c> & ♪ 日", parse_math=False)


def test_equal_figures_are_equal_bytes_without_date_or_version():
    first, second = render_figure(2, 1, "title", paint), render_figure(2, 1, "title", paint)
    assert first == second
    for data in (first.png, first.svg):
        assert matplotlib.__version__.encode() not in data
        assert b"Software" not in data and b"tIME" not in data and b"<metadata" not in data


def test_settings_of_a_user_change_nothing_and_are_left_alone():
    before = render_figure(2, 1, "title", paint)
    with matplotlib.rc_context({"lines.linewidth": 9.0, "font.size": 20.0}):
        assert render_figure(2, 1, "title", paint) == before
        assert matplotlib.rcParams["lines.linewidth"] == 9.0


def test_text_stays_text_and_is_escaped(opened, texts):
    root = opened(render_figure(2, 1, "a <b> & \x00\udcff", paint).svg)
    assert "a $b$ <c> & ♪ 日" in texts(root)
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None and title.text == "a <b> & \ufffd\ufffd"


def test_garbage_is_collected_again_also_after_an_error():
    def fail(figure):
        assert not gc.isenabled()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        render_figure(1, 1, "", fail)
    assert gc.isenabled()


def test_long_text_loses_its_middle():
    assert readable("a" * 30 + "end.wav", 21) == "a" * 10 + "…" + "aaaend.wav"
    assert readable("short", 21) == "short"
    assert readable("Sketch (rule-based control)", 26) == "Sketch"
    assert readable("Sketch (rule-based control)", 27) == "Sketch (rule-based control)"
    assert len(readable("x" * 100, 60)) == 60
    assert readable("tab\tand\nline") == "tab\ufffdand\ufffdline"


@pytest.mark.parametrize("longest", range(12, 40))
@pytest.mark.parametrize(
    "title", ["One model of music by many hands", "A (b) model (c) of music and (of) more"]
)
def test_no_word_is_cut(title, longest):
    text = readable(title, longest)
    assert len(text) <= longest
    assert set(text.replace("…", " ").split()) <= set(title.split())


def test_both_formats_have_their_names():
    assert RenderedFigure(b"p", b"s").files("x") == {"x.png": b"p", "x.svg": b"s"}


MAPS = (style.SPECTROGRAM, style.STRENGTH, style.CLOSENESS)


def shades(name: str) -> list[style.Colour]:
    return [tuple(matplotlib.colormaps[name](at)[:3]) for at in np.linspace(0, 1, 64)]


def test_lightness_and_contrast_are_the_standards():
    assert style.lightness(style.parse_hex("#777777")) == pytest.approx(50, abs=0.1)
    assert style.lightness((0.0, 0.0, 0.0)) == 0
    assert style.contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == pytest.approx(21)
    assert style.contrast((0.5, 0.2, 0.1), (0.5, 0.2, 0.1)) == 1
    assert style.contrast(style.parse_hex("#777777"), (1, 1, 1)) == pytest.approx(4.48, abs=0.01)


def test_reference_and_estimate_differ_in_grey():
    lightness = [style.lightness(style.parse_hex(c)) for c in (style.REFERENCE, style.ESTIMATE)]
    assert abs(lightness[0] - lightness[1]) > 30


@pytest.mark.parametrize("colour", [style.REFERENCE, style.ESTIMATE, *style.MODELS])
def test_what_is_drawn_on_white_can_be_seen_there(colour):
    assert style.contrast(style.parse_hex(colour), (1, 1, 1)) >= 3
    assert style.contrast(style.parse_hex(colour), style.parse_hex("#f1f1f1")) >= 3


@pytest.mark.parametrize("name", MAPS)
def test_a_scale_rises_evenly_in_grey(name):
    steps = np.diff([style.lightness(shade) for shade in shades(name)])
    assert abs(steps.sum()) > 70
    assert (np.sign(steps) == np.sign(steps.sum())).all()


def test_a_number_reads_well_on_every_shade():
    for shade in shades(style.CLOSENESS):
        assert style.contrast(style.parse_hex(style.ink(shade)), shade) >= 4.5


def test_models_of_one_colour_differ_in_shape():
    looks = [
        (style.MARKERS[i % len(style.MARKERS)], style.MODELS[i % len(style.MODELS)])
        for i in range(8)
    ]
    assert all(first[0] != second[0] for first, second in combinations(looks, 2))
