"""What takes cost is read from the records of this machine, or not known."""

from dataclasses import replace

import pytest
from tests.core.takes_of_hum import first_job, make

from secondtake.core.takes import record_path, write_record
from secondtake.runner import estimates
from secondtake.runner.estimates import experiences


@pytest.fixture
def noted(hum, monkeypatch):
    """Write a record of one second of sound; on this machine, unless it says otherwise."""
    monkeypatch.setattr(estimates.platform, "system", lambda: "Linux")
    monkeypatch.setattr(estimates.platform, "machine", lambda: "x86_64")

    def note(number=1, **made):
        take = make(hum, replace(first_job(hum), take=number))
        facts = {"platform": "Linux x86_64", "started": f"2026-01-0{number}", **made}
        write_record(hum.results / "hum", replace(take, made=replace(take.made, **facts)))

    return note


def test_where_nothing_was_made_nothing_is_known(hum):
    assert experiences(hum) == {}


def test_a_second_of_sound_costs_what_the_records_say(hum, noted):
    noted(1, seconds=2.0, load_seconds=9.0)
    noted(2, seconds=4.0, load_seconds=0.0)
    ((key, told),) = experiences(hum).items()
    assert key == ("hum", "low")
    assert (told.device, told.takes, told.work, told.load_seconds) == ("cpu", 2, 3.0, 9.0)
    assert str(told) == "3 s of work for a second of sound, going by 2 takes made here on cpu"


def test_takes_of_one_batch_count_once(hum, noted):
    for number in (1, 2, 3):
        noted(number, seconds=2.0 * number, batch=3, started="2026-01-01")
    assert experiences(hum)["hum", "low"].work == pytest.approx(2.0)


def test_the_device_that_was_last_used_counts_alone(hum, noted):
    noted(1, seconds=50.0, device="cpu")
    noted(2, seconds=1.0, device="cuda")
    assert str(experiences(hum)["hum", "low"]) == (
        "1 s of work for a second of sound, going by 1 take made here on cuda"
    )


def test_takes_of_another_machine_and_damaged_records_teach_nothing(hum, noted):
    noted(1, platform="Darwin arm64")
    noted(2)
    record_path(hum.results / "hum", "hum_segment1_instrumental_take2").write_text("{")
    assert experiences(hum) == {}
