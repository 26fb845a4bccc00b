"""How often each version is chosen over the control: a panel a question, a line for each interval.

A mark is full where the interval is on one side of the middle, and hollow where both are possible.
A version without a figure (too few votes, or none that connect it) has no line.
"""

from functools import partial
from typing import TYPE_CHECKING

from secondtake.analysis.plots.style import (
    BLACK,
    REFERENCE,
    RenderedFigure,
    render_figure,
    text_height,
    wrapped,
)
from secondtake.core.formatting import plural
from secondtake.core.votes_file import QUESTIONS, QuestionResult, Strength, VotesFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches.
ACROSS, LEFT, RIGHT = 5.0, 1.7, 1.85
LEAST_ROW, GAP = 0.34, 0.14  # a line of the plot; what is free above and below a longer name
TOP, BOTTOM, BETWEEN = 0.55, 0.8, 0.85  # of the figure; between panels, with an axis and a title
PADDING = 0.5  # of a row, above the first and below the last
POINTS = 9  # of type
NAME_LETTERS, LABEL_LETTERS = 18, 95  # that fit in a line on the left, and below a panel
TITLE = "What listeners choose, with 95 % intervals"
KEY = "full mark: decided; hollow mark: the 95 % interval holds 5, so it may be the other way round"


def drawn_questions(votes: VotesFile) -> list[QuestionResult]:
    """The questions that have a panel."""
    return [question for question in votes.questions if question.compared]


def preference_plot(votes: VotesFile) -> RenderedFigure:
    """The plot of votes with at least one of `drawn_questions`."""
    questions, row = drawn_questions(votes), _row_height(votes)
    panels = sum(row * len(question.compared) for question in questions)
    height = TOP + panels + BETWEEN * (len(questions) - 1) + BOTTOM
    width = LEFT + ACROSS + RIGHT
    paint = partial(_paint, votes=votes, width=width, height=height, row=row)
    return render_figure(width, height, TITLE, paint)


def _row_height(votes: VotesFile) -> float:
    """Inches that the longest name needs."""
    shown = {row.system for question in drawn_questions(votes) for row in question.compared}
    names = [votes.title(system) for system in sorted(shown)]
    tallest = max(text_height(wrapped(name, NAME_LETTERS), POINTS) for name in names)
    return max(LEAST_ROW, tallest + GAP)


def _paint(figure: "Figure", votes: VotesFile, width: float, height: float, row: float) -> None:
    top = height - TOP
    for question in drawn_questions(votes):
        tall = row * len(question.compared)
        top -= tall
        place = (LEFT / width, top / height, ACROSS / width, tall / height)
        _panel(figure.add_axes(place), votes, question)
        top -= BETWEEN
    figure.text(LEFT / width, 0.18 / height, KEY, fontsize=8, va="center")


def _panel(axes: "Axes", votes: VotesFile, question: QuestionResult) -> None:
    rows, over = question.compared, votes.title(question.over)
    axes.set_ylim(len(rows) - 1 + PADDING, -PADDING)
    axes.set_xlim(0, 10)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.set_xticks(range(11))
    axes.set_yticks(range(len(rows)), [""] * len(rows))
    axes.tick_params(axis="y", length=0)
    choice = "prefer one of the two" if question.question == "prefer" else "call one closer"
    label = f"of 10 who {choice}, so many choose it over {over}"
    axes.set_xlabel(wrapped(label, LABEL_LETTERS), labelpad=2, parse_math=False)
    asked = QUESTIONS[question.question]
    ties = f", {question.ties} undecided" if question.ties else ""
    count = f"{plural(question.votes, 'vote')}{ties}; {plural(question.listeners, 'listener')}"
    title = f"{asked[0].upper()}{asked[1:]} ({count})"
    axes.set_title(title, loc="left", fontsize=10)
    axes.axvline(5, color="#555555", linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    for place, strength in enumerate(rows):
        if place % 2 == 0:
            axes.axhspan(place - 0.5, place + 0.5, color="#f1f1f1", linewidth=0, zorder=0)
        _beside(axes, place, (-0.02, "right"), votes.title(strength.system))
        _beside(axes, place, (1.02, "left"), _interval_words(strength))
        _mark(axes, place, strength)


def _beside(axes: "Axes", place: int, side: tuple[float, str], words: str) -> None:
    """Words at the left or at the right of a line."""
    x, align = side
    shown = wrapped(words, NAME_LETTERS) if align == "right" else words
    where = axes.get_yaxis_transform()
    text = axes.text(x, place, shown, ha=align, va="center", fontsize=POINTS, transform=where)
    text.set_parse_math(False)


def _shares(strength: Strength) -> list[float]:
    """The estimate and both ends, of 10."""
    values = (strength.preferred, strength.preferred_low, strength.preferred_high)
    return [10 * (value or 0.0) for value in values]


def _interval_words(strength: Strength) -> str:
    middle, low, high = _shares(strength)
    return f"{middle:.1f} of 10 ({low:.1f} to {high:.1f})"


def _mark(axes: "Axes", place: int, strength: Strength) -> None:
    middle, low, high = _shares(strength)
    decided = not low <= 5 <= high
    colour = REFERENCE
    axes.plot([low, high], [place, place], color=colour, linewidth=1.8, zorder=2)
    for end in (low, high):
        axes.plot([end], [place], marker="|", color=colour, markersize=8, zorder=2)
    face = colour if decided else "white"
    look = {"markerfacecolor": face, "markeredgecolor": BLACK, "markersize": 7.5}
    axes.plot([middle], [place], marker="o", linestyle="none", zorder=3, clip_on=False, **look)
