"""The input that is accepted, and the words about the rest."""

import random

import pytest

from secondtake.core.constraints import check_job
from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.models.sketch.score import Key, SketchInput, parse_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A minor", Key(9, True)),
        ("F# major", Key(6, False)),
        ("Bb min", Key(10, True)),
        ("C", Key(0, False)),
        ("E♭m", Key(3, True)),
        ("Cb major", Key(11, False)),
    ],
)
def test_keys_are_read(text: str, key: Key) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "H minor"}, {"seconds": 0.5}, {"seconds": 181}, {"bpm": 20}, {"bpm": 400},
        {"lyrics": "la", "language": ("tlh", "en")},
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


def test_what_planning_accepts_can_be_arranged_and_nothing_else() -> None:
    """The worker's own input, of random jobs that a song file can make."""
    chance, outcomes = random.Random(3), []
    for _ in range(500):
        job = Job(
            "song", 1, "verse", "", "sketch", "built-in", 1, 1,
            seconds=chance.choice((0.5, 0.99, 1.0, 30.0, 180.0, 180.5, 600.0)), prompt="", style="",
            lyrics=chance.choice(("", "la la")), bpm=chance.choice((20, 39.9, 40, 240, 241)),
            languages=tuple(chance.sample(("en", "es", "zh", "tlh", "xx", "no-NO"), 2)),
            key="A minor", settings={},
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
        job.kind, job.seconds, job.bpm, job.key, job.lyrics or None, job.languages, job.style
    )
