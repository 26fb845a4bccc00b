"""Bark on simulated cards that are too small: every take that fits is made, as it is made alone."""

from typing import Any

import pytest
from tests.e2e.bark_project import ask

from secondtake.core.project import Project

pytestmark = pytest.mark.e2e
JOBS, UNFORTUNATE = 8, 3


@pytest.fixture(scope="module")
def facts(bark_python: str, bark_project: Project) -> dict[str, Any]:
    return ask(bark_python, bark_project, "graphics_memory_probe.py")


def test_the_takes_can_be_told_apart(facts: dict[str, Any]) -> None:
    assert facts["alone"] == {"equal": [True] * JOBS, "errors": {}}


def test_a_batch_is_what_the_card_has_room_for(facts: dict[str, Any]) -> None:
    sized = facts["sized"]
    assert sized["errors"] == {} and sized["equal"] == [True] * JOBS
    assert sized["windows"] == [2, 2, 2, 2]  # of three that fit: rows are padded to four
    assert sized["halvings"] == []


def test_a_batch_that_finds_no_memory_is_made_in_halves(facts: dict[str, Any]) -> None:
    halved = facts["halved"]
    assert halved["errors"] == {} and halved["equal"] == [True] * JOBS
    assert halved["windows"] == [8, 4, 2, 2, 4, 2, 2]
    assert halved["halvings"][0] == "no memory for 8 takes at once on cuda: 4 at a time"


def test_a_job_that_fits_nowhere_is_an_error_of_its_own(facts: dict[str, Any]) -> None:
    report = facts["one_fits_nowhere"]
    assert report["equal"] == [place != UNFORTUNATE for place in range(JOBS)]
    ((place, (code, message)),) = report["errors"].items()
    assert (int(place), code) == (UNFORTUNATE, "memory")
    assert "out of memory" in message


def test_a_stage_gives_way_where_there_is_room_for_one_alone(facts: dict[str, Any]) -> None:
    both = facts["stages_in_turn"]
    assert both["all"]["equal"] == both["one"]["equal"] == [True, True]
    assert both["all"]["loaded"] == ["text", "coarse", "fine"]
    assert both["one"]["loaded"] == ["text", "coarse", "fine"] * 2
    assert both["one"]["peak"] < both["all"]["peak"]


def test_what_is_reckoned_is_what_tensors_take(facts: dict[str, Any]) -> None:
    for stage, both in facts["reckoned"].items():
        assert both["counted"] <= both["reckoned"], stage


def test_a_card_without_room_is_left_or_refused(facts: dict[str, Any]) -> None:
    devices = facts["devices"]
    assert devices["auto, enough"] == devices["cuda, enough"] == ["cuda"]
    name, note = devices["auto, little"]
    assert name == "cpu" and note.endswith(" are free: the processor was taken")
    code, message, hint = devices["cuda, little"]
    assert code == "memory" and message.startswith("Bark (large) needs ")
    assert "--device cpu" in hint
