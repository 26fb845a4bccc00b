"""The input that is accepted, and the words about the rest."""

import random

import pytest

from secondtake.core.constraints import check_job
from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.models.sketch.score import (
    Meter,
    SketchInput,
    parse_meter,
    swung,
)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "H minor"}, {"seconds": 0.5}, {"seconds": 241}, {"bpm": 20}, {"bpm": 400},
        {"lyrics": "la", "language": ("tlh", "en")}, {"meter": "5/4"}, {"meter": "waltz"},
        {"meter": "6/8", "bpm": 170},
    ],
)  # fmt: skip
def test_what_cannot_be_arranged_is_refused_with_a_remedy(wrong: dict[str, str]) -> None:
    with pytest.raises(ModelError) as caught:
        SketchInput(**{"kind": "verse", "seconds": 10, **wrong})
    assert caught.value.code == "unsupported"
    assert caught.value.hint


def test_language_tags_lose_their_region() -> None:
    assert SketchInput("verse", 10, language=("es-AR", "en_GB")).languages == ("es", "en")
    assert SketchInput("verse", 10, language="en").languages == ("en",)


def test_meters_are_read() -> None:
    assert parse_meter("3/4") == Meter("3/4", 3, 2)
    assert parse_meter("6/8") == Meter("6/8", 2, 3)  # bpm counts dotted quarters
    assert [parse_meter(text).strong for text in ("2/4", "3/4", "4/4", "6/8")] == [
        (0,), (0,), (0, 2), (0, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("style", "meter", "bar"),
    [("valse", "", "3/4"), ("rock", "", "4/4"), ("", "", "4/4"), ("valse", "4/4", "4/4"),
     ("cumbia", "6/8", "6/8")],
)  # fmt: skip
def test_a_meter_that_is_not_said_is_the_groove_s(style: str, meter: str, bar: str) -> None:
    assert SketchInput("verse", 8, style=style, meter=meter).bar.text == bar


def test_eighths_are_swung_and_triplets_are_not() -> None:
    assert [round(swung(beat), 3) for beat in (3, 3.25, 3.5, 3.75, 3 + 1 / 3)] == [
        3, 3.333, 3.667, 3.833, 3.333,
    ]  # fmt: skip


def test_what_planning_accepts_can_be_arranged_and_nothing_else() -> None:
    """The worker's own input, of random jobs that a song file can make."""
    chance, outcomes = random.Random(3), []
    for _ in range(500):
        job = Job(
            "song", 1, "verse", "", "sketch", "built-in", 1, 1,
            seconds=chance.choice((0.5, 0.99, 1.0, 30.0, 240.0, 240.5, 600.0)), prompt="", style="",
            lyrics=chance.choice(("", "la la")), bpm=chance.choice((20, 39.9, 40, 170, 240, 241)),
            languages=tuple(chance.sample(("en", "es", "zh", "tlh", "xx", "no-NO"), 2)),
            key="A minor", settings={}, meter=chance.choice(("", "2/4", "6/8")),
        )  # fmt: skip
        accepted = []
        for check in (lambda job=job: check_job(job, "cpu"), lambda job=job: sketch_input(job)):
            try:
                check()
                accepted.append(True)
            except ModelError as error:
                assert error.code == "unsupported"
                accepted.append(False)
        assert accepted[0] == accepted[1], job
        outcomes.append(accepted[0])
    assert 50 < sum(outcomes) < 450


def sketch_input(job: Job) -> SketchInput:
    """As scripts/generate_sketch.py makes it."""
    return SketchInput(
        job.kind, job.seconds, job.bpm, job.key, job.lyrics or None, job.languages, job.style,
        meter=job.meter,
    )  # fmt: skip
