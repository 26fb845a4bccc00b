import gc
from itertools import combinations

import matplotlib
import numpy as np
import pytest

from secondtake.analysis.plots import style
from secondtake.analysis.plots.style import RenderedFigure, readable, render_figure, wrapped


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


LONG = "A model (b) of music, by many hands and machines"


def test_what_cannot_be_printed_is_replaced():
    assert readable("tab\tand\nline") == "tab\ufffdand\ufffdline"
    assert wrapped("tab\tand\nline", 40) == "tab\ufffdand\ufffdline"
    assert wrapped("", 10) == ""


@pytest.mark.parametrize("letters", range(9, 50))
def test_long_text_goes_on_in_the_next_line_and_loses_nothing(letters):
    lines = wrapped(LONG, letters).split("\n")
    assert all(len(line) <= letters for line in lines)
    assert " ".join(lines) == LONG


def test_a_word_longer_than_a_line_is_kept_whole_in_all():
    assert wrapped("a" * 30 + "end.wav", 21).replace("\n", "") == "a" * 30 + "end.wav"


@pytest.mark.parametrize("text", [LONG, "WIDE CAPITALS MMM", "0.62 to 1.25", "one\nlonger line"])
def test_the_room_of_text_is_enough_and_not_twice_as_much(text):
    boxes = []

    def measure(figure):
        written = figure.text(0, 0, text, fontsize=9, linespacing=style.LINE_SPACING)
        boxes.append(written.get_window_extent())

    render_figure(9, 1, "", measure)
    width, height = boxes[0].width / style.RESOLUTION, boxes[0].height / style.RESOLUTION
    assert width <= style.text_width(text, 9) <= 1.6 * width
    assert height <= style.text_height(text, 9) <= 1.6 * height


def test_wide_scripts_have_more_room():
    assert style.text_width("日本", 72) > 2 > style.text_width("ab", 72)


def test_both_formats_have_their_names():
    assert RenderedFigure(b"p", b"s").files("x") == {"x.png": b"p", "x.svg": b"s"}


MAPS = (style.SPECTROGRAM, style.STRENGTH)


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


STEPS = np.linspace(0, 1, 65)
# What a reader sees who lacks one kind of cone: linear sRGB to linear sRGB (Machado and others,
# 2009, severity 1).
UNCHANGED = np.eye(3)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
SIGHTS = {"all cones": UNCHANGED, "protanopia": PROTANOPIA, "deuteranopia": DEUTERANOPIA}
XYZ = np.array(
    [[0.412456, 0.357576, 0.180438], [0.212673, 0.715152, 0.072175], [0.019334, 0.119192, 0.950304]]
)


def lab(colour: style.Colour, sight: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of sRGB as it is seen."""
    shade = np.array(colour)
    linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(XYZ @ np.clip(sight @ linear, 1e-4, 1) / XYZ.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_a_seen_colour_is_as_light_as_the_standard_says():
    for score in (-0.8, -0.1, 0.3, 1.0):
        colour = style.closeness(score)
        assert lab(colour, UNCHANGED)[0] == pytest.approx(style.lightness(colour), abs=0.05)


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
@pytest.mark.parametrize("side", [-1, 1])
def test_more_ink_is_further_from_the_floor_on_either_side(side, sight):
    light = [lab(style.closeness(side * step), sight)[0] for step in STEPS]
    assert (np.diff(light) < 0).all()
    assert light[0] > 95 and light[0] - light[-1] > 40


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
def test_closer_and_further_are_never_of_one_colour(sight):
    for step in STEPS[STEPS >= 0.1]:
        further, closer = (lab(style.closeness(side * step), sight) for side in (-1, 1))
        assert further[2] > 3 and closer[2] < -3  # yellow, blue
        assert np.linalg.norm(further - closer) > 10


def test_the_ends_of_the_colours_hold():
    assert style.closeness(-3.0) == style.closeness(-1.0)
    assert style.closeness(8.0) == style.closeness(1.0)
    assert style.closeness(0.0) == style.closeness(-0.0) == style.parse_hex("#f7f7f7")


def test_a_number_reads_well_on_every_shade():
    shades = [style.closeness(side * step) for step in STEPS for side in (-1, 1)]
    for shade in (*shades, style.parse_hex(style.UNKNOWN)):
        assert style.contrast(style.parse_hex(style.ink(shade)), shade) >= 4.5


def test_models_of_one_colour_differ_in_shape():
    looks = [
        (style.MARKERS[i % len(style.MARKERS)], style.MODELS[i % len(style.MODELS)])
        for i in range(8)
    ]
    assert all(first[0] != second[0] for first, second in combinations(looks, 2))
